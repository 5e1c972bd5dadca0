"""Flow diagram in the manner of CONSORT: who and what came in, was left out, and was analysed."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reporting.stats.plots.style import GREY, panels

WIDTH = 40
LINE, PAD, GAP = 0.17, 0.14, 0.3


@dataclass(frozen=True, slots=True)
class Step:
    """A box of the flow with what left before the next one, as texts with their counts."""

    text: str
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Flow:
    """The steps that all share, from above to below, and then the arms side by side."""

    steps: tuple[Step, ...]
    arms: tuple[tuple[Step, ...], ...] = ()


def flow_diagram(flow: Flow) -> Figure:
    """Return the diagram."""
    across = max(len(flow.arms), 2)
    width, arm_width = 2.45 * across, 2.45
    column = WIDTH // 2 + 8 if len(flow.arms) > 1 else WIDTH
    figure, (axes,) = panels(width, 1)
    axes.set_axis_off()
    trunk_x = width / 2 if flow.arms else width / 4
    bottom = _column(axes, flow.steps, trunk_x, 0.0, WIDTH, width)
    top, lowest = bottom - GAP, bottom
    places = [arm_width * (index + 0.5) for index in range(len(flow.arms))]
    for x, arm in zip(places, flow.arms, strict=True):
        axes.plot(
            [trunk_x, trunk_x, x], [bottom, bottom - GAP / 2, bottom - GAP / 2], color=GREY, lw=1
        )
        _arrow(axes, (x, bottom - GAP / 2), (x, top))
        lowest = min(lowest, _column(axes, arm, x, top, column, None))
    axes.set_xlim(-0.05, width + 0.05)
    axes.set_ylim(lowest - 0.05, 0.05)
    figure.set_size_inches(width + 0.1, 0.1 - lowest)
    return figure


def _column(
    axes: Axes, steps: Sequence[Step], x: float, top: float, column: int, right: float | None
) -> float:
    """Draw boxes below each other from `top`, what was left out beside them where there is room to
    the `right`, else in them; return the lowest point."""
    for number, step in enumerate(steps):
        inside = step.text if right else _whole(step)
        bottom = _box(axes, _lines(inside, column), x, top)
        if number == len(steps) - 1 and not (right and step.left_out):
            return bottom
        below = bottom - GAP - (_side_height(step) if right else 0)
        if number < len(steps) - 1:
            _arrow(axes, (x, bottom), (x, below))
        else:
            axes.plot([x, x], [bottom, below], color=GREY, lw=1)
        if right and step.left_out:
            lines = _lines("\n".join(step.left_out), 32)
            half = 1.15
            middle = bottom - GAP / 2 - _height(lines) / 2
            _arrow(axes, (x, middle), (right - 2 * half - 0.02, middle))
            _box(axes, lines, right - half, middle + _height(lines) / 2, ha="left", half=half)
        top = below
    return top


def _whole(step: Step) -> str:
    return "\n".join([step.text, *step.left_out])


def _lines(text: str, column: int) -> list[str]:
    return [part for line in text.splitlines() for part in wrap(line, column) or [""]]


def _height(lines: Sequence[str]) -> float:
    return LINE * len(lines) + 2 * PAD


def _side_height(step: Step) -> float:
    return _height(_lines("\n".join(step.left_out), 32)) if step.left_out else 0.0


def _box(
    axes: Axes, lines: Sequence[str], x: float, top: float, *, ha: str = "center", half: float = 0
) -> float:
    height = _height(lines)
    axes.text(
        x if ha == "center" else x - half + 0.1,
        top - height / 2,
        "\n".join(lines),
        ha=ha,
        va="center",
        fontsize=8,
        linespacing=1.25,
    )
    half = half or max(0.068 * max(map(len, lines)) / 2 + 0.12, 0.9)
    axes.plot(
        [x - half, x + half, x + half, x - half, x - half],
        [top, top, top - height, top - height, top],
        color="black",
        lw=0.9,
    )
    return top - height


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate(
        "",
        xy=end,
        xytext=start,
        arrowprops={"arrowstyle": "-|>", "color": GREY, "lw": 1, "shrinkA": 0, "shrinkB": 0},
    )
