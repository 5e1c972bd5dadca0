"""Fields of a report: versions, attestation, rows, rest normal."""

import pytest

from reporting.models import AuditEvent, FieldValue, GroupRow, TimingEvent
from reporting.selectors.reports import report_field, report_form
from reporting.services import fill_requests, reports
from reporting.services.errors import ActionBlocked, FieldInvalid, TextInvalid, VersionConflict
from tests import factories

Attestation = FieldValue.Attestation


@pytest.fixture
def put(cast, by_hand):
    def call(path, value, version=0, reader=None):
        return reports.field_set(
            report=by_hand, reader=reader or cast.alice, path=path, value=value, version=version
        )

    return call


def test_field_set_stores_value_source_and_event(cast, by_hand, put):
    field = put("emphysema", "mild")
    assert (field.value, field.source, field.version) == ("mild", "reader", 1)
    assert field.attestation == Attestation.ENTERED
    assert TimingEvent.objects.get(kind="field_edited").details == {"path": "emphysema"}
    (change,) = AuditEvent.objects.get(action="field_edited").details["changes"]
    assert (change["before"]["value"], change["after"]["value"]) == (None, "mild")


def test_field_set_tells_a_second_page_what_stands_there(cast, put):
    put("emphysema", "mild")
    with pytest.raises(VersionConflict) as caught:
        put("emphysema", "severe", version=0)
    current = caught.value.current
    assert (current.value, current.version, current.by) == ("mild", 1, "Alice Test")
    assert current.at is not None
    assert f"Alice Test changed this at {current.at:%H:%M:%S} UTC." in str(caught.value)
    assert FieldValue.objects.get().value == "mild"


def test_the_same_value_again_is_no_conflict(put):
    put("emphysema", "mild")
    assert put("emphysema", "mild", version=0).version == 1


def test_a_version_from_the_future_is_a_conflict(put):
    put("emphysema", "mild")
    with pytest.raises(VersionConflict):
        put("emphysema", "severe", version=7)


def test_a_person_wins_over_what_the_model_wrote_meanwhile(cast, report, engine):
    factories.fill(report, cast.alice)
    field = reports.field_set(
        report=report, reader=cast.alice, path="emphysema", value="severe", version=0
    )
    assert (field.value, field.suggested_value) == ("severe", "mild")
    assert field.attestation == Attestation.CORRECTED


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("emphysema", "huge", "not one of the options"),
        ("opacities", ["none", "lava"], "choose one or more"),
        ("wall", 400, "outside"),
        ("wall", "3", "not a number"),
        ("effusion[middle].size", "small", "no field"),
        ("nodule[1].size", 3, "removed"),
        ("nodule[00000000-0000-0000-0000-000000000000].size", 3, "removed"),
        ("nowhere", "x", "no field"),
        ("'; DROP TABLE x", "x", "no field"),
        ("emphysema", "mi\x00ld", "null character"),
        ("emphysema", "mi\ud800ld", "half of a character"),
        ("wall", float("nan"), "not JSON"),
    ],
)
def test_field_set_says_what_is_wrong(put, path, value, message):
    with pytest.raises(FieldInvalid, match=message):
        put(path, value)
    assert not FieldValue.objects.exists()


def test_a_long_text_is_refused_with_its_length(put):
    with pytest.raises(TextInvalid, match="characters; at most"):
        put("lungs_other", "x" * 10_001)


@pytest.mark.parametrize(
    ("path", "texts", "value"),
    [
        ("wall", ["0.4 cm"], 4),
        ("wall", [" "], None),
        ("opacities", ["consolidation", "ground_glass"], ["ground_glass", "consolidation"]),
        ("emphysema", ["mild"], "mild"),
        ("gallstones", ["yes"], "yes"),
        ("nodule", ["none"], "none"),
    ],
)
def test_field_value_parse_reads_what_a_form_sends(by_hand, path, texts, value):
    assert reports.field_value_parse(report=by_hand, path=path, texts=texts) == value


def test_confirm_attests_the_models_answer(cast, report, engine):
    factories.fill(report, cast.alice)
    version = report_field(report, "emphysema").version
    field = reports.field_confirm(
        report=report, reader=cast.alice, path="emphysema", version=version
    )
    assert field.attestation == Attestation.CONFIRMED
    again = reports.field_confirm(
        report=report, reader=cast.alice, path="emphysema", version=version
    )
    assert again.version == field.version


def test_choosing_what_the_model_said_confirms_it(cast, report, engine):
    factories.fill(report, cast.alice)
    field = reports.field_set(
        report=report, reader=cast.alice, path="emphysema", value="mild", version=1
    )
    assert field.attestation == Attestation.CONFIRMED
    assert field.source == "model"


def test_reject_empties_the_field_and_keeps_the_answer(cast, report, engine):
    factories.fill(report, cast.alice)
    field = reports.field_reject(report=report, reader=cast.alice, path="emphysema", version=1)
    assert (field.value, field.suggested_value) == (None, "mild")
    assert field.attestation == Attestation.REJECTED
    later = reports.field_set(
        report=report, reader=cast.alice, path="emphysema", value="mild", version=field.version
    )
    assert later.value == "mild"


def test_an_entry_after_a_rejection_is_a_correction(cast, report, engine):
    factories.fill(report, cast.alice)
    field = reports.field_reject(report=report, reader=cast.alice, path="emphysema", version=1)
    later = reports.field_set(
        report=report, reader=cast.alice, path="emphysema", value="severe", version=field.version
    )
    assert later.attestation == Attestation.CORRECTED


def test_emptying_a_suggestion_rejects_it(cast, report, engine):
    factories.fill(report, cast.alice)
    field = reports.field_set(
        report=report, reader=cast.alice, path="emphysema", value=None, version=1
    )
    assert field.attestation == Attestation.REJECTED


def test_confirm_needs_what_the_page_has_seen(cast, report, engine):
    factories.fill(report, cast.alice)
    with pytest.raises(VersionConflict):
        reports.field_confirm(report=report, reader=cast.alice, path="emphysema", version=0)


def test_rows_are_added_filled_and_removed(cast, by_hand, put):
    row = reports.group_row_add(report=by_hand, reader=cast.alice, group="nodule")
    put(f"nodule[{row.pk}].size", 8)
    reports.group_row_remove(report=by_hand, reader=cast.alice, row_id=row.pk)
    reports.group_row_remove(report=by_hand, reader=cast.alice, row_id=row.pk)
    assert GroupRow.objects.get().removed_by == cast.alice
    with pytest.raises(FieldInvalid, match="removed"):
        put(f"nodule[{row.pk}].size", 9)
    kinds = list(TimingEvent.objects.values_list("kind", flat=True))
    assert kinds.count("row_removed") == 1


def test_a_group_has_at_most_its_rows(cast, by_hand):
    for _ in range(3):
        reports.group_row_add(report=by_hand, reader=cast.alice, group="nodule")
    with pytest.raises(FieldInvalid, match="at most 3"):
        reports.group_row_add(report=by_hand, reader=cast.alice, group="nodule")


@pytest.mark.parametrize("group", ["effusion", "emphysema", "nowhere"])
def test_only_open_groups_take_rows(cast, by_hand, group):
    with pytest.raises(FieldInvalid):
        reports.group_row_add(report=by_hand, reader=cast.alice, group=group)


def test_none_and_rows_exclude_each_other(cast, by_hand, put):
    put("nodule", "none")
    reports.group_row_add(report=by_hand, reader=cast.alice, group="nodule")
    field = FieldValue.objects.get(path="nodule")
    assert field.value is None
    with pytest.raises(FieldInvalid, match="Remove the rows"):
        put("nodule", "none", version=field.version)


def test_rest_normal_sets_what_has_no_value(cast, by_hand, put):
    put("emphysema", "mild")
    changed = reports.rest_normal(report=by_hand, reader=cast.alice, section="lungs")
    values = {field.path: field.value for field in changed}
    assert values["opacities"] == ["none"]
    assert values["nodule"] == "none"
    assert "emphysema" not in values
    assert all(field.attestation == Attestation.BULK_CONFIRMED for field in changed)
    assert TimingEvent.objects.filter(kind="rest_normal").count() == 1


def test_rest_normal_of_the_report_leaves_out_the_other_sex(cast, by_hand):
    changed = reports.rest_normal(report=by_hand, reader=cast.alice)
    paths = {field.path for field in changed}
    assert "prostate" not in paths
    assert {"effusion[right].size", "effusion[left].size", "gallstones"} <= paths
    assert "disc[L3/4].contour" in paths


def test_rest_normal_gives_the_narrative_of_a_normal_section(cast, by_hand):
    reports.rest_normal(report=by_hand, reader=cast.alice, section="gallbladder")
    section = next(s for s in report_form(by_hand).sections if s.key == "gallbladder")
    assert section.text == "The gallbladder is normal."


def test_rest_normal_waits_for_the_model(cast, report):
    fill_requests.fill_request(report=report, reader=cast.alice, conclusion="Normal.", version=0)
    with pytest.raises(ActionBlocked, match="still filling"):
        reports.rest_normal(report=report, reader=cast.alice)


def test_rest_normal_leaves_conflicts_open(cast, report, engine):
    engine._answers = {"Mild emphysema": "emphysema=mild", "Severe emphysema": "emphysema=severe"}
    factories.fill(report, cast.alice, "Mild emphysema. Severe emphysema.")
    changed = reports.rest_normal(report=report, reader=cast.alice)
    assert "emphysema" not in {field.path for field in changed}


@pytest.mark.parametrize("name", ["bob", "carol", "dave", "erin", "frank", "grace", "heidi"])
@pytest.mark.parametrize(
    "write",
    [
        lambda r, u: reports.field_set(report=r, reader=u, path="wall", value=3, version=0),
        lambda r, u: reports.field_confirm(report=r, reader=u, path="wall", version=0),
        lambda r, u: reports.field_reject(report=r, reader=u, path="wall", version=0),
        lambda r, u: reports.group_row_add(report=r, reader=u, group="nodule"),
        lambda r, u: reports.group_row_remove(report=r, reader=u, row_id=r.pk),
        lambda r, u: reports.rest_normal(report=r, reader=u),
        lambda r, u: reports.report_conclusion_set(report=r, reader=u, text="x", version=0),
    ],
)
def test_nobody_else_writes(cast, by_hand, name, write):
    with pytest.raises(ActionBlocked, match="not yours"):
        write(by_hand, getattr(cast, name))
    assert not FieldValue.objects.exists()


def test_free_text_has_no_fields(cast):
    report = factories.report(cast.alice, cast.north, mode="free_text")
    with pytest.raises(ActionBlocked, match="text, not fields"):
        reports.field_set(report=report, reader=cast.alice, path="wall", value=3, version=0)
