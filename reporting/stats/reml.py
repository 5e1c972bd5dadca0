"""Linear models with crossed random intercepts by REML, tested by Satterthwaite's method.

For y = X b + Z_1 u_1 + ... + Z_K u_K + e with variances v_1 ... v_K and v_0 of e, everything that
the criterion and its derivatives need is an inner product of the columns of Z, X and y under
P = V^-1 - V^-1 X (X' V^-1 X)^-1 X' V^-1. Two sweeps of their cross products give all of them; what
concerns e follows from P V P = P. So gradient and Hessian are exact, not differences.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from scipy import linalg, sparse, stats

from reporting.stats.study import Array, Codes

STEPS, HALVINGS = 200, 30
# From a step that promises less than this, Newton's method lands on the solution.
NEAR = 1e-7
# A random effect is told apart from others when this share of it is its own.
OWN = 1e-8
EXACT = "The model explains the data exactly; there is no residual variance."


class CannotFit(ValueError):
    """The model has no REML fit to these data; the message says why."""


@dataclass(frozen=True, slots=True)
class Term:
    """A random intercept: its name, and the level of each row, numbered from 0."""

    name: str
    codes: Codes


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model; variances are ordered as the terms, the residual's is apart.

    `slopes[k]` is the derivative of `covariance` by variance k, and `spread` the covariance of
    the variances, both with the residual first and without the terms whose variance is 0.
    `criterion` is -2 log of the restricted likelihood, as lme4 reports it.
    """

    coefficients: Array
    covariance: Array
    variances: Array
    residual_variance: float
    criterion: float
    slopes: Array
    spread: Array
    residuals: Array


@dataclass(frozen=True, slots=True)
class Estimate:
    """A contrast of the coefficients, with Satterthwaite's degrees of freedom."""

    value: float
    se: float
    df: float

    @property
    def p(self) -> float:
        """The two-sided p value of the contrast being 0."""
        return float(2 * stats.t.sf(abs(self.value) / self.se, self.df))


@dataclass(frozen=True, slots=True)
class FTest:
    """An F test and its degrees of freedom."""

    statistic: float
    df: float
    df_error: float
    p: float


@dataclass(frozen=True, slots=True)
class _Point:
    """The criterion at ratios of variances, and the inner products under P times v_0."""

    ratios: Array
    criterion: float
    residual_variance: float
    z: Array
    z_y: Array
    z_x: Array
    x_x: Array
    x_y: Array


class _Problem:
    """The cross products of one model and data set."""

    def __init__(self, y: Array, x: Array, terms: Sequence[Term]) -> None:
        self.rows, self.fixed = x.shape
        self.free = self.rows - self.fixed
        self.orthonormal, self.triangle = linalg.qr(x, mode="economic")
        self.shift = self.orthonormal.T @ y
        rest = y - self.orthonormal @ self.shift
        self.z = sparse.hstack([_indicator(term.codes) for term in terms], format="csr")
        sizes = [int(term.codes.max()) + 1 for term in terms]
        self.term = np.repeat(np.arange(len(terms)), sizes)
        self.starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp)
        dense = np.column_stack([self.orthonormal, rest])
        z_dense = self.z.T @ dense
        self.products = np.block(
            [[(self.z.T @ self.z).toarray(), z_dense], [z_dense.T, dense.T @ dense]]
        )
        self.total = float(rest @ rest)
        self.rest = rest

    def at(self, ratios: Array) -> _Point:
        """Return the profiled criterion and its ingredients."""
        q, p = len(self.term), self.fixed
        root = np.sqrt(ratios)[self.term]
        inner = root[:, None] * self.products[:q, :q] * root
        inner.flat[:: q + 1] += 1
        lower = linalg.cholesky(inner, lower=True, check_finite=False)
        half = _solved(lower, root[:, None] * self.products[:q])
        swept = self.products - half.T @ half
        x_x = swept[q : q + p, q : q + p]
        lower_x = linalg.cholesky(x_x, lower=True, check_finite=False)
        half_x = _solved(lower_x, swept[q : q + p])
        projected = swept - half_x.T @ half_x
        square = float(projected[-1, -1])
        if square <= 1e-12 * self.total or square <= 0:
            raise CannotFit(EXACT)
        variance = square / self.free
        logs = _log_det(lower) + _log_det(lower_x) + _log_det(self.triangle)
        return _Point(
            ratios=ratios,
            criterion=logs + self.free * (1 + float(np.log(2 * np.pi * variance))),
            residual_variance=variance,
            z=projected[:q, :q],
            z_y=projected[:q, -1],
            z_x=swept[:q, q : q + p],
            x_x=x_x,
            x_y=swept[q : q + p, -1],
        )

    def derivatives(self, point: _Point) -> tuple[Array, Array, Array]:
        """Return gradient, observed and expected Hessian of the criterion, residual first."""
        v0 = point.residual_variance
        v = point.ratios * v0
        blocks = self.blocks(point.z**2) / v0**2
        traces = self.sums(np.diag(point.z)) / v0
        squares = self.sums(point.z_y**2) / v0**2
        weighted = self.blocks(point.z * np.outer(point.z_y, point.z_y)) / v0**3
        first, expected = _with_residual(traces, blocks, self.free, v0, v)
        second, curved = _with_residual(squares, weighted, self.free, v0, v)
        return first - second, 2 * curved - expected, expected

    def sums(self, values: Array) -> Array:
        return cast(Array, np.add.reduceat(values, self.starts))

    def blocks(self, values: Array) -> Array:
        rows = np.add.reduceat(values, self.starts, axis=0)
        return cast(Array, np.add.reduceat(rows, self.starts, axis=1))


def _indicator(codes: Codes) -> sparse.csr_array:
    rows = np.arange(len(codes))
    return sparse.csr_array((np.ones(len(codes)), (rows, codes)))


def _solved(lower: Array, right: Array) -> Array:
    return cast(Array, linalg.solve_triangular(lower, right, lower=True, check_finite=False))


def _log_det(triangle: Array) -> float:
    return 2 * float(np.log(np.abs(np.diag(triangle))).sum())


def _with_residual(
    vector: Array, table: Array, whole: float, v0: float, v: Array
) -> tuple[Array, Array]:
    """Put the residual before the terms, by P (v_0 + sum of v_k Z_k Z_k') P = P."""
    first = (whole - v @ vector) / v0
    row = (vector - v @ table) / v0
    corner = (first - v @ row) / v0
    full = np.empty((len(v) + 1, len(v) + 1))
    full[0, 0], full[0, 1:], full[1:, 0], full[1:, 1:] = corner, row, row, table
    return np.concatenate([[first], vector]), full


def identifiable(x: Array, terms: Sequence[Term]) -> tuple[list[Term], list[Term]]:
    """Return the terms that these rows can tell from the fixed effects, the residual and the
    terms before them, and the others."""
    if not terms:
        return [], []
    problem = _Problem(np.zeros(len(x)), x, terms)
    q, p = len(problem.term), problem.fixed
    z_x = problem.products[:q, q : q + p]
    within = problem.products[:q, :q] - z_x @ z_x.T
    # Column k is what V_k, less the fixed effects, has in common with I and the others.
    traces = problem.sums(np.diag(within))
    table = problem.blocks(within**2)
    common = np.block([[np.array([[float(problem.free)]]), traces[None]], [traces[:, None], table]])
    chosen, kept, dropped = [0], [], []
    for index, term in enumerate(terms, start=1):
        own = common[index, index]
        if own > OWN * len(x):
            among = common[np.ix_(chosen, chosen)]
            shared = common[chosen, index] @ linalg.lstsq(among, common[chosen, index])[0]
            if own - shared > OWN * own:
                chosen.append(index)
                kept.append(term)
                continue
        dropped.append(term)
    return kept, dropped


def fit(y: Array, x: Array, terms: Sequence[Term]) -> Fit:
    """Return the REML fit. `x` has full column rank; `terms` are identifiable. Raises CannotFit."""
    if len(x) <= x.shape[1]:
        raise CannotFit(f"There are {len(x)} readings for {x.shape[1]} fixed effects.")
    problem = _Problem(y, x, terms)
    if problem.total <= 1e-20 * float(y @ y):
        raise CannotFit("The times do not vary within the arms; there is nothing to test.")
    try:
        point = _maximised(problem)
        _, observed, expected = problem.derivatives(point)
        kept = np.flatnonzero(np.concatenate([[1.0], point.ratios]) > 0)
        curvature = _curvature(observed, expected, kept)
    except linalg.LinAlgError as error:
        # Only ratios without bound make the cross products singular: the residual vanishes.
        raise CannotFit(EXACT) from error
    variances = point.ratios * point.residual_variance
    back = linalg.inv(problem.triangle)
    inner = linalg.inv(point.x_x)
    covariance = back @ inner @ back.T * point.residual_variance
    coefficients = inner @ point.x_y
    effects = point.ratios[problem.term] * point.z_y
    slopes = [
        (change := back @ inner @ point.z_x[problem.term == index].T) @ change.T
        for index in range(len(terms))
    ]
    others = sum((v * s for v, s in zip(variances, slopes, strict=True)), np.zeros_like(inner))
    slopes = [(covariance - others) / point.residual_variance, *slopes]
    return Fit(
        coefficients=back @ (problem.shift + coefficients),
        covariance=covariance,
        variances=variances,
        residual_variance=point.residual_variance,
        criterion=point.criterion,
        slopes=np.array(slopes)[kept],
        spread=2 * _inverse(curvature),
        residuals=problem.rest - problem.orthonormal @ coefficients - problem.z @ effects,
    )


def _curvature(observed: Array, expected: Array, kept: Codes) -> Array:
    """Return the observed Hessian of the kept variances; the expected one where it bends down."""
    diagonal = np.diag(expected)[kept]
    if np.any(diagonal <= 0):
        raise linalg.LinAlgError("rounding has eaten the information of a variance")
    chosen = observed[np.ix_(kept, kept)]
    if linalg.eigvalsh(chosen / np.sqrt(np.outer(diagonal, diagonal)))[0] > 1e-8:
        return chosen
    return expected[np.ix_(kept, kept)]


def _inverse(table: Array) -> Array:
    """Return the inverse of a Hessian, scaled first: variances differ by many orders."""
    scale = 1 / np.sqrt(np.diag(table))
    both = np.outer(scale, scale)
    return cast(Array, linalg.pinvh(table * both) * both)


def _maximised(problem: _Problem) -> _Point:
    """Return the point with the least criterion, by Newton's method along the free variances.

    A variance that a step would make negative stops at 0, and leaves it only downhill.
    """
    point = problem.at(np.ones(len(problem.starts)))
    for _ in range(STEPS):
        gradient, observed, expected = problem.derivatives(point)
        v = np.concatenate([[1.0], point.ratios]) * point.residual_variance
        step = _step(v, gradient, observed, expected)
        near = -float(gradient @ step) < NEAR
        better = _moved(problem, point, v, step, near=near)
        if near or better is None:
            return better or point
        point = better
    raise CannotFit(f"REML did not converge in {STEPS} steps.")


def _step(v: Array, gradient: Array, observed: Array, expected: Array) -> Array:
    """Return Newton's step among the variances that are above 0 or want to be."""
    free = np.flatnonzero((v > 0) | (gradient < 0))
    while True:
        step = np.zeros_like(v)
        step[free] = -_inverse(_curvature(observed, expected, free)) @ gradient[free]
        stuck = (v == 0) & (step < 0)
        if not stuck.any():
            return step
        free = np.setdiff1d(free, np.flatnonzero(stuck))


def _moved(problem: _Problem, point: _Point, v: Array, step: Array, *, near: bool) -> _Point | None:
    """Return a better point along the step, or None where there is none; near the solution the
    whole step is taken, for rounding hides what it gains."""
    falling = step < 0
    share = min(1.0, float(np.min(v[falling] / -step[falling], initial=np.inf)))
    for _ in range(HALVINGS):
        moved = v + share * step
        moved[falling & (moved < 1e-9 * v)] = 0
        if moved[0] > 0:
            better = problem.at(moved[1:] / moved[0])
            if near or better.criterion < point.criterion:
                return better
        share /= 2
    return None


def contrast(fitted: Fit, weights: Array) -> Estimate:
    """Return a weighted sum of the coefficients, with its standard error and degrees of freedom."""
    variance = float(weights @ fitted.covariance @ weights)
    gradient = np.einsum("i,kij,j->k", weights, fitted.slopes, weights)
    df = 2 * variance**2 / float(gradient @ fitted.spread @ gradient)
    return Estimate(float(weights @ fitted.coefficients), float(np.sqrt(variance)), df)


def f_test(fitted: Fit, weights: Array) -> FTest:
    """Test that all rows of weights give 0: the mean of independent squared t, each with its own
    degrees of freedom, matched to an F distribution by its mean."""
    _, vectors = linalg.eigh(weights @ fitted.covariance @ weights.T)
    parts = [contrast(fitted, row) for row in vectors.T @ weights]
    statistic = float(np.mean([part.value**2 / part.se**2 for part in parts]))
    dfs = np.array([part.df for part in parts])
    if np.ptp(dfs) < 1e-8 * dfs.mean():
        df = float(dfs.mean())
    elif np.any(dfs <= 2):
        df = 2.0
    else:
        mean = float((dfs / (dfs - 2)).sum())
        df = 2 * mean / (mean - len(dfs))
    return FTest(statistic, len(parts), df, float(stats.f.sf(statistic, len(parts), df)))
