"""Generated ledgers: of whole readings as the app writes them, and of anything at all."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from reporting.timing_definitions import ACTIVITY, Event

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
KINDS = sorted(
    ACTIVITY
    | {"hidden", "paused", "fill_requested", "fill_started", "fill_first_field", "fill_finished"}
    | {"submitted", "of another version"}
)


def at(seconds):
    return START + timedelta(seconds=seconds)


def event(kind, seconds, **more):
    return Event(kind, at(seconds), **more)


ANYTHING = st.lists(
    st.builds(
        event,
        kind=st.sampled_from(KINDS),
        seconds=st.integers(-3600, 7200),
        fill_job=st.sampled_from(["", "a", "b"]),
        status=st.sampled_from(["success", "failure"]),
    ),
    max_size=40,
)


@st.composite
def readings(draw):
    """Return the events of a reading from opening to signature, each with its place."""
    end = draw(st.integers(1, 7200))
    moments = st.floats(0, end, allow_nan=False).map(lambda s: round(s, 3))
    kinds = st.sampled_from(["input", "field_confirmed", "field_edited", "row_added"])
    events = [event("opened", 0), event("signed", end)]
    events += [event(draw(kinds), s) for s in draw(st.lists(moments, max_size=25))]
    for start, stop in (("hidden", "visible"), ("paused", "resumed")):
        ends = sorted(draw(st.lists(moments, max_size=6, unique=True)))
        pairs = zip(ends[::2], ends[1::2], strict=False)
        events += [event(k, s) for pair in pairs for k, s in zip((start, stop), pair, strict=True)]
    for job in draw(st.sampled_from(["", "a", "ab"])):
        requested, ended = sorted((draw(moments), draw(moments)))
        status = draw(st.sampled_from(["success", "failure"]))
        events.append(event("fill_requested", requested, fill_job=job))
        events.append(event("fill_finished", ended, fill_job=job, status=status))
    return [e._replace(order=number) for number, e in enumerate(events, start=1)]
