"""Numbers of an arm, and intervals that resample readers and cases."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporting.stats.bootstrap import resamples
from reporting.stats.descriptives import _moments, arm_summary, ratio
from reporting.stats.study import blocks_of, study_of
from reporting.stats.table import Reading
from tests.stats.studies import Spread, cells, readings, study


def drawn(given, seed=0):
    return resamples(given, np.random.default_rng(seed), [])


def test_an_arm_is_described():
    rows = [Reading(t, "a", f"r{i}", "c") for i, t in enumerate([10.0, 20.0, 40.0, 80.0])]
    given = study_of([*rows, Reading(5.0, "b", "r0", "c")])
    arm = arm_summary(given, 0, {"a": 2}, drawn(given))
    assert (arm.n, arm.missing, arm.readers, arm.cases) == (4, 2, 4, 1)
    assert (arm.mean, arm.median, arm.q1, arm.q3, arm.iqr) == (37.5, 30, 17.5, 50, 32.5)
    assert arm.sd == pytest.approx(np.std([10, 20, 40, 80], ddof=1))
    assert arm.geometric_mean == pytest.approx((10 * 20 * 40 * 80) ** 0.25)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(1, 1e4), st.integers(0, 4)), min_size=2, max_size=12))
def test_a_weight_counts_a_time_as_if_it_were_written_that_often(pairs):
    times, weights = (np.array(column, dtype=float) for column in zip(*sorted(pairs), strict=True))
    written = np.repeat(times, weights.astype(int))
    found = _moments(times, weights[None])[:, 0]
    if not len(written):
        assert np.isnan(found).all()
        return
    assert found[0] == pytest.approx(written.mean())
    assert found[2:5] == pytest.approx(np.percentile(written, [25, 50, 75]))
    assert found[5] == pytest.approx(np.log(written).mean())
    if len(written) > 1:
        assert found[1] == pytest.approx(written.std(ddof=1), abs=1e-4)


def test_intervals_are_as_wide_as_readers_and_cases_make_them():
    spread = Spread(reader=0.3, case=0.4, reader_arm=0, case_arm=0, residual=0.1)
    logs = cells(np.random.default_rng(1), (40, 2, 40), spread)
    given = study(logs)
    arm = arm_summary(given, 0, {}, drawn(given))
    half = np.log(arm.geometric_mean_ci.high / arm.geometric_mean_ci.low) / 2
    means = logs[:, 0].mean(axis=1).var(ddof=1) / 40 + logs[:, 0].mean(axis=0).var(ddof=1) / 40
    assert half == pytest.approx(1.96 * np.sqrt(means), rel=0.1)
    # By rows the interval would be far too narrow.
    assert half > 2 * 1.96 * logs[:, 0].std() / 40


def test_a_ratio_within_readers_is_free_of_their_differences():
    spread = Spread(reader=2, case=2, reader_arm=0.05, case_arm=0.05, residual=0.1)
    logs = cells(np.random.default_rng(1), (20, 2, 30), spread, effects=[0.5, 0])
    given = study(logs)
    found = ratio(given, (0, 1), blocks_of(given), drawn(given))
    assert found.paired
    assert found.ratio == pytest.approx(np.exp(0.5), rel=0.1)
    assert found.ci.low < found.ratio < found.ci.high
    assert np.log(found.ci.high / found.ci.low) < 0.2


def test_a_latin_square_is_paired_by_reader_and_resamples_cases_too():
    logs = cells(np.random.default_rng(4), (30, 2, 30), Spread(2, 0.1, 0, 0, 0.1), [0.5, 0])
    reader, arm, case = np.indices(logs.shape)
    given = study(logs, keep=(reader + case) % 2 == arm)
    found = ratio(given, (0, 1), blocks_of(given), drawn(given))
    assert (found.paired, found.n) == (True, 30)
    assert found.ci.low < np.exp(0.5) < found.ci.high
    assert np.log(found.ci.high / found.ci.low) < 0.2


def test_without_pairs_all_readings_count():
    logs = cells(np.random.default_rng(4), (30, 2, 5), Spread(reader=0.2))
    reader, arm, _ = np.indices(logs.shape)
    given = study(logs, keep=reader % 2 == arm)
    found = ratio(given, (0, 1), blocks_of(given), drawn(given))
    assert found.paired is False
    assert found.n == 150


@pytest.mark.parametrize(
    ("shape", "units"),
    [((4, 2, 5), "readers and cases"), ((1, 2, 5), "cases"), ((4, 2, 1), "readers"),
     ((1, 2, 1), "readings")],
)  # fmt: skip
def test_what_is_there_once_is_not_resampled(shape, units):
    notes = []
    given = study(cells(np.random.default_rng(0), shape))
    assert resamples(given, np.random.default_rng(0), notes).units == units
    assert bool(notes) == (shape[0] < 5)


def test_a_seed_gives_the_same_intervals_in_any_order_of_rows():
    rows = readings(cells(np.random.default_rng(0), (3, 2, 4)))
    given, turned = study_of(rows), study_of(rows[::-1])
    one, two = (arm_summary(each, 0, {}, drawn(each, 7)) for each in (given, turned))
    assert one == two
    assert one != arm_summary(given, 0, {}, drawn(given, 8))
