"""Cumulative logit models with crossed random intercepts, by Laplace's approximation.

P(score <= j) = logistic(theta_j - x b - sum of u_k), with normal u_k. The likelihood is maximised,
not restricted, by L-BFGS-B; the random effects are integrated out at the mode of their joint
density, as R's ordinal::clmm does. The gradient is exact (the mode is differentiated implicitly);
standard errors are from the Hessian, central differences of the gradient.

Limits: Laplace's approximation and maximum likelihood make SDs too small where levels have few
scores or a term few levels. Standard errors are those of large samples; a term whose SD is
estimated as 0 counts as not there. Odds are taken to be proportional, the effect the same at every
cut, and nothing tests that. There are random intercepts only. Each step factors a matrix as wide as
all levels together, so a few thousand levels are the most.

No Python package has this model.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg, optimize, sparse, special

from reporting.stats.ratings.rows import RatingError
from reporting.stats.reml import Term
from reporting.stats.study import Array, Codes

NEWTON, HALVINGS, STEP = 100, 20, 1e-4
# Coefficients beyond this say that an arm's scores lie apart, and none is searched beyond MOST.
APART, MOST = 15.0, 20.0
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


@dataclass(frozen=True, slots=True)
class _Rows:
    """The scores' probabilities at logits `above` and `below` of the cuts around each score."""

    above: Array
    below: Array

    @property
    def value(self) -> float:
        """-log of the probability of all scores; P = F(above) F(-below) (1 - exp(below - above))
        has no difference of numbers that are almost alike."""
        logs = special.log_expit(self.above) + special.log_expit(-self.below)
        return -float((logs + np.log(-np.expm1(self.below - self.above))).sum())

    @property
    def slopes(self) -> tuple[Array, Array]:
        """The derivatives of each row's value by `above` and by `below`."""
        apart = np.exp(self.below - self.above) / -np.expm1(self.below - self.above)
        return -special.expit(-self.above) - apart, special.expit(self.below) + apart

    def moved(self, by: Array) -> "_Rows":
        """The rows when the linear predictor grows by so much."""
        return _Rows(self.above - by, self.below - by)

    @property
    def slope(self) -> Array:
        """The derivative of each row's value by the linear predictor."""
        return np.asarray(special.expit(-self.above) - special.expit(self.below))

    @property
    def weights(self) -> tuple[Array, Array]:
        """The parts of the second derivative by the predictor; slope falls by them with either."""
        return _density(self.above), _density(self.below)


def _density(logit: Array) -> Array:
    return np.asarray(special.expit(logit) * special.expit(-logit))


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
        self.of_term = np.eye(len(terms))[self.term]
        self.mode = np.zeros(len(self.term))

    def thresholds(self, point: Array) -> Array:
        first, steps = point[:1], np.exp(point[1 : self.cuts])
        return np.concatenate([first, first + np.cumsum(steps)])

    def __call__(self, point: Array) -> tuple[float, Array]:
        """Return the value and its gradient."""
        fixed = self.x @ point[self.cuts : self.cuts + self.x.shape[1]]
        z = self.z * np.exp(point[self.cuts + self.x.shape[1] :])[self.term]
        cuts = np.concatenate([[-np.inf], self.thresholds(point), [np.inf]])
        start = _Rows(cuts[self.scores + 1] - fixed, cuts[self.scores] - fixed)
        rows = self._descended(start, z)
        lower = linalg.cholesky(_curvature(rows, z), lower=True, check_finite=False)
        value = rows.value + 0.5 * float(self.mode @ self.mode)
        gradient = self._gradient(
            point, rows, z, linalg.cho_solve((lower, True), np.eye(len(lower)))
        )
        return value + float(np.log(np.diag(lower)).sum()), gradient

    def _descended(self, start: _Rows, z: sparse.csr_array) -> _Rows:
        """Move to the mode of the random effects and return the rows there."""
        mode = self.mode
        rows = start.moved(z @ mode)
        value = rows.value + 0.5 * float(mode @ mode)
        for _ in range(NEWTON):
            gradient = mode + z.T @ rows.slope
            step = linalg.solve(_curvature(rows, z), gradient, assume_a="pos", check_finite=False)
            if float(gradient @ step) < 1e-16:
                break
            for halving in range(HALVINGS):
                moved = mode - step / 2**halving
                rows = start.moved(z @ moved)
                tried = rows.value + 0.5 * float(moved @ moved)
                if tried <= value + 1e-12 * abs(value):
                    break
            mode, value = moved, tried
        self.mode = mode
        return rows

    def _gradient(self, point: Array, rows: _Rows, z: sparse.csr_array, inverse: Array) -> Array:
        """Return the gradient, with the mode moving along, by implicit differentiation."""
        above, below = self._directions(point, z)
        by_above, by_below = rows.slopes
        own = np.zeros((len(self.mode), above.shape[1]))
        own[:, -self.of_term.shape[1] :] = self.of_term
        # The joint value's own slope at the mode, and how the mode follows.
        slope_above, slope_below = rows.weights
        mixed = -z.T @ (slope_above[:, None] * above + slope_below[:, None] * below)
        follows = z @ (inverse @ (mixed - self.mode[:, None] * own))
        # The log determinant of the curvature, by the weights and by the SDs.
        spread = np.asarray(z.multiply(z @ inverse).sum(axis=1))
        bend_above, bend_below = (
            spread * weight * -np.tanh(logit / 2)
            for weight, logit in zip(rows.weights, (rows.above, rows.below), strict=True)
        )
        return np.asarray(
            by_above @ above
            + by_below @ below
            + 0.5 * (bend_above @ (above + follows) + bend_below @ (below + follows))
            + (1 - np.diag(inverse)) @ own
        )

    def _directions(self, point: Array, z: sparse.csr_array) -> tuple[Array, Array]:
        """Return the derivatives of the logits above and below each score by the parameters."""
        cuts = np.zeros((self.cuts + 2, self.cuts))
        cuts[1:-1, 0] = 1
        cuts[1:-1, 1:] = np.tril(np.ones((self.cuts, self.cuts)), -1)[:, :-1] * np.exp(
            point[1 : self.cuts]
        )
        rest = np.column_stack([-self.x, -(z @ (self.mode[:, None] * self.of_term))])
        return (
            np.column_stack([cuts[self.scores + 1], rest]),
            np.column_stack([cuts[self.scores], rest]),
        )


def _curvature(rows: _Rows, z: sparse.csr_array) -> Array:
    """Return the second derivative of the joint value by the random effects."""
    above, below = rows.weights
    weighted: Array = (z.T @ (z * (above + below)[:, None])).toarray()
    return weighted + np.eye(z.shape[1])


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
    if np.any(np.abs(point[chosen]) > APART) or np.any(np.diag(covariance)[chosen] <= 0):
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
    # The bounds keep a search that runs off from overflowing; fits near them are refused or at 0.
    free = [(-MOST, MOST)] * (len(start) - terms)
    found = optimize.minimize(
        likelihood,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=free + [(float(np.log(ZERO_SD)) - 1, 4.0)] * terms,
        options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-5},
    )
    return np.asarray(found.x), float(found.fun)


def _hessian(likelihood: _Likelihood, point: Array, free: Codes) -> Array:
    steps = np.eye(len(point))[free] * STEP
    rows = [likelihood(point + s)[1][free] - likelihood(point - s)[1][free] for s in steps]
    found = np.array(rows) / (2 * STEP)
    return np.asarray((found + found.T) / 2)
