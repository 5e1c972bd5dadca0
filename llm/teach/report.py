"""What a run of the teacher gave: counts, cost, and agreement with the truth where it is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from llm.teach.agreement import Counts, compare
from llm.teach.lines import Line
from llm.teach.run import Run

Held = Mapping[tuple[str, str, str], dict[str, Any]]


@dataclass(slots=True)
class Agreement:
    """The agreement of some labels with their truth, counted."""

    conclusions: int = 0
    agreed: int = 0
    fields: dict[str, Counts] = field(default_factory=dict)

    def figures(self) -> dict[str, Any]:
        """The shares of all fields, and of each field of which something was said."""
        total = Counts()
        for counts in self.fields.values():
            total.add(counts)
        return {
            "conclusions": self.conclusions,
            "agreed": self.agreed,
            **total.figures(),
            "fields": {
                name: counts.figures() for name, counts in self.fields.items() if counts.values
            },
        }


@dataclass(slots=True)
class Verdicts:
    """All labels of a run against their truth, at a threshold of agreement in [0, 1]."""

    threshold: float
    groups: dict[str, Agreement] = field(default_factory=dict)
    agreed: list[dict[str, Any]] = field(default_factory=list)
    disagreements: list[dict[str, Any]] = field(default_factory=list)

    def add(self, line: Line, label: dict[str, Any]) -> None:
        """Judges the label of a line whose truth is known."""
        if line.truth is None:
            return
        found = compare(line.template, line.truth, label["values"], sex=line.sex)
        is_agreed = found.agreement >= self.threshold
        if is_agreed:
            self.agreed.append(label)
        quotes = label.get("evidence", {})
        for difference in found.differences:
            quote = quotes.get(difference.teacher_path, {}).get("quote")
            self.disagreements.append({"id": line.id, **asdict(difference), "quote": quote})
        for name in (line.template.key, "all") if line.of is None else ("paraphrases",):
            group = self.groups.setdefault(name, Agreement())
            group.conclusions += 1
            group.agreed += is_agreed
            for path, counts in found.fields.items():
                group.fields.setdefault(path, Counts()).add(counts)


def report(run: Run, lines: Iterable[Line], held: Held, verdicts: Verdicts) -> dict[str, Any]:
    """The report as it is written; `held` are the labels, of this run and of earlier ones."""
    lines = list(lines)
    budget = run.teacher.budget
    labels = [(line, held[line.key]) for line in lines if line.key in held]
    for line, label in labels:
        verdicts.add(line, label)
    failed = {failure.id for failure in run.failures}
    rejected = [{"id": line.id, **one} for line, label in labels for one in label["rejected"]]
    return {
        "teacher": run.teacher.settings.model,
        "conclusions": len(lines),
        "labelled": len(labels),
        "labelled_now": run.labelled,
        "left": sum(line.key not in held and line.id not in failed for line in lines),
        "asked": run.teacher.asked,
        "from_cache": run.teacher.cached,
        "failed": dict(sorted(Counter(failure.kind for failure in run.failures).items())),
        "paraphrases": dict(sorted(run.rewordings.items())),
        "values": sum(len(label["values"]) for _, label in labels),
        "rejected_values": dict(sorted(Counter(one["reason"] for one in rejected).items())),
        "requests": budget.used.requests,
        "prompt_tokens": budget.used.prompt_tokens,
        "answer_tokens": budget.used.answer_tokens,
        "cost": round(budget.limits.cost_of(budget.used), 6),
        "stopped": run.stopped,
        "threshold": verdicts.threshold,
        "agreement": {name: group.figures() for name, group in sorted(verdicts.groups.items())},
        "failures": [asdict(failure) for failure in run.failures],
        "rejected": rejected,
    }


def table(found: Mapping[str, Any]) -> str:
    """The report for a reader: counts, then agreement by template."""
    return "\n".join([*_counts(found), *_agreements(found["agreement"])]) + "\n"


def _counts(found: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"{found['teacher']}: {found['labelled']} of {found['conclusions']} conclusions labelled, "
        f"{found['labelled_now']} now; {found['asked']} questions asked, "
        f"{found['from_cache']} answered from the cache"
    )
    yield (
        f"{found['requests']} requests, {found['prompt_tokens']} tokens read, "
        f"{found['answer_tokens']} written, cost {found['cost']:.4g}, {found['seconds']:.1f} s"
    )
    for name in ("failed", "paraphrases", "rejected_values"):
        if found[name]:
            said = ", ".join(f"{count} {what}" for what, count in found[name].items())
            yield f"{name.replace('_', ' ')}: {said}"
    if found["stopped"]:
        yield (
            f"stopped: {found['stopped']}; {found['left']} conclusions are left, and the same "
            "command goes on"
        )


_COLUMNS = ("conclusions", "agreed", "same", "positive_precision", "positive_recall", "positive_f1")


def _agreements(groups: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    if not groups:
        return
    titles = ("n", "agreed", "same", "precision", "recall", "F1", "kappa")
    yield ""
    yield f"{'agreement with the truth':28}" + "".join(f"{title:>10}" for title in titles)
    for name, figures in groups.items():
        cells = (figures[column] for column in (*_COLUMNS, "kappa"))
        yield f"{name:28}" + "".join(f"{_cell(cell):>10}" for cell in cells)


def _cell(value: float | int | None) -> str:
    return "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)
