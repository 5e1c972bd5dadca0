"""The primary model: effects recovered, what must not matter, and data that do not allow it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporting.stats import reml
from reporting.stats.primary import primary_model
from reporting.stats.study import crossing, study_of
from tests.stats.studies import ARMS, Spread, cells, readings, study

EFFECTS = (0.0, -0.3, -0.8)


def draw(seed=0, shape=(8, 3, 20), spread=None, effects=EFFECTS):
    return cells(np.random.default_rng(seed), shape, spread, effects)


def gaps(shape, seed=0, share=0.2):
    return np.random.default_rng(seed).random(shape) >= share


def sessions(shape):
    reader, arm, case = np.indices(shape)
    return (arm + reader + case) % 3


def test_a_complete_study_is_tested_in_closed_form_and_its_ratios_are_found():
    model = primary_model(study(draw(shape=(12, 3, 60))), [])
    assert model.method == "anova"
    assert model.arm.p < 1e-6
    for contrast in model.contrasts:
        true = EFFECTS[ARMS.index(contrast.arm)] - EFFECTS[ARMS.index(contrast.reference)]
        # Four standard errors.
        assert abs(contrast.log_difference - true) < 4 * contrast.se
        assert contrast.ci.low < contrast.ratio < contrast.ci.high
        assert contrast.p <= contrast.p_holm


def test_an_incomplete_study_is_fitted_by_reml_and_its_parts_are_found():
    spread = Spread(reader=0.3, case=0.4, reader_arm=0.15, case_arm=0.15, residual=0.3)
    logs = draw(3, (30, 3, 60), spread)
    model = primary_model(study(logs, gaps(logs.shape)), [])
    assert model.method == "reml"
    assert {part.name: part.sd for part in model.components} == pytest.approx(
        {"reader": 0.3, "case": 0.4, "reader x arm": 0.15, "case x arm": 0.15, "residual": 0.3},
        rel=0.25,
    )
    assert [c.log_difference for c in model.contrasts] == pytest.approx([0.3, 0.8, 0.5], abs=0.15)
    assert model.residuals.qq > 0.995
    assert model.residuals.shapiro_p > 0.001


def test_in_closed_form_the_arms_are_tested_as_by_reml_with_reader_x_case_random_too():
    logs = draw(1, (8, 3, 12), Spread(0.3, 0.4, 0.3, 0.3, 0.2))
    logs += np.random.default_rng(2).normal(0, 0.3, (8, 1, 12))
    drawn = study(logs)
    closed = primary_model(drawn, [])
    x = np.column_stack([np.ones(len(drawn.times)), drawn.arm.indicators()])
    pairs = ("reader", "arm"), ("case", "arm"), ("reader", "case")
    terms = [reml.Term(name, factor.codes) for name, factor in drawn.units()]
    terms += [
        reml.Term(" x ".join(pair), crossing(*(getattr(drawn, name) for name in pair)))
        for pair in pairs
    ]
    fitted = reml.fit(drawn.logs, x, terms)
    assert all(fitted.variances > 0)
    test = reml.f_test(fitted, np.eye(3)[1:])
    assert closed.method == "anova"
    assert test.statistic == pytest.approx(closed.arm.statistic, rel=1e-6)


def shuffled(rows, seed):
    order = np.random.default_rng(seed).permutation(len(rows))
    return [rows[index] for index in order]


@pytest.mark.parametrize("share", [0.0, 0.2])
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 1000), unit=st.floats(1e-3, 1e3))
def test_order_of_rows_and_unit_of_time_change_nothing_but_the_intercept(share, seed, unit):
    shape = (4, 3, 6)
    rows = readings(draw(seed, shape), gaps(shape, seed, share))
    scaled = [replace(r, time=r.time * unit) for r in shuffled(rows, seed)]
    first, second = (primary_model(study_of(given), []) for given in (rows, scaled))
    assert first.method == second.method
    assert second.arm.statistic == pytest.approx(first.arm.statistic, rel=1e-5)
    assert second.arm.df_error == pytest.approx(first.arm.df_error, rel=1e-4)
    for one, other in zip(first.contrasts, second.contrasts, strict=True):
        assert other.ratio == pytest.approx(one.ratio, rel=1e-6)
        assert other.p_holm == pytest.approx(one.p_holm, rel=1e-3, abs=1e-9)


@pytest.mark.parametrize("share", [0.0, 0.2])
def test_names_of_arms_change_nothing_but_the_sides(share):
    shape = (6, 3, 10)
    rows = readings(draw(5, shape), gaps(shape, 5, share))
    names = {ARMS[0]: "z", ARMS[1]: "y", ARMS[2]: "a"}
    renamed = [replace(r, arm=names[r.arm]) for r in rows]
    first, second = (primary_model(study_of(given), []) for given in (rows, renamed))
    assert second.arm.statistic == pytest.approx(first.arm.statistic, rel=1e-6)
    by_pair = {frozenset((c.arm, c.reference)): c for c in second.contrasts}
    for one in first.contrasts:
        other = by_pair[frozenset((names[one.arm], names[one.reference]))]
        same = other.arm == names[one.arm]
        assert other.ratio ** (1 if same else -1) == pytest.approx(one.ratio, rel=1e-7)
        assert (other.se, other.p_holm) == pytest.approx((one.se, one.p_holm), rel=1e-5)


@pytest.mark.parametrize("share", [0.0, 0.2])
def test_periods_are_swept_out(share):
    shape = (6, 3, 12)
    logs, when, keep = draw(2, shape), sessions(shape), gaps(shape, 2, share)
    late = logs + np.array([0.0, 0.5, -0.4])[when]
    first, second = (primary_model(study(drawn, keep, when), []) for drawn in (logs, late))
    assert second.arm.statistic == pytest.approx(first.arm.statistic, rel=1e-5)
    assert second.period.p < 1e-6
    assert [c.ratio for c in second.contrasts] == pytest.approx(
        [c.ratio for c in first.contrasts], rel=1e-5
    )


def test_periods_shared_unevenly_are_fitted_jointly():
    shape = (6, 3, 12)
    reader, arm, case = np.indices(shape)
    when = np.where((case < 2) & (arm == 0), 0, (arm + reader + case) % 3)
    model = primary_model(study(draw(2, shape), period=when), [])
    assert model.method == "reml"
    assert "jointly" in model.why


def test_a_period_that_is_the_arm_is_said():
    shape = (4, 3, 6)
    notes = []
    model = primary_model(study(draw(2, shape), period=np.indices(shape)[1]), notes)
    assert model.period is None
    assert any("cannot be told from the arms" in note for note in notes)


@pytest.mark.parametrize(
    ("shape", "note"),
    [((1, 3, 10), "one reader"), ((2, 3, 1), "cannot tell case"), ((1, 2, 1), "recurs")],
)
def test_what_the_data_do_not_allow_is_said(shape, note):
    notes = []
    primary_model(study(draw(0, shape, effects=EFFECTS[: shape[1]])), notes)
    assert any(note in text for text in notes), notes


def test_times_that_are_all_alike_are_said():
    notes = []
    assert primary_model(study(np.full((3, 2, 4), 4.0)), notes) is None
    assert "do not vary" in notes[0]


def test_parallel_readers_are_compared_with_the_readers_as_error():
    shape = (12, 2, 8)
    reader, arm, _ = np.indices(shape)
    notes = []
    drawn = study(draw(4, shape, effects=(0, 1)), reader % 2 == arm)
    model = primary_model(drawn, notes)
    assert model.arm.df_error < 30
    assert any("reader x arm" in note for note in notes)


def test_unequal_spread_is_seen():
    logs = draw(6, (10, 2, 30), effects=(0, 0))
    logs[:, 1] += np.random.default_rng(0).normal(0, 0.8, (10, 30))
    checks = primary_model(study(logs), []).residuals
    assert checks.spread_p < 1e-6
    assert checks.spread_ratio > 1.5
