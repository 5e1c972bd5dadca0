"""One page at a time writes in a report; taking over is one act, and the other page is told."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from reporting import clock
from reporting.models import AuditEvent, Report, ReportHold
from reporting.services.fill_requests import fill_request
from tests import factories
from tests.cast import PASSWORD

ONE, TWO = str(uuid4()), str(uuid4())


@pytest.fixture
def resident_draft(cast):
    """A report that a resident drafts and a radiologist may change too."""
    return factories.report(cast.erin, cast.north, mode="structured")


@pytest.fixture
def send(sign_in):
    """Send something from a page of a person."""

    def post(user, page, name, report, **data):
        address = reverse(name, args=[report.pk])
        return sign_in(user).post(address, {"page": page, **data}, headers={"X-Page": page})

    return post


def typed(send, user, page, report, text):
    report.refresh_from_db()
    version = report.conclusion_version
    return send(user, page, "report_conclusion_set", report, text=text, version=version)


def test_the_first_page_writes_and_the_second_is_told_who(send, cast, resident_draft):
    assert send(cast.erin, ONE, "report_hold", resident_draft).status_code == 204
    answer = send(cast.dave, TWO, "report_hold", resident_draft)
    assert answer.status_code == 423
    assert answer.json()["message"].startswith("Erin Test has been writing")
    assert typed(send, cast.dave, TWO, resident_draft, "Dave.").status_code == 423
    assert typed(send, cast.erin, ONE, resident_draft, "Erin.").status_code == 200
    assert Report.objects.get().conclusion == "Erin."


@pytest.mark.parametrize("name", ["field_set", "rest_normal", "report_sign", "report_cancel"])
def test_nothing_else_is_written_by_the_second_page(send, cast, resident_draft, name):
    send(cast.erin, ONE, "report_hold", resident_draft)
    data = {"path": "emphysema", "value": "mild", "version": 0, "comment": "No."}
    data["password"] = PASSWORD
    assert send(cast.dave, TWO, name, resident_draft, **data).status_code == 423
    assert not resident_draft.field_values.exists()
    assert Report.objects.get().status == "draft"


def test_the_second_page_does_not_end_a_fill(send, cast, engine):
    report = factories.report(cast.erin, cast.north)
    job = fill_request(report=report, reader=cast.erin, conclusion="Normal.", version=0)
    send(cast.erin, ONE, "report_hold", report)
    assert send(cast.dave, TWO, "fill_cancel", job).status_code == 423
    job.refresh_from_db()
    assert not job.is_finished
    assert send(cast.erin, ONE, "fill_cancel", job).status_code == 200
    job.refresh_from_db()
    assert job.is_finished


def test_two_tabs_of_one_person_are_two_pages(send, cast, by_hand):
    send(cast.alice, ONE, "report_hold", by_hand)
    answer = send(cast.alice, TWO, "report_hold", by_hand)
    assert "You have been writing" in answer.json()["message"]


def test_a_page_that_is_loaded_again_keeps_the_report(send, cast, by_hand):
    send(cast.alice, ONE, "report_hold", by_hand)
    assert send(cast.alice, TWO, "report_hold", by_hand, previous=ONE).status_code == 204
    assert send(cast.alice, ONE, "report_release", by_hand).status_code == 204
    assert ReportHold.objects.get().page.hex == TWO.replace("-", "")
    assert typed(send, cast.alice, TWO, by_hand, "On.").status_code == 200


def test_the_page_of_another_person_is_no_page_before(send, cast, resident_draft):
    send(cast.erin, ONE, "report_hold", resident_draft)
    assert send(cast.dave, TWO, "report_hold", resident_draft, previous=ONE).status_code == 423


def test_after_a_take_over_the_first_page_stores_nothing(send, cast, resident_draft):
    send(cast.erin, ONE, "report_hold", resident_draft)
    assert send(cast.dave, TWO, "report_take_over", resident_draft).status_code == 204
    assert typed(send, cast.erin, ONE, resident_draft, "Late.").status_code == 423
    assert send(cast.erin, ONE, "report_hold", resident_draft).status_code == 423
    assert typed(send, cast.dave, TWO, resident_draft, "Dave.").status_code == 200
    event = AuditEvent.objects.get(action="report_take_over")
    assert (event.actor, event.details) == (cast.dave, {"from": "erin"})


def test_a_page_that_is_gone_holds_nothing_after_a_while(send, cast, resident_draft):
    clock.simulate(clock.now())
    send(cast.erin, ONE, "report_hold", resident_draft)
    clock.simulate(clock.now() + timedelta(seconds=80))
    assert send(cast.dave, TWO, "report_hold", resident_draft).status_code == 423
    clock.simulate(clock.now() + timedelta(seconds=20))
    assert typed(send, cast.dave, TWO, resident_draft, "Dave.").status_code == 200
    assert send(cast.dave, TWO, "report_hold", resident_draft).status_code == 204
    assert ReportHold.objects.get().holder == cast.dave


def test_a_sign_of_life_keeps_the_report(send, cast, resident_draft):
    clock.simulate(clock.now())
    for _ in range(3):
        assert send(cast.erin, ONE, "report_hold", resident_draft).status_code == 204
        clock.simulate(clock.now() + timedelta(seconds=80))
    assert send(cast.dave, TWO, "report_hold", resident_draft).status_code == 423


def test_a_page_that_was_left_lets_go_of_it(send, cast, resident_draft):
    send(cast.erin, ONE, "report_hold", resident_draft)
    send(cast.dave, TWO, "report_release", resident_draft)
    assert send(cast.dave, TWO, "report_hold", resident_draft).status_code == 423
    send(cast.erin, ONE, "report_release", resident_draft)
    assert send(cast.dave, TWO, "report_hold", resident_draft).status_code == 204


@pytest.mark.parametrize("name", ["report_hold", "report_take_over"])
def test_a_page_must_name_itself(send, cast, by_hand, name):
    for page in ("", "x", "\x00", "1" * 5_000):
        assert send(cast.alice, page, name, by_hand).status_code == 422


def test_a_report_that_is_not_theirs_to_change_is_not_taken(send, cast, resident_draft):
    Report.objects.filter(pk=resident_draft.pk).update(status="preliminary")
    assert send(cast.erin, ONE, "report_take_over", resident_draft).status_code == 422
    assert not ReportHold.objects.exists()
