"""The other format: the whole form as one line of `path=value`, departures from normal only.

    CT chest|-
    <the conclusion, quantities as @1 @2>
    => emphysema=mild;nodule[1].size=@1;nodule[1].location=rul

Numbers are pointers here too; a further dimension of a quantity follows from the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from llm.context import ClauseContext, has_levels, read_clause
from llm.derive import validate_value
from llm.evaluation.scores import is_normal
from llm.paths import FieldPath, split_path
from llm.pointing import further_fields, number_value
from llm.prompt import marked
from llm.schema import Field, Group, ReportTemplate
from llm.synth.pairs import Pair
from llm.types import Clause, FieldData, Span

NORMAL = "normal"


def whole(pair: Pair) -> Clause:
    """The conclusion as if it were one clause."""
    return Clause(0, Span(0, len(pair["conclusion"])), pair["conclusion"])


def read_whole(template: ReportTemplate, pair: Pair) -> ClauseContext:
    """What the code reads of the conclusion."""
    return read_clause(whole(pair), mark_levels=has_levels(template), sex=pair["sex"])


def prompt_of(template: ReportTemplate, pair: Pair) -> str:
    """What the model reads; levels stay as they are written."""
    context = read_clause(whole(pair), mark_levels=False)
    return f"{template.prompt_name}|-\n{marked(context, numbered=True)}\n=>"


def positives(template: ReportTemplate, values: Mapping[str, FieldData]) -> dict[str, FieldData]:
    """The values that are no normal and no free text."""
    return {
        path: value
        for path, value in values.items()
        if (field := template.field_at(path)).kind != "text" and not is_normal(field, value)
    }


def line_of(template: ReportTemplate, pair: Pair) -> str:
    """The true answer; a number that no quantity gives is left out."""
    context = read_whole(template, pair)
    parts = []
    for path, value in positives(template, pair["values"]).items():
        field = template.field_at(path)
        if field.kind == "number":
            pointers = [q.id for q in context.quantities if number_value(q, field) == value]
            if pointers:
                parts.append(f"{path}=@{pointers[0]}")
        else:
            parts.append(f"{path}={'+'.join(value) if isinstance(value, list) else value}")
    return ";".join(parts) or NORMAL


def values_of_line(
    template: ReportTemplate, pair: Pair, line: str
) -> tuple[dict[str, FieldData], int]:
    """The legal values of an answer, and how many of its parts were not legal."""
    values: dict[str, FieldData] = {}
    illegal = 0
    for part in line.split(";"):
        if part in (NORMAL, ""):
            continue
        path, _, text = part.partition("=")
        try:
            values |= dict(_read(template, pair, path, text))
        except (KeyError, ValueError):
            illegal += 1
    return values, illegal


def _read(
    template: ReportTemplate, pair: Pair, path: str, text: str
) -> Iterator[tuple[str, FieldData]]:
    field = template.field_at(path)
    if field.kind != "number":
        value: FieldData = text.split("+") if field.kind == "multi_choice" else text
        validate_value(field, value)
        yield path, value
        return
    context = read_whole(template, pair)
    quantity = {f"@{q.id}": q for q in context.quantities}[text]
    parts = split_path(path)
    for dimension, target in enumerate(
        [field, *further_fields(quantity, field, _beside(template, path))]
    ):
        number = number_value(quantity, target, dimension=dimension)
        if number is None:
            raise ValueError(f"{quantity.text!r} cannot stand in {target.key}")
        key = (parts.key, parts.row, target.key) if parts.member else (target.key, "", "")
        yield str(FieldPath(*key)), number


def _beside(template: ReportTemplate, path: str) -> dict[str, Field]:
    item = template.item(split_path(path).key)
    fields = item.fields if isinstance(item, Group) else template.items()
    return {field.key: field for field in fields if isinstance(field, Field)}
