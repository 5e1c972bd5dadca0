"""Where a value that is stated and the one that follows from other values do not agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from llm.derive import derived_values, inputs_of
from llm.narrative import number_text
from llm.paths import split_path
from llm.schema import Field, Group, ReportTemplate

# Two measurements of one thing differ by as much: a volume by 0.52 or by π/6, from rounded sizes.
TOLERANCE = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A stated value and the computed one; `message` is a sentence for the reader."""

    path: str
    stated: object
    computed: object
    message: str


def disagreements(
    template: ReportTemplate, values: Mapping[str, object]
) -> tuple[Disagreement, ...]:
    """Every stated value that its own inputs contradict, in the order of the form.

    `values` are the stated ones by path. Choices agree where they are the same; numbers within a
    tenth, or one unit of their last decimal; a range or a comparison where it allows the computed
    number within that.
    """
    return tuple(_disagreements(template, values))


def _disagreements(
    template: ReportTemplate, values: Mapping[str, object]
) -> Iterator[Disagreement]:
    for path, computed in derived_values(template, values).items():
        stated = values.get(path)
        field = template.field_at(path)
        if stated is None or _agree(field, stated, computed):
            continue
        message = (
            f"{field.label}: {_shown(field, stated)} is stated, but {_shown(field, computed)} "
            f"follows from {', '.join(input_labels(template, path, field))}."
        )
        yield Disagreement(path, stated, computed, message)


def _agree(field: Field, stated: object, computed: object) -> bool:
    if field.kind != "number":
        return stated == computed
    number = Decimal(str(computed))
    margin = max(abs(number) * TOLERANCE, Decimal(10) ** -field.decimals)
    if not isinstance(stated, dict):
        return abs(Decimal(str(stated)) - number) <= margin
    if "low" in stated:
        low, high = Decimal(str(stated["low"])), Decimal(str(stated["high"]))
        return low - margin <= number <= high + margin
    bound = Decimal(str(stated["value"]))
    if str(stated["comparator"]).startswith("<"):
        return number <= bound + margin
    return number >= bound - margin


def _shown(field: Field, value: object) -> str:
    if field.kind == "number":
        return number_text(field, value)
    return field.option(str(value)).label


def input_labels(template: ReportTemplate, path: str, field: Field) -> Iterator[str]:
    """The labels of the inputs."""
    own = template.item(split_path(path).key)
    siblings = {m.key: m.label for m in own.fields} if isinstance(own, Group) else {}
    for name in inputs_of(field):
        key, _, member = name.partition(".")
        item = template.item(key) if name not in siblings else None
        if isinstance(item, Group):
            yield f"{item.label} ({item.member(member).label})"
        else:
            yield item.label if item is not None else siblings[name]
