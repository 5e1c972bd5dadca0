"""Writes quantities, dates and levels as reports do."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from decimal import Decimal

from llm.schema import Field
from llm.synth.drafts import Mark, Word

_MONTHS = (
    "Jan", "Feb", "March", "April", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec",
)  # fmt: skip
_LENGTHS = ("mm", "cm")
_SPELLINGS = {
    "%": ("%", " %", " percent"),
    "mL": (" mL", " ml", " cc", "mL"),
    "HU": (" HU", "HU", " Hounsfield units"),
    "°": ("°", " degrees", " deg"),
    "g": (" g", "g", " grams"),
    "ng/mL": (" ng/mL", " ng/ml", "ng/mL"),
    "ng/mL2": (" ng/mL2", " ng/ml²", " ng/mL/cc", " ng/mL/mL", " ng/mL²"),
    "10^-3 mm2/s": (" x 10^-3 mm2/s", " × 10^-3 mm²/s"),
    "10^-6 mm2/s": (" x 10^-6 mm2/s", " x 10-6 mm²/s", " × 10⁻⁶ mm²/s", "x10^-6 mm2/s"),
}
_FILLED = re.compile(r"\{(date|n[1-4])\}")
_SMALL = {"n1": (2, 9), "n2": (10, 59), "n3": (60, 240), "n4": (10, 12)}


def quantity(field: Field, rng: random.Random, *, dimensions: int = 1, length: float = 0.0) -> Word:
    """A quantity that the field can hold, in one of the writings of its unit.

    A length is the one that is given (in mm), as far as the field can hold it.
    """
    low, high = _range(field)
    if field.unit in _LENGTHS:
        scale = 10 if field.unit == "cm" else 1
        low, high = max(low * scale, 1.0), high * scale
        first = length or low * (high / low) ** rng.random()
        return _length(field, min(max(first, low), high), rng, dimensions)
    if 0 < low < high / 100:
        return written(field, _rounded(low * (high / low) ** rng.random(), field, rng), rng)
    places = field.decimals
    value = Decimal(rng.randint(int(low * 10**places), int(high * 10**places))).scaleb(-places)
    return written(field, value, rng)


def written(field: Field, value: Decimal, rng: random.Random) -> Word:
    """A number with one of the writings of the field's unit; lengths are not written by this."""
    unit = _SPELLINGS.get(field.unit or "", (f" {field.unit}",) if field.unit else ("",))
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


def _length(field: Field, first: float, rng: random.Random, dimensions: int) -> Word:
    sizes = [first, *(first * rng.uniform(0.5, 0.98) for _ in range(dimensions - 1))]
    in_cm = first >= 10 and rng.random() < 0.5
    written = [_number(size, in_cm=in_cm, rng=rng, field=field) for size in sizes]
    unit = "cm" if in_cm else "mm"
    gap = rng.choice((" ", " ", " ", ""))
    if dimensions == 1:
        text = _single(written[0], in_cm=in_cm, rng=rng)
    else:
        cross = rng.choice((" x ", " x ", "x", " × ", " by "))
        text = cross.join(written)
        if cross != "x" and rng.random() < 0.15:
            text = f"{gap}{unit}{cross}".join(written)
    return Word(f"{text}{gap}{unit}", Mark(size=first), fixed=True)


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
    if "{n" not in text and "{date}" not in text:
        return text
    return _FILLED.sub(lambda match: _filled(match[1], rng), text)


def _filled(name: str, rng: random.Random) -> str:
    return date(rng) if name == "date" else str(rng.randint(*_SMALL[name]))


def level(rows: Sequence[str], rng: random.Random) -> Word:
    """The words of one level or of several, in one of the usual writings."""
    style = rng.randrange(5)
    names = [_level_name(row, style) for row in rows]
    return Word(_listed(names, rng), Mark(tuple(rows)), fixed=True)


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
