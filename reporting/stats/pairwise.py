"""Simple tests: paired t, Wilcoxon, Friedman, and Mann-Whitney where nothing is paired.

By unit, each reader (or each case) counts once, by the mean of its log times; these are the tests
to report. Blocks of one reader depend on each other, so tests over blocks find too much.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from scipy import stats

from reporting.stats.bootstrap import LEVEL, Interval
from reporting.stats.holm import holm
from reporting.stats.study import Array, Blocks, Study, blocks_by

# Log times that differ by less are alike but for rounding.
SAME = 1e-12


@dataclass(frozen=True, slots=True)
class Friedman:
    """Friedman's test over the units that have a time in every arm."""

    blocks: int
    statistic: float
    p: float


@dataclass(frozen=True, slots=True)
class Wilcoxon:
    """Wilcoxon's signed-rank test of two arms; `p_holm` is corrected for all pairs of arms."""

    arm: str
    reference: str
    n: int
    median_difference: float
    statistic: float
    p: float
    p_holm: float


@dataclass(frozen=True, slots=True)
class PairedT:
    """Student's paired test of mean log times, and the ratio of geometric means it is of."""

    arm: str
    reference: str
    n: int
    ratio: float
    ci: Interval
    t: float
    df: int
    p: float
    p_holm: float


@dataclass(frozen=True, slots=True)
class UnitTests:
    """The tests in which each unit ("reader" or "case") counts once."""

    unit: str
    paired_t: tuple[PairedT, ...]
    wilcoxon: tuple[Wilcoxon, ...]
    friedman: Friedman | None


@dataclass(frozen=True, slots=True)
class MannWhitney:
    """The rank-sum test of two arms that share no reader and no case, by means of units."""

    arm: str
    reference: str
    unit: str
    n_arm: int
    n_reference: int
    statistic: float
    p: float
    p_holm: float


Test = TypeVar("Test", Wilcoxon, PairedT, MannWhitney)


def block_wilcoxon(study: Study, blocks: Blocks, notes: list[str]) -> tuple[Wilcoxon, ...]:
    """Test seconds within blocks, all pairs of arms."""
    found = []
    for arms in study.pairs_of_arms():
        seconds = np.exp(blocks.within(arms).means)
        first, second = (study.arm.labels[arm] for arm in arms)
        if np.any(seconds[:, 0] != seconds[:, 1]):
            found.append(_wilcoxon(first, second, seconds[:, 0] - seconds[:, 1]))
        else:
            notes.append(f"{first} and {second} have no pairs that differ; not tested.")
    return _corrected(found)


def block_friedman(study: Study, blocks: Blocks, notes: list[str]) -> Friedman | None:
    """Test whether the arms differ within blocks; None, with a note, where that cannot be told."""
    every = range(len(study.arm))
    return _friedman(blocks.within(every).means, "block", notes) if len(every) > 2 else None


def unit_tests(study: Study, blocks: Blocks, notes: list[str]) -> tuple[UnitTests, ...]:
    """Return the tests by reader, and by case where there are cases."""
    return tuple(_tests_by(study, blocks, unit, notes) for unit, _ in study.units())


def _unit_means(study: Study, blocks: Blocks, unit: str, arms: Sequence[int]) -> Array:
    """Return the means of each unit in each arm: over blocks read in all of them where readings are
    paired by reader and case, else over all its readings."""
    if len(blocks.units) > 1:
        return blocks.within(arms).by(unit)
    return blocks_by(study, {unit: dict(study.units())[unit]}).within(arms).means


def _tests_by(study: Study, blocks: Blocks, unit: str, notes: list[str]) -> UnitTests:
    paired_t, wilcoxon = [], []
    for arms in study.pairs_of_arms():
        means = _unit_means(study, blocks, unit, arms)
        first, second = (study.arm.labels[arm] for arm in arms)
        differences = means[:, 0] - means[:, 1]
        if len(means) < 2 or np.ptp(differences) <= SAME:
            why = "too few or alike" if len(means) else "none in both arms"
            notes.append(f"By {unit}, {first} and {second}: {len(means)} pairs, {why}; not tested.")
            continue
        paired_t.append(_paired_t(first, second, differences))
        wilcoxon.append(_wilcoxon(first, second, differences))
    friedman = None
    if len(study.arm) > 2:
        everywhere = _unit_means(study, blocks, unit, range(len(study.arm)))
        friedman = _friedman(everywhere, unit, notes)
    return UnitTests(unit, _corrected(paired_t), _corrected(wilcoxon), friedman)


def _paired_t(arm: str, reference: str, differences: Array) -> PairedT:
    result = stats.ttest_1samp(differences, 0)
    low, high = np.exp(result.confidence_interval(LEVEL))
    p = float(result.pvalue)
    return PairedT(
        arm=arm,
        reference=reference,
        n=len(differences),
        ratio=float(np.exp(differences.mean())),
        ci=Interval(float(low), float(high)),
        t=float(result.statistic),
        df=int(result.df),
        p=p,
        p_holm=p,
    )


def _wilcoxon(arm: str, reference: str, differences: Array) -> Wilcoxon:
    result = stats.wilcoxon(differences)
    p = float(result.pvalue)
    middle = float(np.median(differences))
    return Wilcoxon(arm, reference, len(differences), middle, float(result.statistic), p, p)


def _friedman(table: Array, unit: str, notes: list[str]) -> Friedman | None:
    if len(table) < 2:
        notes.append(
            f"Friedman's test needs 2 {unit}s with a time in every arm; there are {len(table)}."
        )
        return None
    if np.all(np.ptp(table, axis=1) <= SAME):
        notes.append(f"Friedman's test: no {unit} differs between the arms; not tested.")
        return None
    result = stats.friedmanchisquare(*table.T)
    return Friedman(len(table), float(result.statistic), float(result.pvalue))


def mann_whitney(study: Study, notes: list[str]) -> tuple[MannWhitney, ...]:
    """Test those arms that share no reader and no case, by the means of readers, or of cases where
    an arm has one reader."""
    tables = {unit: blocks_by(study, {unit: factor}).means for unit, factor in study.units()}
    found = []
    for arms in study.pairs_of_arms():
        seen = {unit: np.isfinite(means[:, arms]) for unit, means in tables.items()}
        if any(np.any(both.all(axis=1)) for both in seen.values()):
            continue
        enough = [unit for unit, both in seen.items() if both.sum(axis=0).min() > 1]
        first, second = (study.arm.labels[arm] for arm in arms)
        if not enough:
            notes.append(f"{first} and {second} share nothing, and an arm has one reader and one"
                         " case at most; not tested.")  # fmt: skip
            continue
        samples = [
            tables[enough[0]][seen[enough[0]][:, side], arm] for side, arm in enumerate(arms)
        ]
        result = stats.mannwhitneyu(*samples)
        sizes = len(samples[0]), len(samples[1])
        p = float(result.pvalue)
        found.append(MannWhitney(first, second, enough[0], *sizes, float(result.statistic), p, p))
    return _corrected(found)


def _corrected(found: Sequence[Test]) -> tuple[Test, ...]:
    corrected = holm([test.p for test in found])
    return tuple(replace(test, p_holm=p) for test, p in zip(found, corrected, strict=True))
