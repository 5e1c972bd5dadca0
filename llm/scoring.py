"""Compares the values of a fill with the true ones, field by field and row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy
from scipy.optimize import linear_sum_assignment

from llm.paths import FieldPath, split_path
from llm.schema import Group, ReportTemplate
from llm.types import FieldData, FillResult

Values = Mapping[str, FieldData]


@dataclass(slots=True)
class Score:
    """Counts of one or many conclusions; ratios are None where nothing was counted.

    A *positive* is a value that is not the normal of its field. `misassigned` are numbers that the
    truth holds in another row, side or field; `wrong_side` are findings that the truth holds on
    the other side or level.
    """

    counts: Counter[str] = field(default_factory=Counter)

    def add(self, other: Score) -> None:
        """Adds the counts of another score."""
        self.counts.update(other.counts)

    def ratio(self, part: str, whole: str) -> float | None:
        """One count over another."""
        return self.counts[part] / self.counts[whole] if self.counts[whole] else None

    def report(self) -> dict[str, float | int | None]:
        """Counts and ratios by name."""
        precision = self.ratio("positive_right", "positive_filled")
        recall = self.ratio("positive_right", "positive_true")
        both = precision is not None and recall is not None and precision + recall > 0
        return {
            "conclusions": self.counts["conclusions"],
            "positive_precision": precision,
            "positive_recall": recall,
            "positive_f1": 2 * precision * recall / (precision + recall)  # type: ignore[operator]
            if both
            else None,
            "normal_precision": self.ratio("normal_right", "normal_filled"),
            "normal_recall": self.ratio("normal_right", "normal_true"),
            "number_precision": self.ratio("number_right", "number_filled"),
            "number_recall": self.ratio("number_right", "number_true"),
            "clause_exact": self.ratio("clause_right", "clauses"),
            "whole_report": self.ratio("report_right", "conclusions"),
            **{
                name: self.counts[name]
                for name in (
                    "schema_violations",
                    "numbers_invented",
                    "numbers_misassigned",
                    "wrong_side",
                    "clauses",
                    "clauses_unused",
                    "clauses_unused_true",
                    "abstained",
                    "conflicts",
                )
            },
        }


def score_values(template: ReportTemplate, filled: Values, true: Values) -> Score:
    """The counts of one conclusion, rows of open groups matched as well as they can be."""
    aligned = aligned_rows(template, filled, true)
    score = Score(Counter(conclusions=1, report_right=int(dict(aligned) == dict(true))))
    for path, value in aligned.items():
        _count(score, template, path, value, "filled", right=true.get(path) == value)
        _misplaced(score, template, path, value, true)
    for path, value in true.items():
        _count(score, template, path, value, "true", right=False)
    return score


def _count(
    score: Score, template: ReportTemplate, path: str, value: FieldData, side: str, *, right: bool
) -> None:
    field_ = template.field_at(path)
    if field_.kind == "text":
        return
    kind = "normal" if value in (field_.normal, [field_.normal]) else "positive"
    kinds = [kind, "number"] if field_.kind == "number" else [kind]
    for name in kinds:
        score.counts[f"{name}_{side}"] += 1
        score.counts[f"{name}_right"] += right


def _misplaced(
    score: Score, template: ReportTemplate, path: str, value: FieldData, true: Values
) -> None:
    field_ = template.field_at(path)
    if true.get(path) == value or field_.kind == "text":
        return
    if field_.kind == "number":
        elsewhere = any(v == value and p != path for p, v in true.items())
        score.counts["numbers_misassigned"] += elsewhere
        return
    parts = split_path(path)
    item = template.item(parts.key)
    if isinstance(item, Group) and item.row_kind != "open" and value != field_.normal:
        others = (str(FieldPath(parts.key, row, parts.member)) for row in item.row_keys)
        score.counts["wrong_side"] += any(true.get(p) == value for p in others if p != path)


def aligned_rows(template: ReportTemplate, filled: Values, true: Values) -> dict[str, FieldData]:
    """`filled` with the rows of open groups renamed to the true rows they resemble most."""
    names: dict[tuple[str, str], str] = {}
    for item in template.items():
        if isinstance(item, Group) and item.row_kind == "open":
            for old, new in _matches(_rows(item.key, filled), _rows(item.key, true)):
                names[item.key, old] = new
    renamed: dict[str, FieldData] = {}
    for path, value in filled.items():
        parts = split_path(path)
        row = names.get((parts.key, parts.row), parts.row)
        renamed[str(FieldPath(parts.key, row, parts.member))] = value
    return renamed


def _rows(group: str, values: Values) -> dict[str, dict[str, FieldData]]:
    rows: dict[str, dict[str, FieldData]] = {}
    for path, value in values.items():
        parts = split_path(path)
        if parts.key == group and parts.row:
            rows.setdefault(parts.row, {})[parts.member] = value
    return rows


def _matches(filled: Mapping[str, Values], true: Mapping[str, Values]) -> Iterator[tuple[str, str]]:
    """Filled rows with the true row each gets; rows without one get names of their own."""
    left, right = list(filled), list(true)
    if left and right:
        same = numpy.array(
            [
                [sum(b.get(k) == v for k, v in a.items()) for b in true.values()]
                for a in filled.values()
            ]
        )
        pairs = dict(zip(*(side.tolist() for side in linear_sum_assignment(-same)), strict=True))
    else:
        pairs = {}
    for number, name in enumerate(left):
        spare = str(len(right) + len(left) + number)
        yield name, right[pairs[number]] if number in pairs else spare


def score_result(template: ReportTemplate, result: FillResult, conclusion: str) -> Score:
    """What can be said of a fill without knowing the truth."""
    numbers = [v for v in result.values if template.field_at(v.path).kind == "number"]
    invented = sum(
        v.source_text is None or v.source_text not in conclusion
        for v in numbers
        if v.support == "stated"
    )
    return Score(
        Counter(
            numbers_invented=invented,
            clauses=len(result.clauses),
            clauses_unused=len(result.unused),
            conflicts=len(result.conflicts),
            abstained=sum(clause.reason == "abstained" for clause in result.unused),
        )
    )
