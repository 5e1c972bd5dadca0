"""Simple tests: paired t, Wilcoxon, Friedman, and Mann-Whitney where nothing is paired.

By unit, each reader (or each case) counts once, by the mean of its log times; these are the tests
to report. Blocks of one reader depend on each other, so tests over blocks find too much.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from scipy import stats

from reporting.stats.holm import holm
from reporting.stats.interval import LEVEL, Interval, exponential
from reporting.stats.study import SAME, Array, Blocks, Study, blocks_by


@dataclass(frozen=True, slots=True)
class Friedman:
    """Friedman's test over the units that have a time in every arm."""

    blocks: int
    statistic: float
    p: float


@dataclass(frozen=True, slots=True)
class Wilcoxon:
    """Wilcoxon's signed-rank test of two arms; `p_holm` is corrected for all pairs of arms.

    `median_difference` is in seconds over blocks, and of mean log times by unit.
    """

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
class MannWhitney:
    """The rank-sum test of two arms, by mean log times of the units of each."""

    arm: str
    reference: str
    n_arm: int
    n_reference: int
    statistic: float
    p: float
    p_holm: float


@dataclass(frozen=True, slots=True)
class UnitTests:
    """The tests in which each unit ("reader" or "case") counts once.

    Two arms that share no unit are compared by `mann_whitney`, others by the paired tests.
    """

    unit: str
    paired_t: tuple[PairedT, ...]
    wilcoxon: tuple[Wilcoxon, ...]
    friedman: Friedman | None
    mann_whitney: tuple[MannWhitney, ...]


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


def _unit_means(every: Blocks, blocks: Blocks, unit: str, arms: Sequence[int]) -> Blocks:
    """Return the means of each unit in each arm: over the blocks read in all of them where readings
    are paired by reader and case, else over all its readings."""
    return blocks.within(arms).by(unit) if len(blocks.units) > 1 else every.within(arms)


def _tests_by(study: Study, blocks: Blocks, unit: str, notes: list[str]) -> UnitTests:
    paired_t, wilcoxon, rank_sum = [], [], []
    every = blocks_by(study, {unit: dict(study.units())[unit]})
    for arms in study.pairs_of_arms():
        first, second = (study.arm.labels[arm] for arm in arms)
        differences = _unit_means(every, blocks, unit, arms).differences
        samples = [every.within([arm]).means[:, 0] for arm in arms]
        if len(differences) > 1 and np.ptp(differences) > SAME:
            paired_t.append(_paired_t(first, second, differences))
            wilcoxon.append(_wilcoxon(first, second, differences))
        elif not len(differences) and min(map(len, samples)) > 1:
            rank_sum.append(_mann_whitney(first, second, samples))
        else:
            notes.append(
                f"By {unit}, {first} and {second} have {len(differences)} pairs, too few or all"
                " alike; not tested."
            )
    friedman = None
    if len(study.arm) > 2:
        table = _unit_means(every, blocks, unit, range(len(study.arm))).means
        friedman = _friedman(table, unit, notes)
    tests = _corrected(paired_t), _corrected(wilcoxon), friedman, _corrected(rank_sum)
    return UnitTests(unit, *tests)


def _paired_t(arm: str, reference: str, differences: Array) -> PairedT:
    result = stats.ttest_1samp(differences, 0)
    low, high = result.confidence_interval(LEVEL)
    p = float(result.pvalue)
    return PairedT(
        arm=arm,
        reference=reference,
        n=len(differences),
        ratio=float(np.exp(differences.mean())),
        ci=exponential(float(low), float(high)),
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


def _mann_whitney(arm: str, reference: str, samples: Sequence[Array]) -> MannWhitney:
    result = stats.mannwhitneyu(*samples)
    p = float(result.pvalue)
    sizes = len(samples[0]), len(samples[1])
    return MannWhitney(arm, reference, *sizes, float(result.statistic), p, p)


def _corrected(found: Sequence[Test]) -> tuple[Test, ...]:
    corrected = holm([test.p for test in found]).tolist()
    return tuple(replace(test, p_holm=p) for test, p in zip(found, corrected, strict=True))
