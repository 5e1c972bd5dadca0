"""Draft, preliminary, final: who moves a report, what is kept of each step."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from reporting.models import ImagingStudy, Report, StatusChange
from reporting.selectors.reviews import changes_since_submission, status_history
from reporting.services import reports
from reporting.services.errors import ActionBlocked, SignBlocked, TextInvalid
from reporting.services.lifecycle import (
    exam_assign,
    report_cancel,
    report_send_back,
    report_submit,
)
from reporting.services.snapshots import chain_faults
from tests import factories
from tests.cast import PASSWORD


@pytest.fixture
def drafted(cast):
    report = factories.report(cast.erin, cast.north, mode="structured")
    reports.report_conclusion_set(report=report, reader=cast.erin, text="Normal.", version=0)
    reports.field_set(report=report, reader=cast.erin, path="emphysema", value="mild", version=0)
    return report


@pytest.fixture
def submitted(drafted, cast):
    report_submit(report=drafted, reader=cast.erin, password=PASSWORD)
    drafted.refresh_from_db()
    return drafted


def edit(report, reader, value, version=1):
    return reports.field_set(
        report=report, reader=reader, path="emphysema", value=value, version=version
    )


def test_a_resident_submits_and_the_exam_says_so(submitted, cast):
    assert submitted.status == Report.Status.PRELIMINARY
    assert ImagingStudy.objects.get().status == "preliminary"
    assert submitted.snapshots.get().meaning == "preliminary"
    (step,) = status_history(submitted)
    assert (step.before, step.after, step.by) == ("draft", "preliminary", cast.erin)


def test_submitting_needs_the_password_and_what_signing_needs(cast):
    report = factories.report(cast.erin, cast.north, mode="structured")
    with pytest.raises(SignBlocked, match="not right"):
        report_submit(report=report, reader=cast.erin, password="wrong")
    with pytest.raises(SignBlocked, match="conclusion is empty"):
        report_submit(report=report, reader=cast.erin, password=PASSWORD)
    assert not StatusChange.objects.exists()


def test_the_author_does_not_change_what_waits_for_review(submitted, cast):
    with pytest.raises(ActionBlocked, match="review"):
        edit(submitted, cast.erin, "severe")
    assert edit(submitted, cast.dave, "severe").value == "severe"


def test_the_reviewer_sees_what_changed(submitted, cast):
    assert changes_since_submission(submitted) == []
    edit(submitted, cast.dave, "severe")
    (change,) = changes_since_submission(submitted)
    assert (change.label, change.before, change.after) == ("Emphysema", "Mild", "Severe")


def test_the_reviewer_signs_as_such_and_the_chain_holds(submitted, cast):
    edit(submitted, cast.dave, "severe")
    reports.report_sign(report=submitted, signer=cast.dave, password=PASSWORD)
    submitted.refresh_from_db()
    assert submitted.status == Report.Status.FINAL
    meanings = [s.meaning for s in submitted.snapshots.order_by("number")]
    assert meanings == ["preliminary", "attending"]
    assert chain_faults(submitted) == []
    assert [s.after for s in status_history(submitted)] == ["preliminary", "final"]


def test_chain_verify_checks_what_was_only_submitted(submitted):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE reporting_reportsnapshot DISABLE TRIGGER USER")
        cursor.execute("UPDATE reporting_reportsnapshot SET content = content || ' '")
    with pytest.raises(CommandError, match="1 fault"):
        call_command("chain_verify")


def test_sent_back_with_a_comment_it_is_the_authors_again(submitted, cast):
    report_send_back(report=submitted, reviewer=cast.dave, comment="Measure it.")
    submitted.refresh_from_db()
    assert submitted.status == Report.Status.DRAFT
    assert ImagingStudy.objects.get().assigned_to == cast.erin
    assert status_history(submitted)[-1].comment == "Measure it."
    assert edit(submitted, cast.erin, "severe").value == "severe"


@pytest.mark.parametrize("comment", ["", "  \n", "a\x00b", "x" * 5_000])
def test_a_comment_must_be_one(submitted, cast, comment):
    with pytest.raises(TextInvalid):
        report_send_back(report=submitted, reviewer=cast.dave, comment=comment)


def test_only_a_radiologist_sends_back_and_only_what_was_submitted(drafted, submitted, cast):
    with pytest.raises(ActionBlocked):
        report_send_back(report=submitted, reviewer=cast.erin, comment="No.")
    other = factories.report(cast.dave, cast.north)
    with pytest.raises(ActionBlocked):
        report_send_back(report=other, reviewer=cast.dave, comment="No.")


def test_a_cancelled_report_lets_its_exam_wait_again(drafted, cast):
    report_cancel(report=drafted, reader=cast.erin, reason="Wrong patient.")
    exam = ImagingStudy.objects.get()
    assert exam.status == "waiting"
    again = reports.report_open(imaging_study=exam, reader=cast.erin, mode="sft")
    assert again.pk != drafted.pk
    assert Report.objects.get(pk=drafted.pk).conclusion == "Normal."


def test_a_cancelled_report_offers_no_addendum(cast, sign_in):
    report = factories.report(cast.dave, cast.north)
    report_cancel(report=report, reader=cast.dave, reason="Wrong patient.")
    page = sign_in(cast.dave).get(reverse("report_edit", args=[report.pk])).content.decode()
    assert "Cancelled" in page
    assert reverse("report_addendum", args=[report.pk]) not in page


def test_a_signed_report_is_not_cancelled(submitted, cast):
    reports.report_sign(report=submitted, signer=cast.dave, password=PASSWORD)
    with pytest.raises(ActionBlocked, match="signed"):
        report_cancel(report=submitted, reader=cast.dave, reason="No.")


def test_an_exam_is_handed_over_within_its_site(cast):
    report = factories.report(cast.dave, cast.north)
    exam = exam_assign(exam=report.imaging_study, by=cast.dave, to=cast.alice)
    assert exam.assigned_to == cast.alice
    with pytest.raises(ActionBlocked, match="theirs"):
        exam_assign(exam=exam, by=cast.dave, to=cast.dave)
    with pytest.raises(ActionBlocked, match="site"):
        exam_assign(exam=exam, by=cast.alice, to=cast.bob)
    with pytest.raises(ActionBlocked, match="site"):
        exam_assign(exam=exam, by=cast.alice, to=cast.frank)


def test_the_pages_of_each_step(drafted, cast, sign_in):
    page = reverse("report_edit", args=[drafted.pk])
    erin = sign_in(cast.erin)
    assert "Submit for review" in erin.get(page).content.decode()
    answer = erin.post(reverse("report_submit", args=[drafted.pk]), {"password": PASSWORD})
    assert answer.headers["HX-Redirect"].startswith("/")
    assert "waits for a radiologist" in erin.get(page).content.decode()
    dave = sign_in(cast.dave)
    assert "Send back" in dave.get(page).content.decode()
    back = reverse("report_send_back", args=[drafted.pk])
    assert dave.post(back, {"comment": ""}).status_code == 409
    assert dave.post(back, {"comment": "<b>Again</b>"}).status_code == 204
    assert "&lt;b&gt;Again&lt;/b&gt;" in sign_in(cast.erin).get(page).content.decode()


def test_handing_over_from_the_page(cast, sign_in):
    report = factories.report(cast.dave, cast.north)
    address = reverse("exam_assign", args=[report.pk])
    for nobody in ("", "x", "\x00", "-1", "9" * 30, "9" * 5_000):
        assert sign_in(cast.dave).post(address, {"to": nobody}).status_code == 409
    assert sign_in(cast.dave).post(address, {"to": cast.alice.pk}).status_code == 204
    assert sign_in(cast.dave).post(address, {"to": cast.dave.pk}).status_code == 404
