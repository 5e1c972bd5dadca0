"""How often the primary test rejects a true null: complete studies, 12 readers, 60 cases, 3 arms.

    python -m tests.benchmarks.type_one_error.bench [STUDIES]

STUDIES (10,000) for each of nine settings of the interactions' SDs, from one seed. Beside it the
same studies by the test that leaves out that readers differ in what an arm does for them.
"""

from __future__ import annotations

import math
import sys
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from reporting.stats import power
from reporting.stats.balanced import Squares, mean_squares
from reporting.stats.power import Assumed, Spread

SHAPE = READERS, ARMS, CASES = 12, 3, 60
# SDs of reader x arm and case x arm, in log time.
SETTINGS = (
    (0.0, 0.0),
    (0.05, 0.0),
    (0.0, 0.05),
    (0.05, 0.05),
    (0.1, 0.0),
    (0.1, 0.1),
    (0.0, 0.1),
    (0.05, 0.1),
    (0.1, 0.05),
)
# Shares of rejected studies, and of intervals that hold the truth, that pass.
ALLOWED, COVERED = (0.04, 0.06), (0.94, 0.96)
READER, CASE, RESIDUAL = 0.3, 0.4, 0.3
LEVEL = 0.05
AT_ONCE = 250


def main() -> int:
    """Prints error rates and coverage, in percent, for each setting; returns 1 where one is off."""
    passed = True
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    sys.stdout.write(f"{studies:,} studies a setting, +/- {margin(studies):.2f} around 5 %\n")
    for index, setting in enumerate(SETTINGS):
        began = time.perf_counter()
        rng = np.random.default_rng([20261124, index])
        found = shares(rng, setting, studies)
        passed &= ALLOWED[0] <= found.rejected <= ALLOWED[1]
        passed &= COVERED[0] <= found.covered <= COVERED[1]
        sys.stdout.write(
            f"reader x arm {setting[0]:.2f}, case x arm {setting[1]:.2f}:"
            f" {100 * found.rejected:5.2f} %, intervals hold the truth in"
            f" {100 * found.covered:5.2f} %   without reader x arm {100 * found.without:5.2f} %"
            f"   ({time.perf_counter() - began:.1f} s)\n"
        )
    return 0 if passed else 1


def margin(studies: int) -> float:
    """How far from 5 % chance takes the share of rejected studies 95 times in 100, in percent."""
    return 196 * math.sqrt(LEVEL * (1 - LEVEL) / studies)


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of studies rejected, by the primary test and by the one without reader x arm, and of
    the intervals of two arms' ratio that hold the truth."""

    rejected: float
    without: float
    covered: float


def shares(rng: np.random.Generator, setting: tuple[float, float], studies: int) -> Shares:
    """Draw null studies and test them."""
    counts = np.zeros(3)
    for start in range(0, studies, AT_ONCE):
        logs = drawn(rng, setting, min(AT_ONCE, studies - start))
        squares = mean_squares(logs)
        counts += (
            (squares.p < LEVEL).sum(),
            (without_reader_arm(squares) < LEVEL).sum(),
            covered(logs, squares).sum(),
        )
    return Shares(*map(float, counts / studies))


def covered(logs: NDArray[np.float64], squares: Squares) -> NDArray[np.float64]:
    """The share of each study's intervals that hold no difference."""
    means = logs.mean(axis=(-3, -1))
    first, second = np.triu_indices(ARMS, 1)
    reach = stats.t.ppf(1 - LEVEL / 2, squares.error_df) * squares.difference_se
    return np.asarray((np.abs(means[:, first] - means[:, second]) <= reach[:, None]).mean(axis=1))


def drawn(
    rng: np.random.Generator, setting: tuple[float, float], studies: int
) -> NDArray[np.float64]:
    """Log times of studies in which the arms are alike on average."""
    alike = Assumed((0.0,) * ARMS, (RESIDUAL,) * ARMS)
    return power.drawn(rng, alike, Spread(READER, CASE, *setting), (studies, READERS, CASES))


def without_reader_arm(squares: Squares) -> NDArray[np.float64]:
    """P values against the pooled interactions with readers, as if readings were independent."""
    df = squares.reader_arm_df + squares.case_arm_df + squares.residual_df
    pooled = (
        squares.reader_arm * squares.reader_arm_df
        + squares.case_arm * squares.case_arm_df
        + squares.residual * squares.residual_df
    ) / df
    return np.asarray(stats.f.sf(squares.arm / pooled, squares.arm_df, df))


if __name__ == "__main__":
    sys.exit(main())
