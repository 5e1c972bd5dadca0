"""Rows of open groups: added, filled, removed; their identity is not their place."""

import uuid

import pytest

from reporting.models import FieldValue, GroupRow, TimingEvent
from reporting.selectors.reports import report_form
from reporting.services.errors import ActionBlocked, FieldInvalid
from reporting.services.reports import field_set, group_row_add, group_row_remove


def test_a_row_keeps_its_values_when_another_goes(by_hand, cast):
    first = group_row_add(report=by_hand, reader=cast.alice, group="nodule")
    second = group_row_add(report=by_hand, reader=cast.alice, group="nodule")
    path = f"nodule[{second.pk}].size"
    field_set(report=by_hand, reader=cast.alice, path=path, value=7, version=0)
    group_row_remove(report=by_hand, reader=cast.alice, row_id=first.pk)
    assert FieldValue.objects.get(path=path).value == 7
    assert GroupRow.objects.get(pk=first.pk).removed_at is not None


def test_a_removed_row_takes_no_value(by_hand, cast):
    row = group_row_add(report=by_hand, reader=cast.alice, group="nodule")
    group_row_remove(report=by_hand, reader=cast.alice, row_id=row.pk)
    with pytest.raises(FieldInvalid, match="removed"):
        field_set(
            report=by_hand, reader=cast.alice, path=f"nodule[{row.pk}].size", value=7, version=0
        )


def test_there_are_no_more_rows_than_the_template_allows(by_hand, cast):
    def group():
        return next(
            item.group
            for section in report_form(by_hand).sections
            for item in section.items
            if item.group is not None and item.group.key == "nodule"
        )

    while group().may_add:
        group_row_add(report=by_hand, reader=cast.alice, group="nodule")
    assert len(group().rows) == 3
    with pytest.raises(FieldInvalid):
        group_row_add(report=by_hand, reader=cast.alice, group="nodule")


@pytest.mark.parametrize("group", ["effusion", "emphysema", "nothing", ""])
def test_rows_belong_to_open_groups(by_hand, cast, group):
    with pytest.raises(FieldInvalid):
        group_row_add(report=by_hand, reader=cast.alice, group=group)


def test_removing_again_changes_nothing(by_hand, cast):
    row = group_row_add(report=by_hand, reader=cast.alice, group="nodule")
    for _ in range(2):
        group_row_remove(report=by_hand, reader=cast.alice, row_id=row.pk)
    assert by_hand.timing_events.filter(kind=TimingEvent.Kind.ROW_REMOVED).count() == 1


def test_an_unknown_row_is_refused(by_hand, cast):
    with pytest.raises(FieldInvalid, match="no such row"):
        group_row_remove(report=by_hand, reader=cast.alice, row_id=uuid.uuid4())


def test_another_reader_may_not(by_hand, cast):
    with pytest.raises(ActionBlocked):
        group_row_add(report=by_hand, reader=cast.bob, group="nodule")
