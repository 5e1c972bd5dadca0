"""What the arms look like: counts, means, spreads and ratios, with bootstrap intervals."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from reporting.stats.bootstrap import Resamples, percentiles
from reporting.stats.interval import Interval
from reporting.stats.study import Array, Blocks, Codes, Study


@dataclass(frozen=True, slots=True)
class ArmSummary:
    """The times of one arm in seconds; intervals are 95 %, by bootstrap of readers and cases."""

    arm: str
    n: int
    missing: int
    readers: int
    cases: int
    mean: float
    mean_ci: Interval
    sd: float | None
    sd_ci: Interval | None
    median: float
    median_ci: Interval
    q1: float
    q3: float
    iqr: float
    iqr_ci: Interval
    minimum: float
    maximum: float
    geometric_mean: float
    geometric_mean_ci: Interval


@dataclass(frozen=True, slots=True)
class Ratio:
    """Geometric mean of `arm` over that of `reference`; `paired` says what was compared."""

    arm: str
    reference: str
    ratio: float
    ci: Interval
    paired: bool
    n: int


def arm_summary(
    study: Study, arm: int, missing: Mapping[str, int], resampled: Resamples
) -> ArmSummary:
    """Return the summary of one arm."""
    rows = np.flatnonzero(study.arm.codes == arm)
    rows = rows[np.argsort(study.times[rows], kind="stable")]
    times = study.times[rows]
    codes = {name: column[rows] for name, column in resampled.codes.items()}
    mean, sd, q1, median, q3, log_mean = resampled.values(
        codes, len(times), lambda w: _moments(times, w)
    )
    quartiles = np.percentile(times, [25, 50, 75])
    return ArmSummary(
        arm=study.arm.labels[arm],
        n=len(times),
        missing=missing.get(study.arm.labels[arm], 0),
        readers=len(np.unique(study.reader.codes[rows])),
        cases=0 if study.case is None else len(np.unique(study.case.codes[rows])),
        mean=float(times.mean()),
        mean_ci=percentiles(mean),
        sd=float(times.std(ddof=1)) if len(times) > 1 else None,
        sd_ci=percentiles(sd) if len(times) > 1 else None,
        median=float(quartiles[1]),
        median_ci=percentiles(median),
        q1=float(quartiles[0]),
        q3=float(quartiles[2]),
        iqr=float(quartiles[2] - quartiles[0]),
        iqr_ci=percentiles(q3 - q1),
        minimum=float(times[0]),
        maximum=float(times[-1]),
        geometric_mean=float(np.exp(np.log(times).mean())),
        geometric_mean_ci=percentiles(np.exp(log_mean)),
    )


def _moments(times: Array, weights: Array) -> Array:
    """Return mean, SD, quartiles and mean logarithm of sorted times counted by whole weights."""
    total = weights.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = weights @ times / total
        square = weights @ times**2 - total * mean**2
        sd = np.sqrt(np.maximum(square, 0) / (total - 1))
        log_mean = weights @ np.log(times) / total
    reached = np.cumsum(weights, axis=1)
    quartiles = [_quantile(times, reached, total, share) for share in (0.25, 0.5, 0.75)]
    found = np.array([mean, sd, *quartiles, log_mean])
    found[:, total == 0] = np.nan
    return found


def _quantile(times: Array, reached: Array, total: Array, share: float) -> Array:
    """Return the quantile as numpy.percentile has it for the times written out by their counts."""
    place = (total - 1) * share
    below = np.floor(place)
    last = len(times) - 1
    low, high = (
        times[np.minimum((reached <= index[:, None]).sum(axis=1), last)]
        for index in (below, np.minimum(below + 1, total - 1))
    )
    return np.asarray(low + (place - below) * (high - low))


def ratio(study: Study, arms: tuple[int, int], blocks: Blocks, resampled: Resamples) -> Ratio:
    """Return the ratio within blocks; where fewer than two have both arms, that of all readings."""
    pairs = blocks.within(arms)
    count = len(pairs.differences)
    if paired := count > 1:
        estimate = float(pairs.differences.mean())
        values = (
            _by_reader(study, arms, resampled)
            if pairs.units == ("reader",)
            else _mean(pairs.differences, pairs.codes, resampled)
        )
    else:
        first, second = (study.logs[study.arm.codes == arm] for arm in arms)
        estimate, count = float(first.mean() - second.mean()), len(first) + len(second)
        values = _all_readings(study, arms, resampled)
    arm, reference = (study.arm.labels[index] for index in arms)
    interval = percentiles(np.exp(values))
    return Ratio(arm, reference, float(np.exp(estimate)), interval, paired, count)


def _mean(values: Array, codes: dict[str, Codes], resampled: Resamples) -> Array:
    """Return the mean of values in each resample."""
    sums, totals = _sums(np.column_stack([values, np.ones(len(values))]), codes, resampled)
    return _share(sums, totals)


def _sums(columns: Array, codes: dict[str, Codes], resampled: Resamples) -> Array:
    """Return the sum of each column in each resample, one row a column."""
    return resampled.values(codes, len(columns), lambda w: (w @ columns).T)


def _share(sums: Array, totals: Array) -> Array:
    whole = np.full(sums.shape, np.nan)
    return np.asarray(np.divide(sums, totals, out=whole, where=totals > 0))


def _rows(study: Study, arm: int, resampled: Resamples) -> tuple[Array, dict[str, Codes]]:
    rows = study.arm.codes == arm
    return study.logs[rows], {name: column[rows] for name, column in resampled.codes.items()}


def _all_readings(study: Study, arms: tuple[int, int], resampled: Resamples) -> Array:
    first, second = (_mean(*_rows(study, arm, resampled), resampled) for arm in arms)
    return np.asarray(first - second)


def _by_reader(study: Study, arms: tuple[int, int], resampled: Resamples) -> Array:
    """Return mean differences between the arms' means of each drawn reader over the drawn cases."""
    means = []
    for arm in arms:
        logs, codes = _rows(study, arm, resampled)
        readers = np.eye(len(study.reader))[study.reader.codes[study.arm.codes == arm]]
        cases = {name: column for name, column in codes.items() if name != "reader"}
        sums = _sums(logs[:, None] * readers, cases, resampled)
        means.append(_share(sums, _sums(readers, cases, resampled)))
    differences = means[0] - means[1]
    drawn = resampled.drawn["reader"].T if "reader" in resampled.drawn else 1.0
    weights = np.where(np.isfinite(differences), drawn, 0.0)
    return _share((weights * np.nan_to_num(differences)).sum(axis=0), weights.sum(axis=0))
