"""Who sees what: every address for every role. What is not theirs does not exist."""

import uuid

import pytest
from django.urls import reverse

from reporting.models import TimingEvent
from tests import factories

READ = (
    "report_checks",
    "report_edit",
    "report_priors",
    "report_text",
    "report_print",
    "report_pdf",
)
WRITE = (
    "report_conclusion_set",
    "report_findings_text_set",
    "field_set",
    "field_confirm",
    "field_reject",
    "field_copy",
    "comparison_toggle",
    "row_add",
    "row_remove",
    "rest_normal",
    "act_undo",
    "fill_request",
    "report_sign",
    "report_addendum",
    "report_correct",
    "report_events",
    "report_copy",
    "report_submit",
    "report_send_back",
    "report_cancel",
    "exam_assign",
    "check_override",
    "critical_communication",
    "report_hold",
    "report_take_over",
    "report_release",
)
OUTSIDERS = ("bob", "carol", "frank", "grace", "heidi")
COORDINATION = ("timing", "timing_export", "timing_dictionary")


@pytest.mark.parametrize("name", OUTSIDERS)
@pytest.mark.parametrize("address", [*READ, *WRITE])
def test_a_report_of_others_is_not_there(report, cast, sign_in, name, address):
    browser = sign_in(getattr(cast, name))
    ask = browser.get if address in READ else browser.post
    assert ask(reverse(address, args=[report.pk])).status_code == 404


@pytest.mark.parametrize("name", OUTSIDERS)
def test_an_exam_of_others_cannot_be_opened(cast, sign_in, name):
    exam = factories.exam(cast.north)
    address = reverse("exam_open", args=[exam.pk])
    assert sign_in(getattr(cast, name)).post(address, {"mode": "sft"}).status_code == 404
    exam.refresh_from_db()
    assert exam.status == "waiting"


@pytest.mark.parametrize("address", ["fill_status", "fill_cancel", "fill_retry"])
def test_a_fill_of_others_is_not_there(report, cast, sign_in, engine, address):
    job = factories.fill(report, cast.alice)
    browser = sign_in(cast.bob)
    ask = browser.get if address == "fill_status" else browser.post
    assert ask(reverse(address, args=[job.pk])).status_code == 404


@pytest.mark.parametrize("address", COORDINATION)
@pytest.mark.parametrize(
    ("name", "status"),
    [("carol", 200), ("heidi", 200), ("alice", 404), ("erin", 404), ("frank", 404), ("grace", 404)],
)
def test_only_coordinators_and_admins_see_times(cast, sign_in, address, name, status):
    assert sign_in(getattr(cast, name)).get(reverse(address)).status_code == status


def test_a_coordinator_sees_the_times_of_the_own_sites_only(cast, sign_in):
    factories.report(cast.alice, cast.north)
    elsewhere = factories.report(cast.bob, cast.south)
    page = sign_in(cast.carol).get(reverse("timing_export"))
    text = b"".join(page.streaming_content).decode()
    assert "NORTH" in text
    assert str(elsewhere.pk) not in text


@pytest.mark.parametrize("address", [*READ, *WRITE])
def test_nobody_is_sent_to_sign_in(report, client, address):
    ask = client.get if address in READ else client.post
    answer = ask(reverse(address, args=[report.pk]))
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("login"))


def test_a_post_without_the_token_is_refused(report, cast, client):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.alice, backend="django.contrib.auth.backends.ModelBackend")
    data = {"text": "forged", "version": 0}
    answer = strict.post(reverse("report_conclusion_set", args=[report.pk]), data)
    assert answer.status_code == 403
    report.refresh_from_db()
    assert report.conclusion == ""


@pytest.mark.parametrize("address", [*READ, *WRITE])
def test_an_unknown_report_is_not_there(cast, sign_in, address):
    browser = sign_in(cast.alice)
    ask = browser.get if address in READ else browser.post
    assert ask(reverse(address, args=[uuid.uuid4()])).status_code == 404


def test_a_resident_drafts_and_does_not_sign(cast, sign_in):
    report = factories.report(cast.erin, cast.north, mode="free_text")
    browser = sign_in(cast.erin)
    data = {"text": "Normal study.", "version": 0}
    assert browser.post(reverse("report_conclusion_set", args=[report.pk]), data).status_code == 200
    answer = browser.post(reverse("report_sign", args=[report.pk]), {"password": "x"})
    assert answer.status_code == 422
    assert "a radiologist signs" in answer.content.decode()
    assert not report.timing_events.filter(kind=TimingEvent.Kind.SIGNED).exists()
