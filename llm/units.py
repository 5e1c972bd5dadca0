"""Units of written quantities: how they are spelt, and how one is converted into another."""

from __future__ import annotations

import re
from decimal import Decimal

# Canonical unit -> (dimension, factor to the base unit of that dimension).
UNITS: dict[str, tuple[str, Decimal]] = {
    "µm": ("length", Decimal("0.001")),
    "mm": ("length", Decimal(1)),
    "cm": ("length", Decimal(10)),
    "mm2": ("area", Decimal(1)),
    "cm2": ("area", Decimal(100)),
    "mm3": ("volume", Decimal(1)),
    "mL": ("volume", Decimal(1000)),
    "cm3": ("volume", Decimal(1000)),
    "dL": ("volume", Decimal(100_000)),
    "L": ("volume", Decimal(1_000_000)),
    "g": ("mass", Decimal(1)),
    "kg": ("mass", Decimal(1000)),
    "HU": ("attenuation", Decimal(1)),
    "%": ("share", Decimal(1)),
    "°": ("angle", Decimal(1)),
    "ms": ("time", Decimal(1)),
    "ng/mL": ("concentration", Decimal(1)),
    "ng/mL2": ("concentration by volume", Decimal(1)),
    "10^-3 mm2/s": ("diffusion", Decimal(1)),
    "10^-6 mm2/s": ("diffusion", Decimal("0.001")),
}
_SPELLINGS: tuple[tuple[str, str], ...] = (
    ("mm3", r"mm\s?(?:\^?3|³)|cubic millimet(?:er|re)s?"),
    ("cm3", r"cm\s?(?:\^?3|³)|ccm|cubic centimet(?:er|re)s?"),
    ("mm2", r"mm\s?(?:\^?2|²)|sq(?:uare|\.)?\s?(?:mm|millimet(?:er|re)s?)"),
    ("cm2", r"cm\s?(?:\^?2|²)|sq(?:uare|\.)?\s?(?:cm|centimet(?:er|re)s?)"),
    ("ng/mL2", r"ng/ml\s?(?:\^?2|²|(?:/|per)\s?(?:ml|cc|cm\^?3|cm³))"),
    ("ng/mL", r"ng/ml"),
    ("mm", r"mm|millimet(?:er|re)s?"),
    ("cm", r"cms?|centimet(?:er|re)s?"),
    ("µm", r"[µμ]m|um|microns?"),
    ("mL", r"mls?|cc|millilit(?:er|re)s?"),
    ("dL", r"dl|decilit(?:er|re)s?"),
    ("L", r"lit(?:er|re)s?|l(?=\s+of\b)"),
    ("HU", r"hu|hounsfield(?:\s+units?)?"),
    ("%", r"%|per\s?cent|percent"),
    ("°", r"°|degrees?|deg"),
    ("kg", r"kg|kilograms?"),
    ("g", r"g|gm|grams?"),
    ("ms", r"ms|msec"),
)
_RATES = (
    r"(?:s|sec|seconds?|min|minutes?|h|hr|hours?|d|days?|w|wk|weeks?|mo|months?|y|yr|years?|"
    r"annum|ml|dl|l|g|kg|m2|m²|m)(?![A-Za-z])"
)
# One unit, with a rate behind it where there is one; `unit_of` reads the match.
UNIT = (
    "(?:"
    + "|".join(f"(?P<u{index}>{pattern})" for index, (_, pattern) in enumerate(_SPELLINGS))
    + rf")(?![A-Za-z0-9²³])(?P<rate>\s?(?:/|per)\s?{_RATES})?"
)


def dimension_of(unit: str) -> str:
    """What a unit measures; an unknown unit is its own dimension."""
    return UNITS[unit][0] if unit in UNITS else unit


def convert(value: Decimal, unit: str, to_unit: str) -> Decimal:
    """Exact conversion; raises ValueError where the units measure different things."""
    if unit == to_unit:
        return value
    if unit not in UNITS or to_unit not in UNITS or dimension_of(unit) != dimension_of(to_unit):
        raise ValueError(f"{unit} cannot be converted to {to_unit}")
    return value * UNITS[unit][1] / UNITS[to_unit][1]


def unit_of(match: re.Match[str]) -> str | None:
    """The canonical unit in a match of a pattern with UNIT in it; None where it has none."""
    for index, (unit, _) in enumerate(_SPELLINGS):
        if match[f"u{index}"] is not None:
            rate = match["rate"]
            return unit if rate is None else f"{unit}/{re.sub(r'^ *(/|per) *', '', rate.lower())}"
    return None
