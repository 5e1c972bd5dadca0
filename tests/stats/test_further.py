"""Equivalence, effect sizes, learning, carry-over, readers' ratios and gaps."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from reporting.stats.analysis import analyse
from reporting.stats.carry_over import carry_over
from reporting.stats.effects import effect_sizes
from reporting.stats.equivalence import equivalence
from reporting.stats.learning import learning
from reporting.stats.pairwise import unit_tests
from reporting.stats.primary import primary_model
from reporting.stats.reader_ratios import reader_ratios
from reporting.stats.report.make import flow_of
from reporting.stats.study import blocks_of, study_of
from reporting.stats.table import Excluded, Gap, Table, TableError
from tests.stats.studies import Spread, cells, readings, study

SHAPE = (6, 2, 20)
QUIET = Spread(0.3, 0.4, 0.02, 0.02, 0.1)


def two_arms(effect, seed=0, spread=QUIET):
    return cells(np.random.default_rng(seed), SHAPE, spread, effects=[0, effect])


def test_equivalence_is_the_90_percent_interval_within_the_margins():
    model = primary_model(study(two_arms(0.0)), [])
    contrast = model.contrasts[0]
    for margin in (1.001, 1.01, 1.05, 1.2, 2.0):
        found = equivalence(contrast, margin)
        inside = 1 / margin < found.ci.low and found.ci.high < margin
        assert found.equivalent == inside
        not_slower = contrast.ci.high < margin
        assert (contrast.arm in found.not_slower) == not_slower
    assert equivalence(contrast, 2.0).equivalent
    assert not equivalence(contrast, 1.001).equivalent


def test_a_slower_arm_is_inferior_and_the_other_is_not():
    contrast = primary_model(study(two_arms(-0.5)), []).contrasts[0]
    found = equivalence(contrast, 1.1)
    assert found.not_slower == (contrast.reference,)
    assert not found.equivalent


@pytest.mark.parametrize("margin", [1.0, 0.9, float("nan"), float("inf")])
def test_a_margin_is_a_ratio_above_one(margin):
    table = Table(tuple(readings(two_arms(0.1))), (), 0)
    with pytest.raises(TableError, match="above 1"):
        analyse(table, margin=margin)


def test_effect_sizes_are_those_of_their_formulas():
    given = study(two_arms(0.2, seed=3))
    blocks, model = blocks_of(given), primary_model(given, [])
    size = effect_sizes(given, blocks, model, None)[0]
    by_reader = blocks.by("reader").differences
    total = sum(part.variance for part in model.components)
    assert size.d == pytest.approx(model.contrasts[0].log_difference / np.sqrt(total))
    assert size.reader_g == pytest.approx(by_reader.mean() / by_reader.std(ddof=1) * (1 - 3 / 19))
    assert size.rank_biserial == pytest.approx(-1)


def test_without_pairs_the_rank_sums_are_used():
    logs = cells(np.random.default_rng(0), (8, 2, 6), QUIET, effects=[0, 3])
    reader, arm, _ = np.indices(logs.shape)
    given = study(logs, keep=(reader % 2) == arm)
    blocks = blocks_of(given)
    size = effect_sizes(given, blocks, None, unit_tests(given, blocks, [])[0])[0]
    assert size.rank_biserial == -1


def ordered(rows, slope=0.0):
    """The same readings in an order, with times that fall along it."""
    places, found = {}, []
    for row in rows:
        key = row.reader, row.arm
        places[key] = place = places.get(key, 0) + 1
        found.append(replace(row, time=row.time * np.exp(slope * place), order=place))
    return found


def test_learning_recovers_the_slope_of_each_reader_and_arm():
    logs = cells(np.random.default_rng(2), (8, 2, 40), Spread(0.3, 0, 0, 0, 0.05))
    found = learning(study_of(ordered(readings(logs), slope=-0.01)), [])
    assert len(found.readers) == 16
    inside = [item.ci.low < -0.01 < item.ci.high for item in found.readers]
    assert np.mean(inside) > 0.8
    for arm in found.arms:
        assert arm.per_ten == pytest.approx(np.exp(-0.1), abs=0.02)
        assert arm.p < 1e-4
        assert arm.per_ten_ci.low < arm.per_ten < arm.per_ten_ci.high


def test_without_an_order_there_is_no_learning_and_with_too_few_it_is_said():
    notes = []
    assert learning(study(two_arms(0)), notes) is None
    learning(study_of(ordered(readings(two_arms(0))[:2])), notes)
    assert any("too few for a slope" in note for note in notes)


def crossover(seed, after=0.0, spread=QUIET):
    """Six sequences of three periods; times after the first arm are longer by `after`."""
    shape = (12, 3, 20)
    logs = cells(np.random.default_rng(seed), shape, spread)
    orders = [(0, 1, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0), (0, 2, 1), (1, 0, 2)]
    period = np.zeros(shape, dtype=int)
    for reader in range(12):
        for place, arm in enumerate(orders[reader % 6]):
            period[reader, arm] = place
            if place and orders[reader % 6][place - 1] == 0:
                logs[reader, arm] += after
    return readings(logs, period=period)


def test_carry_over_is_found_where_it_is_and_not_where_it_is_not():
    quiet = carry_over(study_of(crossover(0)), [])
    loud = carry_over(study_of(crossover(0, after=0.3)), [])
    assert quiet.by == loud.by == "period"
    assert quiet.before.p > 0.01
    assert loud.before.p < 1e-3
    firsts = [cell for cell in loud.cells if cell.before is None]
    assert sum(cell.n for cell in firsts) == 12 * 20


def test_who_missed_a_period_comes_from_the_one_before():
    rows = [r for r in crossover(0) if (r.reader, r.period) != ("r00", "p1")]
    found = carry_over(study_of(rows), [])
    assert sum(cell.n for cell in found.cells if cell.before is None) == 12 * 20


def test_mixed_arms_are_followed_reading_by_reading():
    rng = np.random.default_rng(0)
    rows = readings(two_arms(0.0))
    places = {
        reader: iter(rng.permutation(40) + 1) for reader in sorted({row.reader for row in rows})
    }
    found = carry_over(
        study_of([replace(row, order=int(next(places[row.reader]))) for row in rows]), []
    )
    assert found.by == "reading"
    assert found.before.df == 1
    assert found.interaction.df == 1
    assert sum(cell.n for cell in found.cells if cell.before is None) == 6


def test_periods_follow_by_the_numbers_in_their_names():
    names = {"p0": "session 2", "p1": "session 9", "p2": "session 10"}
    rows = crossover(0, after=0.3)
    plain = carry_over(study_of(rows), [])
    renamed = carry_over(study_of([replace(r, period=names[r.period]) for r in rows]), [])
    assert renamed.cells == plain.cells


def test_readers_ratios_are_paired_t_tests_over_cases():
    logs = two_arms(-0.4)
    found = reader_ratios(study(logs), blocks_of(study(logs)))
    assert [item.reader for item in found] == [f"r{i:02}" for i in range(6)]
    for item, one in zip(found, logs, strict=True):
        result = stats.ttest_rel(one[0], one[1])
        low, high = np.exp(result.confidence_interval())
        assert item.paired
        assert item.ratio == pytest.approx(np.exp((one[0] - one[1]).mean()))
        assert (item.ci.low, item.ci.high) == pytest.approx((low, high))


def test_missing_readings_are_listed_and_what_was_done_is_counted():
    rows = readings(two_arms(0.1))
    gap = Gap(rows[0].reader, rows[0].case, rows[0].arm)
    found = analyse(Table(tuple(rows[2:]), (gap,), 0)).missing
    assert found.planned == len(rows)
    assert [cell.recorded for cell in found.cells] == [True, False]
    by_name = {item.analysis: item for item in found.treatments}
    assert by_name["primary model"].used == len(rows) - 2
    assert "missing at random" in by_name["primary model"].how
    paired = next(item for name, item in by_name.items() if name.startswith("paired"))
    assert (paired.used, paired.of) == (118, 120)


def test_without_cases_each_row_without_a_time_is_a_missing_reading():
    rows = [replace(row, case="") for row in readings(two_arms(0.1))]
    gap = Gap(rows[0].reader, "", rows[0].arm)
    whole, found = (analyse(Table(tuple(rows), gaps, 0)).missing for gaps in ((), (gap, gap)))
    assert (whole.planned, whole.cells) == (len(rows), ())
    assert (found.planned, len(found.cells)) == (len(rows) + 2, 2)
    assert all(cell.recorded for cell in found.cells)


def test_a_reading_repeated_with_success_is_not_missing():
    rows = readings(two_arms(0.1))
    gap = Gap(rows[0].reader, rows[0].case, rows[0].arm)
    found = analyse(Table(tuple(rows), (gap,), 0)).missing
    assert (found.planned, found.cells) == (len(rows), ())


def test_a_reading_left_out_by_a_rule_is_not_missing_and_the_flow_says_the_rule():
    rows = readings(two_arms(0.1))
    out = Excluded(rows[0].reader, rows[0].case, rows[0].arm, "Interrupted")
    table = Table(tuple(rows[1:]), (), 0, (out,))
    analysis = analyse(table)
    assert analysis.missing.cells == ()
    assert any(note.startswith("1 rows are left out") for note in analysis.notes)
    flow = flow_of(table)
    assert flow.steps[0].left_out == ("1 left out: Interrupted",)
    assert [arm[1].text for arm in flow.arms] == ["119 analysed", "120 analysed"]


def test_what_was_never_planned_is_not_missing():
    logs = two_arms(0.1)
    reader, arm, case = np.indices(logs.shape)
    found = analyse(Table(tuple(readings(logs, keep=(reader + case) % 2 == arm)), (), 0))
    assert not found.missing.crossed
    assert found.missing.cells == ()
    assert not any("have no time" in note for note in found.notes)
