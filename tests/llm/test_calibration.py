"""Confidences: how far they are from shares, and how a temperature brings them nearer."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.confidence import LOW_CONFIDENCE, Calibration, card_calibration
from llm.engines.fake import FakeEngine
from llm.evaluation.calibration import (
    TARGET,
    Judged,
    expected_calibration_error,
    fit,
    reliability,
)
from llm.fill import fill_one
from llm.types import FillRequest
from tests.llm.strategies import SMALL

confidences = st.floats(0, 1)


def overconfident(temperature, count=6_000):
    """Values whose odds were raised to the power of `temperature`."""
    rng = random.Random(1)
    judged = []
    for _ in range(count):
        true = rng.uniform(0.3, 0.99)
        odds = math.log(true / (1 - true)) * temperature
        judged.append(Judged(1 / (1 + math.exp(-odds)), rng.random() < true))
    return judged


def test_the_error_of_two_bins():
    judged = [Judged(0.95, n < 5) for n in range(10)] + [Judged(0.25, n < 2) for n in range(8)]
    expected = (10 * abs(0.95 - 0.5) + 8 * abs(0.25 - 0.25)) / 18
    assert expected_calibration_error(judged) == pytest.approx(expected)
    assert [one.count for one in reliability(judged)] == [8, 10]


def test_no_values_have_no_error():
    assert expected_calibration_error([]) is None


@given(st.lists(st.builds(Judged, confidences, st.booleans()), min_size=1))
def test_the_error_is_a_share_and_knows_no_order(judged):
    error = expected_calibration_error(judged)
    assert 0 <= error <= 1
    assert expected_calibration_error(judged[::-1]) == pytest.approx(error)
    assert sum(one.count for one in reliability(judged)) == len(judged)


def test_the_temperature_is_found_and_lowers_the_error():
    judged = overconfident(3.0)
    found = fit(judged)
    assert found.temperature == pytest.approx(3.0, rel=0.15)
    scaled = [Judged(found.scaled(one.confidence), one.right) for one in judged]
    assert expected_calibration_error(scaled) < 0.03 < expected_calibration_error(judged)


def test_values_above_the_threshold_reach_the_target():
    judged = [Judged(0.3, n % 2 == 0) for n in range(100)] + [Judged(0.9, True)] * 300
    found = fit(judged)
    kept = [one for one in judged if found.scaled(one.confidence) >= found.threshold]
    assert len(kept) == 300
    assert sum(one.right for one in kept) / len(kept) >= TARGET


def test_at_most_half_is_marked_though_the_target_is_missed():
    found = fit([Judged(n / 100, n % 2 == 0) for n in range(100)])
    marked = sum(found.scaled(n / 100) < found.threshold for n in range(100))
    assert marked <= 50


def test_too_few_values_are_refused():
    with pytest.raises(ValueError, match="too few"):
        fit([Judged(0.5, True)])


@given(confidences, confidences, st.floats(0.2, 5))
def test_scaling_keeps_the_order_and_the_range(one, other, temperature):
    scaled = Calibration(temperature).scaled
    assert 0 <= scaled(one) <= 1
    assert scaled(min(one, other)) <= scaled(max(one, other))


def test_a_card_without_calibration_changes_nothing():
    assert card_calibration({}) == card_calibration({"calibration": {}}) == Calibration()
    assert Calibration().scaled(0.3) == 0.3
    assert Calibration().threshold == LOW_CONFIDENCE


def test_a_fill_uses_the_calibration_of_its_engine():
    engine = FakeEngine({"Mild emphysema": "emphysema=mild"}, probability=0.9)
    request = FillRequest("1", SMALL, "Mild emphysema.")
    (raw,) = fill_one(request, engine).values
    engine.calibration = card_calibration({"calibration": {"temperature": 2, "threshold": 0.95}})
    (scaled,) = fill_one(request, engine).values
    assert scaled.confidence == pytest.approx(Calibration(2).scaled(raw.confidence))
    assert (raw.low_confidence, scaled.low_confidence) == (False, True)
