"""Timing events: written by the server as things happen, and by the page in batches."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction

from reporting import clock
from reporting.models import Report, TimingEvent, User
from reporting.services.errors import ServiceError
from reporting.services.storable import json_fault

Kind = TimingEvent.Kind

PAGE_SALT = "reporting.timing.page"
TOKEN_MAX_AGE = timedelta(days=7)
EVENTS_MAX = 500
DETAILS_MAX = 1000

# What a page may report; everything else is recorded by the service that does it.
CLIENT_KINDS = frozenset(
    {
        Kind.FIRST_INPUT,
        Kind.INPUT,
        Kind.HIDDEN,
        Kind.VISIBLE,
        Kind.PAUSED,
        Kind.RESUMED,
        Kind.SIGN_PRESSED,
    }
)


class EventInvalid(ServiceError):
    """A page sent an event that cannot be taken."""


@dataclass(frozen=True, slots=True)
class ClientEvent:
    """An event as the page reports it; `offset_ms` counts from the page's load, monotonic."""

    id: UUID
    kind: str
    offset_ms: float
    details: dict[str, Any]


def timing_event_add(
    *, report: Report, reader: User, kind: Kind, details: Mapping[str, object] | None = None
) -> TimingEvent:
    """Record an event of the server at the time of the one clock."""
    return TimingEvent.objects.create(
        report=report, reader=reader, kind=kind, details=dict(details or {})
    )


@transaction.atomic
def page_opened(*, report: Report, reader: User) -> str:
    """Record that the page was loaded; return the token that its events must carry."""
    event = timing_event_add(report=report, reader=reader, kind=Kind.OPENED)
    facts = [str(report.pk), reader.pk, event.occurred_at.isoformat()]
    return signing.dumps(facts, salt=PAGE_SALT)


def _page_loaded_at(*, report: Report, reader: User, token: str) -> datetime:
    try:
        report_id, reader_id, at = signing.loads(token, salt=PAGE_SALT)
        loaded_at = datetime.fromisoformat(at)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise EventInvalid("The page's token is not valid: reload the page.") from error
    if report_id != str(report.pk) or reader_id != reader.pk:
        raise EventInvalid("The page's token belongs to another report or reader.")
    return loaded_at


def client_event_parse(data: object) -> ClientEvent:
    """Check one event as it came from a page; raises EventInvalid."""
    if not isinstance(data, Mapping):
        raise EventInvalid("An event must be an object.")
    try:
        event_id = UUID(str(data["id"]))
        kind = str(data["kind"])
        offset = data["offset_ms"]
    except (KeyError, ValueError) as error:
        raise EventInvalid("An event needs id (a UUID), kind and offset_ms.") from error
    if kind not in CLIENT_KINDS:
        raise EventInvalid(f"A page cannot report the event {kind[:40]!r}.")
    if isinstance(offset, bool) or not isinstance(offset, int | float):
        raise EventInvalid("offset_ms must be a number.")
    if not math.isfinite(offset) or not 0 <= offset <= TOKEN_MAX_AGE.total_seconds() * 1000:
        raise EventInvalid("offset_ms is out of range.")
    details = data.get("details") or {}
    if not isinstance(details, dict) or len(str(details)) > DETAILS_MAX or json_fault(details):
        raise EventInvalid("The details of an event must be a small object.")
    return ClientEvent(event_id, kind, float(offset), details)


def _event_build(
    report: Report, reader: User, loaded_at: datetime, received_at: datetime, event: ClientEvent
) -> TimingEvent:
    occurred_at = loaded_at + timedelta(milliseconds=event.offset_ms)
    skew = (received_at - occurred_at).total_seconds()
    return TimingEvent(
        report=report,
        reader=reader,
        kind=event.kind,
        client_id=event.id,
        occurred_at=occurred_at,
        page_loaded_at=loaded_at,
        offset_ms=event.offset_ms,
        skew_ms=skew * 1000,
        is_skewed=abs(skew) > settings.TIMING_SKEW_BOUND_SECONDS,
        details=event.details,
    )


@transaction.atomic
def timing_events_add(*, report: Report, reader: User, token: str, events: Sequence[object]) -> int:
    """Store the events of a page; return how many were new.

    An event that is already there (by its client id) is left alone, so a page may send again
    what it does not know to have arrived. `occurred_at` is the server's time at page load plus
    the page's monotonic offset; a difference from the time of arrival beyond
    TIMING_SKEW_BOUND_SECONDS is flagged. Raises EventInvalid, and then stores nothing.
    """
    if len(events) > EVENTS_MAX:
        raise EventInvalid(f"At most {EVENTS_MAX} events at once.")
    loaded_at = _page_loaded_at(report=report, reader=reader, token=token)
    parsed = {event.id: event for event in map(client_event_parse, events)}
    known = set(
        TimingEvent.objects.filter(report=report, client_id__in=parsed).values_list(
            "client_id", flat=True
        )
    )
    received_at = clock.now()
    rows = [
        _event_build(report, reader, loaded_at, received_at, event)
        for event in parsed.values()
        if event.id not in known
    ]
    TimingEvent.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)
