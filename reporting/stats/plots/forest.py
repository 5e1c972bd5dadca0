"""Forest of ratios: each reader's, and the primary model's below."""

from collections.abc import Sequence

import numpy as np
from matplotlib import ticker
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reporting.stats.plots.style import COLOURS, GREY, PALE, panels, title
from reporting.stats.primary import Contrast
from reporting.stats.reader_ratios import ReaderRatio


def forest(
    readers: Sequence[ReaderRatio], contrasts: Sequence[Contrast], margin: float | None = None
) -> Figure:
    """Return a panel for each pair of arms that has a reader's ratio or a contrast."""
    pairs = list(
        dict.fromkeys(
            [(item.arm, item.reference) for item in contrasts]
            + [(item.arm, item.reference) for item in readers]
        )
    )
    names = list(dict.fromkeys(item.reader for item in readers))
    height = 1.5 + 0.22 * (len(names) + 2)
    figure, panel = panels(1.3 + 2.6 * len(pairs), height, columns=len(pairs))
    for axes, pair in zip(panel, pairs, strict=True):
        mine = {item.reader: item for item in readers if (item.arm, item.reference) == pair}
        overall = [item for item in contrasts if (item.arm, item.reference) == pair]
        _panel(axes, names, mine, overall, margin)
        title(axes, f"{pair[0]} / {pair[1]}")
    rows = [-1.0 - index for index in range(len(names))]
    if contrasts:
        rows.append(-len(names) - 1.5)
    panel[0].set_yticks(rows, [*names, "primary model"][: len(rows)])
    panel[0].set_ylim(-len(names) - 2.2, -0.3)
    label = "ratio of geometric means, 95 % CI (log scale); below 1 the first is faster"
    figure.supxlabel(label, fontsize=9)
    return figure


def _panel(
    axes: Axes,
    names: Sequence[str],
    readers: dict[str, ReaderRatio],
    overall: Sequence[Contrast],
    margin: float | None,
) -> None:
    axes.axvline(1, color=GREY, linewidth=0.8)
    if margin:
        axes.axvspan(1 / margin, margin, color=PALE, alpha=0.35, linewidth=0)
    shown = [1.0]
    for row, name in enumerate(names, start=1):
        if name in readers:
            shown += _mark(axes, -row, readers[name], "o", COLOURS[0], 4)
    for item in overall:
        shown += _mark(axes, -len(names) - 1.5, item, "D", COLOURS[1], 7)
    axes.set_xscale("log")
    low, high = min(shown) / 1.08, max(shown) * 1.08
    axes.set_xlim(low, high)
    axes.xaxis.set_major_locator(ticker.FixedLocator(_ticks(low, high)))
    axes.xaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(ticker.NullLocator())
    axes.tick_params(axis="y", length=0)


def _mark(
    axes: Axes, row: float, item: ReaderRatio | Contrast, shape: str, paint: str, size: float
) -> list[float]:
    """Draw one ratio and return what has to be in view."""
    ratio, ci = item.ratio, item.ci
    if ci:
        axes.plot([ci.low, ci.high], [row, row], color=paint, linewidth=1.4, solid_capstyle="butt")
    axes.plot([ratio], [row], shape, color=paint, markersize=size)
    return [ratio, ci.low, ci.high] if ci else [ratio]


def _ticks(low: float, high: float) -> list[float]:
    """Return some four round ratios within the range, 1 among them."""
    for steps in ((10, 100), (2, 5, 10, 20, 50), (1.5, 2, 3, 4), (1.25, 1.5), (1.1, 1.2, 1.3)):
        every = sorted({1.0, *map(float, steps), *(1 / step for step in steps)})
        rounded = [float(np.round(value, 2)) for value in every]
        inside = [value for value in rounded if low <= value <= high]
        if len(inside) >= 3:
            return inside
    return [1.0]
