"""Intervals and tests against answers that are known."""

from collections import Counter
from statistics import fmean

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.evaluation import statistics
from llm.evaluation.scores import CaseScore, figures


def exact(rights):
    """Conclusions of which each is exact or not."""
    return [CaseScore(Counter(conclusions=1, exact=int(right))) for right in rights]


def positives(rows):
    """Conclusions by (right, filled, true) positives."""
    names = ("positive_right", "positive_filled", "positive_true")
    return [CaseScore(Counter(dict(zip(names, row, strict=True)))) for row in rows]


def test_the_interval_of_a_share_is_that_of_the_normal_law():
    scores = exact([True] * 200 + [False] * 200)
    found = statistics.interval(scores, "exact_reports", statistics.weights(400))
    half = 1.96 * (0.5 * 0.5 / 400) ** 0.5
    assert found.value == 0.5
    assert found.low == pytest.approx(0.5 - half, abs=0.008)
    assert found.high == pytest.approx(0.5 + half, abs=0.008)


def test_a_resample_is_paired():
    one, other = exact([True, False] * 50), exact([True, False] * 50)
    found = statistics.difference(one, other, "exact_reports", statistics.weights(100))
    assert (found.value, found.low, found.high) == (0, 0, 0)


def test_the_same_seed_draws_the_same_conclusions():
    assert (statistics.weights(7, 5) == statistics.weights(7, 5)).all()
    assert (statistics.weights(7, 5).sum(axis=1) == 7).all()


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 5)] * 3), min_size=1, max_size=12))
def test_the_whole_sample_has_the_figure_of_its_sums(rows):
    scores = positives([(min(r, f, t), f, t) for r, f, t in rows])
    value = statistics.resampled(scores, "positive_f1", numpy.ones((1, len(scores))))[0]
    expected = figures(scores)["positive_f1"]
    assert numpy.isnan(value) if expected is None else value == pytest.approx(expected)


def test_a_figure_without_a_whole_has_no_interval():
    scores = exact([True])
    assert statistics.interval(scores, "positive_f1", statistics.weights(1)) is None


@pytest.mark.parametrize(
    ("mean", "spread", "equivalent"), [(0.0, 0.01, True), (0.05, 0.01, False), (0.0, 0.05, False)]
)
def test_equivalence_needs_a_small_and_a_sure_difference(mean, spread, equivalent):
    draws = numpy.random.default_rng(1).normal(mean, spread, 4000)
    found = statistics.tost(draws, margin=0.03)
    assert found.equivalent is equivalent
    assert (found.p < 0.05) is equivalent


def test_the_p_values_of_the_two_tests_are_those_of_the_normal_law():
    # (0.03 - 0.01) / 0.0121597 = 1.6448: the larger of the two is 0.05.
    draws = numpy.random.default_rng(2).normal(0.01, 0.0121597, 200_000)
    assert statistics.tost(draws, margin=0.03).p == pytest.approx(0.05, abs=0.002)


def test_no_significant_difference_is_no_equivalence():
    rng = numpy.random.default_rng(3)
    one, other = (positives([(rng.integers(0, 4), 3, 3) for _ in range(12)]) for _ in range(2))
    drawn = statistics.weights(12)
    interval = statistics.difference(one, other, "positive_f1", drawn)
    assert interval.low < 0 < interval.high
    assert not statistics.equivalence(one, other, "positive_f1", drawn).equivalent


def test_mcnemar_is_exact():
    assert statistics.mcnemar(10, 2).p == pytest.approx(158 / 4096)
    assert statistics.mcnemar(0, 0).p == 1
    assert statistics.mcnemar(3, 3).p == 1


def test_mcnemar_counts_what_only_one_has_right():
    one, other = exact([True, True, False, True]), exact([True, False, True, False])
    found = statistics.mcnemar_exact_reports(one, other)
    assert (found.only_first, found.only_second) == (2, 1)
    one, other = CaseScore(found=frozenset("abc")), CaseScore(found=frozenset("cd"))
    fields = statistics.mcnemar_fields([one], [other])
    assert (fields.only_first, fields.only_second) == (2, 1)


def test_kappa_of_the_textbook():
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    one, other = (list(side) for side in zip(*pairs, strict=True))
    assert statistics.cohens_kappa(one, other) == pytest.approx(0.4)


def test_kappa_at_its_ends():
    assert statistics.cohens_kappa(["a", "b"], ["a", "b"]) == 1
    assert statistics.cohens_kappa(["a", "a"], ["a", "a"]) == 1
    assert statistics.cohens_kappa(["a", "b"], ["b", "a"]) == -1
    assert statistics.cohens_kappa([], []) is None


@given(st.lists(st.tuples(*[st.sampled_from("ab ")] * 2), min_size=1, max_size=30))
def test_kappa_of_counts_is_agreement_beyond_chance(decisions):
    one, other = zip(*decisions, strict=True)
    found = statistics.kappa_of_counts(Counter(decisions))
    if len({*one, *other}) == 1:
        assert found is None
        return
    seen = fmean(a == b for a, b in decisions)
    chance = fmean(a == b for a in one for b in other)
    assert found == pytest.approx((seen - chance) / (1 - chance))
    assert found == pytest.approx(statistics.cohens_kappa(one, other))
