"""Matches the rows of open groups before values are compared: their order means nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy
from scipy.optimize import linear_sum_assignment

from llm.paths import FieldPath, split_path
from llm.schema import Group, ReportTemplate
from llm.types import FieldData

Values = Mapping[str, FieldData]


def without_text(template: ReportTemplate, values: Values) -> dict[str, FieldData]:
    """The values that are scored: all but free text. Raises KeyError for an unknown path."""
    return {path: v for path, v in values.items() if template.field_at(path).kind != "text"}


def aligned_rows(template: ReportTemplate, filled: Values, true: Values) -> dict[str, FieldData]:
    """`filled` with the rows of open groups renamed to the true rows they resemble most."""
    names: dict[tuple[str, str], str] = {}
    for item in template.items():
        if isinstance(item, Group) and item.row_kind == "open":
            for old, new in _matches(_rows(item.key, filled), _rows(item.key, true)):
                names[item.key, old] = new
    renamed: dict[str, FieldData] = {}
    for path, value in filled.items():
        parts = split_path(path)
        row = names.get((parts.key, parts.row), parts.row)
        renamed[str(FieldPath(parts.key, row, parts.member))] = value
    return renamed


def _rows(group: str, values: Values) -> dict[str, dict[str, FieldData]]:
    rows: dict[str, dict[str, FieldData]] = {}
    for path, value in values.items():
        parts = split_path(path)
        if parts.key == group and parts.row:
            rows.setdefault(parts.row, {})[parts.member] = value
    return rows


def _matches(filled: Mapping[str, Values], true: Mapping[str, Values]) -> Iterator[tuple[str, str]]:
    """Filled rows with the true row each gets; rows without one get names of their own."""
    # In an order of their own, so that equally good matches do not depend on the row numbers.
    left = sorted(filled, key=lambda row: sorted(map(str, filled[row].items())))
    right = sorted(true, key=lambda row: sorted(map(str, true[row].items())))
    pairs: dict[int, int] = {}
    if left and right:
        same = numpy.array([[_likeness(filled[a], true[b]) for b in right] for a in left])
        pairs = dict(zip(*(side.tolist() for side in linear_sum_assignment(-same)), strict=True))
    last = max(map(int, right), default=0)
    for number, name in enumerate(left):
        yield name, right[pairs[number]] if number in pairs else str(last + 1 + number)


def _likeness(one: Values, other: Values) -> float:
    """Equal values count most; between equals, members that both rows have."""
    equal = sum(other.get(member) == value for member, value in one.items())
    return equal + 0.01 * len(one.keys() & other.keys())
