"""Events at the time at which they can have happened, where a page's clock was wrong.

A page counts from its load by a monotonic clock. That clock may stand still while the machine
sleeps, and a server's clock may be put back. How late an event arrived is the page's lag plus the
wait for its batch; the lag never shrinks, so the shortest delay of an event and of all later ones
of the same page bounds it.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from datetime import datetime, timedelta

from reporting.timing_definitions.events import Event

NAME = "corrected"
VERSION = 1
TEXT = (
    "An event of a page that is said to have happened after it arrived is moved back to its"
    " arrival. Where all later events of the page arrived late by more than the bound (10 s), the"
    " page's clock had stood still, as in sleep, and the event is moved forward by the shortest of"
    " these delays. Events of the server stay."
)
BOUND = timedelta(seconds=10)
NOTHING = timedelta()


def corrected(events: Iterable[Event], *, bound: timedelta = BOUND) -> list[Event]:
    """Return the events with the pages' times put right, as TEXT says; the order is free."""
    pages: defaultdict[Hashable, list[tuple[Event, datetime]]] = defaultdict(list)
    result: list[Event] = []
    for event in events:
        if event.page is not None and event.received_at is not None:
            pages[event.page].append((event, event.received_at))
        else:
            result.append(event)
    for page in pages.values():
        result += _page_corrected(page, bound)
    return result


def _page_corrected(page: list[tuple[Event, datetime]], bound: timedelta) -> Iterable[Event]:
    lag: timedelta | None = None
    for event, received_at in sorted(page, key=_moments, reverse=True):
        delay = received_at - event.at
        lag = delay if lag is None or delay < lag else lag
        shifted = lag < NOTHING or lag > bound
        yield event._replace(at=event.at + lag) if shifted else event


def _moments(pair: tuple[Event, datetime]) -> tuple[datetime, datetime]:
    return pair[0].at, pair[1]
