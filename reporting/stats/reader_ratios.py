"""The ratio of two arms for each reader alone, with what this reader's readings say of it."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from reporting.stats.interval import LEVEL, Interval, exponential
from reporting.stats.study import SAME, Blocks, Study


@dataclass(frozen=True, slots=True)
class ReaderRatio:
    """Geometric mean of `arm` over that of `reference` for one reader, with the 95 % interval of
    the paired t test over cases, or of Welch's over readings where no case was read in both; no
    interval where there are too few. It is about this reader and says nothing of others."""

    reader: str
    arm: str
    reference: str
    n: int
    ratio: float
    ci: Interval | None
    paired: bool


def reader_ratios(study: Study, blocks: Blocks) -> tuple[ReaderRatio, ...]:
    """Return the ratios of each reader that worked in both arms."""
    found = (
        _ratio(study, blocks, arms, reader)
        for arms in study.pairs_of_arms()
        for reader in range(len(study.reader))
    )
    return tuple(item for item in found if item)


def _ratio(study: Study, blocks: Blocks, arms: tuple[int, int], reader: int) -> ReaderRatio | None:
    pairs = blocks.within(arms)
    differences = pairs.differences[pairs.codes["reader"] == reader]
    mine = study.reader.codes == reader
    samples = [study.logs[mine & (study.arm.codes == arm)] for arm in arms]
    if not min(map(len, samples)):
        return None
    interval = None
    if paired := len(blocks.units) > 1 and len(differences) > 0:
        value, n = float(differences.mean()), len(differences)
        if n > 1 and np.ptp(differences) > SAME:
            interval = stats.ttest_1samp(differences, 0).confidence_interval(LEVEL)
    else:
        value, n = float(samples[0].mean() - samples[1].mean()), sum(map(len, samples))
        if min(map(len, samples)) > 1 and min(map(np.ptp, samples)) > SAME:
            interval = stats.ttest_ind(*samples, equal_var=False).confidence_interval(LEVEL)
    return ReaderRatio(
        reader=study.reader.labels[reader],
        arm=study.arm.labels[arms[0]],
        reference=study.arm.labels[arms[1]],
        n=n,
        ratio=float(np.exp(value)),
        ci=exponential(float(interval.low), float(interval.high)) if interval else None,
        paired=paired,
    )
