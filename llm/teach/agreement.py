"""How far two labels of one conclusion agree: the one definition, for `teach` and for `train`.

Compared is what either label states and what follows from that; free text and what is calculated
are left out, and the rows of open groups are matched first, for their order means nothing. A
*positive* is a value that is not the normal of its field. Labels agree by the F1 of their
positives: 1 where they are the same, and where neither has any.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from llm.evaluation.alignment import aligned_rows
from llm.evaluation.scores import field_name, is_normal
from llm.evaluation.statistics import kappa_of_counts
from llm.merge import completed
from llm.schema import ReportTemplate
from llm.teach.schema import members
from llm.types import FieldData

# As alike as this, two labels count as the same, unless another share is asked for.
AGREED = 1.0
Values = Mapping[str, FieldData]


@dataclass(frozen=True, slots=True)
class Difference:
    """A path on which two labels differ, as each names it; None where a label says nothing."""

    path: str
    truth: FieldData | None
    teacher: FieldData | None
    teacher_path: str | None


@dataclass(slots=True)
class Counts:
    """Values compared at some fields: all, and positives alone.

    `pairs` counts what both say of one field of a conclusion, "" where it is nothing positive.
    """

    values: int = 0
    same: int = 0
    positives_true: int = 0
    positives_given: int = 0
    positives_same: int = 0
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, other: Counts) -> None:
        """Adds the counts of other fields or conclusions."""
        self.values += other.values
        self.same += other.same
        self.positives_true += other.positives_true
        self.positives_given += other.positives_given
        self.positives_same += other.positives_same
        self.pairs.update(other.pairs)

    def figures(self) -> dict[str, float | int | None]:
        """Shares in [0, 1], None where there is nothing to take a share of; kappa in [-1, 1]."""
        return {
            "values": self.values,
            "same": _share(self.same, self.values),
            "positive_precision": _share(self.positives_same, self.positives_given),
            "positive_recall": _share(self.positives_same, self.positives_true),
            "positive_f1": _share(
                2 * self.positives_same, self.positives_true + self.positives_given
            ),
            "kappa": kappa_of_counts(self.pairs),
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two labels of one conclusion: their agreement in [0, 1], counts by field, differences."""

    agreement: float
    fields: Mapping[str, Counts]
    differences: tuple[Difference, ...]


def compare(
    template: ReportTemplate, truth: Values, given: Values, *, sex: str | None
) -> Comparison:
    """Compares a label with the truth; raises KeyError for an unknown path."""
    true = _compared(template, truth, sex)
    unaligned = _compared(template, given, sex)
    teacher = aligned_rows(template, unaligned, true)
    names = dict(zip(teacher, unaligned, strict=True))
    counts: dict[str, Counts] = {name: Counts() for name in _names(template)}
    differences = []
    said: dict[str, tuple[list[str], list[str]]] = {name: ([], []) for name in counts}
    for path in sorted(true.keys() | teacher.keys()):
        name = field_name(path)
        _count(counts.setdefault(name, Counts()), template, path, true, teacher)
        for side, values in zip(said.setdefault(name, ([], [])), (true, teacher), strict=True):
            side += _positive(template, path, values)
        if true.get(path) != teacher.get(path):
            differences.append(Difference(path, true.get(path), teacher.get(path), names.get(path)))
    for name, (one, other) in said.items():
        counts[name].pairs[" ".join(one), " ".join(other)] += 1
    total = Counts()
    for count in counts.values():
        total.add(count)
    f1 = total.figures()["positive_f1"]
    return Comparison(1.0 if f1 is None else f1, counts, tuple(differences))


def agreement(template: ReportTemplate, truth: Values, given: Values, *, sex: str | None) -> float:
    """The agreement of two labels, in [0, 1]; raises KeyError for an unknown path."""
    return compare(template, truth, given, sex=sex).agreement


def says_the_same(
    template: ReportTemplate, known: Values, given: Values, *, sex: str | None
) -> bool:
    """True where `known` is what `given` says, and at most some normals besides.

    A sentence such as "otherwise normal" makes normals that nobody lists one by one.
    """
    return all(
        difference.teacher is None
        and difference.truth is not None
        and is_normal(template.field_at(difference.path), difference.truth)
        for difference in compare(template, known, given, sex=sex).differences
    )


def _compared(template: ReportTemplate, values: Values, sex: str | None) -> dict[str, FieldData]:
    """What is stated and follows by rule, without free text and what is calculated."""
    kept = {p: v for p, v in values.items() if template.field_at(p).kind != "text"}
    full = {path: value.value for path, value in completed(template, kept, sex=sex).items()}
    return {p: _plain(v) for p, v in full.items() if template.field_at(p).derived is None}


def _names(template: ReportTemplate) -> Iterator[str]:
    for item in template.items():
        yield from (name for name, field in members(item) if field.derived is None)


def _count(
    counts: Counts, template: ReportTemplate, path: str, true: Values, given: Values
) -> None:
    same = true.get(path) == given.get(path)
    counts.values += 1
    counts.same += same
    is_true, is_given = (bool(_positive(template, path, values)) for values in (true, given))
    counts.positives_true += is_true
    counts.positives_given += is_given
    counts.positives_same += is_true and same


def _positive(template: ReportTemplate, path: str, values: Values) -> list[str]:
    """The positive value at a path, written plainly."""
    if path not in values or is_normal(template.field_at(path), values[path]):
        return []
    return [json.dumps(values[path], sort_keys=True)]


def _plain(value: FieldData) -> FieldData:
    """The value so that equal ones are equal: the order of a list means nothing."""
    if isinstance(value, list):
        return sorted(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
