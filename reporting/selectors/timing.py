"""Durations, derived from the ledger of events each time they are asked for.

A missing event costs only the durations that need it: those are None, the others stand.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, pairwise

from django.conf import settings
from django.db.models import QuerySet

from reporting.models import Report, TimingEvent

Kind = TimingEvent.Kind
Interval = tuple[datetime, datetime]

# What shows that the reader is at work in the page.
ACTIVITY = frozenset(
    {
        Kind.OPENED,
        Kind.FIRST_INPUT,
        Kind.INPUT,
        Kind.CONCLUSION_POSTED,
        Kind.FIELD_EDITED,
        Kind.FIELD_CONFIRMED,
        Kind.FIELD_REJECTED,
        Kind.ROW_ADDED,
        Kind.ROW_REMOVED,
        Kind.REST_NORMAL,
        Kind.VISIBLE,
        Kind.RESUMED,
        Kind.SIGN_PRESSED,
        Kind.SIGNED,
    }
)
INPUTS = ACTIVITY - {Kind.OPENED, Kind.VISIBLE, Kind.RESUMED, Kind.SIGN_PRESSED, Kind.SIGNED}
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Event:
    """One event as the arithmetic needs it."""

    kind: str
    at: datetime
    fill_job: str = ""
    status: str = ""
    is_skewed: bool = False
    simulated: bool = False


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
class ReportDurations:
    """The durations of a report, with the report."""

    report: Report
    durations: Durations


def durations(reports: QuerySet[Report]) -> Iterator[ReportDurations]:
    """Yield the durations of each report, in the order of the query, reading in chunks."""
    stream = iter(reports.iterator(chunk_size=CHUNK))
    while chunk := list(islice(stream, CHUNK)):
        events: defaultdict[object, list[Event]] = defaultdict(list)
        rows = TimingEvent.objects.filter(report__in=chunk).order_by("occurred_at", "pk")
        for row in rows:
            events[row.report_id].append(_event(row))
        for report in chunk:
            yield ReportDurations(report, durations_of(events[report.pk]))


def _event(row: TimingEvent) -> Event:
    details = row.details if isinstance(row.details, dict) else {}
    return Event(
        kind=row.kind,
        at=row.occurred_at,
        fill_job=str(details.get("fill_job", "")),
        status=str(details.get("status", "")),
        is_skewed=row.is_skewed,
        simulated=row.simulated,
    )


def durations_of(events: Iterable[Event], *, idle_seconds: float | None = None) -> Durations:
    """Derive the durations of one report from its events.

    `total` runs from the first opening to the signature. `active` is `total` without the time
    hidden, paused or idle; idle is what a pause between two signs of activity has beyond
    `idle_seconds` (TIMING_IDLE_SECONDS by default). Events after the signature do not count.
    """
    ordered = sorted(events, key=lambda event: event.at)
    opened = _first(ordered, {Kind.OPENED})
    signed = _first(ordered, {Kind.SIGNED})
    span = _span(opened, signed)
    work = [event for event in ordered if signed is None or event.at <= signed]
    hidden = _paired(work, Kind.HIDDEN, {Kind.VISIBLE, Kind.OPENED}, Kind.VISIBLE, span)
    paused = _paired(work, Kind.PAUSED, {Kind.RESUMED}, Kind.RESUMED, span)
    threshold = settings.TIMING_IDLE_SECONDS if idle_seconds is None else idle_seconds
    idle = _idle(work, timedelta(seconds=threshold), span)
    inputs = [event.at for event in work if event.kind in INPUTS]
    waits = _waits(work)
    values: dict[str, float | None] = {
        "total": _seconds([span]) if span else None,
        "active": _active(span, hidden, paused, idle),
        "hidden": _seconds(hidden),
        "paused": _seconds(paused),
        "idle": _seconds(idle),
        "typing": _seconds([(inputs[0], inputs[-1])]) if inputs else None,
        "to_first_input": _between(opened, inputs[0] if inputs else None),
        "model_wait": _seconds(waits),
        "to_first_field": _to_first_field(work),
    }
    return Durations(
        **values,
        events=len(ordered),
        skewed=sum(event.is_skewed for event in ordered),
        simulated=any(event.simulated for event in ordered),
        missing=_missing(span, opened, hidden, paused, waits),
    )


def _first(events: Sequence[Event], kinds: set[Kind]) -> datetime | None:
    return next((event.at for event in events if event.kind in kinds), None)


def _span(start: datetime | None, end: datetime | None) -> Interval | None:
    return (start, end) if start is not None and end is not None and start <= end else None


def _between(start: datetime | None, end: datetime | None) -> float | None:
    span = _span(start, end)
    return _seconds([span]) if span else None


def _seconds(intervals: Sequence[Interval] | None) -> float | None:
    """Return the length of the union of the intervals."""
    if intervals is None:
        return None
    return sum((end - start).total_seconds() for start, end in _union(intervals))


def _union(intervals: Iterable[Interval]) -> list[Interval]:
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _clip(intervals: Iterable[Interval], span: Interval | None) -> list[Interval]:
    if span is None:
        return list(intervals)
    clipped = ((max(start, span[0]), min(end, span[1])) for start, end in intervals)
    return [(start, end) for start, end in clipped if start < end]


def _paired(
    events: Sequence[Event], start: Kind, ends: set[Kind], must_follow: Kind, span: Interval | None
) -> list[Interval] | None:
    """Return the intervals from each `start` to the next of `ends`; None when one is missing.

    Missing is an end for a start, or a start for `must_follow`.
    """
    intervals: list[Interval] = []
    since: datetime | None = None
    for event in events:
        if event.kind == start:
            since = event.at if since is None else since
        elif event.kind in ends:
            if since is not None:
                intervals.append((since, event.at))
                since = None
            elif event.kind == must_follow:
                return None
    return None if since is not None else _clip(intervals, span)


def _idle(events: Sequence[Event], threshold: timedelta, span: Interval | None) -> list[Interval]:
    moments = [event.at for event in events if event.kind in ACTIVITY]
    gaps = ((a + threshold, b) for a, b in pairwise(moments) if b - a > threshold)
    return _clip(gaps, span)


def _active(
    span: Interval | None,
    hidden: list[Interval] | None,
    paused: list[Interval] | None,
    idle: list[Interval],
) -> float | None:
    if span is None or hidden is None or paused is None:
        return None
    away = _seconds([*hidden, *paused, *idle])
    total = _seconds([span])
    return None if away is None or total is None else max(0.0, total - away)


def _waits(events: Sequence[Event]) -> list[Interval] | None:
    """Return the times from request to end of each fill; None when one end is missing."""
    return _fill_spans(events, lambda event: event.kind == Kind.FILL_FINISHED)


def _fill_spans(events: Sequence[Event], is_end: Callable[[Event], bool]) -> list[Interval] | None:
    ends: dict[str, datetime] = {}
    for event in events:
        if is_end(event):
            ends.setdefault(event.fill_job, event.at)
    requests = [event for event in events if event.kind == Kind.FILL_REQUESTED]
    known = {event.fill_job for event in requests}
    if any(event.fill_job not in ends for event in requests) or set(ends) - known:
        return None
    return [(event.at, max(event.at, ends[event.fill_job])) for event in requests]


def _to_first_field(events: Sequence[Event]) -> float | None:
    """Return the seconds from the request to the first field of the first fill that gave one."""
    requested = {event.fill_job: event.at for event in events if event.kind == Kind.FILL_REQUESTED}
    for event in events:
        if event.kind == Kind.FILL_FIRST_FIELD and event.fill_job in requested:
            return _between(requested[event.fill_job], event.at)
    return None


def _missing(
    span: Interval | None,
    opened: datetime | None,
    *pairs: list[Interval] | None,
) -> tuple[str, ...]:
    """Name the events that are missing, for the export."""
    names = []
    if opened is None:
        names.append("opened")
    if span is None and opened is not None:
        names.append("signed")
    names += [
        name
        for name, intervals in zip(("hidden/visible", "paused/resumed", "fill"), pairs, strict=True)
        if intervals is None
    ]
    return tuple(names)
