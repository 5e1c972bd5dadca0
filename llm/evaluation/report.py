"""The figures of all runs as one JSON object: by system, by slice, and pair by pair."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict
from typing import Any

import numpy

from llm.evaluation import statistics
from llm.evaluation.calibration import expected_calibration_error, reliability
from llm.evaluation.runs import CaseRun, SystemRun
from llm.evaluation.scores import figures
from llm.evaluation.text import bleu

# Figures that get an interval, and that systems are compared by.
COMPARED = (
    "positive_f1",
    "positive_precision",
    "positive_recall",
    "field_accuracy",
    "unsupported_rate",
    "contradiction_rate",
    "exact_reports",
)
EQUIVALENCE = "positive_f1"
# Counts that are shown as they are.
COUNTS = ("clauses", "unused", "unused_true", "abstained", "conflicts", "invented", "violations")

Report = dict[str, Any]


def report(runs: Sequence[SystemRun], *, left_out: Collection[str] = ()) -> Report:
    """Every figure; templates in `left_out` are reported apart and count for nothing else."""
    kept = [run.only([c for c in run.cases if c.case.template.key not in left_out]) for run in runs]
    apart = [run.only([c for c in run.cases if c.case.template.key in left_out]) for run in runs]
    return {
        "systems": {
            run.name: {**_system(run), "left_out": _slices(rest.cases, _template)}
            for run, rest in zip(kept, apart, strict=True)
        },
        "comparisons": [
            compare(kept[0], other) for other in kept[1:] if kept[0].cases and other.cases
        ],
    }


def _system(run: SystemRun) -> Report:
    judged = [one for case in run.cases for one in case.judged]
    drawn = statistics.weights(len(run.cases)) if run.cases else None
    intervals = {
        name: None if drawn is None else _plain(statistics.interval(run.scores, name, drawn))
        for name in COMPARED
    }
    return {
        "total": {**summary(run.cases), "bleu": _bleu(run.cases), **_latency(run.seconds)},
        "intervals": intervals,
        "by_template": _slices(run.cases, _template),
        "by_tag": _slices(run.cases, lambda case: case.case.tags),
        "by_field": _fields(run.cases),
        "reliability": [asdict(one) for one in reliability(judged)],
    }


def summary(cases: Sequence[CaseRun]) -> Report:
    """The figures of some conclusions; None where there is nothing to divide by."""
    counts: Counter[str] = Counter()
    for case in cases:
        counts.update(case.score.counts)
    judged = [one for case in cases for one in case.judged]
    rouge = [case.rouge_l for case in cases if case.rouge_l is not None]
    return {
        **figures(case.score for case in cases),
        "ece": expected_calibration_error(judged),
        "rouge_l": sum(rouge) / len(rouge) if rouge else None,
        **{name: counts[name] for name in COUNTS},
    }


def _bleu(cases: Sequence[CaseRun]) -> float | None:
    return bleu([case.findings for case in cases], [case.true_findings for case in cases])


def _latency(seconds: Sequence[float]) -> Report:
    if not seconds:
        return {"latency_p50_s": None, "latency_p95_s": None}
    half, most = numpy.quantile(seconds, (0.5, 0.95))
    return {"latency_p50_s": float(half), "latency_p95_s": float(most)}


def _template(case: CaseRun) -> Iterable[str]:
    return (case.case.template.key,)


def _slices(cases: Sequence[CaseRun], names: Callable[[CaseRun], Iterable[str]]) -> Report:
    by_name: defaultdict[str, list[CaseRun]] = defaultdict(list)
    for case in cases:
        for name in names(case):
            by_name[name].append(case)
    return {name: summary(some) for name, some in sorted(by_name.items())}


def _fields(cases: Sequence[CaseRun]) -> Report:
    right: Counter[str] = Counter()
    number: Counter[str] = Counter()
    for case in cases:
        for name, (hits, all_) in case.score.fields.items():
            right[f"{case.case.template.key}.{name}"] += hits
            number[f"{case.case.template.key}.{name}"] += all_
    return {
        name: {"decided": number[name], "accuracy": right[name] / number[name]}
        for name in sorted(number)
    }


def compare(first: SystemRun, second: SystemRun) -> Report:
    """First against second on the same conclusions."""
    one, other = first.scores, second.scores
    drawn = statistics.weights(len(one))
    return {
        "first": first.name,
        "second": second.name,
        "differences": {
            name: _plain(statistics.difference(one, other, name, drawn)) for name in COMPARED
        },
        "equivalence": _plain(statistics.equivalence(one, other, EQUIVALENCE, drawn)),
        "mcnemar_exact_reports": asdict(statistics.mcnemar_exact_reports(one, other)),
        "mcnemar_fields": asdict(statistics.mcnemar_fields(one, other)),
    }


def _plain(
    value: statistics.Interval | statistics.Equivalence | None,
) -> dict[str, Any] | None:
    return None if value is None else asdict(value)
