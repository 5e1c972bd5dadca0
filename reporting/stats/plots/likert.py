"""Likert bars: shares of the scores by arm, centred on the middle of the scale."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reporting.stats.plots.style import GREY, panels
from reporting.stats.study import Array

# From low to high; the texts on them stay readable, and a hatch tells the two lowest in grey too.
_SHADES = ("#b2182b", "#ef8a62", "#f0f0f0", "#67a9cf", "#2166ac")

# Smaller shares, in percent, have no room for their number.
SHOWN = 7


def likert_bars(counts: Mapping[str, Sequence[int]], labels: Sequence[str]) -> Figure:
    """Return stacked bars, one a name (an arm, or an arm and a dimension), with how often each
    score was given, lowest first; `labels` name the scores."""
    levels = len(labels)
    figure, (axes,) = panels(7, 1.5 + 0.42 * len(counts))
    paints = _paints(levels)
    for row, given in enumerate(counts.values()):
        shares = 100 * np.array(given, dtype=float) / max(sum(given), 1)
        _bar(axes, row, shares, paints, labels if row == 0 else [None] * levels)
    axes.axvline(0, color=GREY, linewidth=0.8)
    names = [f"{name} (n = {sum(given)})" for name, given in counts.items()]
    axes.set_yticks(range(len(counts)), names)
    axes.invert_yaxis()
    axes.xaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")
    axes.set_xlabel("% of ratings, lower scores to the left")
    figure.legend(loc="outside upper center", ncols=levels, fontsize=8, frameon=False)
    low, high = axes.dataLim.intervalx
    axes.set_xlim(low - 2, high + 2)
    return figure


def _bar(
    axes: Axes, row: int, shares: Array, paints: Sequence[str], labels: Sequence[str | None]
) -> None:
    levels = len(shares)
    left = -(shares[: levels // 2].sum() + (shares[levels // 2] / 2 if levels % 2 else 0))
    for level, share in enumerate(shares):
        low = level < levels // 2
        axes.barh(
            row,
            share,
            left=left,
            color=paints[level],
            edgecolor="white" if low else GREY,
            hatch="///" if low else None,
            linewidth=0.5,
            label=labels[level],
        )
        if share >= SHOWN:
            dark = abs(2 * level - levels + 1) > levels / 2
            paint = "white" if dark else "black"
            place: dict[str, Any] = {"ha": "center", "va": "center"}
            axes.text(left + share / 2, row, f"{share:.0f}", color=paint, fontsize=8, **place)
        left += share


def _paints(levels: int) -> list[str]:
    """Return a colour for each level by picking from, or repeating, those from low to high."""
    places = np.linspace(0, len(_SHADES) - 1, levels)
    return [_SHADES[round(place)] for place in places]
