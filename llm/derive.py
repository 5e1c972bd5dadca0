"""What follows from the values of a form: derived values, visibility, and reading what is typed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from llm.expressions import ExpressionError, evaluate, names_in
from llm.paths import split_path
from llm.pointing import NumberData, plain_number
from llm.quantities import find_quantities
from llm.schema import Condition, Field, Group, Item, ReportTemplate
from llm.slots import fits_sex
from llm.types import NumberValue, Quantity
from llm.units import UNITS, convert, dimension_of

Values = Mapping[str, object]

_PLAIN_NUMBER = re.compile(r"\s*(<=|>=|<|>|≤|≥)?\s*(-?\d+(?:[.,]\d+)?)\s*")
_PLAIN_RANGE = re.compile(r"\s*(\d+(?:[.,]\d+)?)\s*(?:-|–|to)\s*(\d+(?:[.,]\d+)?)\s*")
_WITH_UNIT = re.compile(r"\s*[<>≤≥=]*\s*-?\d+(?:[.,]\d+)?\s*([^\W\d_][^\d\s]{0,19})\s*")
COMPARATORS = ("<", "<=", ">", ">=")


def holds(condition: Condition, value: object) -> bool:
    """True where a value satisfies a condition; what has no value satisfies none."""
    if value is None:
        return False
    given = {str(entry) for entry in value} if isinstance(value, list) else {str(value)}
    return bool(given & set(condition.values)) != condition.negated


def rows_in(template: ReportTemplate, values: Values) -> dict[str, list[str]]:
    """The rows of each open group that the values name, in the order they are named."""
    rows: dict[str, list[str]] = {}
    for path in values:
        parts = split_path(path)
        item = template.item(parts.key)
        if isinstance(item, Group) and item.row_kind == "open" and parts.row:
            named = rows.setdefault(parts.key, [])
            if parts.row not in named:
                named.append(parts.row)
    return rows


def derived_values(template: ReportTemplate, values: Values) -> dict[str, object]:
    """The computed values by path, also of what is stated; absent while an input is missing.

    A number is absent too while an input is a range or a comparison. Fields are computed in
    template order: one may need another that stands before it, and takes it as stated where it is.
    """
    derived: dict[str, object] = {}
    known = _Known(dict(values), _all_rows(template, values))
    for item in template.items():
        for prefix, fields in _places(item, known.rows):
            for field in fields:
                path = prefix + field.key
                result = _computed(field, prefix, known)
                if result is not None:
                    derived[path] = result
                    known.values.setdefault(path, result)
    return derived


def inputs_of(field: Field) -> tuple[str, ...]:
    """The names a derived field needs, each once; raises ExpressionError."""
    if field.derived is None:
        return ()
    names = [c.field for case in field.derived.lookup for c in case.conditions]
    expression = field.derived.expression
    return tuple(dict.fromkeys([*names, *(sorted(names_in(expression)) if expression else ())]))


@dataclass(frozen=True, slots=True)
class _Known:
    """The values so far, and the rows of each group."""

    values: dict[str, object]
    rows: Mapping[str, Sequence[str]]

    def of(self, name: str, prefix: str) -> object:
        """What a name stands for in a row (or outside, with no prefix).

        `group.member` has the values of all rows, once every row has one.
        """
        key, _, member = name.partition(".")
        if not member:
            return self.values.get(prefix + name, self.values.get(name))
        found = [self.values.get(f"{key}[{row}].{member}") for row in self.rows.get(key, ())]
        if not found or None in found:
            return None
        return [one for each in found for one in (each if isinstance(each, list) else [each])]


def _all_rows(template: ReportTemplate, values: Values) -> dict[str, Sequence[str]]:
    groups = [item for item in template.items() if isinstance(item, Group)]
    named = rows_in(template, values)
    return {group.key: group.row_keys or named.get(group.key, ()) for group in groups}


def _places(
    item: Item, rows: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, tuple[Field, ...]]]:
    """The fields of an item with what their paths begin with, for each row."""
    if isinstance(item, Field):
        yield "", (item,)
        return
    yield from ((f"{item.key}[{row}].", item.fields) for row in rows[item.key])


def _computed(field: Field, prefix: str, known: _Known) -> object:
    if field.derived is None:
        return None
    for case in field.derived.lookup:
        if all(holds(c, known.of(c.field, prefix)) for c in case.conditions):
            return case.value
    if not field.derived.expression:
        return None
    numbers = {name: known.of(name, prefix) for name in names_in(field.derived.expression)}
    if not all(isinstance(number, int | float) for number in numbers.values()):
        return None
    try:
        exact = {name: Decimal(str(number)) for name, number in numbers.items()}
        result = evaluate(field.derived.expression, exact)
    except ExpressionError:
        # A quotient by zero has no value: the field stays empty, as with a missing input.
        return None
    return plain_number(round(result, field.decimals))


def visible_paths(
    template: ReportTemplate,
    values: Values,
    *,
    sex: str | None = None,
    rows: Mapping[str, Sequence[str]] | None = None,
) -> Iterator[str]:
    """The paths the form shows, with the key of each open group.

    A field whose condition fails is shown all the same while it holds a value: nothing vanishes.
    """
    open_rows = rows if rows is not None else rows_in(template, values)
    for section in template.sections:
        for item in section.fields:
            if fits_sex(section.sex, sex) and fits_sex(item.sex, sex):
                yield from _visible(item, values, sex, open_rows.get(item.key, ()))


def _visible(
    item: Item, values: Values, sex: str | None, open_rows: Sequence[str]
) -> Iterator[str]:
    held = any(split_path(path).key == item.key for path in values)
    if not held and not _holds_for_some(item.visible_if, values):
        return
    if isinstance(item, Field):
        yield item.key
        yield from (f"{item.key}.{companion.key}" for companion in item.companions)
        return
    if item.row_kind == "open":
        yield item.key
    for row in item.row_keys or open_rows:
        for member in item.fields:
            path = f"{item.key}[{row}].{member.key}"
            shown = path in values or _is_member_shown(item, row, member, values)
            if shown and fits_sex(member.sex, sex):
                yield path


def is_shown(template: ReportTemplate, path: str, values: Values) -> bool:
    """True where the form shows the path, by the conditions of its field and of its group alone."""
    parts = split_path(path)
    item = template.item(parts.key)
    if not _holds_for_some(item.visible_if, values):
        return False
    if not isinstance(item, Group) or not parts.member:
        return True
    return _is_member_shown(item, parts.row, item.member(parts.member), values)


def _is_member_shown(group: Group, row: str, member: Field, values: Values) -> bool:
    condition = member.visible_if
    if condition is not None and any(sibling.key == condition.field for sibling in group.fields):
        return holds(condition, values.get(f"{group.key}[{row}].{condition.field}"))
    return _holds_for_some(condition, values)


def _holds_for_some(condition: Condition | None, values: Values) -> bool:
    """True without a condition, or where a value of the field that it names satisfies it."""
    return condition is None or any(
        holds(condition, value)
        for path, value in values.items()
        if split_path(path).name == condition.field
    )


def validate_value(field: Field, value: object) -> None:
    """Raises ValueError, with what to do, unless the value may stand in the field."""
    options = [option.value for option in field.options]
    if field.kind in {"choice", "bool"}:
        if value not in options:
            raise ValueError(f"{field.label}: {_shown(value)} is not one of the options")
    elif field.kind == "multi_choice":
        _check_several(field, value, options)
    elif field.kind == "text":
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"{field.label}: write some text, or leave it empty")
    else:
        for number in _numbers(field, value):
            _check_range(field, number)


def _check_several(field: Field, value: object, options: Sequence[str]) -> None:
    if not isinstance(value, list) or not value or any(entry not in options for entry in value):
        raise ValueError(f"{field.label}: choose one or more of the options")
    if value != [option for option in options if option in value]:
        raise ValueError(f"{field.label}: each option once, in the order of the form")


def _numbers(field: Field, value: object) -> list[Decimal]:
    if isinstance(value, dict) and set(value) == {"low", "high"}:
        low, high = _number(field, value["low"]), _number(field, value["high"])
        if low > high:
            raise ValueError(f"{field.label}: the range runs from the smaller to the larger number")
        return [low, high]
    if isinstance(value, dict) and set(value) == {"comparator", "value"}:
        if value["comparator"] not in COMPARATORS:
            raise ValueError(f"{field.label}: use <, <=, > or >=")
        return [_number(field, value["value"])]
    return [_number(field, value)]


def _number(field: Field, value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{field.label}: {_shown(value)} is not a number")
    number = Decimal(str(value))
    if not number.is_finite():
        raise ValueError(f"{field.label}: {_shown(value)} is not a number")
    return number


def _check_range(field: Field, number: Decimal) -> None:
    unit = f" {field.unit}" if field.unit else ""
    below = field.minimum is not None and number < field.minimum
    above = field.maximum is not None and number > field.maximum
    if below or above:
        raise ValueError(
            f"{field.label}: {number}{unit} is outside {field.minimum}–{field.maximum}{unit}; "
            "check the number and its unit"
        )


def _shown(value: object) -> str:
    return repr(str(value)[:60])


def parse_number(field: Field, text: str) -> NumberData:
    """What was typed ("12", "1.2 cm", "5-8", "<5 mm") in the field's unit.

    Raises ValueError with what to do. A number without a unit is in the field's unit.
    """
    plain = _PLAIN_NUMBER.fullmatch(text)
    span = _PLAIN_RANGE.fullmatch(text)
    value: NumberData
    if plain:
        number = plain_number(_decimal(plain[2]))
        sign = (plain[1] or "").replace("≤", "<=").replace("≥", ">=")
        value = {"comparator": sign, "value": number} if sign else number
    elif span:
        value = {"low": plain_number(_decimal(span[1])), "high": plain_number(_decimal(span[2]))}
    else:
        value = _written(field, text)
    validate_value(field, value)
    return value


def _written(field: Field, text: str) -> NumberData:
    quantities = find_quantities(text)
    number = _WITH_UNIT.fullmatch(text)
    if number and field.unit and not (quantities and quantities[0].unit):
        known = [unit for unit in UNITS if dimension_of(unit) == dimension_of(field.unit)]
        units = ", ".join(known or [field.unit])
        raise ValueError(f"{field.label}: the unit {_shown(number[1])} is not known; write {units}")
    if len(quantities) != 1 or len(quantities[0].dims) > 1 or field.unit is None:
        example = f"12 {field.unit}" if field.unit else "12"
        raise ValueError(f"{field.label}: {_shown(text)} is not one number; write {example}")
    quantity = quantities[0]
    if quantity.low is not None and quantity.high is not None:
        low, high = (_in_unit(field, quantity, n) for n in (quantity.low, quantity.high))
        return {"low": low, "high": high}
    value = _in_unit(field, quantity, quantity.dims[0])
    return {"comparator": quantity.comparator, "value": value} if quantity.comparator else value


def _in_unit(field: Field, quantity: Quantity, number: Decimal) -> NumberValue:
    if quantity.unit is None or field.unit is None:
        return plain_number(number)
    try:
        return plain_number(convert(number, quantity.unit, field.unit))
    except ValueError as error:
        raise ValueError(f"{field.label}: {error}") from error


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text.replace(",", "."))
    except InvalidOperation as error:
        raise ValueError(f"{_shown(text)} is not a number") from error
