"""The ledger of a reader's acts on fields and rows: what stood before each, what stood after.

An act is a key press or a click; all that it changes carries its id. The ledger is the audit
trail, which only grows: taking an act back is a further act with an entry of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from reporting.models import AuditEvent, FieldValue, GroupRow, Report, TimingEvent, User
from reporting.services.audit import audit_event_add
from reporting.services.timing import timing_event_add

MOMENTS = ("edited_at", "confirmed_at", "rejected_at", "bulk_confirmed_at")


def state_of(held: FieldValue) -> dict[str, Any]:
    """Return what an act on a field may change: value, source, the prior it was copied from, and
    the moments of attestation."""
    moments = {name: getattr(held, name) for name in MOMENTS}
    return {
        "value": held.value,
        "source": str(held.source),
        "prior_report": str(held.prior_report_id) if held.prior_report_id else None,
        **{name: at.isoformat() if at else None for name, at in moments.items()},
    }


def state_put(held: FieldValue, state: dict[str, Any]) -> None:
    """Put a field back into a state that `state_of` returned."""
    held.value, held.source = state["value"], state["source"]
    prior = state.get("prior_report")
    held.prior_report_id = UUID(prior) if prior else None
    for name in MOMENTS:
        setattr(held, name, datetime.fromisoformat(state[name]) if state[name] else None)


def field_change(held: FieldValue, before: dict[str, Any]) -> dict[str, Any]:
    """Return the entry of one field that was changed."""
    return {"path": held.path, "before": before, "after": state_of(held)}


def row_change(row: GroupRow) -> dict[str, Any]:
    """Return the entry of one row that was added, removed or brought back."""
    return {"row": str(row.pk), "removed": row.removed_at is not None}


def act_note(
    report: Report,
    reader: User,
    kind: TimingEvent.Kind,
    *,
    act: UUID | None,
    changes: Sequence[dict[str, Any]],
    **details: object,
) -> None:
    """Record an act: when for the times, what for the ledger."""
    timing_event_add(report=report, reader=reader, kind=kind, details=details)
    entry = {**details, "act": str(act or uuid4()), "changes": list(changes)}
    audit_event_add(actor=reader, action=str(kind), subject=report, details=entry)


@dataclass(frozen=True, slots=True)
class Acted:
    """What an act changed: the paths of fields, and how many it had to leave as they are."""

    paths: tuple[str, ...]
    left: int


def acted(report: Report, reader: User, act: UUID) -> Acted | None:
    """Return what a reader's act changed; None where the ledger does not know it."""
    entries = act_entries(report, reader, act)
    if not entries:
        return None
    changes = (change for entry in entries for change in entry.details["changes"])
    paths = tuple(change["path"] for change in changes if "path" in change)
    return Acted(paths, entries[0].details.get("left", 0))


def act_entries(report: Report, reader: User, act: UUID) -> list[AuditEvent]:
    """Return what the ledger holds of a reader's act, the newest entry first."""
    entries = AuditEvent.objects.filter(
        object_type="report", object_id=str(report.pk), actor=reader, details__act=str(act)
    )
    return list(entries.order_by("-pk"))
