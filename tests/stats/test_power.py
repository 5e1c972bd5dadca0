"""Power by simulation."""

import numpy as np
import pytest

from reporting.stats.cli import main
from reporting.stats.holm import holm
from reporting.stats.power import Spread, assumed, drawn, power
from reporting.stats.table import TableError

SPREAD = Spread(0.3, 0.3, 0.05, 0.05)


def test_drawn_times_have_the_means_and_sds_that_were_given():
    given = assumed([56, 125, 90.8], [30, 66, 48], SPREAD)
    times = np.exp(drawn(np.random.default_rng(0), given, SPREAD, (4000, 2, 2)))
    assert times.mean(axis=(0, 1, 3)) == pytest.approx([56, 125, 90.8], rel=0.03)
    assert times.std(axis=(0, 1, 3)) == pytest.approx([30, 66, 48], rel=0.06)


def test_power_is_the_level_under_the_null_and_rises_with_readers():
    null = power(assumed([80, 80], [45, 45], SPREAD), SPREAD, (8, 20), studies=2000)
    assert 0.03 < null.arms < 0.075
    given = assumed([80, 88], [45, 50], SPREAD)
    few, many = (power(given, SPREAD, (n, 20), studies=1000) for n in (4, 16))
    assert few.arms < many.arms
    assert many.pairs[0, 1] == many.arms


def test_holm_corrects_each_study_by_itself():
    p = np.random.default_rng(0).random((20, 4))
    assert np.array_equal(holm(p), [holm(row) for row in p])


@pytest.mark.parametrize(
    ("means", "sds", "message"),
    [([50], [9], "two arms"), ([50, 60], [9], "two arms"), ([50, -1], [9, 9], "above 0"),
     ([50, 60], [5, 5], "Lower their SDs")],
)  # fmt: skip
def test_what_cannot_be_assumed_is_said(means, sds, message):
    with pytest.raises(TableError, match=message):
        assumed(means, sds, SPREAD)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("--seed -1", "seeds are whole numbers from 0"),
        ("--sd-case nan", "SDs of log times are numbers from 0"),
        ("--sd-reader -0.1", "SDs of log times are numbers from 0"),
        ("--mean 1e300 60 --sd 30 1e300", "seconds above 0"),
        ("--readers 9999 --cases 9999", "too many"),
    ],
)
def test_options_out_of_range_end_in_a_sentence(capsys, more, message):
    command = f"power --mean 56 60 --sd 30 30 --readers 3 --cases 4 --studies 10 {more}"
    assert main(command.split()) == 2
    assert message in capsys.readouterr().err


def test_the_command_gives_a_line_for_each_size(capsys):
    command = "power --mean 56 125 90.8 --sd 30 66 48 --readers 3 6 --cases 10 --studies 50"
    assert main(command.split()) == 0
    text = capsys.readouterr().out.splitlines()
    assert len(text) == 3
    assert text[1].startswith("3 readers x 10 cases: arms ")
