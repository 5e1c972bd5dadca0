"""Cumulative logit models with crossed random intercepts, by Laplace's approximation.

P(score <= j) = logistic(theta_j - x b - sum of u_k). The random effects are integrated out at the
mode of their joint density, as R's ordinal::clmm does; standard errors are from the Hessian by
central differences. No Python package has this model.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg, optimize, sparse, special

from reporting.stats.ratings.rows import RatingError
from reporting.stats.reml import Term
from reporting.stats.study import Array, Codes

NEWTON, HALVINGS, STEP = 100, 20, 1e-4
# SDs below this are taken for 0: their logarithm has no curvature left.
ZERO_SD = 1e-3


@dataclass(frozen=True, slots=True)
class CumulativeFit:
    """A fitted model: thresholds, coefficients with their covariance, SDs of the random terms."""

    thresholds: Array
    coefficients: Array
    covariance: Array
    sds: Array
    log_likelihood: float


class _Likelihood:
    """The negative log of the approximated likelihood, by thresholds (the first, and logarithms of
    the steps), coefficients, and logarithms of the SDs."""

    def __init__(self, scores: Codes, x: Array, terms: Sequence[Term]) -> None:
        self.scores, self.x = scores, x
        self.cuts = int(scores.max())
        sizes = [int(term.codes.max()) + 1 for term in terms]
        rows = np.arange(len(scores))
        columns = [sparse.csr_array((np.ones(len(rows)), (rows, t.codes))) for t in terms]
        self.z = sparse.hstack(columns, format="csr")
        self.term = np.repeat(np.arange(len(terms)), sizes)
        self.mode = np.zeros(len(self.term))

    def thresholds(self, point: Array) -> Array:
        first, steps = point[:1], np.exp(point[1 : self.cuts])
        return np.concatenate([first, first + np.cumsum(steps)])

    def __call__(self, point: Array) -> float:
        fixed = self.x @ point[self.cuts : self.cuts + self.x.shape[1]]
        sds = np.exp(point[self.cuts + self.x.shape[1] :])[self.term]
        cuts = np.concatenate([[-np.inf], self.thresholds(point), [np.inf]])
        z = self.z * sds
        value, curvature = self._descended(cuts, fixed, z)
        factor = linalg.cholesky(curvature, lower=True, check_finite=False)
        return value + float(np.log(np.diag(factor)).sum())

    def _descended(self, cuts: Array, fixed: Array, z: sparse.csr_array) -> tuple[float, Array]:
        """Return the joint value at the mode of the random effects, and its curvature there."""
        mode = self.mode
        value, slope, weight = self._joint(cuts, fixed + z @ mode)
        value += 0.5 * float(mode @ mode)
        for _ in range(NEWTON):
            gradient = mode - z.T @ slope
            curvature = (z.T @ (z * weight[:, None])).toarray() + np.eye(len(mode))
            step = linalg.solve(curvature, gradient, assume_a="pos", check_finite=False)
            if float(gradient @ step) < 1e-16:
                break
            for halving in range(HALVINGS):
                moved = mode - step / 2**halving
                tried, new_slope, new_weight = self._joint(cuts, fixed + z @ moved)
                tried += 0.5 * float(moved @ moved)
                if tried <= value + 1e-12 * abs(value):
                    break
            mode, value, slope, weight = moved, tried, new_slope, new_weight
        self.mode = mode
        return value, (z.T @ (z * weight[:, None])).toarray() + np.eye(len(mode))

    def _joint(self, cuts: Array, predictor: Array) -> tuple[float, Array, Array]:
        """Return -log of the scores' probability, its slope by the predictor, and its curvature."""
        above = special.expit(cuts[self.scores + 1] - predictor)
        below = special.expit(cuts[self.scores] - predictor)
        chance = np.maximum(above - below, 1e-300)
        weight = above * (1 - above) + below * (1 - below)
        return -float(np.log(chance).sum()), above + below - 1, weight


def fit_cumulative(scores: Codes, x: Array, terms: Sequence[Term]) -> CumulativeFit:
    """Return the fit of scores numbered from 0 without gaps. `x` has no intercept and full column
    rank. Raises RatingError where there is none."""
    levels = int(scores.max()) + 1
    if levels < 2:
        raise RatingError("All scores are alike; there is nothing to compare.")
    likelihood = _Likelihood(scores, x, terms)
    point, value = _maximised(likelihood, _start(scores, x.shape[1], len(terms)), len(terms))
    first = levels - 1
    free = np.ones(len(point), dtype=bool)
    free[first + x.shape[1] :] = np.exp(point[first + x.shape[1] :]) > ZERO_SD
    try:
        covariance = linalg.inv(_hessian(likelihood, point, np.flatnonzero(free)))
    except linalg.LinAlgError as error:
        raise RatingError("The model of the scores has no standard errors here.") from error
    chosen = slice(first, first + x.shape[1])
    if np.any(np.abs(point[chosen]) > 15) or np.any(np.diag(covariance)[chosen] <= 0):
        raise RatingError("An arm's scores lie apart from all others; odds ratios have no bound.")
    sds = np.exp(point[first + x.shape[1] :])
    return CumulativeFit(
        thresholds=likelihood.thresholds(point),
        coefficients=point[chosen],
        covariance=covariance[chosen, chosen],
        sds=np.where(sds > ZERO_SD, sds, 0.0),
        log_likelihood=-value,
    )


def _start(scores: Codes, fixed: int, terms: int) -> Array:
    cuts = special.logit(np.cumsum(np.bincount(scores))[:-1] / len(scores))
    return np.concatenate([cuts[:1], np.log(np.diff(cuts)), np.zeros(fixed), np.full(terms, -0.5)])


def _maximised(likelihood: _Likelihood, start: Array, terms: int) -> tuple[Array, float]:
    free: list[tuple[float | None, float | None]] = [(None, None)] * (len(start) - terms)
    found = optimize.minimize(
        likelihood,
        start,
        jac=lambda point: _gradient(likelihood, point),
        method="L-BFGS-B",
        bounds=free + [(float(np.log(ZERO_SD)) - 1, 4.0)] * terms,
        options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-5},
    )
    return np.asarray(found.x), float(found.fun)


def _gradient(likelihood: _Likelihood, point: Array) -> Array:
    steps = np.eye(len(point)) * STEP
    return np.array([likelihood(point + s) - likelihood(point - s) for s in steps]) / (2 * STEP)


def _hessian(likelihood: _Likelihood, point: Array, free: Codes) -> Array:
    steps = np.eye(len(point))[free] * STEP * 10
    rows = [
        _gradient(likelihood, point + s)[free] - _gradient(likelihood, point - s)[free]
        for s in steps
    ]
    found = np.array(rows) / (20 * STEP)
    return np.asarray((found + found.T) / 2)
