"""One page at a time writes in a report: who holds it, taking it over, letting it go.

Every change of an open report passes `hold_require` while the report is locked, so that from the
moment of a take-over nothing that the earlier page sends is stored. The page names itself in a
header of each request; what runs without a page (a worker, a command) is not asked.
"""

from contextvars import ContextVar
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from reporting import access, clock
from reporting.models import Report, ReportHold, User
from reporting.services.audit import audit_event_add
from reporting.services.errors import ActionBlocked

PAGE: ContextVar[UUID | None] = ContextVar("page", default=None)


class ReportHeld(Exception):
    """Another page holds the report: nothing was stored, and what was typed stays in its page."""

    def __init__(self, hold: ReportHold, reader: User) -> None:
        since = f"since {hold.taken_at:%H:%M:%S} UTC"
        own = hold.holder_id == reader.pk
        super().__init__(
            f"You have been writing in this report on another page {since}."
            if own
            else f"{hold.holder.display_name} has been writing in this report {since}."
        )


def hold_require(report: Report, reader: User) -> None:
    """Raise ReportHeld where another page than the one that asks holds the locked report."""
    page = PAGE.get()
    if page is None:
        return
    hold = _hold_of(report, clock.now())
    if hold is not None and (hold.page != page or hold.holder_id != reader.pk):
        raise ReportHeld(hold, reader)


@transaction.atomic
def report_hold(*, report: Report, reader: User, page: UUID, previous: UUID | None = None) -> None:
    """Hold the report for a page, or say again that the page is there.

    `previous` is the page that stood in the same tab before, which a reload gives up. Raises
    ReportHeld where another page has it, ActionBlocked where it is not the reader's to change.
    """
    locked = _open_report(report, reader)
    now = clock.now()
    hold = _hold_of(locked, now)
    if hold is not None and (hold.page not in {page, previous} or hold.holder_id != reader.pk):
        raise ReportHeld(hold, reader)
    if hold is not None and hold.page == page:
        ReportHold.objects.filter(pk=report.pk).update(seen_at=now)
    else:
        _hold_set(locked, reader, page, now)


@transaction.atomic
def report_take_over(*, report: Report, reader: User, page: UUID) -> None:
    """Hold the report for a page, whoever had it; that page is told. Raises ActionBlocked."""
    locked = _open_report(report, reader)
    now = clock.now()
    hold = _hold_of(locked, now)
    if hold is not None and hold.page == page:
        return
    _hold_set(locked, reader, page, now)
    taken_from = hold.holder.username if hold is not None else None
    audit_event_add(
        actor=reader, action="report_take_over", subject=locked, details={"from": taken_from}
    )


def report_release(*, report: Report, page: UUID) -> None:
    """Let the report go when its page is left; nothing where another page has it by now."""
    ReportHold.objects.filter(report=report, page=page).delete()


def _open_report(report: Report, reader: User) -> Report:
    locked = Report.objects.select_for_update(of=("self",), no_key=True).get(pk=report.pk)
    if not locked.is_open or not access.may_change(reader, locked):
        raise ActionBlocked("This report is not yours to change now.")
    return locked


def _hold_of(report: Report, now: datetime) -> ReportHold | None:
    """The hold of a locked report, unless it has ended."""
    oldest = now - timedelta(seconds=settings.REPORT_HOLD_SECONDS)
    holds = ReportHold.objects.select_related("holder").filter(report=report, seen_at__gte=oldest)
    return holds.first()


def _hold_set(report: Report, reader: User, page: UUID, now: datetime) -> None:
    values = {"page": page, "holder": reader, "taken_at": now, "seen_at": now}
    ReportHold.objects.update_or_create(report=report, defaults=values)
