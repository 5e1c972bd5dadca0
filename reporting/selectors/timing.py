"""Durations of reports, derived from the ledger of events each time they are asked for.

What they mean is in `reporting/timing_definitions/`. A missing event costs only the durations that
need it: those are None, the others stand.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby, islice
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import BigIntegerField, Case, Func, QuerySet, TextField, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from reporting.models import Report, TimingEvent
from reporting.timing_definitions import Event, Ledger, Measured, definition, ledger_of, measure

# The columns of the timing export and the definitions behind them.
NAMES = {
    "total": definition("open_to_sign", 1),
    "active": definition("active", 1),
    "hidden": definition("hidden", 1),
    "paused": definition("paused", 1),
    "idle": definition("idle", 1),
    "typing": definition("first_to_last_input", 1),
    "to_first_input": definition("reading", 1),
    "model_wait": definition("model_wait", 1),
    "to_first_field": definition("to_first_field", 1),
}
CHUNK = 100
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Durations:
    """Durations of one report in seconds; None where an event that it needs is missing."""

    total: float | None
    active: float | None
    hidden: float | None
    paused: float | None
    idle: float | None
    typing: float | None
    to_first_input: float | None
    model_wait: float | None
    to_first_field: float | None
    events: int
    skewed: int
    simulated: bool
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReportEvents:
    """The events of a report, with the report."""

    report: Report
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class ReportDurations:
    """The durations of a report, with the report."""

    report: Report
    durations: Durations


def durations(reports: QuerySet[Report]) -> Iterator[ReportDurations]:
    """Yield the durations of each report, in the order of the query, reading in chunks."""
    for item in report_events(reports):
        yield ReportDurations(item.report, durations_of(item.events))


def report_events(reports: QuerySet[Report]) -> Iterator[ReportEvents]:
    """Yield each report with its events, in the order of the query, reading in chunks."""
    stream = iter(reports.iterator(chunk_size=CHUNK))
    while chunk := list(islice(stream, CHUNK)):
        events = events_by_report([report.pk for report in chunk])
        for report in chunk:
            yield ReportEvents(report, events.pop(report.pk, ()))


# Psycopg reads a time with its zone in Python, ten times as slowly as a number.
class Microseconds(Func):
    """A time as microseconds since 1970."""

    template = "(extract(epoch FROM %(expressions)s) * 1000000)::bigint"
    output_field = BigIntegerField()


def events_by_report(reports: Sequence[UUID]) -> dict[UUID, tuple[Event, ...]]:
    """Return the events of reports that have any, in their order."""
    rows = (
        TimingEvent.objects.filter(report__in=reports)
        .order_by("report", "occurred_at", "pk")
        .values_list(
            Cast("report", TextField()),
            "kind",
            Microseconds("occurred_at"),
            KeyTextTransform("fill_job", "details"),
            KeyTextTransform("status", "details"),
            "is_skewed",
            "simulated",
            "pk",
            Microseconds("page_loaded_at"),
            Case(When(page_loaded_at__isnull=False, then=Microseconds("received_at"))),
        )
    )
    grouped = groupby(rows.iterator(chunk_size=2000), key=itemgetter(0))
    return {UUID(report): tuple(map(_event, events)) for report, events in grouped}


def _event(row: tuple[Any, ...]) -> Event:
    _, kind, at, fill_job, status, is_skewed, simulated, place, page, received = row
    return Event(
        kind,
        EPOCH + timedelta(microseconds=at),
        fill_job or "",
        status or "",
        is_skewed,
        simulated,
        place,
        page,
        None if received is None else EPOCH + timedelta(microseconds=received),
    )


def durations_of(events: Iterable[Event], *, idle_seconds: float | None = None) -> Durations:
    """Derive the durations of one report, with TIMING_IDLE_SECONDS as threshold by default."""
    ledger = ledger_of(events)
    idle = settings.TIMING_IDLE_SECONDS if idle_seconds is None else idle_seconds
    found = {name: measure(what, ledger, idle=idle) for name, what in NAMES.items()}
    return Durations(
        **{name: measured.seconds for name, measured in found.items()},
        events=ledger.size,
        skewed=ledger.skewed,
        simulated=ledger.simulated,
        missing=_missing(ledger, found),
    )


def _missing(ledger: Ledger, found: dict[str, Measured]) -> tuple[str, ...]:
    """Name the events that are missing, for the export."""
    names = {
        "opened": ledger.opened is None,
        "signed": ledger.opened is not None and ledger.span is None,
        "hidden/visible": found["hidden"].seconds is None,
        "paused/resumed": found["paused"].seconds is None,
        "fill": found["model_wait"].seconds is None,
    }
    return tuple(name for name, is_missing in names.items() if is_missing)
