"""Taking back what a reader or the model did to the fields: a new act, never a change of history.

Taking back the act of taking back is "redo". What was changed since by somebody else is left.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import transaction

from reporting import clock
from reporting.models import FieldValue, FillJob, GroupRow, Report, TimingEvent, User
from reporting.services.errors import ActionBlocked, FieldInvalid
from reporting.services.fields import field_conflict, field_current, fields_lock
from reporting.services.fills import Group, template_of
from reporting.services.ledger import (
    act_entries,
    act_note,
    field_change,
    row_change,
    state_of,
    state_put,
)
from reporting.services.paths import path_parse

Source = FieldValue.Source
Changes = list[dict[str, Any]]


@transaction.atomic
def act_undo(*, report: Report, reader: User, undone: UUID, act: UUID) -> int:
    """Take an act of the reader back, or a fill (its id is that of the act); record it as `act`.

    A field is put back only where it still is as the act left it; return how many are not. Of a
    fill only what nobody attested is taken back. Raises VersionConflict where the act changed one
    field and somebody changed it since, FieldInvalid where a row has no place any more,
    ActionBlocked where there is nothing to take back.
    """
    locked = fields_lock(report, reader)
    job = locked.fill_jobs.filter(pk=undone, status=FillJob.Status.SUCCESS).first()
    if job is not None:
        changes = [*_fill_withdraw(job, reader)]
        left = 0
    else:
        wanted = [
            change
            for entry in act_entries(locked, reader, undone)
            for change in reversed(entry.details["changes"])
        ]
        changes = [change for item in wanted for change in _change_undo(locked, reader, item)]
        left = len(wanted) - len(changes)
        if left == len(wanted) == 1 and "path" in wanted[0]:
            raise field_conflict(field_current(locked, path_parse(wanted[0]["path"])))
    if not changes:
        raise ActionBlocked("There is nothing to take back: it was changed since.")
    kind = TimingEvent.Kind.TAKEN_BACK
    act_note(locked, reader, kind, act=act, changes=changes, of=str(undone), left=left)
    return left


def _change_undo(report: Report, reader: User, change: dict[str, Any]) -> Changes:
    """Undo one change; return its entry, or none where something else stands there now."""
    if "row" in change:
        return _row_undo(report, reader, change)
    current = field_current(report, path_parse(change["path"]))
    # Acts of before values were copied know no prior report.
    if current.pk is None or state_of(current) != {"prior_report": None, **change["after"]}:
        return []
    state_put(current, change["before"])
    return [_field_store(current, reader, before=change["after"])]


def _field_store(current: FieldValue, reader: User, *, before: dict[str, Any]) -> dict[str, Any]:
    current.edited_by, current.changed_at = reader, clock.now()
    current.version += 1
    current.save()
    return field_change(current, before)


def _row_undo(report: Report, reader: User, change: dict[str, Any]) -> Changes:
    row = GroupRow.objects.get(report=report, pk=change["row"])
    if (row.removed_at is not None) != change["removed"]:
        return []
    if row.removed_at is None:
        row.removed_at, row.removed_by = clock.now(), reader
    else:
        _require_room(report, row)
        row.removed_at = row.removed_by = None
    row.save(update_fields=["removed_at", "removed_by"])
    return [row_change(row)]


def _require_room(report: Report, row: GroupRow) -> None:
    """Raise FieldInvalid where the group is full or said to be none."""
    item = template_of(report).item(row.group)
    rows = GroupRow.objects.filter(report=report, group=row.group, removed_at__isnull=True)
    said = FieldValue.objects.filter(report=report, path=row.group, value__isnull=False)
    if isinstance(item, Group) and rows.count() >= item.max_rows:
        raise FieldInvalid(row.group, f"{item.label} has {item.max_rows} rows already.")
    if said.exists():
        raise FieldInvalid(row.group, f"{item.label} was set to none since. Empty that first.")


def _fill_withdraw(job: FillJob, reader: User) -> Iterator[dict[str, Any]]:
    """Empty what the fill wrote and nobody attested, and remove its rows that are left empty.

    The answers stay beside the fields; the next fill may write them again.
    """
    values = FieldValue.objects.filter(report=job.report, fill_job=job, value__isnull=False)
    for held in values.select_related("row").order_by("pk"):
        if held.is_open_answer:
            before = state_of(held)
            held.value = None
            yield _field_store(held, reader, before=before)
    rows = GroupRow.objects.filter(
        report=job.report, created_by_source=Source.MODEL, removed_at__isnull=True
    )
    for row in rows.exclude(field_values__value__isnull=False):
        row.removed_at = clock.now()
        row.save(update_fields=["removed_at"])
        yield row_change(row)
