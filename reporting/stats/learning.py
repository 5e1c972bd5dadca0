"""Learning: how the log times of a reader in an arm change from reading to reading.

A slope is by least squares against the order of the readings. An arm's slope is the mean of its
readers' slopes, tested among readers, so that readers may learn differently.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from reporting.stats.interval import LEVEL, Interval, exponential
from reporting.stats.study import SAME, Array, Study

# Slopes are told as the change of time in so many readings.
READINGS = 10
FEWEST = 3


@dataclass(frozen=True, slots=True)
class ReaderLearning:
    """The slope of one reader in one arm: change of the log time per reading, and the ratio of
    times ten readings apart, both with 95 % intervals (None where residuals are all alike)."""

    arm: str
    reader: str
    n: int
    slope: float
    ci: Interval | None
    per_ten: float
    per_ten_ci: Interval | None


@dataclass(frozen=True, slots=True)
class ArmLearning:
    """The mean slope of the readers of an arm, as the ratio of times ten readings apart."""

    arm: str
    readers: int
    slope: float
    per_ten: float
    per_ten_ci: Interval
    t: float
    df: int
    p: float


@dataclass(frozen=True, slots=True)
class Learning:
    """Slopes by reader and arm, and by arm."""

    readers: tuple[ReaderLearning, ...]
    arms: tuple[ArmLearning, ...]


def learning(study: Study, notes: list[str]) -> Learning | None:
    """Return the slopes; None where the table has no order of readings."""
    if study.order is None:
        return None
    found = [
        _reader(study, arm, reader)
        for arm in range(len(study.arm))
        for reader in range(len(study.reader))
    ]
    readers = tuple(item for item in found if item)
    arms = []
    for label in study.arm.labels:
        slopes = np.array([item.slope for item in readers if item.arm == label])
        if len(slopes) > 1 and np.ptp(slopes) > SAME:
            arms.append(_arm(label, slopes))
        else:
            notes.append(
                f"Learning in {label}: {len(slopes)} readers have {FEWEST} readings or more in"
                " order; too few for a slope of the arm."
            )
    return Learning(readers, tuple(arms))


def _reader(study: Study, arm: int, reader: int) -> ReaderLearning | None:
    rows = (study.arm.codes == arm) & (study.reader.codes == reader)
    order = np.asarray(study.order)[rows].astype(float)
    if len(order) < FEWEST or np.ptp(order) == 0:
        return None
    fitted = stats.linregress(order, study.logs[rows])
    slope, se = float(fitted.slope), float(fitted.stderr)
    reach = float(stats.t.ppf((1 + LEVEL) / 2, len(order) - 2)) * se
    known = se > SAME
    return ReaderLearning(
        arm=study.arm.labels[arm],
        reader=study.reader.labels[reader],
        n=len(order),
        slope=slope,
        ci=Interval(slope - reach, slope + reach) if known else None,
        per_ten=_ratio(slope),
        per_ten_ci=_ratios(slope, reach) if known else None,
    )


def _arm(label: str, slopes: Array) -> ArmLearning:
    result = stats.ttest_1samp(slopes, 0)
    slope = float(slopes.mean())
    reach = float(result.confidence_interval(LEVEL).high) - slope
    return ArmLearning(
        arm=label,
        readers=len(slopes),
        slope=slope,
        per_ten=_ratio(slope),
        per_ten_ci=_ratios(slope, reach),
        t=float(result.statistic),
        df=int(result.df),
        p=float(result.pvalue),
    )


def _ratios(slope: float, reach: float) -> Interval:
    return exponential(READINGS * (slope - reach), READINGS * (slope + reach))


def _ratio(slope: float) -> float:
    return float(np.exp(READINGS * slope))
