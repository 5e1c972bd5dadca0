"""The definitions: what each is on one reading, and what holds for every ledger."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.models import TimingEvent
from reporting.timing_definitions import (
    ACTIVITY,
    DEFINITIONS,
    IDLE_THRESHOLDS,
    definition,
    ledger_of,
    measure,
)
from reporting.timing_definitions import events as kinds
from tests.timing_definitions.ledgers import ANYTHING, event, readings

READING = [
    event("opened", 0),
    event("first_input", 40),
    event("input", 45),
    event("fill_requested", 50, fill_job="a"),
    event("fill_first_field", 52, fill_job="a"),
    event("fill_finished", 53, fill_job="a", status="success"),
    event("field_confirmed", 55),
    event("field_edited", 75),
    event("hidden", 80),
    event("visible", 90),
    event("field_rejected", 91),
    event("paused", 92),
    event("resumed", 192),
    event("sign_pressed", 195),
    event("signed", 200),
]
# Seconds by definition and idle threshold. A change of these needs a new version.
EXPECTED = {
    ("open_to_sign", 1): [200],
    ("active", 1): [50, 80, 90, 90],
    ("open_to_sign_without_wait", 1): [197],
    ("first_to_last_input", 1): [51],
    ("reading", 1): [40],
    ("model_wait", 1): [3],
    ("to_first_field", 1): [2],
    ("review_after_fill", 1): [147],
    ("correction", 1): [11, 21, 21, 21],
    ("hidden", 1): [10],
    ("paused", 1): [100],
    ("idle", 1): [136, 81, 41, 0],
}


def seconds(key, events, idle=None):
    return measure(definition(key), ledger_of(events), idle=idle).seconds


def everything(events):
    ledger = ledger_of(events)
    return {
        (d.key, idle): measure(d, ledger, idle=idle) for d in DEFINITIONS for idle in d.thresholds
    }


@pytest.mark.parametrize("what", DEFINITIONS, ids=lambda d: f"{d.key}-{d.version}")
def test_each_definition_on_one_reading(what):
    ledger = ledger_of(READING)
    found = [measure(what, ledger, idle=idle).seconds for idle in what.thresholds]
    assert found == EXPECTED[what.key, what.version]


def test_every_kind_that_is_named_exists_in_the_ledger():
    named = {
        value
        for name, value in vars(kinds).items()
        if name.isupper() and name[0] != "_" and isinstance(value, str)
    }
    assert named | ACTIVITY <= set(TimingEvent.Kind.values)


def test_keys_and_versions_are_unique_and_an_unknown_one_is_named():
    names = [(d.key, d.version) for d in DEFINITIONS]
    assert len(set(names)) == len(names)
    assert all(d.text.endswith(".") for d in DEFINITIONS)
    with pytest.raises(KeyError, match="open_to_sign 1"):
        definition("open_to_sign", 99)


@pytest.mark.parametrize(
    ("key", "without", "reason"),
    [
        ("open_to_sign", "opened", "opening"),
        ("open_to_sign", "signed", "signing"),
        ("active", "visible", "hidden"),
        ("active", "resumed", "pause"),
        ("model_wait", "fill_finished", "fill"),
        ("review_after_fill", "fill_requested", "fill"),
    ],
)
def test_what_cannot_be_measured_has_a_reason(key, without, reason):
    left = ledger_of([e for e in READING if e.kind != without])
    found = measure(definition(key), left)
    assert found.seconds is None
    assert reason in found.reason


def test_a_signature_before_the_opening_is_no_duration():
    assert seconds("open_to_sign", [event("signed", 0), event("opened", 9)]) is None


def test_a_failed_fill_leaves_nothing_to_review():
    events = [
        event("opened", 0),
        event("fill_requested", 1, fill_job="a"),
        event("fill_finished", 2, fill_job="a", status="failure"),
        event("signed", 9),
    ]
    assert seconds("review_after_fill", events) is None


def test_sleep_counts_as_idle():
    events = [
        event("opened", 0),
        event("input", 10),
        event("input", 30_000),
        event("signed", 30_010),
    ]
    assert seconds("active", events, idle=30) == 50


@given(ANYTHING, st.randoms())
def test_order_and_copies_of_events_change_nothing(events, random):
    copies = events + [e for e in events if random.random() < 0.5]
    random.shuffle(copies)
    assert everything(copies) == everything(events)


@given(readings(), st.randoms())
def test_copies_by_id_change_nothing(events, random):
    copies = events + random.sample(events, len(events) // 2)
    random.shuffle(copies)
    assert everything(copies) == everything(events)


@given(ANYTHING)
def test_nothing_is_negative_and_what_is_none_says_why(events):
    for found in everything(events).values():
        assert (found.seconds is None) == bool(found.reason)
        assert found.seconds is None or found.seconds >= 0


@given(ANYTHING)
def test_no_part_is_longer_than_the_whole(events):
    whole = seconds("open_to_sign", events)
    if whole is None:
        return
    for found in everything(events).values():
        assert found.seconds is None or found.seconds <= whole


@given(readings())
def test_active_and_away_make_the_whole(events):
    whole = seconds("open_to_sign", events)
    for idle in IDLE_THRESHOLDS:
        active = seconds("active", events, idle)
        away = sum(seconds(key, events, idle) for key in ("hidden", "paused", "idle"))
        assert active <= whole <= active + away + 1e-6


@given(readings())
def test_active_and_correction_grow_with_the_idle_threshold(events):
    for key in ("active", "correction"):
        found = [seconds(key, events, idle) for idle in IDLE_THRESHOLDS]
        if None not in found:
            assert found == sorted(found), key


@given(readings())
def test_wait_and_rest_make_the_whole(events):
    rest = seconds("open_to_sign_without_wait", events)
    whole = seconds("open_to_sign", events)
    assert seconds("model_wait", events) + rest == pytest.approx(whole, abs=1e-6)


@given(readings())
def test_correction_is_part_of_the_review_and_review_follows_the_wait(events):
    review = seconds("review_after_fill", events)
    if review is not None:
        assert seconds("correction", events) <= review
        assert review + seconds("model_wait", events) <= seconds("open_to_sign", events) + 1e-6


@given(readings(), st.integers(0, 30))
def test_a_lost_event_breaks_nothing(events, index):
    left = everything(events[:index] + events[index + 1 :])
    assert all(found.seconds is None or found.seconds >= 0 for found in left.values())


@given(readings(), st.integers(-400, 400))
def test_a_shift_of_all_events_by_days_changes_nothing(events, days):
    shifted = [e._replace(at=e.at + timedelta(days=days)) for e in events]
    assert everything(shifted) == everything(events)
