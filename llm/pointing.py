"""Which quantity may fill which number field, and the value it gives there."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from llm.schema import Field
from llm.types import NumberValue, Quantity
from llm.units import convert

NumberData = NumberValue | dict[str, NumberValue | str]


def number_value(quantity: Quantity, field: Field, *, dimension: int = 0) -> NumberData | None:
    """The quantity in the field's unit, or None where it cannot stand there.

    A range is {"low", "high"}, a comparison {"comparator", "value"}. The unit must convert, the
    time must match and the value must lie within the field's limits. Nothing is rounded: a rounded
    number is not the number that was written.
    """
    if quantity.time != field.time or (quantity.unit is None) != (field.unit is None):
        return None
    if quantity.low is not None and quantity.high is not None:
        low = _converted(quantity.low, quantity, field)
        high = _converted(quantity.high, quantity, field)
        return None if low is None or high is None else {"low": low, "high": high}
    value = _converted(quantity.dims[dimension], quantity, field)
    if value is None or quantity.comparator is None:
        return value
    return {"comparator": quantity.comparator, "value": value}


def fits(quantity: Quantity, field: Field) -> bool:
    """True where the (first dimension of the) quantity may fill the field."""
    return number_value(quantity, field) is not None


def further_fields(quantity: Quantity, field: Field, siblings: Mapping[str, Field]) -> list[Field]:
    """The fields that the second and third dimension fill, along `next_dimension`."""
    chain: list[Field] = []
    while len(chain) + 1 < len(quantity.dims):
        following = siblings.get((chain[-1] if chain else field).next_dimension or "")
        if following is None or number_value(quantity, following, dimension=len(chain) + 1) is None:
            break
        chain.append(following)
    return chain


def _converted(value: Decimal, quantity: Quantity, field: Field) -> NumberValue | None:
    if quantity.unit is not None and field.unit is not None:
        try:
            value = convert(value, quantity.unit, field.unit)
        except ValueError:
            return None
    if field.minimum is not None and value < field.minimum:
        return None
    if field.maximum is not None and value > field.maximum:
        return None
    return plain_number(value)


def plain_number(number: Decimal) -> NumberValue:
    """The JSON number of a decimal: an int where it is whole."""
    return int(number) if number == number.to_integral_value() else float(number)
