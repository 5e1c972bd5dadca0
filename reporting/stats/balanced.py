"""The primary test in closed form: every reader read every case once in every arm.

Mean squares are of log times with readers and cases random. Period effects, where given, are swept
out of each error term; they must be orthogonal to the arms. All functions work along leading axes,
so that thousands of simulated studies take one call.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from reporting.stats.study import Array

# What is below this share of a column of ones and zeros is rounding.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Squares:
    """Mean squares and their degrees of freedom; each may be an array over studies."""

    arm: Array
    reader_arm: Array
    case_arm: Array
    residual: Array
    arm_df: int
    reader_arm_df: int
    case_arm_df: int
    residual_df: int
    readers: int
    cases: int

    @property
    def excess(self) -> Array:
        """What the cases add to the error of an arm's mean, as a mean square; never below 0."""
        return np.maximum(self.case_arm - self.residual, 0)

    @property
    def error(self) -> Array:
        """The mean square against which the arms are tested."""
        return self.reader_arm + self.excess

    @property
    def error_df(self) -> Array:
        """Hillis's degrees of freedom of `error`."""
        return self.error**2 / (self.reader_arm**2 / self.reader_arm_df)

    @property
    def f(self) -> Array:
        """The F statistic of the arms."""
        return self.arm / self.error

    @property
    def p(self) -> Array:
        """Its p value."""
        return np.asarray(stats.f.sf(self.f, self.arm_df, self.error_df))

    @property
    def difference_se(self) -> Array:
        """The standard error of a difference between two arms' mean log times."""
        return np.sqrt(2 * self.error / (self.readers * self.cases))


def mean_squares(cells: Array, periods: Array | None = None) -> Squares:
    """Return the mean squares of log times by reader, arm and case (the last three axes).

    `periods` has one indicator of that shape for each period but one.
    """
    readers, arms, cases = cells.shape[-3:]
    sizes = (readers * cases, cases, readers, 1)
    dfs = [arms - 1]
    dfs += [(readers - 1) * dfs[0], (cases - 1) * dfs[0], (readers - 1) * (cases - 1) * dfs[0]]
    effects = _effects_by_term(cells)
    squares = [
        size * (effect**2).sum(axis=(-3, -2, -1))
        for size, effect in zip(sizes, effects, strict=True)
    ]
    if periods is not None:
        swept = [_effects_by_term(period) for period in periods]
        for index in (1, 2, 3):
            columns = np.array([terms[index].ravel() for terms in swept]).T
            taken, rank = _explained(effects[index], columns)
            squares[index] = np.maximum(squares[index] - sizes[index] * taken, 0)
            dfs[index] -= rank
    arm, reader_arm, case_arm, residual = (
        square / df if df > 0 else square * np.nan for square, df in zip(squares, dfs, strict=True)
    )
    return Squares(
        arm=arm,
        reader_arm=reader_arm,
        case_arm=case_arm,
        residual=residual,
        arm_df=dfs[0],
        reader_arm_df=dfs[1],
        case_arm_df=dfs[2],
        residual_df=dfs[3],
        readers=readers,
        cases=cases,
    )


def _effects_by_term(cells: Array) -> tuple[Array, Array, Array, Array]:
    """Return the effects of arms, readers in arms, cases in arms, and what is left of the three-way
    interaction, each as broad as its factors."""
    grand = cells.mean(axis=(-3, -2, -1), keepdims=True)
    arm = cells.mean(axis=(-3, -1), keepdims=True) - grand
    reader = cells.mean(axis=(-2, -1), keepdims=True) - grand
    case = cells.mean(axis=(-3, -2), keepdims=True) - grand
    reader_arm = cells.mean(axis=-1, keepdims=True) - grand - arm - reader
    case_arm = cells.mean(axis=-3, keepdims=True) - grand - arm - case
    within = cells - cells.mean(axis=-2, keepdims=True)
    return arm, reader_arm, case_arm, within - arm - reader_arm - case_arm


def _explained(effect: Array, columns: Array) -> tuple[Array, int]:
    """Return the sum of squares that the columns explain, and how many of them do."""
    left, values, _ = np.linalg.svd(columns, full_matrices=False)
    basis = left[:, values > ROUNDING * np.sqrt(len(columns))]
    flat = effect.reshape(*effect.shape[:-3], -1)
    return ((flat @ basis) ** 2).sum(axis=-1), basis.shape[1]


def orthogonal_to_arms(periods: Array) -> bool:
    """Return whether each period occurs equally often in each arm."""
    return all(np.abs(_effects_by_term(period)[0]).max() < ROUNDING for period in periods)
