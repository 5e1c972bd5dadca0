"""Planted errors: only in arms that say so, as often as they say, on record, reproducible."""

import pytest

from reporting.models import PlantedError
from reporting.selectors.reports import report_field
from reporting.services import readings
from reporting.services.fill_writes import Suggestion
from reporting.services.fills import template_of
from reporting.services.planted_errors import plant, planted_fields, reading_to_alter
from reporting.study_designs.order import share_of
from tests import factories, studies


def sft_reading(cast, share, name="Planted"):
    study = studies.running(
        cast, design="incomplete", practice=0, name=name, planted_error_share=share
    )
    part = studies.part_of(study, cast.alice)
    while (reading := readings.reading_start(reader=part)).arm.mode != "sft":
        studies.sign(reading)
    return reading


@pytest.fixture
def altered(cast, engine):
    reading = sft_reading(cast, 1.0)
    job = factories.fill(reading.report, cast.alice)
    return reading, job, PlantedError.objects.get()


def test_the_form_gets_the_error_and_the_job_keeps_the_answer(altered):
    reading, job, planted = altered
    assert planted.reading == reading
    model_said = {one["path"]: one["value"] for one in job.result}
    held = {v.path: v.value for v in reading.report.field_values.all()}
    assert {planted.path} & {*model_said, *held}
    if planted.kind in {"severity", "added"}:
        assert held[planted.path] == planted.after != model_said.get(planted.path)
    else:
        assert held.get(planted.path) is None
        assert model_said[planted.path] is not None


def test_it_looks_like_any_other_answer(altered):
    reading, _, planted = altered
    if planted.kind in {"severity", "added"}:
        field = report_field(reading.report, planted.path)
        assert field.is_open_suggestion
        assert field.evidence


def test_filling_again_plants_the_same_error(cast, altered):
    reading, _, planted = altered
    factories.fill(reading.report, cast.alice, factories.CONCLUSION + " Unchanged.")
    again = PlantedError.objects.last()
    assert again != planted
    assert (again.kind, again.path, again.after) == (planted.kind, planted.path, planted.after)


def test_no_share_and_no_study_mean_no_error(cast, engine, report):
    factories.fill(sft_reading(cast, 0.0).report, cast.alice)
    factories.fill(report, cast.alice)
    assert not PlantedError.objects.exists()


def test_the_share_is_kept(cast):
    hits = sum(share_of(11, "planted", "R-X", n, "Model") < 0.3 for n in range(2000))
    assert 0.27 < hits / 2000 < 0.33


def test_every_kind_can_be_planted_and_changes_one_thing(cast, engine):
    reading = sft_reading(cast, 1.0)
    job = factories.fill(reading.report, cast.alice)
    job.report = reading.report
    assert reading_to_alter(job) is not None
    said = [
        Suggestion("emphysema", "mild", "stated", 0.9, False, "Mild emphysema", 0, 14),
        Suggestion("effusion[left].size", "small", "stated", 0.9, False, "Small left", 20, 30),
    ]
    fields = planted_fields(template_of(reading.report))
    kinds = set()
    for seed in range(60):
        reading.study.seed = seed
        planted = plant(reading, said, fields)
        kinds.add(planted.kind)
        changed = {(s.path, s.value) for s in planted.suggestions} ^ {
            (s.path, s.value) for s in said
        }
        assert 1 <= len(changed) <= 2
    assert kinds == set(PlantedError.Kind)
    assert plant(reading, [], fields) is None
