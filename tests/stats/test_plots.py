"""Figures: what is drawn, in which words, and always the same bytes."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.text import Text

from reporting.stats.analysis import analyse
from reporting.stats.plots.flow import Flow, Step, flow_diagram
from reporting.stats.plots.likert import likert_bars
from reporting.stats.plots.of_study import figures_of
from reporting.stats.plots.style import written
from reporting.stats.study import study_of
from reporting.stats.table import Table
from tests.stats.studies import cells, readings


@pytest.fixture(scope="module")
def table():
    rows = readings(cells(np.random.default_rng(0), (4, 3, 6), effects=[0, -0.3, -0.8]))
    return Table(tuple(replace(r, order=1 + i % 18) for i, r in enumerate(rows)), (), 0)


def figures(table):
    analysis = analyse(table, margin=1.2)
    return figures_of(analysis, study_of(table.readings))


def words(figure):
    return {text.get_text() for text in figure.findobj(Text) if text.get_text()}


def test_the_figures_name_arms_and_readers(table):
    found = figures(table)
    assert list(found) == ["times", "forest", "learning", "residuals"]
    assert {"by hand\nn = 24", "free text\nn = 24", "model\nn = 24"} <= words(found["times"])
    assert {"r00", "r03", "primary model", "by hand / model"} <= words(found["forest"])
    assert any(text.startswith("model\n×") for text in words(found["learning"]))


def test_the_same_study_gives_the_same_bytes_whatever_was_written_before(table):
    first, second = figures(table), figures(table)
    for name, figure in first.items():
        written(figure, "png")
        assert written(figure, "svg") == written(second[name], "svg")
        assert written(figure, "pdf") == written(second[name], "pdf")
        assert b"<dc:date>" not in written(figure, "svg")


def test_a_small_study_has_the_figures_that_it_can_have():
    rows = readings(cells(np.random.default_rng(0), (1, 2, 1)))
    found = figures(Table(tuple(rows), (), 0))
    assert "learning" not in found
    for figure in found.values():
        assert written(figure, "png").startswith(b"\x89PNG")


def test_names_are_drawn_as_they_are():
    for name in ("$x$ _^", "a $", "<b>&"):
        assert written(likert_bars({name: [1, 2, 3]}, ["a", "b", "c"]), "svg").startswith(b"<?xml")


@pytest.mark.parametrize("levels", [2, 4, 5, 7])
def test_likert_bars_are_shares_around_the_middle(levels):
    given = list(range(1, levels + 1))
    figure = likert_bars({"arm": given, "none": [0] * levels}, list("abcdefg")[:levels])
    bars = [bar for bar in figure.axes[0].patches if bar.get_y() < 0.5]
    assert sum(bar.get_width() for bar in bars) == pytest.approx(100)
    below = 100 * (sum(given[: levels // 2]) + levels % 2 * given[levels // 2] / 2) / sum(given)
    assert bars[0].get_x() == pytest.approx(-below)
    assert {f"arm (n = {sum(given)})", "none (n = 0)"} <= words(figure)


def test_the_flow_says_every_step_and_what_left():
    arms = tuple(
        (Step(name), Step("715 analysed", ("5 left out",))) for name in ("by hand", "model")
    )
    figure = flow_diagram(
        Flow((Step("14 readers", ("2 left: no time",)), Step("12 randomised")), arms)
    )
    found = words(figure)
    assert {"14 readers", "2 left: no time", "12 randomised", "by hand", "model"} <= found
    assert "715 analysed\n5 left out" in found
    assert flow_diagram(Flow((Step("one"), Step("two", ("one left",))))).get_size_inches()[0] > 1
