"""The report as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Report = Mapping[str, Any]


def table(report: Report) -> str:
    """Figures by system, F1 by template and tag, left-out templates, and comparisons."""
    systems: Report = report["systems"]
    lines = [_row("", systems)]
    for name in next(iter(systems.values()))["total"]:
        lines.append(_row(name, [_figure(one, name) for one in systems.values()]))
    for title, key in (("template", "by_template"), ("tag", "by_tag"), ("left out", "left_out")):
        lines += _slices(f"positive_f1 by {title}", systems, key)
    for comparison in report["comparisons"]:
        lines += ["", *_comparison(comparison)]
    return "\n".join(lines) + "\n"


def _figure(system: Report, name: str) -> str:
    text = _cell(system["total"][name])
    interval = system["intervals"].get(name)
    return f"{text} [{interval['low']:.2f}, {interval['high']:.2f}]" if interval else text


def _slices(title: str, systems: Report, key: str) -> Iterator[str]:
    names = sorted({name for system in systems.values() for name in system[key]})
    if names:
        yield f"\n{title}"
    for name in names:
        cells = [_cell(system[key].get(name, {}).get("positive_f1")) for system in systems.values()]
        count = next(iter(systems.values()))[key][name]["conclusions"]
        yield _row(f"{name} ({count})", cells)


def _comparison(comparison: Report) -> Iterator[str]:
    yield f"{comparison['first']} minus {comparison['second']}, 95 % interval"
    for name, interval in comparison["differences"].items():
        if interval:
            low, high = interval["low"], interval["high"]
            yield _row(name, [f"{interval['value']:+.3f} [{low:+.3f}, {high:+.3f}]"])
    same = comparison["equivalence"]
    if same:
        verdict = "equivalent" if same["equivalent"] else "not shown to be equivalent"
        yield f"  F1 within ±{same['margin']}: {verdict}, {_p(same['p'])}"
    for name, what in (("mcnemar_exact_reports", "reports"), ("mcnemar_fields", "true values")):
        test = comparison[name]
        one, other = test["only_first"], test["only_second"]
        yield (
            f"  McNemar on {what}: {one} right by the first alone, {other} by the second alone,"
            + (f" p = {test['p']:.4f}")
        )


def _row(name: str, cells: Sequence[str] | Report) -> str:
    return f"{name:>30}" + "".join(f"{cell:>24}" for cell in cells)


def _p(value: float) -> str:
    return "p < 0.0001" if value < 0.0001 else f"p = {value:.4f}"


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
