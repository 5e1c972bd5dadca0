"""The simple tests against the documented examples of R, and what they say of gaps."""

import numpy as np
import pytest

from reporting.stats.holm import holm
from reporting.stats.pairwise import (
    block_friedman,
    block_wilcoxon,
    unit_tests,
)
from reporting.stats.study import blocks_of, study_of
from reporting.stats.table import Reading
from tests.stats.studies import cells, study

# Hollander and Wolfe (1973), as in ?wilcox.test of R: depression scores of nine patients.
FIRST = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
SECOND = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
# ?wilcox.test: permeability of the placenta at term and before.
TERM = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
EARLY = [1.15, 0.88, 0.90, 0.74, 1.21]
# ?t.test, data set sleep: extra hours of sleep under two drugs.
DRUG_1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
DRUG_2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
# ?friedman.test: 22 players rounding first base in three ways.
ROUNDING = """
5.40 5.50 5.55 5.85 5.70 5.75 5.20 5.60 5.50 5.55 5.50 5.40 5.90 5.85 5.70 5.45 5.55 5.60 5.40
5.40 5.35 5.45 5.50 5.35 5.25 5.15 5.00 5.85 5.80 5.70 5.25 5.20 5.10 5.65 5.55 5.45 5.60 5.35
5.45 5.05 5.00 4.95 5.50 5.50 5.40 5.45 5.55 5.50 5.55 5.55 5.35 5.45 5.50 5.55 5.50 5.45 5.25
5.65 5.60 5.40 5.70 5.65 5.55 6.30 6.30 6.25
"""


def paired(*columns):
    """A study with one reading of each reader in each arm."""
    return study_of(
        [
            Reading(float(time), f"arm {arm}", f"r{reader:02}")
            for arm, times in enumerate(columns)
            for reader, time in enumerate(times)
        ]
    )


def test_wilcoxon_gives_what_r_gives():
    given = paired(FIRST, SECOND)
    (test,) = block_wilcoxon(given, blocks_of(given), [])
    # V = 40, p = 0.01953 one-sided; scipy reports the smaller rank sum, 45 - 40.
    assert (test.n, test.statistic) == (9, 5)
    assert test.p == pytest.approx(2 * 0.01953, rel=1e-3)


def test_the_paired_t_test_gives_what_r_gives():
    given = paired(np.exp(DRUG_1), np.exp(DRUG_2))
    (tests,) = unit_tests(given, blocks_of(given), [])
    (test,) = tests.paired_t
    assert (test.t, test.df, test.p) == pytest.approx((-4.0621, 9, 0.002833), rel=2e-4)
    assert np.log([test.ci.low, test.ci.high]) == pytest.approx([-2.4598858, -0.7001142])


def test_friedman_gives_what_r_gives():
    given = paired(*np.array(ROUNDING.split(), dtype=float).reshape(22, 3).T)
    test = block_friedman(given, blocks_of(given), [])
    assert (test.blocks, test.statistic, test.p) == pytest.approx((22, 11.143, 0.003805), rel=1e-4)


def test_mann_whitney_gives_what_r_gives_where_nothing_is_paired():
    rows = [Reading(time, "term", f"a{i}") for i, time in enumerate(TERM)]
    rows += [Reading(time, "early", f"b{i}") for i, time in enumerate(EARLY)]
    given = study_of(rows)
    (tests,) = unit_tests(given, blocks_of(given), [])
    (test,) = tests.mann_whitney
    # W = 35, p = 0.1272 one-sided, for term - early; arms are in the order of their names.
    assert (test.arm, test.statistic) == ("early", 50 - 35)
    assert test.p == pytest.approx(2 * 0.1272, rel=1e-3)
    assert tests.paired_t == ()


def test_readers_of_one_arm_each_are_compared_by_ranks_and_their_common_cases_in_pairs():
    logs = cells(np.random.default_rng(0), (8, 2, 5))
    reader, arm, _ = np.indices(logs.shape)
    given = study(logs, reader % 2 == arm)
    by_reader, by_case = unit_tests(given, blocks_of(given), [])
    assert (by_reader.mann_whitney[0].n_arm, by_reader.paired_t) == (4, ())
    assert (by_case.mann_whitney, by_case.paired_t[0].n) == ((), 5)


def test_units_count_once_by_the_blocks_that_both_arms_share():
    rng = np.random.default_rng(5)
    logs = cells(rng, (6, 2, 9))
    keep = rng.random(logs.shape) > 0.3
    drawn = study(logs, keep)
    by_reader, by_case = unit_tests(drawn, blocks_of(drawn), [])
    both = keep.all(axis=1)
    differences = np.where(both, logs[:, 0] - logs[:, 1], np.nan)
    for tests, axis in ((by_reader, 1), (by_case, 0)):
        means = np.nanmean(differences, axis=axis)
        # Arms are numbered by name; "by hand" comes first here as in the draw.
        assert np.log(tests.paired_t[0].ratio) == pytest.approx(np.nanmean(means))
        assert tests.paired_t[0].n == np.isfinite(means).sum()


def test_cases_read_once_are_paired_by_reader_and_by_case_over_readers():
    """A Latin square: each reader reads each case once, in an arm that rotates."""
    logs = cells(np.random.default_rng(2), (3, 3, 6))
    reader, arm, case = np.indices(logs.shape)
    drawn = study(logs, keep=(reader + case) % 3 == arm)
    assert blocks_of(drawn).units == ("reader",)
    by_reader, by_case = unit_tests(drawn, blocks_of(drawn), [])
    assert {test.n for test in by_reader.paired_t} == {3}
    assert {test.n for test in by_case.paired_t} == {6}


def test_what_is_not_tested_is_said():
    notes = []
    given = paired([60.0, 70.0, 80.0], [30.0, 35.0, 40.0])
    (tests,) = unit_tests(given, blocks_of(given), notes)
    assert tests.paired_t == ()
    assert "3 pairs, too few or all alike" in notes[0]


def test_holm_steps_down():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.4, 0.6]) == pytest.approx([0.8, 0.8])
