"""How the figures look, and how they are written: the same figure gives the same bytes."""

from io import BytesIO
from typing import Any

import matplotlib as mpl
from matplotlib import ticker
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

# Okabe and Ito's colours; each comes with a marker and a line, so that no arm is told by colour
# alone.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
LINES = ("-", "--", "-.", ":")
GREY, PALE = "#555555", "#b8b8b8"
FORMATS = {
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    "png": {"Software": None},
}
_SETTINGS: Any = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.hashsalt": "concludo",
}


def colour(index: int) -> str:
    """Return the colour of an arm."""
    return COLOURS[index % len(COLOURS)]


def marker(index: int) -> str:
    """Return the marker of an arm."""
    return MARKERS[index % len(MARKERS)]


def line(index: int) -> str:
    """Return the line style of an arm."""
    return LINES[index % len(LINES)]


def panels(
    width: float, height: float, rows: int = 1, columns: int = 1
) -> tuple[Figure, list[Axes]]:
    """Return a figure of so many inches, and its axes row by row, which share the scale of y."""
    with mpl.rc_context(_SETTINGS):
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False, sharey=columns > 1)
    return figure, [item for row in axes for item in row]


def written(figure: Figure, kind: str) -> bytes:
    """Return the figure as "svg", "pdf" or "png" (200 dots per inch), without a date."""
    into = BytesIO()
    for text in figure.findobj(Text):
        # A dollar in a name is a dollar.
        text.set_parse_math(False)
    with mpl.rc_context(_SETTINGS):
        if figure.get_layout_engine() is not None:
            # Laid out once: each further pass would move things by a hair.
            figure.draw_without_rendering()
            figure.set_layout_engine("none")
        figure.savefig(into, format=kind, dpi=200, metadata=FORMATS[kind])
    return into.getvalue()


def title(axes: Axes, text: str) -> None:
    """Write a title above the left end of the axes."""
    axes.set_title(text, loc="left", fontsize=9)


def seconds(axes: Axes, which: str, label: str) -> None:
    """Make the axis "x" or "y" one of seconds on a logarithmic scale, with plain numbers."""
    axes.set(**{f"{which}scale": "log", f"{which}label": f"{label} (log scale)" if label else ""})
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5), numticks=12))
    axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(ticker.NullLocator())
