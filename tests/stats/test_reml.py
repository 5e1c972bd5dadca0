"""REML and Satterthwaite against published results, and against the definition."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from scipy import linalg, optimize

from reporting.stats import reml
from reporting.stats.reml import CannotFit, Term
from reporting.stats.study import crossing
from tests.stats.studies import Spread, cells, study

DATA = Path(__file__).parents[1] / "data" / "mixed_models"
EXPECTED = json.loads((DATA / "expected.json").read_text(encoding="utf-8"))
# The column of the outcome, the numbers or the factor it depends on, and the random factors.
MODELS = {
    "sleepstudy": ("Reaction", "Days", [("Subject",)]),
    "penicillin": ("diameter", None, [("plate",), ("sample",)]),
    "machines": ("score", "Machine", [("Worker",), ("Worker", "Machine")]),
    "ergostool": ("effort", "Type", [("Subject",)]),
}


def column(rows, *names):
    return np.array(["/".join(row[name] for name in names) for row in rows])


def dummies(values):
    levels = np.unique(values)[1:]
    return (values[:, None] == levels).astype(float)


def model(name):
    outcome, fixed, random = MODELS[name]
    with (DATA / f"{name}.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    x = np.ones((len(rows), 1))
    if fixed:
        values = column(rows, fixed)
        more = values.astype(float)[:, None] if name == "sleepstudy" else dummies(values)
        x = np.hstack([x, more])
    terms = [Term(str(n), np.unique(column(rows, *n), return_inverse=True)[1]) for n in random]
    return column(rows, outcome).astype(float), x, terms


@pytest.mark.parametrize("name", EXPECTED)
def test_it_gives_what_lme4_and_lmertest_give(name):
    want = EXPECTED[name]
    fitted = reml.fit(*model(name))
    assert fitted.coefficients == pytest.approx(want["coefficients"], rel=1e-5)
    assert np.sqrt(np.diag(fitted.covariance)) == pytest.approx(want["se"], rel=1e-4)
    assert fitted.variances == pytest.approx(want["variances"], rel=1e-3)
    assert fitted.residual_variance == pytest.approx(want["residual"], rel=1e-4)
    assert fitted.criterion == pytest.approx(want["criterion"], rel=5e-5)
    for weights, df, p in zip(np.eye(len(want["se"])), want["df"], want["p"], strict=True):
        found = reml.contrast(fitted, weights)
        if df is not None:
            assert found.df == pytest.approx(df, rel=5e-4)
        if p is not None:
            assert found.p == pytest.approx(p, abs=5e-5, rel=2e-3)
    if "f" in want:
        test = reml.f_test(fitted, np.eye(len(want["se"]))[1:])
        assert test.statistic == pytest.approx(want["f"], rel=5e-5)
        assert (test.df, test.df_error) == pytest.approx(want["f_df"])


def test_on_balanced_data_it_is_the_analysis_of_variance():
    y, x, terms = model("machines")
    machine = (x @ [0, 1, 2]).astype(int)
    cells = np.array(
        [[y[(terms[0].codes == w) & (machine == m)] for m in range(3)] for w in range(6)]
    )
    means = cells.mean(axis=2)
    worker, of_machine = (means.mean(axis=axis, keepdims=True) for axis in (1, 0))
    error = ((cells - means[:, :, None]) ** 2).sum() / 36
    both = 3 * ((means - worker - of_machine + means.mean()) ** 2).sum() / 10
    fitted = reml.fit(y, x, terms)
    assert fitted.residual_variance == pytest.approx(error)
    of_worker = worker.var(ddof=1) - both / 9
    assert fitted.variances == pytest.approx([of_worker, (both - error) / 3])
    test = reml.f_test(fitted, np.eye(3)[1:])
    assert test.statistic == pytest.approx(18 * of_machine.var(ddof=1) / both)
    assert (test.df, test.df_error) == pytest.approx((2, 10))
    assert reml.contrast(fitted, np.array([0, 1, 0])).se == pytest.approx(np.sqrt(both / 9))


def incomplete(seed=3, shape=(5, 3, 8), spread=None):
    """A small study with a third of the readings missing."""
    rng = np.random.default_rng(seed)
    logs = cells(rng, shape, spread or Spread(0.3, 0.4, 0.3, 0.3, 0.2))
    drawn = study(logs, keep=rng.random(shape) > 1 / 3)
    x = np.column_stack([np.ones(len(drawn.times)), drawn.arm.indicators()])
    terms = [Term(name, factor.codes) for name, factor in drawn.units()]
    terms += [Term(f"{n} x arm", crossing(f, drawn.arm)) for n, f in drawn.units()]
    return drawn.logs, x, terms


def directly(y, x, terms, variances):
    """-2 log of the restricted likelihood and the covariance of b, from V itself."""
    total = variances[0] * np.eye(len(y))
    for term, variance in zip(terms, variances[1:], strict=True):
        total += variance * (term.codes[:, None] == term.codes)
    weighted = np.linalg.solve(total, x)
    covariance = np.linalg.inv(x.T @ weighted)
    rest = y - x @ (covariance @ weighted.T @ y)
    square = rest @ np.linalg.solve(total, rest)
    logs = np.linalg.slogdet(total)[1] - np.linalg.slogdet(covariance)[1]
    return logs + square + (len(y) - x.shape[1]) * np.log(2 * np.pi), covariance


def test_the_fit_is_the_maximum_of_the_likelihood_as_defined():
    y, x, terms = incomplete()
    fitted = reml.fit(y, x, terms)
    best = np.array([fitted.residual_variance, *fitted.variances])
    value, covariance = directly(y, x, terms, best)
    assert fitted.criterion == pytest.approx(value, abs=1e-8)
    assert fitted.covariance == pytest.approx(covariance, rel=1e-8)
    found = optimize.minimize(
        lambda logs: directly(y, x, terms, np.exp(logs))[0],
        np.log(best) + 0.3,
        method="BFGS",
    )
    assert found.fun == pytest.approx(fitted.criterion, abs=1e-6)
    assert np.exp(found.x) == pytest.approx(best, rel=2e-3)


def test_satterthwaite_is_that_of_numerical_derivatives_by_theta_as_lmertest_takes_them():
    y, x, terms = incomplete()
    fitted = reml.fit(y, x, terms)
    sigma = np.sqrt(fitted.residual_variance)
    at = np.array([*np.sqrt(fitted.variances) / sigma, sigma])
    weights = np.array([0.0, 1.0, -1.0])

    def variances(theta_sigma):
        return np.concatenate([[1], theta_sigma[:-1] ** 2]) * theta_sigma[-1] ** 2

    def criterion(point):
        return directly(y, x, terms, variances(point))[0]

    def variance(point):
        return weights @ directly(y, x, terms, variances(point))[1] @ weights

    size = 1e-4 * at
    steps = np.diag(size)
    gradient = np.array([(variance(at + s) - variance(at - s)) / (2 * s.sum()) for s in steps])
    hessian = np.array(
        [
            [
                (criterion(at + s + t) - criterion(at + s - t) - criterion(at - s + t)
                 + criterion(at - s - t)) / (4 * s.sum() * t.sum())
                for t in steps
            ]
            for s in steps
        ]
    )  # fmt: skip
    df = 2 * variance(at) ** 2 / (gradient @ (2 * linalg.inv(hessian)) @ gradient)
    assert reml.contrast(fitted, weights).df == pytest.approx(df, rel=1e-3)


def test_a_variance_at_zero_is_zero_and_the_others_are_as_without_it():
    y, x, terms = incomplete(seed=3, shape=(6, 3, 20), spread=Spread(0.3, 0.4, 0.1, 0.0, 0.3))
    fitted = reml.fit(y, x, terms)
    assert fitted.variances[3] == 0
    without = reml.fit(y, x, terms[:3])
    assert fitted.variances[:3] == pytest.approx(without.variances, rel=1e-6)
    weights = np.array([0.0, 1.0, 0.0])
    assert reml.contrast(fitted, weights).df == pytest.approx(
        reml.contrast(without, weights).df, rel=1e-6
    )  # fmt: skip


def test_the_order_of_the_terms_does_not_change_the_fit():
    y, x, terms = incomplete(seed=8)
    forwards, backwards = reml.fit(y, x, terms), reml.fit(y, x, terms[::-1])
    assert forwards.criterion == pytest.approx(backwards.criterion, abs=1e-9)
    assert forwards.variances == pytest.approx(backwards.variances[::-1], rel=1e-5, abs=1e-9)


def test_terms_that_cannot_be_told_apart_are_named():
    rng = np.random.default_rng(0)
    drawn = study(cells(rng, (4, 3, 5)))
    x = np.column_stack([np.ones(60), drawn.arm.indicators()])
    reader, arm = drawn.reader.codes, drawn.arm.codes
    terms = [
        Term("reader", reader),
        Term("again", (reader + 1) % 4),
        Term("arm", arm),
        Term("row", np.arange(60)),
        Term("reader x arm", crossing(drawn.reader, drawn.arm)),
    ]
    kept, dropped = reml.identifiable(x, terms)
    assert [term.name for term in kept] == ["reader", "reader x arm"]
    assert [term.name for term in dropped] == ["again", "arm", "row"]


def test_data_without_residual_variance_are_refused():
    codes = np.repeat([0, 1, 2], 4)
    x = np.ones((12, 1))
    with pytest.raises(CannotFit, match="do not vary"):
        reml.fit(np.full(12, 4.0), x, [Term("reader", codes)])
    with pytest.raises(CannotFit, match="exactly"):
        reml.fit(codes.astype(float), x, [Term("reader", codes)])
    with pytest.raises(CannotFit, match="fixed effects"):
        reml.fit(np.ones(1), np.ones((1, 1)), [Term("reader", np.array([0]))])
