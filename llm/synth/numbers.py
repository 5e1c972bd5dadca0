"""Writes quantities, dates and levels as reports do."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal

from llm.schema import Field
from llm.synth.drafts import Mark, Word

_MONTHS = (
    "Jan",
    "Feb",
    "March",
    "April",
    "May",
    "June",
    "July",
    "Aug",
    "Sept",
    "Oct",
    "Nov",
    "Dec",
)
_LENGTHS = ("mm", "cm")
_WRITTEN = {
    "%": ("%", " %", " percent"),
    "mL": (" mL", " ml", " cc", "mL"),
    "ng/mL": (" ng/mL", " ng/ml", "ng/mL"),
    "ng/mL2": (" ng/mL2", " ng/ml²", " ng/mL/cc", " ng/mL/mL", " ng/mL²"),
    "10^-6 mm2/s": (" x 10^-6 mm2/s", " x 10-6 mm²/s", " × 10⁻⁶ mm²/s", "x10^-6 mm2/s"),
}


def quantity(field: Field, rng: random.Random, *, dimensions: int = 1) -> Word:
    """A quantity that the field can hold, in one of the writings of its unit."""
    low, high = _range(field)
    if field.unit in _LENGTHS:
        return _length(field, low, high, rng, dimensions)
    if 0 < low < high / 100:
        return written(field, _rounded(low * (high / low) ** rng.random(), field, rng), rng)
    return written(field, Decimal(rng.randint(int(low), int(high))), rng)


def written(field: Field, value: Decimal, rng: random.Random) -> Word:
    """A number with one of the writings of the field's unit; lengths are not written by this."""
    unit = _WRITTEN.get(field.unit or "", (f" {field.unit}",) if field.unit else ("",))
    return Word(f"{value}{rng.choice(unit)}", Mark(), fixed=True)


def _rounded(value: float, field: Field, rng: random.Random) -> Decimal:
    """As many decimals as are written: fewer, the larger the number."""
    digits = field.decimals if value < 1 else min(field.decimals, 1)
    if value >= 10 and rng.random() < value / 50:
        digits = 0
    return max(round(Decimal(value), digits), field.minimum or Decimal(0))


def _range(field: Field) -> tuple[float, float]:
    low = float(field.minimum if field.minimum is not None else 1)
    high = float(field.maximum if field.maximum is not None else 100)
    return low, low + (high - low) * (0.5 if field.unit in _LENGTHS else 0.9)


def _length(field: Field, low: float, high: float, rng: random.Random, dimensions: int) -> Word:
    first = low * (high / low) ** rng.random()
    sizes = [first] + [max(low, first * rng.uniform(0.5, 0.98)) for _ in range(dimensions - 1)]
    in_cm = first >= 10 and rng.random() < 0.5
    written = [_number(size, in_cm=in_cm, rng=rng, field=field) for size in sizes]
    unit = "cm" if in_cm else "mm"
    gap = rng.choice((" ", " ", " ", ""))
    if dimensions == 1:
        text = _single(written[0], in_cm=in_cm, rng=rng)
    else:
        cross = rng.choice((" x ", " x ", "x", " × ", " by "))
        text = cross.join(written)
        if rng.random() < 0.12:
            text = f"{gap}{unit}{cross}".join(written)
    return Word(f"{text}{gap}{unit}", Mark(), fixed=True)


def _single(number: str, *, in_cm: bool, rng: random.Random) -> str:
    draw = rng.random()
    step = Decimal("0.3") if in_cm else Decimal(2)
    if draw < 0.04:
        return f"{number}{rng.choice(('-', '–', ' to '))}{Decimal(number) + step}"
    if draw < 0.07:
        return f"{rng.choice(('<', '>', '< ', 'less than '))}{number}"
    return number


def _number(size: float, *, in_cm: bool, rng: random.Random, field: Field) -> str:
    if in_cm:
        return f"{size / 10:.1f}" if rng.random() < 0.9 else f"{max(1, round(size / 10))}"
    if field.decimals and size < 10 and rng.random() < 0.08:
        return f"{size:.1f}"
    return f"{max(1, round(size))}"


def date(rng: random.Random) -> str:
    """A date of some writing."""
    day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(2018, 2026)
    return rng.choice(
        (
            f"{day:02}.{month:02}.{year}",
            f"{month}/{day}/{year}",
            f"{year}-{month:02}-{day:02}",
            f"{day} {_MONTHS[month - 1]} {year}",
            f"{_MONTHS[month - 1]} {year}",
        )
    )


def with_numbers(text: str, rng: random.Random) -> str:
    """`{date}` and the small numbers `{n1}` … of a frame filled in."""
    for name, number in (("n1", rng.randint(2, 9)), ("n2", rng.randint(10, 59))):
        text = text.replace(f"{{{name}}}", str(number))
    text = text.replace("{n3}", str(rng.randint(60, 240))).replace("{n4}", str(rng.randint(10, 12)))
    return text.replace("{date}", date(rng)) if "{date}" in text else text


def level(rows: Sequence[str], rng: random.Random) -> Word:
    """The words of one level or of several, in one of the usual writings."""
    style = rng.randrange(5)
    names = [_level_name(row, style) for row in rows]
    return Word(_listed(names, rng), Mark(), fixed=True)


def _level_name(row: str, style: int) -> str:
    upper, slash, lower = row.partition("/")
    if not slash:
        return row
    long = lower if lower[0].isalpha() else f"{upper[0]}{lower}"
    return (row, f"{upper}-{lower}", f"{upper}-{long}", f"{upper}/{long}", f"{upper}–{lower}")[
        style
    ]


def _listed(names: Sequence[str], rng: random.Random) -> str:
    if len(names) == 1:
        return names[0]
    join = rng.choice((" and ", " and ", ", ", " & ", " as well as "))
    return f"{', '.join(names[:-1])}{join if join != ', ' else ' and '}{names[-1]}"
