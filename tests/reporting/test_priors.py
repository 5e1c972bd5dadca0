"""The patient's earlier reports: which are shown, what is taken from them, what was compared."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from reporting.exports.report_text import plain
from reporting.models import FieldValue, ImagingStudy, Report
from reporting.selectors.priors import prior_reports, prior_view
from reporting.selectors.report_checks import report_checked
from reporting.selectors.report_documents import report_document
from reporting.services import reports
from reporting.services.errors import ActionBlocked, VersionConflict
from reporting.services.reports import report_open
from reporting.services.snapshots import chain_faults
from tests import factories
from tests.cast import PASSWORD
from tests.reporting.templates import draft as template_draft
from tests.reporting.templates import publish

DAY = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
VALUES = {"emphysema": "severe", "wall": 4, "lungs_other": "A bleb.", "disc[L4/5].contour": "bulge"}
Attestation = FieldValue.Attestation


def set_all(report, reader, values):
    for path, value in values.items():
        reports.field_set(report=report, reader=reader, path=path, value=value, version=0)
    report.refresh_from_db()


def signed(report, reader):
    reports.report_conclusion_set(report=report, reader=reader, text="As before.", version=0)
    reports.report_sign(report=report, signer=reader, password=PASSWORD)
    report.refresh_from_db()
    return report


def later(reader, prior, days=265, mode="structured"):
    patient = prior.imaging_study.patient
    exam = factories.exam(patient.site, performed_at=DAY + timedelta(days=days))
    ImagingStudy.objects.filter(pk=exam.pk).update(patient=patient)
    exam.refresh_from_db()
    return report_open(imaging_study=exam, reader=reader, mode=mode)


@pytest.fixture
def prior(cast):
    report = factories.report(cast.dave, cast.north, mode="structured", performed_at=DAY)
    set_all(report, cast.dave, VALUES)
    return signed(report, cast.dave)


@pytest.fixture
def draft(cast, prior):
    return later(cast.alice, prior)


def copy(draft, reader, path, version=0, **more):
    return reports.field_copy(report=draft, reader=reader, path=path, version=version, **more)


def held(draft, path):
    return FieldValue.objects.get(report=draft, path=path)


def rules(report):
    return [one.finding.rule for one in report_checked(report)]


def test_a_colleagues_signed_report_of_the_patient_is_a_prior(cast, prior, draft):
    assert prior_reports(draft) == [prior]
    assert prior_reports(prior) == []
    assert prior_view(draft, prior).item.days == 265


def test_drafts_later_exams_and_other_patients_are_none(cast, prior, draft):
    later(cast.alice, prior, days=100)
    signed(later(cast.alice, prior, days=300), cast.alice)
    signed(factories.report(cast.alice, cast.north, mode="structured"), cast.alice)
    assert prior_reports(draft) == [prior]


def test_the_newest_comes_first(cast, prior, draft):
    second = signed(later(cast.alice, prior, days=20), cast.alice)
    assert prior_reports(draft) == [second, prior]


def test_another_version_of_the_template_is_compared_by_key(cast, prior):
    content = factories.definition()
    content["sections"][0]["label"] = "Both lungs"
    factories.template_version(content)
    draft = later(cast.alice, prior)
    assert draft.report_template_version_id != prior.report_template_version_id
    set_all(draft, cast.alice, {"emphysema": "mild", "wall": 5})
    found = {c.path: c for c in prior_view(draft, prior).changes}
    assert (found["emphysema"].kind, found["wall"].kind) == ("changed", "changed")
    assert found["wall"].delta.percent == 25
    assert found["lungs_other"].kind == "gone"


def test_a_free_text_prior_is_read_and_not_compared(cast):
    first = factories.report(cast.alice, cast.north, mode="free_text", performed_at=DAY)
    prior = signed(first, cast.alice)
    view = prior_view(later(cast.alice, prior), prior)
    assert (view.changes, view.document.conclusion) == (None, "As before.")


def test_a_copied_value_waits_for_its_confirmation(cast, prior, draft):
    copied = copy(draft, cast.alice, "emphysema")
    assert (copied.value, copied.source, copied.prior_report) == ("severe", "prior", prior)
    assert copied.attestation == Attestation.NOT_ATTESTED
    assert "copy_open" in rules(draft)
    assert prior_view(draft, prior).changes[0].after == ""
    assert "emphysema" not in plain(report_document(draft)).lower()
    reports.field_confirm(report=draft, reader=cast.alice, path="emphysema", version=1)
    assert held(draft, "emphysema").attestation == Attestation.CONFIRMED
    assert "copy_open" not in rules(draft)
    assert "Severe emphysema." in plain(report_document(draft))


def test_it_is_corrected_rejected_and_taken_back_like_any_answer(cast, draft):
    act = uuid4()
    copy(draft, cast.alice, "emphysema", act=act)
    reports.act_undo(report=draft, reader=cast.alice, undone=act, act=(again := uuid4()))
    assert held(draft, "emphysema").value is None
    reports.act_undo(report=draft, reader=cast.alice, undone=again, act=uuid4())
    assert held(draft, "emphysema").is_open_copy
    reports.field_set(report=draft, reader=cast.alice, path="emphysema", value="mild", version=3)
    assert held(draft, "emphysema").attestation == Attestation.ENTERED
    copy(draft, cast.alice, "lungs_other")
    reports.field_reject(report=draft, reader=cast.alice, path="lungs_other", version=1)
    assert held(draft, "lungs_other").value is None


def test_the_model_leaves_a_copied_value_alone(cast, prior, engine):
    draft = later(cast.alice, prior, mode="sft")
    copy(draft, cast.alice, "emphysema")
    factories.fill(draft, cast.alice)
    factories.fill(draft, cast.alice, "Follow-up in 3 months.")
    kept = held(draft, "emphysema")
    assert (kept.value, kept.is_open_copy) == ("severe", True)


def test_where_the_model_was_rejected_its_answer_is_kept(cast, prior, engine):
    draft = later(cast.alice, prior, mode="sft")
    factories.fill(draft, cast.alice)
    version = held(draft, "emphysema").version
    reports.field_reject(report=draft, reader=cast.alice, path="emphysema", version=version)
    copy(draft, cast.alice, "emphysema", version=version + 1)
    now = held(draft, "emphysema")
    assert (now.value, now.suggested_value, now.is_open_copy) == ("severe", "mild", True)
    assert now.attestation == Attestation.NOT_ATTESTED


@pytest.mark.parametrize(
    ("path", "said"),
    [("wall", "Measurements are not copied"), ("opacities", "says nothing"), ("nodule", "nothing")],
)
def test_what_is_not_copied(cast, draft, path, said):
    with pytest.raises(ActionBlocked, match=said):
        copy(draft, cast.alice, path)
    assert not draft.field_values.exists()


def test_only_into_an_empty_field_that_the_page_has_seen(cast, draft):
    set_all(draft, cast.alice, {"emphysema": "mild"})
    with pytest.raises(ActionBlocked, match="empty"):
        copy(draft, cast.alice, "emphysema", version=1)
    with pytest.raises(VersionConflict):
        copy(draft, cast.alice, "lungs_other", version=3)


def test_never_from_a_draft_or_from_another_patient(cast, prior, draft):
    other = factories.report(cast.alice, cast.north, mode="structured", performed_at=DAY)
    set_all(other, cast.alice, VALUES)
    with pytest.raises(ActionBlocked):
        copy(draft, cast.alice, "emphysema", prior_id=other.pk)
    with pytest.raises(ActionBlocked):
        copy(draft, cast.alice, "emphysema", prior_id=signed(other, cast.alice).pk)


def test_a_signed_copy_names_its_report(cast, prior, draft):
    copy(draft, cast.alice, "emphysema")
    reports.field_confirm(report=draft, reader=cast.alice, path="emphysema", version=1)
    report = signed(draft, cast.alice)
    (snapshot,) = report.snapshots.all()
    assert f'"prior_report":"{prior.pk}"' in snapshot.content
    assert chain_faults(report) == chain_faults(prior) == []


def test_the_comparison_is_in_the_report_once_the_reader_says_so(cast, prior, draft):
    line = "CT chest of 2026-03-02 (265 days)."
    assert line not in plain(report_document(draft))
    reports.comparison_toggle(report=draft, reader=cast.alice)
    draft.refresh_from_db()
    assert f"COMPARISON:\n{line}" in plain(report_document(draft))
    reports.comparison_toggle(report=draft, reader=cast.alice)
    draft.refresh_from_db()
    assert "COMPARISON" not in plain(report_document(draft))
    reports.comparison_toggle(report=draft, reader=cast.alice, prior_id=prior.pk)
    draft.refresh_from_db()
    report = signed(draft, cast.alice)
    ImagingStudy.objects.filter(pk=prior.imaging_study_id).update(description="Renamed")
    assert line in plain(report_document(Report.objects.get(pk=report.pk)))


def test_without_an_earlier_exam_nothing_was_compared(cast):
    report = factories.report(cast.alice, cast.north)
    with pytest.raises(ActionBlocked, match="no earlier exam"):
        reports.comparison_toggle(report=report, reader=cast.alice)


def test_the_panel_shows_list_report_and_changes(cast, prior, draft, sign_in):
    set_all(draft, cast.alice, {"wall": 6})
    page = sign_in(cast.alice).get(reverse("report_priors", args=[draft.pk])).content.decode()
    assert "2026-03-02" in page
    assert "265 days before" in page
    assert "Severe emphysema." in page
    assert "(+2 mm, +50 % in 265 days)" in page


@pytest.mark.parametrize("asked", ["nonsense", str(uuid4())])
def test_an_unknown_prior_is_not_there(cast, draft, sign_in, asked):
    address = reverse("report_priors", args=[draft.pk])
    assert sign_in(cast.alice).get(address, {"prior": asked}).status_code == 404
    copies = reverse("field_copy", args=[draft.pk])
    sent = {"path": "emphysema", "version": 0, "prior": asked}
    assert sign_in(cast.alice).post(copies, sent).status_code in {404, 409}


def test_a_sites_own_template_goes_on_from_the_one_of_all_sites(cast, prior):
    publish(template_draft(cast.heidi, cast.north, name="Our chest"), cast.heidi)
    draft = later(cast.alice, prior)
    assert draft.report_template_version.report_template.site == cast.north
    assert copy(draft, cast.alice, "emphysema").value == "severe"
    assert {c.kind for c in prior_view(draft, prior).changes} == {"gone"}
    assert "copy_open" in rules(draft)
