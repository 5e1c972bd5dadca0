"""Intervals and tests for two systems on the same conclusions. The conclusion is the unit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy
from numpy.typing import NDArray
from scipy.stats import binomtest

from llm.evaluation.scores import FIGURES, CaseScore

Floats = NDArray[numpy.float64]

RESAMPLES = 2_000
SEED = 20_240
CONFIDENCE = 0.95
# Two systems whose F1 differs by less are as good as each other.
MARGIN = 0.03
ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its percentile bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Equivalence:
    """Two one-sided tests: is the difference within ±`margin`?

    `p` is the larger of the two one-sided bootstrap p-values, and they are equivalent where it is
    below α; `low` and `high` are the interval of 1 − 2α that goes with the two tests.
    """

    margin: float
    low: float
    high: float
    p: float
    equivalent: bool


@dataclass(frozen=True, slots=True)
class McNemar:
    """Decisions that only one of the two had right, and the exact two-sided p-value."""

    only_first: int
    only_second: int
    p: float


def weights(conclusions: int, resamples: int = RESAMPLES) -> Floats:
    """How often each conclusion is drawn in each resample; (resamples, conclusions)."""
    rng = numpy.random.default_rng(SEED)
    share = numpy.full(conclusions, 1 / conclusions)
    return rng.multinomial(conclusions, share, size=resamples).astype(numpy.float64)


def resampled(scores: Sequence[CaseScore], name: str, drawn: Floats) -> Floats:
    """A figure in every resample; nan where its whole is empty. (resamples,)."""
    part, whole = (
        numpy.array([sum(s.counts[count] for count in counts) for s in scores], dtype=float)
        for counts in FIGURES[name]
    )
    above, below = drawn @ part, drawn @ whole
    empty: Floats = numpy.full_like(above, numpy.nan)
    numpy.divide(above, below, out=empty, where=below > 0)
    return empty


def interval(scores: Sequence[CaseScore], name: str, drawn: Floats) -> Interval | None:
    """A figure with its interval; None where it has none."""
    estimate = resampled(scores, name, numpy.ones((1, len(scores))))
    return _interval(float(estimate[0]), resampled(scores, name, drawn))


def difference(
    first: Sequence[CaseScore], second: Sequence[CaseScore], name: str, drawn: Floats
) -> Interval | None:
    """First minus second on the same conclusions, resampled together."""
    whole = numpy.ones((1, len(first)))
    estimate = resampled(first, name, whole) - resampled(second, name, whole)
    return _interval(
        float(estimate[0]), resampled(first, name, drawn) - resampled(second, name, drawn)
    )


def _interval(value: float, draws: Floats) -> Interval | None:
    draws = draws[~numpy.isnan(draws)]
    if numpy.isnan(value) or not draws.size:
        return None
    rest = (1 - CONFIDENCE) / 2
    low, high = numpy.quantile(draws, (rest, 1 - rest))
    return Interval(value, float(low), float(high))


def equivalence(
    first: Sequence[CaseScore], second: Sequence[CaseScore], name: str, drawn: Floats
) -> Equivalence | None:
    """Whether the figures of the two differ by less than MARGIN; None where there are none."""
    draws = resampled(first, name, drawn) - resampled(second, name, drawn)
    draws = draws[~numpy.isnan(draws)]
    return tost(draws, margin=MARGIN) if draws.size else None


def tost(draws: Floats, *, margin: float) -> Equivalence:
    """The two one-sided tests on bootstrap draws of a difference."""
    low, high = numpy.quantile(draws, (ALPHA, 1 - ALPHA))
    # One more draw on the wrong side, so that no p-value is zero.
    below = (1 + int((draws <= -margin).sum())) / (draws.size + 1)
    above = (1 + int((draws >= margin).sum())) / (draws.size + 1)
    p = max(below, above)
    return Equivalence(margin, float(low), float(high), p, p < ALPHA)


def mcnemar(only_first: int, only_second: int) -> McNemar:
    """The exact test: under no difference either is as likely to be the only one right."""
    both = only_first + only_second
    p = float(binomtest(only_first, both, 0.5).pvalue) if both else 1.0
    return McNemar(only_first, only_second, p)


def mcnemar_exact_reports(first: Sequence[CaseScore], second: Sequence[CaseScore]) -> McNemar:
    """On whole reports."""
    pairs = [(a.counts["exact"], b.counts["exact"]) for a, b in zip(first, second, strict=True)]
    return mcnemar(sum(a > b for a, b in pairs), sum(b > a for a, b in pairs))


def mcnemar_fields(first: Sequence[CaseScore], second: Sequence[CaseScore]) -> McNemar:
    """On the true values; those of one conclusion are not independent, so p is too small."""
    pairs = list(zip(first, second, strict=True))
    return mcnemar(
        sum(len(a.found - b.found) for a, b in pairs), sum(len(b.found - a.found) for a, b in pairs)
    )


def cohens_kappa(one: Sequence[str], other: Sequence[str]) -> float | None:
    """Agreement of two labellers beyond chance, nominal categories.

    None without decisions; 1 where both gave one and the same category throughout.
    """
    if not one:
        return None
    kappa = kappa_of_counts(Counter(zip(one, other, strict=True)))
    return 1.0 if kappa is None else kappa


def kappa_of_counts(pairs: Mapping[tuple[str, str], int]) -> float | None:
    """Cohen's kappa of decisions (one, other) counted; None where there is no variety.

    Where both say the same one thing throughout, chance explains all.
    """
    number = sum(pairs.values())
    one: Counter[str] = Counter()
    other: Counter[str] = Counter()
    for (a, b), count in pairs.items():
        one[a] += count
        other[b] += count
    chance = sum(one[category] * other[category] for category in one)
    if chance == number * number:
        return None
    seen = sum(count for (a, b), count in pairs.items() if a == b) / number
    return (seen - chance / number**2) / (1 - chance / number**2)
