"""Compare times between arms: descriptives, ratios, and tests where the data are paired."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from reporting.stats.table import Reading, Table, TableError

Times = NDArray[np.float64]
RESAMPLES = 5000
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % confidence interval."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ArmSummary:
    """The times of one arm in seconds; intervals are percentile bootstrap over readings."""

    arm: str
    n: int
    missing: int
    readers: int
    mean: float
    mean_ci: Interval
    sd: float | None
    median: float
    median_ci: Interval
    q1: float
    q3: float
    minimum: float
    maximum: float
    geometric_mean: float


@dataclass(frozen=True, slots=True)
class Ratio:
    """Geometric mean of `arm` over that of `reference`; `paired` says what was resampled."""

    arm: str
    reference: str
    ratio: float
    ci: Interval
    paired: bool
    n: int


@dataclass(frozen=True, slots=True)
class Friedman:
    """Friedman's test over the blocks that have a time in every arm."""

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
class Analysis:
    """Everything about one table; `notes` says what was not computed, and why."""

    arms: tuple[ArmSummary, ...]
    ratios: tuple[Ratio, ...]
    friedman: Friedman | None
    wilcoxon: tuple[Wilcoxon, ...]
    block: str
    notes: tuple[str, ...]


def analyse(table: Table, *, seed: int = 0) -> Analysis:
    """Return the analysis; the same table and seed give the same numbers. Raises TableError.

    Readings are paired within a block: the same reader and case, or, without cases or where no
    case was read in more than one arm, the same reader, by the mean of their log times.
    """
    by_arm = _by_arm(table.readings)
    if len(by_arm) < 2:
        raise TableError(f"There is one arm only ({next(iter(by_arm))}); nothing to compare.")
    rng = np.random.default_rng(seed)
    block, blocks = _blocks(table.readings)
    notes = []
    if table.simulated:
        notes.append(f"{table.simulated} rows were made under a simulated clock.")
    friedman = _friedman(blocks, list(by_arm), notes)
    return Analysis(
        arms=tuple(_summary(arm, by_arm[arm], table, rng) for arm in by_arm),
        ratios=tuple(_ratio(a, b, by_arm, blocks, rng) for a, b in combinations(by_arm, 2)),
        friedman=friedman,
        wilcoxon=_wilcoxon_all(blocks, list(by_arm), notes),
        block=block,
        notes=tuple(notes),
    )


def _by_arm(readings: Sequence[Reading]) -> dict[str, list[Reading]]:
    arms: defaultdict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        arms[reading.arm].append(reading)
    return dict(sorted(arms.items()))


def _bootstrap(
    data: Times, statistic: Callable[[Times], Times], rng: np.random.Generator
) -> Interval:
    """Return the percentile interval of a statistic that works along the last axis."""
    index = rng.integers(0, len(data), size=(RESAMPLES, len(data)))
    tail = (1 - LEVEL) / 2 * 100
    low, high = np.percentile(statistic(data[index]), [tail, 100 - tail])
    return Interval(float(low), float(high))


def _mean(data: Times) -> Times:
    return np.asarray(data.mean(axis=-1))


def _median(data: Times) -> Times:
    return np.asarray(np.median(data, axis=-1))


def _summary(
    arm: str, readings: Sequence[Reading], table: Table, rng: np.random.Generator
) -> ArmSummary:
    times = np.array([reading.time for reading in readings])
    q1, median, q3 = np.percentile(times, [25, 50, 75])
    return ArmSummary(
        arm=arm,
        n=len(times),
        missing=table.missing.get(arm, 0),
        readers=len({reading.reader for reading in readings}),
        mean=float(times.mean()),
        mean_ci=_bootstrap(times, _mean, rng),
        sd=float(times.std(ddof=1)) if len(times) > 1 else None,
        median=float(median),
        median_ci=_bootstrap(times, _median, rng),
        q1=float(q1),
        q3=float(q3),
        minimum=float(times.min()),
        maximum=float(times.max()),
        geometric_mean=float(np.exp(np.log(times).mean())),
    )


Blocks = Mapping[tuple[str, str], Mapping[str, float]]


def _blocks(readings: Sequence[Reading]) -> tuple[str, Blocks]:
    """Return what pairs the readings, and the mean log time of each block in each arm."""
    by_case = _group(readings, by_case=True)
    if any(len(arms) > 1 for arms in by_case.values()) and any(r.case for r in readings):
        return "reader and case", by_case
    return "reader", _group(readings, by_case=False)


def _group(readings: Sequence[Reading], *, by_case: bool) -> Blocks:
    logs: defaultdict[tuple[str, str], defaultdict[str, list[float]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for reading in readings:
        key = (reading.reader, reading.case if by_case else "")
        logs[key][reading.arm].append(float(np.log(reading.time)))
    return {
        key: {arm: float(np.mean(values)) for arm, values in arms.items()}
        for key, arms in logs.items()
    }


def _pairs(blocks: Blocks, arms: Sequence[str]) -> Times:
    """Return the log times of the blocks that have all of the arms, one column per arm."""
    rows = [
        [block[arm] for arm in arms]
        for block in blocks.values()
        if all(arm in block for arm in arms)
    ]
    return np.array(rows).reshape(len(rows), len(arms))


def _ratio(
    arm: str,
    reference: str,
    by_arm: Mapping[str, Sequence[Reading]],
    blocks: Blocks,
    rng: np.random.Generator,
) -> Ratio:
    pairs = _pairs(blocks, [arm, reference])
    if len(pairs) > 1:
        differences = pairs[:, 0] - pairs[:, 1]
        low_high = _bootstrap(differences, _mean, rng)
        ci = Interval(float(np.exp(low_high.low)), float(np.exp(low_high.high)))
        return Ratio(
            arm, reference, float(np.exp(differences.mean())), ci, paired=True, n=len(pairs)
        )
    logs = [np.log([reading.time for reading in by_arm[name]]) for name in (arm, reference)]
    means = [
        values[rng.integers(0, len(values), size=(RESAMPLES, len(values)))].mean(axis=1)
        for values in logs
    ]
    low, high = np.percentile(means[0] - means[1], [2.5, 97.5])
    return Ratio(
        arm,
        reference,
        float(np.exp(logs[0].mean() - logs[1].mean())),
        Interval(float(np.exp(low)), float(np.exp(high))),
        paired=False,
        n=sum(len(values) for values in logs),
    )


def _friedman(blocks: Blocks, arms: Sequence[str], notes: list[str]) -> Friedman | None:
    if len(arms) < 3:
        return None
    table = _pairs(blocks, arms)
    if len(table) < 2:
        notes.append(
            f"Friedman's test needs 2 blocks with a time in every arm; there are {len(table)}."
        )
        return None
    if all(len(set(row)) == 1 for row in table):
        notes.append("Friedman's test: no block differs between the arms; not tested.")
        return None
    result = stats.friedmanchisquare(*table.T)
    return Friedman(len(table), float(result.statistic), float(result.pvalue))


def _wilcoxon_all(blocks: Blocks, arms: Sequence[str], notes: list[str]) -> tuple[Wilcoxon, ...]:
    found = []
    for arm, reference in combinations(arms, 2):
        pairs = _pairs(blocks, [arm, reference])
        differences = np.exp(pairs[:, 0]) - np.exp(pairs[:, 1])
        if not np.any(differences):
            notes.append(f"{arm} and {reference} have no pairs that differ; not tested.")
            continue
        result = stats.wilcoxon(differences)
        found.append((arm, reference, differences, float(result.statistic), float(result.pvalue)))
    corrected = holm([item[4] for item in found])
    return tuple(
        Wilcoxon(arm, reference, len(diff), float(np.median(diff)), statistic, p, adjusted)
        for (arm, reference, diff, statistic, p), adjusted in zip(found, corrected, strict=True)
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p values corrected by Holm's step-down method, in the given order."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    corrected = [0.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        corrected[index] = highest
    return corrected
