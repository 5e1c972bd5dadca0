"""Agreement of raters: weighted kappa, intraclass correlation, and a rater with himself.

Kappa has the large-sample standard error of Fleiss, Cohen and Everitt (1969); ICC(2,1) and ICC(2,k)
are those of Shrout and Fleiss (1979) for raters drawn from a population, with their intervals.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np
from scipy import stats

from reporting.stats.interval import LEVEL, Interval
from reporting.stats.ratings.rows import Rating, RatingError
from reporting.stats.study import Array

Weights = Literal["none", "linear", "quadratic"]


@dataclass(frozen=True, slots=True)
class Kappa:
    """Cohen's kappa of `n` pairs of scores and the share that is equal; no interval where it has
    no standard error."""

    n: int
    exact: float
    kappa: float
    se: float
    ci: Interval


@dataclass(frozen=True, slots=True)
class Icc:
    """The reliability of one rater's score, and of the mean of all `raters`, as to agreement."""

    reports: int
    raters: int
    single: float
    single_ci: Interval
    mean: float
    mean_ci: Interval


def kappa_of(table: Array, weights: Weights = "quadratic") -> Kappa:
    """Return kappa of a square table of counts. Raises RatingError where chance explains all."""
    levels = len(table)
    apart = np.abs(np.subtract.outer(np.arange(levels), np.arange(levels))) / max(levels - 1, 1)
    agree = {"none": np.eye(levels), "linear": 1 - apart, "quadratic": 1 - apart**2}[weights]
    n = float(table.sum())
    shares = table / n if n else table
    first, second = shares.sum(axis=1), shares.sum(axis=0)
    seen = float((agree * shares).sum())
    chance = float(first @ agree @ second)
    if n == 0 or chance >= 1 - 1e-12:
        raise RatingError("Kappa needs ratings of more than one score.")
    marginal = (agree @ second)[:, None] + (first @ agree)[None]
    spread = (shares * (agree * (1 - chance) - marginal * (1 - seen)) ** 2).sum()
    variance = float(spread) - (seen * chance - 2 * chance + seen) ** 2
    se = sqrt(max(variance, 0) / n) / (1 - chance) ** 2
    value = (seen - chance) / (1 - chance)
    reach = float(stats.norm.ppf((1 + LEVEL) / 2)) * se
    ends = Interval(max(value - reach, -1), min(value + reach, 1))
    return Kappa(int(n), float(np.trace(shares)), value, se, ends)


def pairs_table(pairs: Sequence[tuple[int, int]], scores: Sequence[int]) -> Array:
    """Return the counts of pairs of scores; `scores` is the scale from low to high."""
    place = {score: index for index, score in enumerate(scores)}
    table = np.zeros((len(scores), len(scores)))
    for first, second in pairs:
        if first not in place or second not in place:
            raise RatingError(f"A score is not on the scale {scores[0]} to {scores[-1]}.")
        table[place[first], place[second]] += 1
    return table


def between_raters(
    ratings: Sequence[Rating], scores: Sequence[int], weights: Weights = "quadratic"
) -> dict[tuple[str, str], Kappa]:
    """Return kappa for each two raters over the reports that both rated, by their first ratings;
    pairs of raters with none in common, or with one score only, are left out."""
    first = _firsts(ratings)
    raters = sorted({rating.rater for rating in ratings})
    found = {}
    for index, one in enumerate(raters):
        for other in raters[index + 1 :]:
            common = sorted(set(first[one]) & set(first[other]))
            pairs = [(first[one][report], first[other][report]) for report in common]
            try:
                found[one, other] = kappa_of(pairs_table(pairs, scores), weights)
            except RatingError:
                continue
    return found


def within_raters(
    ratings: Sequence[Rating], scores: Sequence[int], weights: Weights = "quadratic"
) -> dict[str, Kappa]:
    """Return kappa of each rater's first and second rating of the same report, and of all raters
    together under ""; raters without duplicates are left out."""
    given: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for rating in sorted(ratings, key=lambda rating: rating.repeat):
        given[rating.rater, rating.report].append(rating.score)
    pairs: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for (rater, _), both in given.items():
        if len(both) > 1:
            pairs[rater].append((both[0], both[1]))
            pairs[""].append((both[0], both[1]))
    found = {}
    for rater, of_rater in sorted(pairs.items()):
        try:
            found[rater] = kappa_of(pairs_table(of_rater, scores), weights)
        except RatingError:
            continue
    return found


def _firsts(ratings: Sequence[Rating]) -> dict[str, dict[str, int]]:
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for rating in sorted(ratings, key=lambda rating: rating.repeat):
        found[rating.rater].setdefault(rating.report, rating.score)
    return found


def icc(ratings: Sequence[Rating]) -> Icc:
    """Return the ICC over the reports that every rater rated. Raises RatingError."""
    first = _firsts(ratings)
    common = sorted(set.intersection(*(set(given) for given in first.values()))) if first else []
    return icc_of(np.array([[first[rater][r] for rater in sorted(first)] for r in common]))


def icc_of(table: Array) -> Icc:
    """Return the ICC of scores by report (rows) and rater (columns). Raises RatingError."""
    if table.ndim != 2 or min(table.shape) < 2:
        raise RatingError("The ICC needs two raters and two reports that all raters rated.")
    n, k = table.shape
    grand, of_report, of_rater = table.mean(), table.mean(axis=1), table.mean(axis=0)
    reports = k * float(((of_report - grand) ** 2).sum()) / (n - 1)
    raters = n * float(((of_rater - grand) ** 2).sum()) / (k - 1)
    rest = table - of_report[:, None] - of_rater + grand
    error = float((rest**2).sum()) / ((n - 1) * (k - 1))
    if reports <= 0 or error <= 0:
        raise RatingError("The ICC needs reports, and raters on a report, that differ in score.")
    base = k * raters + (k * n - k - n) * error
    single = (reports - error) / (reports + (k - 1) * error + k * (raters - error) / n)
    df = _satterthwaite(single, raters / error, n, k)
    tail = (1 + LEVEL) / 2
    upper, lower = float(stats.f.ppf(tail, n - 1, df)), float(stats.f.ppf(tail, df, n - 1))
    low = n * (reports - upper * error) / (upper * base + n * reports)
    high = n * (lower * reports - error) / (base + n * lower * reports)
    mean = (reports - error) / (reports + (raters - error) / n)
    ends = Interval(_stepped_up(low, k), _stepped_up(high, k))
    return Icc(n, k, single, Interval(low, high), mean, ends)


def _satterthwaite(rho: float, f: float, n: int, k: int) -> float:
    rest = n * (1 + (k - 1) * rho) - k * rho
    above = (k - 1) * (n - 1) * (k * rho * f + rest) ** 2
    return above / ((n - 1) * k**2 * rho**2 * f**2 + rest**2)


def _stepped_up(value: float, k: int) -> float:
    return k * value / (1 + (k - 1) * value)
