"""Power of the primary test by simulation: complete crossover studies of log-normal times."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from math import isfinite, log, sqrt

import numpy as np
from scipy import stats

from reporting.stats.balanced import mean_squares
from reporting.stats.holm import holm
from reporting.stats.study import Array
from reporting.stats.table import LONGEST, SHORTEST, TableError

# Numbers held at a time; 8 bytes each.
_AT_A_TIME = 2_000_000
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Spread:
    """SDs of the log times of readers, cases, and their interactions with the arms; what is left of
    an arm's variance is the residual's."""

    reader: float = 0.3
    case: float = 0.3
    reader_arm: float = 0.1
    case_arm: float = 0.1

    @property
    def variance(self) -> float:
        """The variance that all readings share but the residual."""
        return self.reader**2 + self.case**2 + self.reader_arm**2 + self.case_arm**2


@dataclass(frozen=True, slots=True)
class Power:
    """Shares of simulated studies that the test of all arms, and each pair with Holm's correction,
    found at 5 %; `margin` is the 95 % simulation error of a share, at most."""

    readers: int
    cases: int
    arms: float
    pairs: dict[tuple[int, int], float]
    margin: float


@dataclass(frozen=True, slots=True)
class Assumed:
    """The log times of each arm, and the residual's SD in each."""

    means: tuple[float, ...]
    residuals: tuple[float, ...]


def assumed(means: Sequence[float], sds: Sequence[float], spread: Spread) -> Assumed:
    """Return what means and SDs in seconds say of log-normal times. Raises TableError."""
    if len(means) != len(sds) or len(means) < 2:
        raise TableError("Power needs two arms or more, with a mean and an SD for each.")
    if any(not SHORTEST <= value <= LONGEST for value in (*means, *sds)):
        raise TableError(f"Means and SDs are seconds above 0, from {SHORTEST:g} to {LONGEST:g}.")
    if any(not (isfinite(sd) and sd >= 0) for sd in astuple(spread)):
        raise TableError("SDs of log times are numbers from 0.")
    variances = [log(1 + (sd / mean) ** 2) for mean, sd in zip(means, sds, strict=True)]
    if min(variances) <= spread.variance:
        raise TableError(
            f"Readers, cases and their interactions have a variance of {spread.variance:.3f} of log"
            f" times, more than the SD of an arm allows ({min(variances):.3f}). Lower their SDs."
        )
    return Assumed(
        tuple(log(mean) - v / 2 for mean, v in zip(means, variances, strict=True)),
        tuple(sqrt(v - spread.variance) for v in variances),
    )


def power(
    given: Assumed, spread: Spread, shape: tuple[int, int], *, studies: int = 2000, seed: int = 0
) -> Power:
    """Return the power of studies of so many readers and cases (two or more of each)."""
    readers, cases = shape
    if min(shape) < 2 or studies < 1:
        raise TableError("Power needs two readers and two cases or more, and one study or more.")
    if readers * cases * len(given.means) > _AT_A_TIME:
        raise TableError(
            f"{readers} readers x {cases} cases are too many: a study may have"
            f" {_AT_A_TIME:,} readings."
        )
    rng = np.random.default_rng(seed)
    first, second = np.triu_indices(len(given.means), 1)
    counts = np.zeros(1 + len(first))
    at_once = max(1, _AT_A_TIME // (readers * cases * len(given.means)))
    for start in range(0, studies, at_once):
        logs = drawn(rng, given, spread, (min(at_once, studies - start), readers, cases))
        squares = mean_squares(logs)
        counts[0] += (squares.p < LEVEL).sum()
        means = logs.mean(axis=(-3, -1))
        t = np.abs(means[:, first] - means[:, second]) / squares.difference_se[:, None]
        found = holm(2 * stats.t.sf(t, squares.error_df[:, None]))
        counts[1:] += (found < LEVEL).sum(axis=0)
    shares = counts / studies
    pairs = zip(first.tolist(), second.tolist(), strict=True)
    found_pairs = dict(zip(pairs, map(float, shares[1:]), strict=True))
    return Power(readers, cases, float(shares[0]), found_pairs, 1.96 * sqrt(0.25 / studies))


def drawn(
    rng: np.random.Generator, given: Assumed, spread: Spread, size: tuple[int, int, int]
) -> Array:
    """Return log times by study, reader, arm and case, for a size of studies, readers and cases."""
    studies, r, c = size
    a = len(given.means)
    logs = rng.normal(size=(studies, r, a, c)) * np.array(given.residuals)[:, None]
    logs += np.array(given.means)[:, None]
    for sd, part in (
        (spread.reader, (r, 1, 1)),
        (spread.case, (1, 1, c)),
        (spread.reader_arm, (r, a, 1)),
        (spread.case_arm, (1, a, c)),
    ):
        logs += rng.normal(0, sd, (studies, *part))
    return np.asarray(logs)
