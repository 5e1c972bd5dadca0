"""Four pictures of a report: F1, reliability, slices, and differences with the margin."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from llm.evaluation.statistics import MARGIN

Report = Mapping[str, Any]

_SHOWN = ("positive_f1", "positive_precision", "positive_recall", "exact_reports")
# Colours that people who do not see red and green can tell apart (Okabe and Ito).
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#000000")


def plot_all(report: Report, directory: Path) -> list[Path]:
    """Writes the pictures as PNG and returns their paths; one that has nothing to show is left."""
    directory.mkdir(parents=True, exist_ok=True)
    systems: Report = report["systems"]
    made = [_save(_figures(systems), directory / "figures.png")]
    if any(system["reliability"] for system in systems.values()):
        made.append(_save(_reliability(systems), directory / "reliability.png"))
    if any(system["by_tag"] for system in systems.values()):
        made.append(_save(_by_tag(systems), directory / "slices.png"))
    if report["comparisons"]:
        made.append(_save(_differences(report), directory / "differences.png"))
    return made


def _axes(width: float, height: float) -> tuple[Figure, Axes]:
    mpl.rcParams["font.size"] = 9
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _save(figure: Figure, path: Path) -> Path:
    figure.savefig(path, dpi=150)
    return path


def _figures(systems: Report) -> Figure:
    figure, axes = _axes(7, 3.5)
    width = 0.8 / len(systems)
    for number, (name, system) in enumerate(systems.items()):
        places = [index + number * width for index in range(len(_SHOWN))]
        values = [system["total"][shown] or 0.0 for shown in _SHOWN]
        found = [system["intervals"].get(shown) for shown in _SHOWN]
        below = [max(v - i["low"], 0) if i else 0 for v, i in zip(values, found, strict=True)]
        above = [max(i["high"] - v, 0) if i else 0 for v, i in zip(values, found, strict=True)]
        colour = _COLOURS[number % len(_COLOURS)]
        axes.bar(places, values, width, yerr=[below, above], capsize=2, label=name, color=colour)
    middle = [index + 0.4 - width / 2 for index in range(len(_SHOWN))]
    axes.set_xticks(middle, [name.replace("_", " ") for name in _SHOWN])
    axes.set_ylim(0, 1)
    axes.set_ylabel("share, 95 % interval")
    axes.legend(frameon=False, ncols=len(systems), loc="upper center", bbox_to_anchor=(0.5, 1.15))
    return figure


def _reliability(systems: Report) -> Figure:
    figure, axes = _axes(4, 4)
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=1)
    for number, (name, system) in enumerate(systems.items()):
        bins = system["reliability"]
        if bins:
            ece = system["total"]["ece"]
            x, y = [one["confidence"] for one in bins], [one["right"] for one in bins]
            sizes = [8 + one["count"] ** 0.5 * 4 for one in bins]
            colour = _COLOURS[number % len(_COLOURS)]
            axes.plot(x, y, color=colour, linewidth=1)
            axes.scatter(x, y, s=sizes, color=colour, label=f"{name}, ECE {ece:.3f}")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel("confidence")
    axes.set_ylabel("share of values that are right")
    axes.legend(frameon=False, loc="lower right")
    return figure


def _by_tag(systems: Report) -> Figure:
    tags = sorted({tag for system in systems.values() for tag in system["by_tag"]}, reverse=True)
    figure, axes = _axes(6, 1 + 0.25 * len(tags))
    for number, (name, system) in enumerate(systems.items()):
        found = [(tag, system["by_tag"].get(tag, {}).get("positive_f1")) for tag in tags]
        shown = [(value, tags.index(tag)) for tag, value in found if value is not None]
        colour = _COLOURS[number % len(_COLOURS)]
        axes.scatter([x for x, _ in shown], [y for _, y in shown], color=colour, label=name, s=22)
    axes.set_yticks(range(len(tags)), tags)
    axes.set_xlim(-0.02, 1.02)
    axes.set_xlabel("positive F1")
    axes.grid(axis="x", color="#dddddd", linewidth=0.5)
    axes.legend(frameon=False, ncols=len(systems), loc="lower center", bbox_to_anchor=(0.5, 1))
    return figure


def _differences(report: Report) -> Figure:
    shown = [c for c in report["comparisons"] if c["differences"]["positive_f1"]]
    figure, axes = _axes(6, 1 + 0.4 * len(shown))
    axes.axvspan(-MARGIN, MARGIN, color="#e8e8e8")
    axes.axvline(0, color="#999999", linewidth=1)
    for row, comparison in enumerate(shown):
        interval = comparison["differences"]["positive_f1"]
        ends = [[interval["value"] - interval["low"]], [interval["high"] - interval["value"]]]
        axes.errorbar([interval["value"]], [row], xerr=ends, fmt="o", color=_COLOURS[0], capsize=3)
    axes.set_yticks(range(len(shown)), [f"{c['first']} minus {c['second']}" for c in shown])
    axes.set_ylim(-0.6, len(shown) - 0.4)
    axes.set_xlabel(f"difference of positive F1, 95 % interval; grey: ±{MARGIN}")
    return figure
