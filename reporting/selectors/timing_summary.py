"""Times by mode, for the coordinator's page."""

from collections import defaultdict
from dataclasses import dataclass
from statistics import median

from django.db.models import QuerySet

from reporting.models import Report
from reporting.selectors.timing import durations


@dataclass(frozen=True, slots=True)
class ModeSummary:
    """Reports of one mode; medians in seconds, None where no report has the duration."""

    mode: str
    reports: int
    signed: int
    total: float | None
    active: float | None
    model_wait: float | None


def mode_summaries(reports: QuerySet[Report]) -> list[ModeSummary]:
    """One line for each mode, in the order of the modes."""
    totals: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    counts: defaultdict[str, int] = defaultdict(int)
    for item in durations(reports):
        mode = item.report.mode
        counts[mode] += 1
        for name in ("total", "active", "model_wait"):
            value = getattr(item.durations, name)
            if value is not None and item.durations.total is not None:
                totals[mode, name].append(value)
    return [
        ModeSummary(
            mode=label,
            reports=counts[mode],
            signed=len(totals[mode, "total"]),
            total=_median(totals[mode, "total"]),
            active=_median(totals[mode, "active"]),
            model_wait=_median(totals[mode, "model_wait"]) if mode == Report.Mode.SFT else None,
        )
        for mode, label in Report.Mode.choices
    ]


def _median(values: list[float]) -> float | None:
    return median(values) if values else None
