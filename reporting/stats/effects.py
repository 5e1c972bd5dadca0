"""Sizes of effects without a unit, for comparison with other studies; the ratio says more."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy import stats

from reporting.stats.pairwise import Friedman, UnitTests
from reporting.stats.primary import PrimaryModel
from reporting.stats.study import SAME, Array, Blocks, Study


@dataclass(frozen=True, slots=True)
class EffectSize:
    """Sizes for `arm` less `reference`, of log times; None where the data have none.

    `d` is the difference over the SD of a single reading, all random effects and the residual
    together (Westfall, Kenny and Judd 2014). `reader_g` is the mean of the readers' differences
    over their SD, corrected for few readers (Hedges). `rank_biserial` is of the readers' signed
    ranks (Kerby 2014), or of the rank sums where no reader has both arms; 1 says that every reader
    is slower in `arm`.
    """

    arm: str
    reference: str
    d: float | None
    reader_g: float | None
    rank_biserial: float | None


def effect_sizes(
    study: Study, blocks: Blocks, primary: PrimaryModel | None, by_reader: UnitTests | None
) -> tuple[EffectSize, ...]:
    """Return the sizes for all pairs of arms."""
    return tuple(_size(study, blocks, arms, primary, by_reader) for arms in study.pairs_of_arms())


def _size(
    study: Study,
    blocks: Blocks,
    arms: tuple[int, int],
    primary: PrimaryModel | None,
    by_reader: UnitTests | None,
) -> EffectSize:
    arm, reference = (study.arm.labels[index] for index in arms)
    pairs = blocks.within(arms)
    differences = pairs.by("reader").differences if len(pairs.means) else np.empty(0)
    return EffectSize(
        arm=arm,
        reference=reference,
        d=_d(arm, reference, primary),
        reader_g=_hedges(differences),
        rank_biserial=_signed(differences)
        if len(differences)
        else _unpaired(arm, reference, by_reader),
    )


def _d(arm: str, reference: str, primary: PrimaryModel | None) -> float | None:
    if primary is None:
        return None
    total = sum(part.variance for part in primary.components)
    for item in primary.contrasts:
        if (item.arm, item.reference) == (arm, reference):
            return item.log_difference / sqrt(total)
    return None


def _hedges(differences: Array) -> float | None:
    df = len(differences) - 1
    if df < 1 or np.ptp(differences) <= SAME:
        return None
    correction = 1 - 3 / (4 * df - 1)
    return float(correction * differences.mean() / differences.std(ddof=1))


def _signed(differences: Array) -> float | None:
    changed = differences[np.abs(differences) > SAME]
    if not len(changed):
        return 0.0
    ranks = stats.rankdata(np.abs(changed))
    return float((np.sign(changed) * ranks).sum() / ranks.sum())


def _unpaired(arm: str, reference: str, tests: UnitTests | None) -> float | None:
    for test in tests.mann_whitney if tests else ():
        if (test.arm, test.reference) == (arm, reference):
            return 2 * test.statistic / (test.n_arm * test.n_reference) - 1
    return None


def kendalls_w(test: Friedman, arms: int) -> float:
    """Return Kendall's coefficient of concordance: 1 where all units rank the arms alike."""
    return test.statistic / (test.blocks * (arms - 1))
