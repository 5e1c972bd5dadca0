"""The fields of a report: set, confirm, reject, rows, rest normal.

Every function locks the report first, so two writers never interleave, and compares the version
of the field that the page has seen with the one that is there.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from reporting import clock
from reporting.models import FieldValue, FillJob, GroupRow, Report, TimingEvent, User
from reporting.selectors.values import ReportValues, Slot, open_conflicts, report_values
from reporting.services.audit import audit_event_add
from reporting.services.drafts import FIELD_TEXT_MAX, report_lock, text_clean
from reporting.services.errors import (
    ActionBlocked,
    Current,
    FieldInvalid,
    VersionConflict,
    editor_name,
)
from reporting.services.fills import (
    Field,
    Group,
    ReportTemplate,
    parse_number,
    template_of,
    validate_value,
)
from reporting.services.paths import Path, path_parse
from reporting.services.storable import json_fault
from reporting.services.timing import timing_event_add

Kind = TimingEvent.Kind
Source = FieldValue.Source


def _lock(report: Report, reader: User) -> Report:
    locked = report_lock(report=report, reader=reader)
    if locked.mode == Report.Mode.FREE_TEXT:
        raise ActionBlocked("In this mode the findings are text, not fields.")
    return locked


def _resolve(report: Report, text: str) -> tuple[Path, Field]:
    """Return the path and the field it names; raises FieldInvalid.

    An open group by itself is a field that can only say "none".
    """
    template = template_of(report)
    try:
        path, field = path_parse(text), template.field_at(text)
    except (KeyError, ValueError) as error:
        raise FieldInvalid(text, f"This report has no field {text[:80]!r}.") from error
    item = template.item(path.group)
    if path.row_key and isinstance(item, Group) and item.row_kind == "open":
        _require_row(report, path)
    return path, field


def _require_row(report: Report, path: Path) -> None:
    rows = GroupRow.objects.filter(report=report, group=path.group, removed_at__isnull=True)
    if path.row is None or not rows.filter(pk=path.row).exists():
        raise FieldInvalid(str(path), "This row was removed, on another page or by a new fill.")


def field_value_parse(*, report: Report, path: str, texts: Sequence[str]) -> object:
    """Return the JSON value for what a form sent for a field; no text at all gives None.

    Numbers are read with their unit ("1.2 cm" in a field of mm gives 12). Raises FieldInvalid.
    """
    _, field = _resolve(report, path)
    given = [text for text in texts if text.strip()]
    if not given:
        return None
    if field.kind == "multi_choice":
        order = [option.value for option in field.options]
        return sorted(set(given), key=lambda value: order.index(value) if value in order else 0)
    if field.kind != "number":
        return given[0]
    try:
        number: object = parse_number(field, given[0])
    except ValueError as error:
        raise FieldInvalid(path, str(error)) from error
    return number


def _value_check(report: Report, path: Path, field: Field, value: object) -> object:
    """Return the value as it is stored; raises FieldInvalid."""
    fault = json_fault(value)
    if fault is not None:
        raise FieldInvalid(str(path), f"The value {fault}.")
    if value is None:
        return None
    if isinstance(template_of(report).item(path.group), Group) and not path.row_key:
        rows = GroupRow.objects.filter(report=report, group=path.group, removed_at__isnull=True)
        if rows.exists():
            raise FieldInvalid(str(path), f"Remove the rows of {field.label} first.")
    if isinstance(value, str) and field.kind == "text":
        return text_clean(value, what=field.label, maximum=FIELD_TEXT_MAX) or None
    try:
        validate_value(field, value)
    except ValueError as error:
        raise FieldInvalid(str(path), str(error)) from error
    return value


def _current(report: Report, path: Path) -> FieldValue:
    """Return the stored field, or a new one with version 0."""
    stored = (
        FieldValue.objects.select_related("edited_by").filter(report=report, path=str(path)).first()
    )
    return stored or FieldValue(report=report, version=0, source=Source.READER, **path.columns())


def _require_version(current: FieldValue, version: int) -> None:
    """Raise VersionConflict when a person changed the field since `version`.

    What the model wrote meanwhile is no conflict: a person's entry wins over it, and the
    model's answer stays beside it.
    """
    if version == current.version or not (current.is_touched or version > current.version):
        return
    raise _conflict(current)


def _store(current: FieldValue, reader: User, kind: Kind, old: object) -> FieldValue:
    current.version += 1
    current.changed_at = clock.now()
    current.save()
    timing_event_add(
        report=current.report, reader=reader, kind=kind, details={"path": current.path}
    )
    audit_event_add(
        actor=reader,
        action=str(kind),
        subject=current.report,
        details={"path": current.path, "old": old, "new": current.value},
    )
    return current


@transaction.atomic
def field_set(
    *, report: Report, reader: User, path: str, value: object, version: int
) -> FieldValue:
    """Set a field to what a person chose; None empties it. Return the field with its new version.

    Setting what already stands there changes nothing, except that it confirms the model's answer.
    Raises VersionConflict with what stands there, FieldInvalid, TextInvalid, ActionBlocked.
    """
    locked = _lock(report, reader)
    where, field = _resolve(locked, path)
    clean = _value_check(locked, where, field, value)
    current = _current(locked, where)
    if current.is_touched and current.value == clean and current.bulk_confirmed_at is None:
        return current
    _require_version(current, version)
    if current.pk is None and clean is None:
        return current
    old, now = current.value, clock.now()
    current.value = clean
    current.edited_at, current.edited_by = now, reader
    current.bulk_confirmed_at = None
    current.source = Source.READER
    if clean is not None and clean == current.suggested_value:
        current.source = FieldValue.Source(current.suggested_source)
        current.confirmed_at, current.rejected_at = now, None
    elif clean is None and current.suggested_value is not None:
        current.confirmed_at, current.rejected_at = None, now
    else:
        current.confirmed_at = None
    return _store(current, reader, Kind.FIELD_EDITED, old)


@transaction.atomic
def field_confirm(*, report: Report, reader: User, path: str, version: int) -> FieldValue:
    """Attest the model's answer as it stands. Raises VersionConflict, FieldInvalid, ActionBlocked.

    Confirming again, or confirming what a person entered, changes nothing.
    """
    locked = _lock(report, reader)
    where, _ = _resolve(locked, path)
    current = _current(locked, where)
    if current.is_touched and current.value is not None:
        return current
    if version != current.version or current.value is None:
        _require_seen(current, version)
        raise FieldInvalid(path, "There is nothing to confirm: the field is empty.")
    current.confirmed_at, current.edited_by = clock.now(), reader
    return _store(current, reader, Kind.FIELD_CONFIRMED, current.value)


@transaction.atomic
def field_reject(*, report: Report, reader: User, path: str, version: int) -> FieldValue:
    """Empty a field that the model filled; its answer is kept beside it.

    Also settles a conflict that the model left. Rejecting again changes nothing. Raises
    VersionConflict, FieldInvalid, ActionBlocked.
    """
    locked = _lock(report, reader)
    where, _ = _resolve(locked, path)
    current = _current(locked, where)
    if current.rejected_at is not None and current.value is None:
        return current
    _require_seen(current, version)
    old, now = current.value, clock.now()
    current.value = None
    current.rejected_at, current.edited_by = now, reader
    current.confirmed_at = current.bulk_confirmed_at = None
    return _store(current, reader, Kind.FIELD_REJECTED, old)


def _require_seen(current: FieldValue, version: int) -> None:
    """Raise VersionConflict unless the page has seen exactly this value."""
    if version != current.version:
        raise _conflict(current)


def _conflict(current: FieldValue) -> VersionConflict:
    is_stored = current.pk is not None
    by = editor_name(current.edited_by) if is_stored else ""
    at = current.changed_at if is_stored else None
    return VersionConflict(current.path, Current(current.value, current.version, by, at), current)


@transaction.atomic
def group_row_add(*, report: Report, reader: User, group: str) -> GroupRow:
    """Add an empty row to an open group. A group said to be "none" is no longer.

    Raises FieldInvalid when there is no such group or it is full, ActionBlocked.
    """
    locked = _lock(report, reader)
    item = _open_group(template_of(locked), group)
    rows = GroupRow.objects.filter(report=locked, group=group)
    if rows.filter(removed_at__isnull=True).count() >= item.max_rows:
        raise FieldInvalid(group, f"{item.label} has at most {item.max_rows} rows.")
    said = FieldValue.objects.filter(report=locked, path=group, value__isnull=False).first()
    if said is not None:
        field_set(report=locked, reader=reader, path=group, value=None, version=said.version)
    last = rows.aggregate(last=Max("position"))["last"] or 0
    row = GroupRow.objects.create(
        report=locked, group=group, position=last + 1, created_by_source=Source.READER
    )
    _row_note(row, reader, Kind.ROW_ADDED)
    return row


def _open_group(template: ReportTemplate, key: str) -> Group:
    try:
        item = template.item(key)
    except KeyError as error:
        raise FieldInvalid(key, f"This report has no group {key[:80]!r}.") from error
    if not isinstance(item, Group) or item.row_kind != "open":
        raise FieldInvalid(key, "Rows cannot be added to this field or removed from it.")
    return item


def _row_note(row: GroupRow, reader: User, kind: Kind) -> None:
    details = {"group": row.group, "row": str(row.pk)}
    timing_event_add(report=row.report, reader=reader, kind=kind, details=details)
    audit_event_add(actor=reader, action=str(kind), subject=row.report, details=details)


@transaction.atomic
def group_row_remove(*, report: Report, reader: User, row_id: UUID) -> GroupRow:
    """Remove a row with its values; a later fill does not bring it back.

    Removing it again changes nothing. Raises FieldInvalid, ActionBlocked.
    """
    locked = _lock(report, reader)
    row = GroupRow.objects.filter(report=locked, pk=row_id).first()
    if row is None:
        raise FieldInvalid(str(row_id), "This report has no such row.")
    row.report = locked
    if row.removed_by_id is None:
        row.removed_at, row.removed_by = clock.now(), reader
        row.save(update_fields=["removed_at", "removed_by"])
        _row_note(row, reader, Kind.ROW_REMOVED)
    return row


@transaction.atomic
def rest_normal(*, report: Report, reader: User, section: str | None = None) -> list[FieldValue]:
    """Set every visible empty field that has a normal to it, in one section or in all.

    It also attests the normals that the model only inferred ("otherwise unremarkable"): the
    reader says the same in one act. Normals that the conclusion states are left to be
    confirmed one by one. Fields that the model left in conflict are not set: they need a
    decision. Raises ActionBlocked while a fill runs, for what the model is about to write is not
    normal.
    """
    locked = _lock(report, reader)
    if locked.fill_jobs.filter(status__in=FillJob.UNFINISHED).exists():
        raise ActionBlocked("The model is still filling. Wait for it, or cancel it first.")
    values = report_values(locked)
    if section is not None and section not in {part.key for part in values.template.sections}:
        raise FieldInvalid(section, f"This report has no section {section[:80]!r}.")
    changed = [
        _normal_set(values, path, normal, reader)
        for path, normal in _normals_missing(values, section)
    ]
    details = {"section": section, "paths": [value.path for value in changed]}
    timing_event_add(report=locked, reader=reader, kind=Kind.REST_NORMAL, details=details)
    audit_event_add(actor=reader, action="rest_normal", subject=locked, details=details)
    return changed


def _normals_missing(values: ReportValues, section: str | None) -> list[tuple[Path, object]]:
    """Return what "rest normal" sets: visible, with a normal, without a value or a conflict."""
    undecided = open_conflicts(values)
    missing: list[tuple[Path, object]] = [
        (slot.path, _normal_of(slot))
        for slot in values.slots(section)
        if slot.field.normal is not None and (slot.group is None or slot.group.row_kind != "open")
    ]
    for group in values.open_groups(section):
        if group.normal is not None and not values.row_keys(group):
            missing.append((Path(group.key), group.normal))
    return [
        (path, normal)
        for path, normal in missing
        if str(path) not in undecided
        and (str(path) not in values.plain or _is_implied_normal(values, str(path), normal))
    ]


def _is_implied_normal(values: ReportValues, path: str, normal: object) -> bool:
    held = values.by_path.get(path)
    return held is not None and held.is_implied and held.value == normal


def _normal_of(slot: Slot) -> object:
    return [slot.field.normal] if slot.field.kind == "multi_choice" else slot.field.normal


def _normal_set(values: ReportValues, path: Path, normal: object, reader: User) -> FieldValue:
    current = values.by_path.get(str(path)) or FieldValue(
        report=values.report, version=0, **path.columns()
    )
    now = clock.now()
    if current.value is None:
        current.source = Source.REST_NORMAL
    current.value = normal
    current.edited_by = reader
    current.edited_at = current.bulk_confirmed_at = current.changed_at = now
    current.version += 1
    current.save()
    return current
