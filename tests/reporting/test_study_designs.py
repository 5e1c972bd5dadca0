"""The designs: balance, each reading at most as designed, the order of periods, and the seed."""

from collections import Counter, defaultdict
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.study_designs import (
    DESIGNS,
    Allocation,
    DesignInvalid,
    PlannedCase,
    PlannedReader,
    allocate,
    balance,
    latin_square,
    williams_sequences,
)


@st.composite
def studies(draw, *designs):
    arms = draw(st.integers(2, 4))
    cases = draw(st.integers(arms, 20))
    strata = draw(st.integers(1, 3))
    return Allocation(
        design=draw(st.sampled_from(designs or tuple(DESIGNS))),
        readers=[PlannedReader(f"R{n}", f"x{n % 2}") for n in range(draw(st.integers(1, 9)))],
        cases=[
            *(PlannedCase(f"C{n}", f"s{n % strata}") for n in range(cases)),
            *(PlannedCase(f"P{n}", "", True) for n in range(draw(st.integers(0, 3)))),
        ],
        arms=[f"A{n}" for n in range(arms)],
        seed=draw(st.integers(0, 2**40)),
    )


def real(readings):
    return [reading for reading in readings if reading.period]


@given(studies())
def test_a_reader_reads_a_case_as_often_as_the_design_says(study):
    counts = Counter((r.reader, r.case) for r in real(allocate(study)))
    times = len(study.arms) if study.design == "crossover" else 1
    assert set(counts.values()) == {times}
    assert len(counts) == len(study.readers) * len(study.real)


@given(studies())
def test_nobody_reads_a_case_twice_in_an_arm_or_in_a_period(study):
    readings = real(allocate(study))
    assert len({(r.reader, r.case, r.arm) for r in readings}) == len(readings)
    assert len({(r.reader, r.case, r.period) for r in readings}) == len(readings)


@given(studies())
def test_practice_comes_first_then_the_periods_in_their_order(study):
    for reader in study.readers:
        mine = [r for r in allocate(study) if r.reader == reader.id]
        assert [r.position for r in mine] == list(range(1, len(mine) + 1))
        assert [r.period for r in mine] == sorted(r.period for r in mine)
        assert {r.case for r in mine if not r.period} == {case.id for case in study.practice}


@given(studies())
def test_the_same_seed_gives_the_same_allocation_whatever_the_order_of_the_cases(study):
    turned = Allocation(
        study.design, study.readers, [*study.real[::-1], *study.practice], study.arms, study.seed
    )
    assert set(allocate(study)) == set(allocate(turned))


def test_another_seed_gives_another_order():
    cases = [PlannedCase(f"C{n}") for n in range(12)]
    orders = {
        tuple(r.case for r in allocate(Allocation("parallel", [PlannedReader("R")], cases, "A", n)))
        for n in range(5)
    }
    assert len(orders) == 5


@given(studies("latin", "williams", "incomplete"))
def test_the_arms_of_a_reader_and_of_a_stratum_differ_by_one_case_at_most(study):
    stratum = {case.id: case.stratum for case in study.cases}
    readings = real(allocate(study))
    for reader in study.readers:
        mine = [r for r in readings if r.reader == reader.id]
        for group in [mine] + [
            [r for r in mine if stratum[r.case] == s] for s in set(stratum.values())
        ]:
            counts = Counter(r.arm for r in group)
            assert not group or max(counts.values()) - min(counts[a] for a in study.arms) <= 1


@given(studies("crossover", "latin", "williams"))
def test_one_arm_fills_a_period_and_no_arm_comes_twice(study):
    periods = defaultdict(set)
    for reading in real(allocate(study)):
        periods[reading.reader, reading.period].add(reading.arm)
    assert all(len(arms) == 1 for arms in periods.values())
    for reader in study.readers:
        order = [periods[reader.id, p] for p in range(1, len(study.arms) + 1)]
        assert len(set.union(*order)) == len(study.arms)


@pytest.mark.parametrize("design", ["crossover", "latin", "williams", "incomplete"])
@pytest.mark.parametrize("arms", [2, 3, 4])
def test_with_full_sets_of_sequences_everything_is_balanced(design, arms):
    study = Allocation(
        design,
        [PlannedReader(f"R{n}") for n in range(arms * (arms if arms % 2 == 0 else 2 * arms))],
        [PlannedCase(f"C{n}", f"s{n % 2}") for n in range(arms * 4)],
        [f"A{n}" for n in range(arms)],
        7,
    )
    report = balance(study, allocate(study))
    assert report.by_reader.spread == report.by_period.spread == report.case_spread == 0
    assert report.by_stratum.spread == 0
    assert report.notes == ()


def test_the_report_says_what_is_not_balanced():
    study = Allocation(
        "latin", [PlannedReader("R1")], [PlannedCase(f"C{n}") for n in range(5)], ["A", "B"], 1
    )
    notes = " ".join(balance(study, allocate(study)).notes)
    assert "up to 1 cases" in notes
    assert "not read equally often" in notes


@given(st.integers(1, 9))
def test_in_williams_sequences_each_arm_follows_each_other_equally_often(size):
    rows = williams_sequences(size)
    assert all(sorted(row) == list(range(size)) for row in rows)
    after = Counter(pair for row in rows for pair in pairwise(row))
    assert len(after) == size * (size - 1)
    assert len(set(after.values())) <= 1


@given(st.integers(1, 9))
def test_a_latin_square_has_each_arm_once_in_rows_and_columns(size):
    rows = latin_square(size)
    for line in [*rows, *zip(*rows, strict=True)]:
        assert sorted(line) == list(range(size))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"readers": []}, "readers first"),
        ({"cases": [PlannedCase("P", "", True)]}, "cases first"),
        ({"arms": ["A"]}, "at least 2 arms"),
        ({"arms": ["A", "B", "C"]}, "fewer cases than blocks"),
        ({"arms": ["A", "A"]}, "named twice"),
        ({"design": "coin"}, "no design"),
    ],
)
def test_what_cannot_be_made_is_said(change, words):
    columns = {
        "design": "latin",
        "readers": [PlannedReader("R")],
        "cases": [PlannedCase("C"), PlannedCase("D")],
        "arms": ["A", "B"],
        "seed": 1,
    }
    with pytest.raises(DesignInvalid, match=words):
        allocate(Allocation(**{**columns, **change}))
