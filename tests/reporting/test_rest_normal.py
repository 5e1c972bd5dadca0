"""Rest normal: what has no value gets the template's normal, by a person, on record."""

import pytest

from reporting.models import FieldValue, TimingEvent
from reporting.services.errors import ActionBlocked, FieldInvalid
from reporting.services.fill_requests import fill_request
from reporting.services.reports import field_set, rest_normal

A = FieldValue.Attestation


def test_only_what_has_no_value_is_set(by_hand, cast):
    field_set(report=by_hand, reader=cast.alice, path="emphysema", value="severe", version=0)
    values = rest_normal(report=by_hand, reader=cast.alice)
    assert values
    assert by_hand.field_values.get(path="emphysema").value == "severe"
    assert {v.attestation for v in values} == {A.BULK_CONFIRMED}
    assert {v.source for v in values} == {FieldValue.Source.REST_NORMAL}
    assert by_hand.timing_events.filter(kind=TimingEvent.Kind.REST_NORMAL).count() == 1


def test_a_section_alone(by_hand, cast):
    sections = {v.path for v in rest_normal(report=by_hand, reader=cast.alice, section="lungs")}
    everything = {v.path for v in rest_normal(report=by_hand, reader=cast.alice)}
    assert sections
    assert everything
    assert not sections & everything


def test_an_open_suggestion_is_left_alone(report, cast, engine):
    from tests import factories

    factories.fill(report, cast.alice)
    before = report.field_values.get(path="emphysema")
    rest_normal(report=report, reader=cast.alice)
    after = report.field_values.get(path="emphysema")
    assert (before.value, before.version) == (after.value, after.version)
    assert after.is_open_suggestion


def test_not_while_the_model_writes(report, cast, doorbell):
    fill_request(report=report, reader=cast.alice, conclusion="Mild emphysema.", version=0)
    with pytest.raises(ActionBlocked, match="still filling"):
        rest_normal(report=report, reader=cast.alice)


def test_an_unknown_section_is_refused(by_hand, cast):
    with pytest.raises(FieldInvalid, match="teeth"):
        rest_normal(report=by_hand, reader=cast.alice, section="teeth")


def test_normals_that_are_only_implied_are_attested_with_it(report, cast, engine, monkeypatch):
    from llm.engines.fake import FakeEngine
    from reporting.services import fills
    from tests import factories

    answers = {"Mild emphysema": "emphysema=mild", "Otherwise normal": "report=normal"}
    monkeypatch.setattr(fills.ENGINE, "engine", FakeEngine(answers))
    factories.fill(report, cast.alice, "Mild emphysema. Otherwise normal.")
    implied = report.field_values.filter(support="implied")
    assert implied.count() > 2
    rest_normal(report=report, reader=cast.alice)
    assert {v.attestation for v in implied.all()} == {A.BULK_CONFIRMED}
    assert {v.source for v in implied.all()} == {FieldValue.Source.IMPLIED}
    assert report.field_values.get(path="emphysema").is_open_suggestion
