"""Derived values: from what is attested alone, with their inputs; a contradiction is said."""

import json
from pathlib import Path

import pytest

from reporting.models import FieldValue
from reporting.selectors.reports import report_field
from reporting.services import reports
from tests import factories

FILE = Path(__file__).parents[2] / "fixtures" / "report_templates" / "mri_prostate.json"
SIZES = {"diameter": 40, "diameter_2": 50, "diameter_3": 30}


@pytest.fixture
def prostate(cast):
    factories.template_version(json.loads(FILE.read_text(encoding="utf-8")))
    return factories.report(
        cast.alice,
        cast.north,
        mode="structured",
        sex="male",
        modality="MR",
        body_part="PROSTATE",
        description="MRI prostate",
    )


def put(report, reader, path, value, version=0):
    return reports.field_set(report=report, reader=reader, path=path, value=value, version=version)


@pytest.fixture
def measured(prostate, cast):
    for path, value in SIZES.items():
        put(prostate, cast.alice, path, value)
    return prostate


def test_a_value_follows_from_its_inputs_and_names_them(measured):
    volume = report_field(measured, "volume")
    assert (volume.value, volume.derivation.holds) == (31, True)
    assert volume.derivation.inputs.count(",") == 2
    assert not volume.derivation.only


def test_it_is_absent_while_an_input_is_missing(prostate, cast):
    put(prostate, cast.alice, "diameter", 40)
    assert report_field(prostate, "volume").value is None


def test_it_is_absent_while_an_input_is_not_attested(measured):
    FieldValue.objects.filter(report=measured, path="diameter").update(
        edited_at=None, edited_by=None, source="model", suggested_value=40
    )
    assert report_field(measured, "volume").value is None


def test_a_stated_value_that_does_not_agree_says_so_and_stays(measured, cast):
    put(measured, cast.alice, "volume", 32)
    assert report_field(measured, "volume").derivation.disagreement == ""
    put(measured, cast.alice, "volume", 60, version=1)
    volume = report_field(measured, "volume")
    assert volume.value == 60
    assert "60 mL is stated" in volume.derivation.disagreement
