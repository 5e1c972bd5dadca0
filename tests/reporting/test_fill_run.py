"""The worker's side of a fill: what it writes, and what it leaves alone."""

import pytest

from reporting.models import FieldValue, FillJob, GroupRow
from reporting.services import reports
from tests import factories


def values(report):
    return {
        value.member or value.path: value.value
        for value in FieldValue.objects.filter(report=report, value__isnull=False)
    }


def test_it_fills_what_the_conclusion_states(cast, report, engine):
    job = factories.fill(report, cast.alice)
    assert job.status == FillJob.Status.SUCCESS
    assert values(report)["emphysema"] == "mild"
    row = GroupRow.objects.get(report=report, group="nodule")
    size = FieldValue.objects.get(report=report, path=f"nodule[{row.pk}].size")
    assert size.value == 8
    assert size.evidence_quote in report.conclusion
    assert report.conclusion[size.evidence_start : size.evidence_end] == size.evidence_quote
    assert size.attestation == FieldValue.Attestation.NOT_ATTESTED


def test_it_stores_what_answered_and_what_was_not_used(cast, report, engine):
    job = factories.fill(report, cast.alice)
    assert job.engine == "fake"
    assert job.prompt_tokens > 0
    assert [clause["text"] for clause in job.unused] == ["Follow-up in 3 months"]
    assert any(value["path"] == "emphysema" for value in job.result)


def test_it_gives_no_value_to_what_is_not_stated(cast, report, engine):
    factories.fill(report, cast.alice)
    assert "gallstones" not in values(report)


def test_it_never_overwrites_a_person(cast, report, engine):
    reports.field_set(report=report, reader=cast.alice, path="emphysema", value="severe", version=0)
    factories.fill(report, cast.alice)
    field = FieldValue.objects.get(report=report, path="emphysema")
    assert (field.value, field.suggested_value) == ("severe", None)


def test_refill_matches_rows_by_evidence(cast, report, engine):
    factories.fill(report, cast.alice)
    row = GroupRow.objects.get(report=report, group="nodule")
    factories.fill(report, cast.alice, factories.CONCLUSION + " Thank you.")
    assert [r.pk for r in GroupRow.objects.filter(removed_at__isnull=True)] == [row.pk]


def test_refill_matches_rows_by_identity(cast, report, engine):
    factories.fill(report, cast.alice)
    row = GroupRow.objects.get(report=report, group="nodule")
    engine._answers = {"9 mm nodule in the right upper lobe": "nodule[+]size=@1,location=rul"}
    factories.fill(report, cast.alice, "9 mm nodule in the right upper lobe.")
    assert FieldValue.objects.get(path=f"nodule[{row.pk}].size").value == 9


def test_refill_takes_back_untouched_answers(cast, report, engine):
    factories.fill(report, cast.alice)
    factories.fill(report, cast.alice, "Small left pleural effusion.")
    assert values(report) == {"size": "small"}
    assert not GroupRow.objects.filter(removed_at__isnull=True).exists()


def test_refill_keeps_rows_that_a_person_touched(cast, report, engine):
    factories.fill(report, cast.alice)
    row = GroupRow.objects.get(report=report, group="nodule")
    path = f"nodule[{row.pk}].size"
    version = FieldValue.objects.get(path=path).version
    reports.field_confirm(report=report, reader=cast.alice, path=path, version=version)
    factories.fill(report, cast.alice, "Small left pleural effusion.")
    assert GroupRow.objects.get(pk=row.pk).removed_at is None
    assert FieldValue.objects.get(path=path).value == 8


def test_refill_does_not_bring_back_a_row_that_a_person_removed(cast, report, engine):
    factories.fill(report, cast.alice)
    row = GroupRow.objects.get(report=report, group="nodule")
    reports.group_row_remove(report=report, reader=cast.alice, row_id=row.pk)
    factories.fill(report, cast.alice, factories.CONCLUSION + " Thank you.")
    assert GroupRow.objects.filter(report=report).count() == 1


def test_a_rejected_answer_stays_empty_after_a_refill(cast, report, engine):
    factories.fill(report, cast.alice)
    reports.field_reject(report=report, reader=cast.alice, path="emphysema", version=1)
    factories.fill(report, cast.alice, factories.CONCLUSION + " Thank you.")
    field = FieldValue.objects.get(path="emphysema")
    assert (field.value, field.suggested_value) == (None, "mild")


def test_conflicting_clauses_fill_neither(cast, report, engine):
    engine._answers = {"Mild emphysema": "emphysema=mild", "Severe emphysema": "emphysema=severe"}
    job = factories.fill(report, cast.alice, "Mild emphysema. Severe emphysema.")
    assert "emphysema" not in values(report)
    assert [conflict["path"] for conflict in job.conflicts] == ["emphysema"]


def test_a_model_that_fails_leaves_a_reason(cast, report, engine):
    def broken(task):
        raise RuntimeError("out of memory")

    engine._answers = broken
    job = factories.fill(report, cast.alice)
    assert (job.status, job.reason_code) == (FillJob.Status.FAILURE, "engine_failed")
    assert "by hand" in job.reason


def test_without_a_model_the_reason_says_so(cast, report, settings, monkeypatch, tmp_path):
    from reporting.services import fills

    settings.LLM_ENGINE = "transformers"
    settings.LLM_ADAPTER_DIR = str(tmp_path / "nowhere")
    settings.LLM_BASE_MODEL_DIR = str(tmp_path / "nowhere")
    monkeypatch.setattr(fills.ENGINE, "engine", None)
    job = factories.fill(report, cast.alice)
    assert (job.status, job.reason_code) == (FillJob.Status.FAILURE, "engine_unavailable")
    assert job.reason.startswith("No model is ready")


@pytest.mark.parametrize("clauses", [401])
def test_a_conclusion_that_is_too_long_does_not_stop_the_others(cast, report, engine, clauses):
    job = factories.fill(report, cast.alice, "Cyst.\n" * clauses)
    assert job.reason_code == "conclusion_refused"
