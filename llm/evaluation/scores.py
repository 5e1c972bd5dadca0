"""Compares the values of a fill with the true ones: counts, and the figures made of them.

Every figure is one sum of counts over another, so the figures of any set of conclusions follow
from the counts of its conclusions. Free text is not scored. F are the values filled, T the true
ones, after the rows of open groups were matched; a *positive* is a value that is not the normal
of its field (every number is one).

| figure | part / whole |
|---|---|
| positive_precision, positive_recall | positives that are right / positives of F; of T |
| positive_f1 | twice the positives that are right / positives of F and of T |
| normal_…, number_… | the same for normals, and for numbers |
| field_accuracy | fields with the right value / fields with a value in F or in T |
| form_accuracy | fields that are right if no value means normal / fields with a normal or a value |
| unsupported_rate | positives of F whose field has no positive in T, at any row / positives of F |
| contradiction_rate | values of F that say normal where T says positive, or the reverse / F |
| wrong_side_rate | positives of F that T has on the other side / positives of F that name a side |
| wrong_level_rate | positives of F that T has at another level / positives of F at a level |
| misassigned_rate | numbers of F that T has elsewhere / numbers of F |
| exact_reports | conclusions with F = T / conclusions |
| clause_exact | clauses with the true answer / clauses whose true answer is known |
| abstention_rate | clauses left to the reader / clauses |
| schema_violation_rate | values of F that the template's JSON Schema refuses / F |
| invented_number_rate | stated numbers of F whose words are not in the conclusion / numbers of F |
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from llm.evaluation.alignment import Values, aligned_rows, without_text
from llm.narrative import normal_values
from llm.paths import FieldPath, split_path
from llm.schema import Field, Group, ReportTemplate
from llm.slots import slots_of
from llm.types import FieldData, Side

# Figure -> the counts that make its part, and those that make its whole.
FIGURES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "positive_f1": (("positive_right", "positive_right"), ("positive_filled", "positive_true")),
    "positive_precision": (("positive_right",), ("positive_filled",)),
    "positive_recall": (("positive_right",), ("positive_true",)),
    "normal_precision": (("normal_right",), ("normal_filled",)),
    "normal_recall": (("normal_right",), ("normal_true",)),
    "number_precision": (("number_right",), ("number_filled",)),
    "number_recall": (("number_right",), ("number_true",)),
    "field_accuracy": (("fields_right",), ("fields",)),
    "form_accuracy": (("form_right",), ("form",)),
    "unsupported_rate": (("unsupported",), ("positive_filled",)),
    "contradiction_rate": (("contradicted",), ("normal_filled", "positive_filled")),
    "wrong_side_rate": (("wrong_side",), ("sided_filled",)),
    "wrong_level_rate": (("wrong_level",), ("level_filled",)),
    "misassigned_rate": (("misassigned",), ("number_filled",)),
    "exact_reports": (("exact",), ("conclusions",)),
    "clause_exact": (("clause_right",), ("clauses_known",)),
    "abstention_rate": (("abstained",), ("clauses",)),
    "schema_violation_rate": (("violations",), ("normal_filled", "positive_filled")),
    "invented_number_rate": (("invented",), ("number_filled",)),
}


@dataclass(slots=True)
class CaseScore:
    """What one conclusion gave: counts, the true paths that were hit, right and all by field."""

    counts: Counter[str] = field(default_factory=Counter)
    found: frozenset[str] = frozenset()
    fields: dict[str, tuple[int, int]] = field(default_factory=dict)


def figure(counts: Mapping[str, int], name: str) -> float | None:
    """A figure in [0, 1], or None where its whole is empty."""
    part, whole = FIGURES[name]
    total = sum(counts.get(count, 0) for count in whole)
    return sum(counts.get(count, 0) for count in part) / total if total else None


def figures(scores: Iterable[CaseScore]) -> dict[str, float | int | None]:
    """All figures of some conclusions, their number first."""
    counts: Counter[str] = Counter()
    for score in scores:
        counts.update(score.counts)
    return {
        "conclusions": counts["conclusions"],
        **{name: figure(counts, name) for name in FIGURES},
    }


def score_values(
    template: ReportTemplate, filled: Values, true: Values, *, sex: str | None = None
) -> CaseScore:
    """The score of one conclusion by its values alone; raises KeyError for an unknown path."""
    true = without_text(template, true)
    filled = aligned_rows(template, without_text(template, filled), true)
    counts = Counter(conclusions=1, exact=int(filled == true))
    for path, value in filled.items():
        _count(counts, template.field_at(path), value, "filled", right=true.get(path) == value)
    for path, value in true.items():
        _count(counts, template.field_at(path), value, "true", right=False)
    counts.update(_faults(template, filled, true))
    found = frozenset(path for path, value in true.items() if filled.get(path) == value)
    score = CaseScore(counts, found, _by_field(filled, true))
    counts["fields_right"] = sum(right for right, _ in score.fields.values())
    counts["fields"] = sum(number for _, number in score.fields.values())
    normals = _form_normals(template, sex)
    ours, theirs = _closed(filled, normals), _closed(true, normals)
    form = ours.keys() | theirs.keys()
    counts["form"] = len(form)
    counts["form_right"] = sum(ours.get(path) == theirs.get(path) for path in form)
    return score


def is_normal(item: Field, value: FieldData) -> bool:
    """True for the normal of the field."""
    return item.normal is not None and value in (item.normal, [item.normal])


def _count(counts: Counter[str], item: Field, value: FieldData, side: str, *, right: bool) -> None:
    kind = "normal" if is_normal(item, value) else "positive"
    for name in (kind, "number") if item.kind == "number" else (kind,):
        counts[f"{name}_{side}"] += 1
        counts[f"{name}_right"] += right


def _by_field(filled: Values, true: Values) -> dict[str, tuple[int, int]]:
    fields: dict[str, tuple[int, int]] = {}
    for path in filled.keys() | true.keys():
        name = field_name(path)
        right, number = fields.get(name, (0, 0))
        fields[name] = (right + (filled.get(path) == true.get(path)), number + 1)
    return fields


def field_name(path: str) -> str:
    """The field of a path whatever its row: `nodule[1].size` is `nodule.size`."""
    parts = split_path(path)
    return f"{parts.key}.{parts.member}" if parts.member else parts.key


def _form_normals(template: ReportTemplate, sex: str | None) -> dict[str, object]:
    return {
        path: value
        for section in template.sections
        if section.sex in (None, sex)
        for path, value in normal_values(section).items()
        if template.item(split_path(path).key).sex in (None, sex)
    }


def _closed(values: Values, normals: Mapping[str, object]) -> dict[str, object]:
    """The form as it reads where no value means normal; a group with rows is not absent."""
    with_rows = {split_path(path).key for path in values if split_path(path).row}
    implied = {path: v for path, v in normals.items() if "[" in path or path not in with_rows}
    return {**implied, **values}


def _faults(template: ReportTemplate, filled: Values, true: Values) -> Iterator[str]:
    """The names of the counts that each filled value adds to, but for right and wrong."""
    positives = {field_name(p) for p, v in true.items() if not is_normal(template.field_at(p), v)}
    for path, value in filled.items():
        item, right = template.field_at(path), true.get(path) == value
        normal = is_normal(item, value)
        if _contradicts(template, path, true, normal=normal):
            yield "contradicted"
        if normal:
            continue
        if field_name(path) not in positives:
            yield "unsupported"
        if item.kind == "number" and not right and any(v == value for v in true.values()):
            yield "misassigned"
        yield from _place_faults(template, path, value, true)


def _contradicts(template: ReportTemplate, path: str, true: Values, *, normal: bool) -> bool:
    """Normal against positive at the same place; an open group said to be absent against rows."""
    if path in true:
        return is_normal(template.field_at(path), true[path]) != normal
    parts = split_path(path)
    if normal and not parts.row and isinstance(template.item(parts.key), Group):
        return any(split_path(other).key == parts.key for other in true)
    return bool(parts.row) and parts.key in true


def _place_faults(
    template: ReportTemplate, path: str, value: FieldData, true: Values
) -> Iterator[str]:
    parts = split_path(path)
    item = template.item(parts.key)
    kind = item.row_kind if isinstance(item, Group) else "plain"
    if kind in ("side", "level") and isinstance(item, Group):
        name = {"side": "sided", "level": "level"}[kind]
        yield f"{name}_filled"
        rows = (str(FieldPath(parts.key, row, parts.member)) for row in item.row_keys)
        if true.get(path) != value and any(true.get(other) == value for other in rows):
            yield f"wrong_{kind}"
        return
    sides = _sides(template, path, value)
    if sides:
        yield "sided_filled"
        other = _sides(template, path, true[path]) if path in true else frozenset()
        if other and not sides & other:
            yield "wrong_side"


def _sides(template: ReportTemplate, path: str, value: FieldData) -> frozenset[Side]:
    """The sides that the options themselves name, such as "right upper lobe"."""
    parts = split_path(path)
    sided = slots_of(template, None).sided
    values = value if isinstance(value, list) else [value]
    member = parts.member if isinstance(template.item(parts.key), Group) else ""
    return frozenset[Side]().union(
        *(sided.get((parts.key, member, str(one)), frozenset()) for one in values)
    )
