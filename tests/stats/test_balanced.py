"""The closed form: against least squares, and its error rate under the null."""

import numpy as np
import pytest
from scipy import stats

from reporting.stats.balanced import mean_squares, orthogonal_to_arms
from tests.benchmarks.type_one_error.bench import SETTINGS, shares
from tests.stats.studies import cells


def dummies(*factors):
    """One column for each combination of the factors."""
    codes = np.zeros(factors[0].size, dtype=int)
    for factor in factors:
        codes = codes * (factor.max() + 1) + factor.ravel()
    return (codes[:, None] == np.unique(codes)).astype(float)


def left(y, *columns):
    """The residual sum of squares and its degrees of freedom."""
    x = np.column_stack(columns)
    fitted, _, rank, _ = np.linalg.lstsq(x, y)
    return float(((y - x @ fitted) ** 2).sum()), len(y) - rank


def test_mean_squares_are_those_of_least_squares():
    logs = cells(np.random.default_rng(0), (4, 3, 5), effects=[0, 0.2, 0.5])
    reader, arm, case = np.indices(logs.shape)
    rc, ra, ca = dummies(reader, case), dummies(reader, arm), dummies(arm, case)
    y, found = logs.ravel(), mean_squares(logs)
    square, df = left(y, rc, ra, ca)
    assert (found.residual, found.residual_df) == pytest.approx((square / df, df))
    for name, other in (("reader_arm", ca), ("case_arm", ra)):
        more, wider = left(y, rc, other)
        assert getattr(found, f"{name}_df") == wider - df
        assert getattr(found, name) == pytest.approx((more - square) / (wider - df))


def test_f_and_degrees_of_freedom_are_hilliss():
    logs = cells(np.random.default_rng(1), (5, 3, 8))
    found = mean_squares(logs)
    # Hillis 2007: [MS(TR) + max(MS(TC) - MS(TRC), 0)]^2 / (MS(TR)^2 / ((t-1)(r-1))).
    error = found.reader_arm + max(found.case_arm - found.residual, 0)
    assert found.f == pytest.approx(found.arm / error)
    assert found.error_df == pytest.approx(error**2 / (found.reader_arm**2 / 8))
    assert found.p == pytest.approx(stats.f.sf(found.f, 2, found.error_df))


def test_with_equal_cases_it_is_the_test_by_reader():
    """Where cases add nothing to the error, F is that of repeated measures on readers' means."""
    logs = cells(np.random.default_rng(4), (6, 3, 10))
    logs -= logs.mean(axis=0) - logs.mean(axis=(0, 2), keepdims=True)[0]
    found = mean_squares(logs)
    means = logs.mean(axis=2)
    rest = means - means.mean(axis=0) - means.mean(axis=1, keepdims=True) + means.mean()
    f = 6 * means.mean(axis=0).var() * 3 / 2 / ((rest**2).sum() / 10)
    assert (found.f, found.error_df) == pytest.approx((f, 10))


def test_studies_in_one_array_are_tested_as_one_by_one():
    logs = cells(np.random.default_rng(2), (4, 3, 6), studies=(7,))
    assert mean_squares(logs).p == pytest.approx([float(mean_squares(one).p) for one in logs])


def periods(shape, of_cell):
    values = of_cell(*np.indices(shape))
    return np.array([values == level for level in range(1, shape[1])], dtype=float)


@pytest.mark.parametrize(
    ("of_cell", "stratum"),
    [
        (lambda r, a, c: (a + r) % 3, "reader_arm"),
        (lambda r, a, c: (a + c) % 3, "case_arm"),
        (lambda r, a, c: (a + r + c) % 3, "residual"),
    ],
)
def test_periods_leave_the_error_terms_with_their_degrees_of_freedom(of_cell, stratum):
    shape = (6, 3, 9)
    logs = cells(np.random.default_rng(3), shape)
    indicators = periods(shape, of_cell)
    assert orthogonal_to_arms(indicators)
    plain = mean_squares(logs)
    late = logs + 0.7 * indicators[0] - 2 * indicators[1]
    swept, swept_late = mean_squares(logs, indicators), mean_squares(late, indicators)
    assert swept_late.f == pytest.approx(swept.f)
    assert getattr(mean_squares(late), stratum) > 5 * getattr(swept_late, stratum)
    for name in ("reader_arm", "case_arm", "residual"):
        lost = getattr(plain, f"{name}_df") - getattr(swept, f"{name}_df")
        assert lost == (2 if name == stratum else 0)


def test_periods_that_are_the_arms_are_not_orthogonal():
    assert not orthogonal_to_arms(periods((3, 3, 4), lambda r, a, c: a))


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_it_rejects_a_true_null_in_about_a_twentieth_of_studies(setting):
    """Bounds of four standard errors about 4 to 6 %; the benchmark draws 10,000."""
    found = shares(np.random.default_rng(20261124), setting, 1000)
    assert 0.015 < found.rejected < 0.088
    assert 0.92 < found.covered < 0.98


def test_it_finds_an_effect():
    logs = cells(np.random.default_rng(0), effects=[0, 0.1, 0.3], studies=(50,))
    assert np.mean(mean_squares(logs).p < 0.05) == 1
