"""The events of one report in the order in which they count."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

from reporting.timing_definitions.intervals import Interval

OPENED, SIGNED, SIGN_PRESSED = "opened", "signed", "sign_pressed"
HIDDEN, VISIBLE, PAUSED, RESUMED = "hidden", "visible", "paused", "resumed"
FILL_REQUESTED, FILL_STARTED = "fill_requested", "fill_started"
FILL_FIRST_FIELD, FILL_FINISHED = "fill_first_field", "fill_finished"

CORRECTIONS = frozenset(
    {"field_edited", "field_rejected", "row_added", "row_removed", "taken_back"}
)
INPUTS = CORRECTIONS | {
    "first_input",
    "input",
    "conclusion_posted",
    "field_confirmed",
    "rest_normal",
}
# What shows that the reader is at work in the page.
ACTIVITY = INPUTS | {OPENED, VISIBLE, RESUMED, SIGN_PRESSED, SIGNED}

# The order of events at the same moment, where the ledger has none: that of a reading.
_EARLY = (
    OPENED,
    HIDDEN,
    VISIBLE,
    PAUSED,
    RESUMED,
    FILL_REQUESTED,
    FILL_STARTED,
    FILL_FIRST_FIELD,
    FILL_FINISHED,
)
OTHER_RANK = len(_EARLY)
_RANKS = {kind: rank for rank, kind in enumerate((*_EARLY, "", SIGN_PRESSED, SIGNED))}
_WHEN = attrgetter("at", "order")


# A named tuple and no dataclass: a million of them are made for an export.
class Event(NamedTuple):
    """One event as the arithmetic needs it.

    `order` is the place in the server's ledger, which tells copies from events, 0 where it is not
    known; `page` is the page load whose clock gave `at`, None for the server's.
    """

    kind: str
    at: datetime
    fill_job: str = ""
    status: str = ""
    is_skewed: bool = False
    simulated: bool = False
    order: int = 0
    page: Hashable | None = None
    received_at: datetime | None = None


# Without slots: they leave no room for what is computed once.
@dataclass(frozen=True)
class Ledger:
    """The events that count, each once and in order, and the bounds of the reading.

    Where the report was opened and then signed, events before the first opening and after the
    first signature do not count; with a signature alone, those after it do not.
    """

    events: tuple[Event, ...]
    opened: datetime | None
    signed: datetime | None
    size: int
    skewed: int
    simulated: bool

    @property
    def span(self) -> Interval | None:
        """From the first opening to the first signature; None where that is no interval."""
        if self.opened is None or self.signed is None or self.opened > self.signed:
            return None
        return self.opened, self.signed

    @cached_property
    def gaps(self) -> list[tuple[timedelta, Interval]]:
        """The times between one sign of the reader's activity and the next, with their lengths."""
        moments = [event.at for event in self.events if event.kind in ACTIVITY]
        return [(b - a, (a, b)) for a, b in pairwise(moments)]

    @cached_property
    def inputs(self) -> list[datetime]:
        """The moments of input."""
        return [event.at for event in self.events if event.kind in INPUTS]

    @cached_property
    def _by_kind(self) -> dict[str, list[Event]]:
        found: defaultdict[str, list[Event]] = defaultdict(list)
        for event in self.events:
            found[event.kind].append(event)
        return dict(found)

    def of(self, *kinds: str) -> list[Event]:
        """Return the events of these kinds, in order."""
        found = [event for kind in kinds for event in self._by_kind.get(kind, ())]
        return sorted(found, key=_place) if len(kinds) > 1 else found


def ledger_of(events: Iterable[Event]) -> Ledger:
    """Bring the events of one report into order, whatever the order and number of their copies."""
    ordered = _once(sorted(events, key=_WHEN))
    opened = next((event.at for event in ordered if event.kind == OPENED), None)
    signed = next((event.at for event in ordered if event.kind == SIGNED), None)
    counted = ordered
    if signed is not None:
        counted = [event for event in counted if event.at <= signed]
        if opened is not None and opened <= signed:
            counted = [event for event in counted if event.at >= opened]
    return Ledger(
        events=tuple(counted),
        opened=opened,
        signed=signed,
        size=len(ordered),
        skewed=sum(event.is_skewed for event in ordered),
        simulated=any(event.simulated for event in ordered),
    )


def _place(event: Event) -> tuple[object, ...]:
    rank = _RANKS.get(event.kind, OTHER_RANK)
    return event.at, event.order, rank, event.kind, event.fill_job, event.status


def _once(events: list[Event]) -> list[Event]:
    """Leave out copies: of the same place in the ledger, or without one the same in everything."""
    if all(event.order for event in events):
        first = {event.order: event for event in reversed(events)}
        return sorted(first.values(), key=_WHEN)
    return sorted({event.order or event: event for event in reversed(events)}.values(), key=_place)
