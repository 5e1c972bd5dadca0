"""Corrected reports: a new version, signed on its own, that says what changed and why."""

import json
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.urls import reverse

from reporting.exports.report_text import plain, rich
from reporting.models import AuditEvent, FieldValue, ImagingStudy, Report, current_report
from reporting.selectors.report_documents import report_document
from reporting.selectors.versions import corrections_of
from reporting.services import reports
from reporting.services.corrections import report_correct
from reporting.services.errors import ActionBlocked, TextInvalid
from reporting.services.lifecycle import report_cancel, report_submit
from reporting.services.snapshots import chain_faults
from tests import factories
from tests.cast import PASSWORD

CONCLUSION = "Mild emphysema. 8 mm nodule in the right upper lobe. Small left pleural effusion."


def sign(report, signer):
    reports.report_sign(report=report, signer=signer, password=PASSWORD)
    report.refresh_from_db()
    return report


def put(report, reader, path, value):
    version = report.field_values.filter(path=path).values_list("version", flat=True).first() or 0
    reports.field_set(report=report, reader=reader, path=path, value=value, version=version)


@pytest.fixture
def signed(cast, report, engine):
    """A report that the model filled, that alice attested and signed."""
    factories.fill(report, cast.alice, CONCLUSION)
    for value in FieldValue.objects.filter(report=report):
        reports.field_confirm(
            report=report, reader=cast.alice, path=value.path, version=value.version
        )
    return sign(report, cast.alice)


@pytest.fixture
def correction(cast, signed):
    return report_correct(report=signed, reader=cast.alice, reason="Wrong size and side.")


def content(report):
    return json.loads(report.snapshots.get().content)


def test_it_begins_as_what_was_signed(cast, signed, correction):
    assert (correction.status, correction.corrects) == ("draft", signed)
    assert correction.conclusion == CONCLUSION
    assert corrections_of(correction) == []
    before, after = (
        sorted((v.attestation, v.member, str(v.value)) for v in version.field_values.all())
        for version in (signed, correction)
    )
    assert before == after
    assert {row.pk for row in signed.group_rows.all()}.isdisjoint(
        row.pk for row in correction.group_rows.all()
    )
    assert ImagingStudy.objects.get().status == "in_progress"
    assert current_report(signed.imaging_study) == correction


def test_it_names_what_changed_and_why(cast, by_hand):
    text = "Mild emphysema. 8 mm nodule in the right upper lobe."
    reports.report_conclusion_set(report=by_hand, reader=cast.alice, text=text, version=0)
    row = reports.group_row_add(report=by_hand, reader=cast.alice, group="nodule")
    put(by_hand, cast.alice, f"nodule[{row.pk}].size", 8)
    put(by_hand, cast.alice, "emphysema", "mild")
    signed = sign(by_hand, cast.alice)
    correction = report_correct(report=signed, reader=cast.alice, reason="Wrong size.")
    row = correction.group_rows.get()
    put(correction, cast.alice, f"nodule[{row.pk}].size", 12)
    put(correction, cast.alice, "emphysema", None)
    put(correction, cast.alice, "wall", 3)
    text = "12 mm nodule in the right upper lobe."
    reports.report_conclusion_set(report=correction, reader=cast.alice, text=text, version=0)
    draft = plain(report_document(Report.objects.get(pk=correction.pk)))
    assert "nodule in the right upper lobe.” was replaced by “12 mm nodule" in draft
    sign(correction, cast.alice)
    assert correction.status == "corrected"
    changes = content(correction)["correction"]["changes"]
    assert changes[0].startswith("Conclusion: “Mild emphysema. 8 mm nodule")
    assert "Nodule 1, size: “8 mm” was replaced by “12 mm”." in changes
    assert "Emphysema: “Mild” was removed." in changes
    assert len(changes) == 4
    for said in (plain(report_document(correction)), rich(report_document(correction))):
        assert "Reason: Wrong size." in said
        assert "Nodule 1, size" in said
        assert "Corrected and signed by Alice Test" in said


def test_both_snapshots_are_chained_and_the_first_version_stays(cast, signed, correction):
    before = Report.objects.filter(pk=signed.pk).values().get()
    sign(correction, cast.alice)
    assert correction.snapshots.get().previous_sha256 == signed.snapshots.get().sha256
    assert content(correction)["correction"]["sha256"] == signed.snapshots.get().sha256
    assert chain_faults(signed) == chain_faults(correction) == []
    call_command("chain_verify")
    assert Report.objects.filter(pk=signed.pk).values().get() == before
    assert "SUPERSEDED BY THE CORRECTED REPORT" in plain(report_document(signed))
    assert ImagingStudy.objects.get().status == "signed"


def test_the_database_refuses_to_change_either(cast, signed, correction):
    sign(correction, cast.alice)
    for report in (signed, correction):
        for change in ({"conclusion": "x"}, {"correction_reason": "x"}, {"corrects": None}):
            if change == {"corrects": None} and report == signed:
                change = {"corrects": correction}
            with pytest.raises(DatabaseError, match="signed"), transaction.atomic():
                Report.objects.filter(pk=report.pk).update(**change)
        with pytest.raises(DatabaseError, match="signed"), transaction.atomic():
            report.field_values.update(value=None)


def test_there_is_one_correction_at_a_time_and_it_is_corrected_next(cast, signed, correction):
    again = report_correct(report=signed, reader=cast.alice, reason="Again.")
    assert again == correction
    sign(correction, cast.alice)
    with pytest.raises(ActionBlocked, match="newest"):
        report_correct(report=signed, reader=cast.alice, reason="Again.")
    third = report_correct(report=correction, reader=cast.alice, reason="Once more.")
    assert [v.pk for v in third.versions] == [signed.pk, correction.pk, third.pk]
    draft = factories.report(cast.alice, cast.north)
    with pytest.raises(DatabaseError), transaction.atomic():
        Report.objects.filter(pk=draft.pk).update(corrects=signed)


def test_cancelled_the_version_before_counts_again(cast, signed, correction):
    report_cancel(report=correction, reader=cast.alice, reason="Not needed.")
    exam = ImagingStudy.objects.get()
    assert exam.status == "signed"
    assert current_report(exam) == signed
    assert report_document(signed).superseded == ""
    assert report_correct(report=signed, reader=cast.alice, reason="Now.") != correction


def test_addenda_go_to_the_newest_version_and_are_kept(cast, signed):
    reports.addendum_add(report=signed, author=cast.alice, text="First.", password=PASSWORD)
    signed.refresh_from_db()
    correction = report_correct(report=signed, reader=cast.alice, reason="Wrong.")
    with pytest.raises(ActionBlocked, match="corrected"):
        reports.addendum_add(report=signed, author=cast.alice, text="Late.", password=PASSWORD)
    sign(correction, cast.alice)
    second = reports.addendum_add(
        report=correction, author=cast.alice, text="Second.", password=PASSWORD
    )
    assert second.number == 2
    assert [a.text for a in report_document(correction).addenda] == ["First.", "Second."]
    correction.refresh_from_db()
    assert chain_faults(correction) == []


@pytest.mark.parametrize("reason", ["", " \n", "a\x00b", "x" * 5_000])
def test_it_needs_a_reason(cast, signed, reason):
    with pytest.raises(TextInvalid):
        report_correct(report=signed, reader=cast.alice, reason=reason)


def test_only_a_radiologist_corrects_and_only_what_is_signed(cast, signed):
    for person in (cast.erin, cast.bob, cast.heidi):
        with pytest.raises(ActionBlocked):
            report_correct(report=signed, reader=person, reason="No.")
    draft = factories.report(cast.alice, cast.north)
    with pytest.raises(ActionBlocked):
        report_correct(report=draft, reader=cast.alice, reason="No.")


def test_the_pages_lead_to_each_other(cast, signed, sign_in):
    browser = sign_in(cast.alice)
    address = reverse("report_correct", args=[signed.pk])
    assert browser.post(address, {"comment": ""}).status_code == 409
    answer = browser.post(address, {"comment": "<b>Wrong</b>"})
    correction = Report.objects.get(corrects=signed)
    there = reverse("report_edit", args=[correction.pk])
    assert answer.headers["HX-Redirect"] == there
    page = browser.get(there).content.decode()
    assert "&lt;b&gt;Wrong&lt;/b&gt;" in page
    assert reverse("report_edit", args=[signed.pk]) in page
    assert there in browser.get(reverse("report_edit", args=[signed.pk])).content.decode()
    opened = browser.post(reverse("exam_open", args=[signed.imaging_study_id]))
    assert opened.headers["Location"] == there
    sign(correction, cast.alice)
    printed = browser.get(reverse("report_print", args=[correction.pk])).content.decode()
    assert "Reason: &lt;b&gt;Wrong" in printed
    old = browser.get(reverse("report_print", args=[signed.pk])).content.decode()
    assert '<div class="watermark">Superseded</div>' in old
    assert AuditEvent.objects.filter(action="report_correct").count() == 1


def test_what_it_was_compared_with_stays(cast, by_hand):
    exam = factories.exam(cast.north, performed_at=datetime(2025, 3, 2, tzinfo=UTC))
    ImagingStudy.objects.filter(pk=exam.pk).update(patient=by_hand.imaging_study.patient)
    reports.comparison_toggle(report=by_hand, reader=cast.alice)
    reports.report_conclusion_set(report=by_hand, reader=cast.alice, text="Normal.", version=0)
    signed = sign(by_hand, cast.alice)
    correction = report_correct(report=signed, reader=cast.alice, reason="Wrong side.")
    line = "CT chest of 2025-03-02 (365 days)."
    assert line in plain(report_document(signed))
    assert line in plain(report_document(correction))
    reports.comparison_toggle(report=correction, reader=cast.alice)
    sign(correction, cast.alice)
    assert content(correction)["correction"]["changes"] == [f"Comparison: “{line}” was removed."]


def test_an_addendum_after_a_submitted_and_cancelled_correction_is_no_fault(cast, by_hand):
    reports.report_conclusion_set(report=by_hand, reader=cast.alice, text="Normal.", version=0)
    signed = sign(by_hand, cast.alice)
    correction = report_correct(report=signed, reader=cast.alice, reason="Wrong.")
    report_submit(report=correction, reader=cast.alice, password=PASSWORD)
    report_cancel(report=correction, reader=cast.alice, reason="Not needed.")
    reports.addendum_add(report=signed, author=cast.alice, text="More.", password=PASSWORD)
    correction.refresh_from_db()
    assert chain_faults(correction) == []


def test_rows_are_named_as_the_version_before_numbers_them(cast, by_hand):
    text = "Nodules of 8 mm."
    reports.report_conclusion_set(report=by_hand, reader=cast.alice, text=text, version=0)
    rows = [
        reports.group_row_add(report=by_hand, reader=cast.alice, group="nodule") for _ in range(3)
    ]
    for row in rows:
        put(by_hand, cast.alice, f"nodule[{row.pk}].size", 8)
    reports.group_row_remove(report=by_hand, reader=cast.alice, row_id=rows[0].pk)
    correction = report_correct(
        report=sign(by_hand, cast.alice), reader=cast.alice, reason="Wrong size."
    )
    first, second = correction.group_rows.order_by("position")
    reports.group_row_remove(report=correction, reader=cast.alice, row_id=first.pk)
    put(correction, cast.alice, f"nodule[{second.pk}].size", 12)
    assert [change.words for change in corrections_of(correction)] == [
        "Nodule 2, size: “8 mm” was replaced by “12 mm”.",
        "Nodule 1, size: “8 mm” was removed.",
    ]
