"""The fields of a report: set, confirm, reject, rows, rest normal.

Every function locks the report first, so two writers never interleave, and compares the version
of the field that the page has seen with the one that is there. `act` is the id by which what
a function changed can be taken back; nothing is recorded where nothing changed.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Max

from reporting import clock
from reporting.models import FieldValue, FillJob, GroupRow, Report, TimingEvent, User
from reporting.selectors.values import ReportValues, Slot, open_conflicts, report_values
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
from reporting.services.ledger import act_note, field_change, row_change, state_of
from reporting.services.paths import Path, path_parse
from reporting.services.storable import json_fault

Kind = TimingEvent.Kind
Source = FieldValue.Source


def fields_lock(report: Report, reader: User) -> Report:
    """Return the report locked for a change of its fields; raises ActionBlocked."""
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


def field_current(report: Report, path: Path) -> FieldValue:
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
    raise field_conflict(current)


def field_store(
    current: FieldValue, reader: User, kind: Kind, *, before: dict[str, Any], act: UUID | None
) -> FieldValue:
    """Save a changed field with its next version, and note the act."""
    current.version += 1
    current.changed_at = clock.now()
    current.save()
    changes = [field_change(current, before)]
    act_note(current.report, reader, kind, act=act, changes=changes, path=current.path)
    return current


@transaction.atomic
def field_set(
    *,
    report: Report,
    reader: User,
    path: str,
    value: object,
    version: int,
    act: UUID | None = None,
) -> FieldValue:
    """Set a field to what a person chose; None empties it. Return the field with its new version.

    Setting what already stands there changes nothing, except that it confirms the model's answer.
    Raises VersionConflict with what stands there, FieldInvalid, TextInvalid, ActionBlocked.
    """
    locked = fields_lock(report, reader)
    where, field = _resolve(locked, path)
    clean = _value_check(locked, where, field, value)
    current = field_current(locked, where)
    attests = current.is_open_suggestion or current.bulk_confirmed_at is not None
    if current.value == clean and not attests:
        return current
    _require_version(current, version)
    before, now = state_of(current), clock.now()
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
    return field_store(current, reader, Kind.FIELD_EDITED, before=before, act=act)


@transaction.atomic
def field_confirm(
    *, report: Report, reader: User, path: str, version: int, act: UUID | None = None
) -> FieldValue:
    """Attest an answer of the model, or a copied value, as it stands.

    Confirming again, or confirming what a person entered, changes nothing. Raises
    VersionConflict, FieldInvalid, ActionBlocked.
    """
    locked = fields_lock(report, reader)
    where, _ = _resolve(locked, path)
    current = field_current(locked, where)
    if current.value is not None and not current.is_open_suggestion:
        return current
    if version != current.version or current.value is None:
        _require_seen(current, version)
        raise FieldInvalid(path, "There is nothing to confirm: the field is empty.")
    before = state_of(current)
    current.confirmed_at, current.edited_by = clock.now(), reader
    return field_store(current, reader, Kind.FIELD_CONFIRMED, before=before, act=act)


@transaction.atomic
def field_reject(
    *, report: Report, reader: User, path: str, version: int, act: UUID | None = None
) -> FieldValue:
    """Empty a field that the model filled; its answer is kept beside it.

    Also settles a conflict that the model left. Rejecting again changes nothing. Raises
    VersionConflict, FieldInvalid, ActionBlocked.
    """
    locked = fields_lock(report, reader)
    where, _ = _resolve(locked, path)
    current = field_current(locked, where)
    if current.rejected_at is not None and current.value is None:
        return current
    _require_seen(current, version)
    before = state_of(current)
    current.value = None
    current.rejected_at, current.edited_by = clock.now(), reader
    current.confirmed_at = current.bulk_confirmed_at = None
    return field_store(current, reader, Kind.FIELD_REJECTED, before=before, act=act)


def _require_seen(current: FieldValue, version: int) -> None:
    """Raise VersionConflict unless the page has seen exactly this value."""
    if version != current.version:
        raise field_conflict(current)


def field_conflict(current: FieldValue) -> VersionConflict:
    """Return the conflict that tells what stands in a field, since when and by whom."""
    is_stored = current.pk is not None
    by = editor_name(current.edited_by) if is_stored else ""
    at = current.changed_at if is_stored else None
    return VersionConflict(current.path, Current(current.value, current.version, by, at), current)


@transaction.atomic
def group_row_add(*, report: Report, reader: User, group: str, act: UUID | None = None) -> GroupRow:
    """Add an empty row to an open group. A group said to be "none" is no longer.

    Raises FieldInvalid when there is no such group or it is full, ActionBlocked.
    """
    locked = fields_lock(report, reader)
    item = _open_group(template_of(locked), group)
    rows = GroupRow.objects.filter(report=locked, group=group)
    if rows.filter(removed_at__isnull=True).count() >= item.max_rows:
        raise FieldInvalid(group, f"{item.label} has at most {item.max_rows} rows.")
    act = act or uuid4()
    said = FieldValue.objects.filter(report=locked, path=group, value__isnull=False).first()
    if said is not None:
        field_set(
            report=locked, reader=reader, path=group, value=None, version=said.version, act=act
        )
    last = rows.aggregate(last=Max("position"))["last"] or 0
    row = GroupRow.objects.create(
        report=locked, group=group, position=last + 1, created_by_source=Source.READER
    )
    _row_note(row, reader, Kind.ROW_ADDED, act)
    return row


def _open_group(template: ReportTemplate, key: str) -> Group:
    try:
        item = template.item(key)
    except KeyError as error:
        raise FieldInvalid(key, f"This report has no group {key[:80]!r}.") from error
    if not isinstance(item, Group) or item.row_kind != "open":
        raise FieldInvalid(key, "Rows cannot be added to this field or removed from it.")
    return item


def _row_note(row: GroupRow, reader: User, kind: Kind, act: UUID | None) -> None:
    changes, place = [row_change(row)], {"group": row.group, "row": str(row.pk)}
    act_note(row.report, reader, kind, act=act, changes=changes, **place)


@transaction.atomic
def group_row_remove(
    *, report: Report, reader: User, row_id: UUID, act: UUID | None = None
) -> GroupRow:
    """Remove a row with its values; a later fill does not bring it back.

    Removing it again changes nothing. Raises FieldInvalid, ActionBlocked.
    """
    locked = fields_lock(report, reader)
    row = GroupRow.objects.filter(report=locked, pk=row_id).first()
    if row is None:
        raise FieldInvalid(str(row_id), "This report has no such row.")
    row.report = locked
    if row.removed_by_id is None:
        row.removed_at, row.removed_by = clock.now(), reader
        row.save(update_fields=["removed_at", "removed_by"])
        _row_note(row, reader, Kind.ROW_REMOVED, act)
    return row


@transaction.atomic
def rest_normal(
    *, report: Report, reader: User, section: str | None = None, act: UUID | None = None
) -> list[FieldValue]:
    """Set every visible empty field that has a normal to it, in one section or in all.

    It also attests the normals that the model only inferred ("otherwise unremarkable"): the
    reader says the same in one act. Normals that the conclusion states are left to be
    confirmed one by one. Fields that the model left in conflict are not set: they need a
    decision. Raises ActionBlocked while a fill runs, for what the model is about to write is not
    normal.
    """
    locked = fields_lock(report, reader)
    if locked.fill_jobs.filter(status__in=FillJob.UNFINISHED).exists():
        raise ActionBlocked("The model is still filling. Wait for it, or cancel it first.")
    values = report_values(locked)
    if section is not None and section not in {part.key for part in values.template.sections}:
        raise FieldInvalid(section, f"This report has no section {section[:80]!r}.")
    missing = _normals_missing(values, section)
    if not missing:
        return []
    changes = [_normal_set(values, path, normal, reader) for path, normal in missing]
    paths = [held.path for held, _ in changes]
    entries = [field_change(held, before) for held, before in changes]
    act_note(
        locked, reader, Kind.REST_NORMAL, act=act, changes=entries, section=section, paths=paths
    )
    return [held for held, _ in changes]


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


def _normal_set(
    values: ReportValues, path: Path, normal: object, reader: User
) -> tuple[FieldValue, dict[str, Any]]:
    """Set a field to its normal; return it, and what stood there before."""
    current = values.by_path.get(str(path)) or FieldValue(
        report=values.report, version=0, **path.columns()
    )
    before, now = state_of(current), clock.now()
    if current.value is None:
        current.source = Source.REST_NORMAL
    current.value = normal
    current.edited_by = reader
    current.edited_at = current.bulk_confirmed_at = current.changed_at = now
    current.version += 1
    current.save()
    return current, before
