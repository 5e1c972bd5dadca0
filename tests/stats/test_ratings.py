"""Scores by arm, kappa and ICC: against R, published examples and the definitions."""

import csv
from pathlib import Path

import numpy as np
import pytest

from reporting.stats.ratings.agreement import (
    between_raters,
    icc,
    icc_of,
    kappa_of,
    within_raters,
)
from reporting.stats.ratings.compare import compare_scores
from reporting.stats.ratings.laplace import _Likelihood, fit_cumulative
from reporting.stats.ratings.rows import Rating, RatingError
from reporting.stats.reml import Term

WINE = Path(__file__).parents[1] / "data" / "from_r" / "wine.csv"
# Shrout and Fleiss (1979), table 2: six targets, four judges.
SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
)
TABLE = np.array([[44.0, 5, 1], [7, 20, 3], [9, 5, 6]])


def test_the_cumulative_model_is_that_of_ordinal_clmm():
    """clmm(rating ~ temp + contact + (1 | judge), data = wine); see from_r/README.md."""
    with WINE.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    scores = np.array([int(row["rating"]) - 1 for row in rows])
    x = np.array([[row["temp"] == "warm", row["contact"] == "yes"] for row in rows], dtype=float)
    judge = np.unique([row["judge"] for row in rows], return_inverse=True)[1]
    fit = fit_cumulative(scores, x, [Term("judge", judge)])
    assert fit.coefficients == pytest.approx([3.0630, 1.8349], abs=2e-4)
    assert np.sqrt(np.diag(fit.covariance)) == pytest.approx([0.59538, 0.51253], rel=2e-4)
    assert fit.thresholds == pytest.approx([-1.62367, 1.51337, 4.22853, 6.08877], abs=1e-4)
    assert fit.sds[0] ** 2 == pytest.approx(1.27946, rel=1e-4)
    assert fit.log_likelihood == pytest.approx(-81.56541, abs=1e-5)


def test_its_gradient_is_the_derivative_of_its_value():
    """Both effects crossed, one SD small; steps at which differences are good to seven digits."""
    rng, n, step = np.random.default_rng(0), 80, 1e-5
    scores = np.concatenate([np.arange(4), rng.integers(0, 4, n - 4)])
    terms = [Term("rater", rng.integers(0, 5, n)), Term("case", np.arange(n) % 7)]
    likelihood = _Likelihood(scores, rng.normal(size=(n, 2)), terms)
    point = np.array([-1.0, 0.1, 0.3, 0.5, -0.4, -3.0, 0.3])
    values = [
        (likelihood(point + s)[0] - likelihood(point - s)[0]) / (2 * step) for s in np.eye(7) * step
    ]
    assert likelihood(point)[1] == pytest.approx(np.array(values), rel=1e-5, abs=1e-6)


def test_icc_is_that_of_shrout_and_fleiss_with_the_intervals_of_psych():
    found = icc_of(SHROUT_FLEISS)
    assert (found.single, found.mean) == pytest.approx((0.28976378, 0.62005055), abs=1e-7)
    ends = (found.single_ci.low, found.single_ci.high, found.mean_ci.low, found.mean_ci.high)
    assert ends == pytest.approx((0.01878651, 0.76108437, 0.07113682, 0.92723204), abs=1e-7)


def test_kappa_is_that_of_psych():
    plain, weighted = kappa_of(TABLE, "none"), kappa_of(TABLE)
    assert plain.kappa == pytest.approx(0.4915254237)
    assert plain.se**2 == pytest.approx(0.005202370384)
    assert weighted.kappa == pytest.approx(0.4545454545)
    assert plain.exact == 0.7


@pytest.mark.parametrize("weights", ["none", "linear", "quadratic"])
def test_its_standard_error_is_that_of_the_delta_method(weights):
    shares, n = TABLE.ravel() / TABLE.sum(), TABLE.sum()

    def value(p):
        return kappa_of(p.reshape(3, 3) * 1e6, weights).kappa

    step = 1e-6
    gradient = np.array(
        [(value(shares + s) - value(shares - s)) / (2 * step) for s in np.eye(9) * step]
    )
    variance = (gradient**2 @ shares - (gradient @ shares) ** 2) / n
    assert kappa_of(TABLE, weights).se == pytest.approx(np.sqrt(variance), rel=1e-4)


def drawn(effect=0.0, seed=0, readers=6, cases=8, raters=2):
    """Ratings from 1 to 5 by a latent score."""
    rng = np.random.default_rng(seed)
    of_reader, of_case, of_rater = (rng.normal(0, 0.5, n) for n in (readers, cases, raters))
    found = []
    for r, c, arm in np.ndindex(readers, cases, 2):
        for rater in range(raters):
            latent = of_reader[r] + of_case[c] + of_rater[rater] + effect * arm + rng.logistic()
            score = int(1 + np.searchsorted([-2, -0.7, 0.7, 2], latent))
            found.append(
                Rating(score, ("a", "b")[arm], f"q{rater}", f"{r}/{c}/{arm}", f"r{r}", f"c{c}")
            )
    return found


def test_an_effect_on_the_scores_is_found():
    found = compare_scores(drawn(effect=1.5), range(1, 6)).contrasts[0]
    assert (found.arm, found.reference) == ("a", "b")
    assert found.ci.low < np.exp(-1.5) < found.ci.high
    assert found.p < 1e-4
    assert found.mean_difference < 0
    assert found.wilcoxon_p == pytest.approx(2 / 2**6)


def test_counts_are_by_score_and_repeats_are_left_out():
    ratings = drawn()
    again = [Rating(5, r.arm, r.rater, r.report, r.reader, r.case, 1) for r in ratings[:10]]
    found = compare_scores([*ratings, *again], range(1, 6))
    assert sum(found.counts["a"]) == sum(found.counts["b"]) == 96
    assert set(found.sds) <= {"rater", "reader", "case", "reader x arm"}


def test_raters_are_compared_with_each_other_and_with_themselves():
    ratings = drawn(effect=1)
    again = [Rating(r.score, r.arm, r.rater, r.report, r.reader, r.case, 1) for r in ratings[:40]]
    within = within_raters([*ratings, *again], range(1, 6))
    assert set(within) == {"", "q0", "q1"}
    assert within[""].n == 40
    assert within[""].kappa == within[""].exact == 1
    assert list(between_raters(ratings, range(1, 6))) == [("q0", "q1")]
    assert icc(ratings).reports == 96


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: compare_scores([r for r in drawn() if r.arm == "a"], range(1, 6)), "one arm"),
        (lambda: compare_scores(drawn(), range(1, 4)), "not on the scale"),
        (lambda: kappa_of(np.diag([5.0, 0])), "more than one score"),
        (lambda: icc_of(np.ones((3, 2))), "differ in score"),
        (lambda: icc([]), "two raters"),
    ],
)
def test_what_cannot_be_told_is_said(call, message):
    with pytest.raises(RatingError, match=message):
        call()
