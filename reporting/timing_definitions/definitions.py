"""The definitions of the durations. A change of meaning is a new version, never an edit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from reporting.timing_definitions import events as kinds
from reporting.timing_definitions.events import Ledger
from reporting.timing_definitions.intervals import Interval, clip, seconds, without

# Seconds without a sign of activity that still count as work; None: any.
IDLE_THRESHOLDS: tuple[float | None, ...] = (10, 30, 60, None)
FILLED = frozenset({"", "success"})

NOT_OPENED = "there is no event of opening"
NOT_SIGNED = "there is no event of signing"
SIGNED_FIRST = "the signature is before the opening"
NO_INPUT = "there is no event of input"
HIDDEN_OPEN = "the page was hidden or shown again without the other event"
PAUSE_OPEN = "a pause begins or ends without the other event"
FILL_OPEN = "a fill has a request or an end without the other event"
NO_FILL = "no fill gave fields"
NO_FIELD = "no fill has both a request and a first field"


class Unmeasured(Exception):
    """The events do not tell this duration; the message says why."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds, or None and the reason why there are none."""

    seconds: float | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """What one duration means.

    `text` goes into data dictionaries. `intervals` returns the time that counts, given the idle
    threshold, or raises Unmeasured. `uses_idle` tells whether the threshold matters.
    """

    key: str
    version: int
    label: str
    text: str
    intervals: Callable[[Ledger, float | None], Sequence[Interval]]
    uses_idle: bool = False

    @property
    def thresholds(self) -> tuple[float | None, ...]:
        """The idle thresholds to report it with: one is enough where none matters."""
        return IDLE_THRESHOLDS if self.uses_idle else (None,)


def measure(what: Definition, ledger: Ledger, *, idle: float | None = None) -> Measured:
    """Return the seconds of a duration; `idle` is the threshold in seconds, None for no limit."""
    try:
        return Measured(seconds(what.intervals(ledger, idle)))
    except Unmeasured as reason:
        return Measured(None, str(reason))


def definition(key: str, version: int | None = None) -> Definition:
    """Return a definition, the newest without a version; raises KeyError with those there are."""
    found = [d for d in DEFINITIONS if d.key == key and version in {None, d.version}]
    if not found:
        known = ", ".join(f"{d.key} {d.version}" for d in DEFINITIONS)
        raise KeyError(f"There is no definition {key} {version or ''}. There are: {known}.")
    return max(found, key=lambda d: d.version)


def _span(ledger: Ledger) -> Interval:
    if ledger.opened is None:
        raise Unmeasured(NOT_OPENED)
    if ledger.signed is None:
        raise Unmeasured(NOT_SIGNED)
    if ledger.span is None:
        raise Unmeasured(SIGNED_FIRST)
    return ledger.span


def _within(ledger: Ledger, intervals: list[Interval]) -> list[Interval]:
    return intervals if ledger.span is None else clip(intervals, ledger.span)


def _open_to_sign(ledger: Ledger, idle: float | None) -> list[Interval]:
    return [_span(ledger)]


def _paired(ledger: Ledger, start: str, ends: frozenset[str], must_follow: str) -> list[Interval]:
    """Return from each `start` to the next of `ends`; a lone start or `must_follow` is a gap."""
    intervals: list[Interval] = []
    since: datetime | None = None
    for event in ledger.of(start, *ends):
        if event.kind == start:
            since = event.at if since is None else since
        elif since is not None:
            intervals.append((since, event.at))
            since = None
        elif event.kind == must_follow:
            raise Unmeasured(HIDDEN_OPEN if start == kinds.HIDDEN else PAUSE_OPEN)
    if since is not None:
        raise Unmeasured(HIDDEN_OPEN if start == kinds.HIDDEN else PAUSE_OPEN)
    return _within(ledger, intervals)


def _hidden(ledger: Ledger, idle: float | None) -> list[Interval]:
    ends = frozenset({kinds.VISIBLE, kinds.OPENED})
    return _paired(ledger, kinds.HIDDEN, ends, kinds.VISIBLE)


def _paused(ledger: Ledger, idle: float | None) -> list[Interval]:
    return _paired(ledger, kinds.PAUSED, frozenset({kinds.RESUMED}), kinds.RESUMED)


def _idle(ledger: Ledger, idle: float | None) -> list[Interval]:
    if idle is None:
        return []
    threshold = timedelta(seconds=idle)
    long = [(a + threshold, b) for length, (a, b) in ledger.gaps if length > threshold]
    return _within(ledger, long)


def _away(ledger: Ledger) -> list[Interval]:
    return [*_hidden(ledger, None), *_paused(ledger, None)]


def _active(ledger: Ledger, idle: float | None) -> list[Interval]:
    return without([_span(ledger)], [*_away(ledger), *_idle(ledger, idle)])


def _first_to_last_input(ledger: Ledger, idle: float | None) -> list[Interval]:
    if not ledger.inputs:
        raise Unmeasured(NO_INPUT)
    return [(ledger.inputs[0], ledger.inputs[-1])]


def _reading(ledger: Ledger, idle: float | None) -> list[Interval]:
    if ledger.opened is None:
        raise Unmeasured(NOT_OPENED)
    first = next((at for at in ledger.inputs if at >= ledger.opened), None)
    if first is None:
        raise Unmeasured(NO_INPUT)
    return [(ledger.opened, first)]


def _model_wait(ledger: Ledger, idle: float | None) -> list[Interval]:
    ends: dict[str, datetime] = {}
    for event in ledger.of(kinds.FILL_FINISHED):
        ends.setdefault(event.fill_job, event.at)
    requests = ledger.of(kinds.FILL_REQUESTED)
    if {event.fill_job for event in requests} != set(ends):
        raise Unmeasured(FILL_OPEN)
    return [(event.at, max(event.at, ends[event.fill_job])) for event in requests]


def _to_first_field(ledger: Ledger, idle: float | None) -> list[Interval]:
    requested = {event.fill_job: event.at for event in ledger.of(kinds.FILL_REQUESTED)}
    for event in ledger.of(kinds.FILL_FIRST_FIELD):
        since = requested.get(event.fill_job)
        if since is not None:
            if since > event.at:
                break
            return [(since, event.at)]
    raise Unmeasured(NO_FIELD)


def _without_wait(ledger: Ledger, idle: float | None) -> list[Interval]:
    return without([_span(ledger)], _model_wait(ledger, idle))


def _review_after_fill(ledger: Ledger, idle: float | None) -> list[Interval]:
    _, signed = _span(ledger)
    waits = _model_wait(ledger, idle)
    with_fields = {event.fill_job for event in ledger.of(kinds.FILL_FIRST_FIELD)}
    for event in ledger.of(kinds.FILL_FINISHED):
        if event.status in FILLED or event.fill_job in with_fields:
            return without([(event.at, signed)], waits)
    raise Unmeasured(NO_FILL)


def _correction(ledger: Ledger, idle: float | None) -> list[Interval]:
    review = _review_after_fill(ledger, idle)
    threshold = timedelta.max if idle is None else timedelta(seconds=idle)
    acts = {event.at for event in ledger.of(*kinds.CORRECTIONS)}
    efforts = [(b - min(length, threshold), b) for length, (a, b) in ledger.gaps if b in acts]
    outside = without([_span(ledger)], review)
    return without(efforts, [*outside, *_away(ledger)])


DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        "open_to_sign",
        1,
        "Opening to signature",
        "From the first opening of the report to its first signature.",
        _open_to_sign,
    ),
    Definition(
        "active",
        1,
        "Active time",
        "open_to_sign without the time in which the page was hidden, the reader paused, or there"
        " was no sign of activity for longer than the idle threshold; of such a gap the threshold"
        " itself counts as active.",
        _active,
        uses_idle=True,
    ),
    Definition(
        "open_to_sign_without_wait",
        1,
        "Opening to signature without the model",
        "open_to_sign without model_wait.",
        _without_wait,
    ),
    Definition(
        "first_to_last_input",
        1,
        "First to last input",
        "From the first to the last input (typing, fields set, confirmed or rejected, rows added or"
        " removed) up to the signature.",
        _first_to_last_input,
    ),
    Definition(
        "reading",
        1,
        "Reading before the first input",
        "From the first opening of the report to the first input.",
        _reading,
    ),
    Definition(
        "model_wait",
        1,
        "Waiting for the model",
        "From request to end of each fill, overlaps counted once; 0 without a fill. The reader may"
        " have worked meanwhile.",
        _model_wait,
    ),
    Definition(
        "to_first_field",
        1,
        "Request to first field",
        "From the request to the first field of the first fill that gave one.",
        _to_first_field,
    ),
    Definition(
        "review_after_fill",
        1,
        "Review after the fill",
        "From the end of the first fill that gave fields to the signature, without waiting for"
        " later fills.",
        _review_after_fill,
    ),
    Definition(
        "correction",
        1,
        "Correction of the fill",
        "Within review_after_fill: before each field edited or rejected, row added or removed and"
        " act taken back, the time since the sign of activity before it, at most the idle"
        " threshold, without the time hidden or paused. Fields that the fill had left empty count"
        " too.",
        _correction,
        uses_idle=True,
    ),
    Definition(
        "hidden",
        1,
        "Page hidden",
        "Time with the page hidden; a reload ends it.",
        _hidden,
    ),
    Definition(
        "paused",
        1,
        "Paused",
        "Time paused by the reader.",
        _paused,
    ),
    Definition(
        "idle",
        1,
        "Idle",
        "What the gaps between two signs of activity have beyond the idle threshold.",
        _idle,
        uses_idle=True,
    ),
)
