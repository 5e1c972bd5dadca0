"""Corrupted copies of a correct report, each with one mistake in its findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from llm.attested import COMPANIONS
from llm.paths import FieldPath, split_path
from llm.reading import is_normal, sides_named
from llm.schema import Field, Group, ReportTemplate

Values = Mapping[str, object]
_LOBES = {"rul": "lul", "rml": "ling", "rll": "lll", "lul": "rul", "ling": "rml", "lll": "rll"}
_OTHER = {"left": "right", "right": "left"}


def copies(template: ReportTemplate, true: Values, form: Values) -> Iterator[tuple[str, Values]]:
    """Yield each copy of `form` with the kind of its one mistake; only what was stated changes."""
    for path, value in true.items():
        field, parts = template.field_at(path), split_path(path)
        if parts.member in COMPANIONS or field.kind == "text":
            continue
        if field.kind == "number":
            yield from _slips(field, path, value, form)
            continue
        sided = _other_side(template, path, value, form)
        if sided is not None:
            yield "side swapped", sided
        if is_normal(template, path, value):
            yield "asserted", _asserted(template, path, form)
        elif (denied := _denied(template, parts, form)) is not None:
            yield "negated", denied


def _slips(field: Field, path: str, value: object, form: Values) -> Iterator[tuple[str, Values]]:
    if not isinstance(value, int | float) or field.unit not in {"mm", "mL"}:
        return
    for wrong in (Decimal(str(value)) * 10, Decimal(str(value)) / 10):
        low, high = field.minimum, field.maximum
        if (low is None or wrong >= low) and (high is None or wrong <= high):
            yield "unit slip", {**form, path: float(wrong)}


def _other_side(template: ReportTemplate, path: str, value: object, form: Values) -> Values | None:
    """The same finding on the other side; None where it has no side, or both."""
    parts = split_path(path)
    sides = sides_named(template, path, value)
    if len(sides) != 1 or is_normal(template, path, value):
        return None
    if parts.row in _OTHER:
        return _row_moved(template, parts, form)
    (side,) = sides
    member = f"{parts.member.removesuffix(f'_{side}')}_{_OTHER[side]}"
    if parts.member.endswith(f"_{side}"):
        moved = str(FieldPath(parts.key, parts.row, member))
        rest = {p: v for p, v in form.items() if p != path}
        return {**rest, moved: value} if moved not in form else None
    swapped = _swapped(template.field_at(path), value, side)
    return {**form, path: swapped} if swapped is not None else None


def _row_moved(template: ReportTemplate, parts: FieldPath, form: Values) -> Values | None:
    here, there = (f"{parts.key}[{row}]." for row in (parts.row, _OTHER[parts.row]))
    taken = [p for p, v in form.items() if p.startswith(there) and not is_normal(template, p, v)]
    if taken:
        return None
    both = {p: v for p, v in form.items() if p.startswith((here, there))}
    moved = {
        (there + p.removeprefix(here) if p.startswith(here) else here + p.removeprefix(there)): v
        for p, v in both.items()
    }
    return {**{p: v for p, v in form.items() if p not in both}, **moved}


def _swapped(field: Field, value: object, side: str) -> object:
    def swap(one: str) -> str:
        other = _LOBES.get(one, one.replace(side, _OTHER[side]))
        return other if any(option.value == other for option in field.options) else one

    given = [str(one) for one in value] if isinstance(value, list) else [str(value)]
    wrong = [swap(one) for one in given]
    if wrong == given:
        return None
    ordered = [option.value for option in field.options if option.value in wrong]
    return ordered if isinstance(value, list) else wrong[0]


def _denied(template: ReportTemplate, parts: FieldPath, form: Values) -> Values | None:
    """The finding said to be normal or absent; None where the form cannot say so."""
    item = template.item(parts.key)
    if isinstance(item, Group) and item.row_kind == "open":
        if item.normal is None:
            return None
        rest = {p: v for p, v in form.items() if split_path(p).key != parts.key}
        return {**rest, parts.key: item.normal}
    field = template.field_at(str(parts))
    if field.normal is None:
        return None
    normal = [field.normal] if field.kind == "multi_choice" else field.normal
    return {**form, str(parts): normal}


def _asserted(template: ReportTemplate, path: str, form: Values) -> Values:
    """A finding in place of what the conclusion denies."""
    item, field = template.item(split_path(path).key), template.field_at(path)
    if isinstance(item, Group) and item.row_kind == "open":
        member = next(m for m in item.fields if m.options)
        rest = {p: v for p, v in form.items() if p != path}
        first = member.options[0].value
        value: object = [first] if member.kind == "multi_choice" else first
        return {**rest, f"{item.key}[1].{member.key}": value}
    wrong = next(option.value for option in field.options if option.value != field.normal)
    return {**form, path: [wrong] if field.kind == "multi_choice" else wrong}
