"""Timing: the ledger, and the durations derived from it."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting import clock
from reporting.models import Report, TimingEvent
from reporting.selectors.timing import durations, durations_of
from reporting.services import timing
from reporting.services.timing import EventInvalid
from reporting.timing_definitions import Event
from tests import factories

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def at(seconds):
    return START + timedelta(seconds=seconds)


def event(kind, seconds, **more):
    return Event(kind, at(seconds), **more)


def client_event(kind="input", offset_ms=1000.0, **more):
    return {"id": str(uuid4()), "kind": kind, "offset_ms": offset_ms, **more}


@pytest.fixture
def token(cast, report):
    clock.simulate(START)
    return timing.page_opened(report=report, reader=cast.alice)


@pytest.fixture
def add(cast, report, token):
    def call(*events, reader=None, with_token=None):
        return timing.timing_events_add(
            report=report,
            reader=reader or cast.alice,
            token=with_token or token,
            events=list(events),
        )

    return call


def test_it_happened_at_page_load_plus_offset(add):
    clock.simulate(at(5))
    assert add(client_event("first_input", 3500)) == 1
    stored = TimingEvent.objects.get(kind="first_input")
    assert stored.occurred_at == at(3.5)
    assert stored.received_at == at(5)
    assert (stored.skew_ms, stored.is_skewed) == (1500, False)


def test_the_same_event_twice_is_one_event(add):
    clock.simulate(at(2))
    sent = client_event()
    assert (add(sent), add(sent, client_event()), add(sent, sent)) == (1, 1, 0)
    assert TimingEvent.objects.filter(kind="input").count() == 2


def test_a_difference_beyond_the_bound_is_flagged(add, settings):
    settings.TIMING_SKEW_BOUND_SECONDS = 10
    clock.simulate(at(20))
    add(client_event("hidden", 1000), client_event("visible", 15_000))
    assert TimingEvent.objects.get(kind="hidden").is_skewed
    assert not TimingEvent.objects.get(kind="visible").is_skewed


def test_a_page_from_the_future_is_flagged(add):
    clock.simulate(at(1))
    add(client_event("hidden", 3_600_000))
    assert TimingEvent.objects.get(kind="hidden").is_skewed


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "signed"},
        {"kind": "opened"},
        {"kind": "made_up"},
        {"id": "7"},
        {"offset_ms": -1},
        {"offset_ms": "soon"},
        {"offset_ms": True},
        {"offset_ms": float("nan")},
        {"offset_ms": 1e12},
        {"details": [1]},
        {"details": {"x": "y" * 2000}},
        {"details": {"x": "\x00"}},
        {"details": {"x": "\ud800"}},
    ],
)
def test_a_bad_event_is_refused_and_nothing_is_stored(add, fault):
    with pytest.raises(EventInvalid):
        add(client_event(), {**client_event(), **fault})
    assert not TimingEvent.objects.filter(kind="input").exists()


@pytest.mark.parametrize("event", [None, [], "x", 7, {}])
def test_what_is_no_event_is_refused(add, event):
    with pytest.raises(EventInvalid):
        add(event)


def test_too_many_events_are_refused(add):
    with pytest.raises(EventInvalid, match="At most"):
        add(*[client_event() for _ in range(501)])


def test_the_token_of_another_reader_or_report_is_refused(cast, add, token):
    other = factories.report(cast.alice, cast.north)
    with pytest.raises(EventInvalid, match="another"):
        add(client_event(), reader=cast.dave)
    with pytest.raises(EventInvalid, match="another"):
        timing.timing_events_add(report=other, reader=cast.alice, token=token, events=[])
    with pytest.raises(EventInvalid, match="not valid"):
        add(client_event(), with_token=token + "x")


def test_every_event_under_a_simulated_clock_is_marked(cast, report, add):
    clock.simulate(at(1))
    add(client_event())
    assert set(TimingEvent.objects.values_list("simulated", flat=True)) == {True}
    clock.simulate(None)
    timing.page_opened(report=report, reader=cast.alice)
    assert TimingEvent.objects.filter(simulated=False).count() == 1


READING = [
    event("opened", 0),
    event("first_input", 4),
    event("input", 20),
    event("fill_requested", 21, fill_job="a"),
    event("fill_started", 21.1, fill_job="a"),
    event("fill_first_field", 22, fill_job="a"),
    event("fill_finished", 23, fill_job="a", status="success"),
    event("field_confirmed", 25),
    event("hidden", 30),
    event("visible", 40),
    event("paused", 42),
    event("resumed", 50),
    event("field_confirmed", 52),
    event("sign_pressed", 55),
    event("signed", 56),
]


def test_durations_of_a_reading():
    result = durations_of(READING, idle_seconds=30)
    assert result.total == 56
    assert (result.hidden, result.paused, result.idle) == (10, 8, 0)
    assert result.active == 38
    assert result.typing == 48
    assert (result.to_first_input, result.model_wait, result.to_first_field) == (4, 2, 1)
    assert result.missing == ()


def test_idle_time_is_what_a_gap_has_beyond_the_threshold():
    result = durations_of(
        [event("opened", 0), event("input", 50), event("signed", 60)], idle_seconds=30
    )
    assert (result.idle, result.active) == (20, 40)


def test_time_hidden_and_idle_at_once_counts_once():
    events = [
        event("opened", 0),
        event("hidden", 0),
        event("visible", 60),
        event("signed", 61),
    ]
    result = durations_of(events, idle_seconds=30)
    assert (result.hidden, result.idle, result.active) == (60, 30, 1)


def test_a_reload_ends_what_was_hidden():
    events = [event("opened", 0), event("hidden", 5), event("opened", 9), event("signed", 20)]
    assert durations_of(events).hidden == 4


NEEDS = {
    "opened": {"total", "active", "to_first_input"},
    "signed": {"total", "active"},
    "fill_requested": {"model_wait", "to_first_field"},
    "fill_started": set(),
    "fill_first_field": {"to_first_field"},
    "fill_finished": {"model_wait"},
    "hidden": {"hidden", "active"},
    "visible": {"hidden", "active"},
    "paused": {"paused", "active"},
    "resumed": {"paused", "active"},
    "sign_pressed": set(),
}
MEASURES = (
    "total",
    "active",
    "hidden",
    "paused",
    "typing",
    "to_first_input",
    "model_wait",
    "to_first_field",
)


@pytest.mark.parametrize("kind", NEEDS)
def test_a_missing_event_costs_only_its_own_durations(kind):
    whole = durations_of(READING)
    result = durations_of([event for event in READING if event.kind != kind])
    for name in MEASURES:
        expected = None if name in NEEDS[kind] else getattr(whole, name)
        assert getattr(result, name) == expected, name


KINDS = st.sampled_from([str(kind) for kind in TimingEvent.Kind])
EVENTS = st.lists(
    st.builds(
        Event,
        kind=KINDS,
        at=st.integers(0, 5000).map(at),
        fill_job=st.sampled_from(["", "a", "b"]),
    ),
    max_size=40,
)


@given(EVENTS)
def test_durations_of_any_ledger_are_consistent(events):
    result = durations_of(events, idle_seconds=30)
    for name in (*MEASURES, "idle"):
        value = getattr(result, name)
        assert value is None or value >= 0, name
    if result.active is not None:
        assert result.active <= result.total
        assert result.total - result.active <= sum((result.hidden, result.paused, result.idle))


@given(EVENTS, st.randoms())
def test_the_order_of_arrival_does_not_matter(events, random):
    shuffled = list({(event.kind, event.at): event for event in events}.values())
    before = durations_of(sorted(shuffled, key=lambda e: (e.at, e.kind)))
    random.shuffle(shuffled)
    assert durations_of(sorted(shuffled, key=lambda e: (e.at, e.kind))) == before


@given(EVENTS, st.integers(0, 39))
def test_dropping_an_event_never_breaks_anything(events, index):
    durations_of(events[:index] + events[index + 1 :])


def test_durations_read_the_ledger_of_each_report(cast, report):
    other = factories.report(cast.alice, cast.north)
    clock.simulate(at(0))
    timing.page_opened(report=report, reader=cast.alice)
    clock.simulate(at(9))
    timing.timing_event_add(report=report, reader=cast.alice, kind=timing.Kind.SIGNED)
    found = {row.report.pk: row.durations.total for row in durations(Report.objects.all())}
    assert found == {report.pk: 9, other.pk: None}
