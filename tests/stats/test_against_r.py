"""REML and rank tests against R itself; commands and output are in tests/data/from_r."""

import csv

import numpy as np
import pytest

from reporting.stats import reml
from reporting.stats.pairwise import _friedman, _mann_whitney, _wilcoxon
from tests.stats.test_reml import DATA, column, model

# From output.txt: coefficients, standard errors, their df, variances, residual, criterion.
R = {
    "sleepstudy": (
        [251.40510485, 10.46728596],
        [9.7467162692, 0.8042214289],
        [22.81019896, 161.0],
        [1378.1785138],
        960.4565786,
        1786.465085,
    ),
    "penicillin": (
        [22.97222222],
        [0.8085953614],
        [5.486592425],
        [0.7169051409, 3.7311318427],
        0.3024149563,
        330.860589,
    ),
    "machines": (
        [52.355555556, 7.966666667, 13.916666667],
        [2.485830225, 2.176975481, 2.176975481],
        [8.521698414, 10.0, 10.0],
        [22.858444696, 13.909456865],
        0.924629627,
        215.687568,
    ),
    "ergostool": (
        [8.5555555556, 3.8888888889, 2.2222222222, 0.6666666667],
        [0.5760122621, 0.5186838350, 0.5186838350, 0.5186838350],
        [15.52980787, 24.0, 24.0, 24.0],
        [1.775462991],
        1.210648143,
        121.1307887,
    ),
}
UNBALANCED = (
    [52.355748934, 8.016373529, 13.889441100],
    [2.443934815, 2.119746118, 2.118502663],
    [8.424919073, 9.959220968, 9.935321979],
    [22.357112325, 13.014101933],
    1.118774362,
    195.0261258,
)


def holds(fitted, want):
    coefficients, ses, dfs, variances, residual, criterion = want
    assert fitted.coefficients == pytest.approx(coefficients, rel=1e-6)
    assert np.sqrt(np.diag(fitted.covariance)) == pytest.approx(ses, rel=1e-4)
    assert fitted.variances == pytest.approx(variances, rel=1e-3)
    assert fitted.residual_variance == pytest.approx(residual, rel=1e-4)
    assert fitted.criterion == pytest.approx(criterion, rel=1e-7)
    found = [reml.contrast(fitted, row).df for row in np.eye(len(ses))]
    assert found == pytest.approx(dfs, rel=1e-3)


@pytest.mark.parametrize("name", R)
def test_reml_is_that_of_lme4_and_satterthwaite_that_of_lmertest(name):
    holds(reml.fit(*model(name)), R[name])


def test_and_on_incomplete_data():
    """Machines without rows 1, 8, 15, …; F 21.66014 with 9.9435 df."""
    y, x, terms = model("machines")
    kept = np.arange(len(y)) % 7 != 0
    fitted = reml.fit(y[kept], x[kept], [reml.Term(t.name, t.codes[kept]) for t in terms])
    holds(fitted, UNBALANCED)
    test = reml.f_test(fitted, np.eye(3)[1:])
    assert (test.statistic, test.df_error) == pytest.approx((21.66014, 9.9435267), rel=1e-3)
    assert test.p == pytest.approx(0.00023775, rel=5e-3)


def rows(name):
    with (DATA / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_rank_tests_are_those_of_r():
    sleep = rows("sleepstudy")
    reaction, days = column(sleep, "Reaction").astype(float), column(sleep, "Days").astype(int)
    paired = _wilcoxon("9", "0", reaction[days == 9] - reaction[days == 0])
    # R's V is the sum of the positive ranks, scipy's statistic the smaller of both sums.
    assert 171 - paired.statistic == 170
    assert paired.p == pytest.approx(1.525878906e-05, rel=1e-3)
    stool = rows("ergostool")
    effort, kind = column(stool, "effort").astype(float), column(stool, "Type")
    subject = column(stool, "Subject")
    table = np.array([[effort[(subject == s) & (kind == t)][0] for t in np.unique(kind)]
                      for s in np.unique(subject)])  # fmt: skip
    friedman = _friedman(table, "subject", [])
    assert friedman.statistic == pytest.approx(22.69411765)
    assert friedman.p == pytest.approx(4.676696481e-05, rel=1e-3)
    machines = rows("machines")
    score, machine = column(machines, "score").astype(float), column(machines, "Machine")
    unpaired = _mann_whitney("A", "B", [score[machine == "A"], score[machine == "B"]])
    assert unpaired.statistic == 59.5
    assert unpaired.p == pytest.approx(0.001246728448, rel=1e-3)
