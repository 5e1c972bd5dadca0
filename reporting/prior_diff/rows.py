"""Which row of an open group (a nodule, a lesion) is which row of the prior report."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from reporting.report_checks.says import Value

# A row costs this much while it is no other row: a pair that costs twice as much is none.
ALONE = 1.0
# What is stated on both sides and differs, and what is stated on one side alone.
OTHER, UNSTATED, OTHER_TEXT = 0.5, 0.2, 0.05
# Sizes that differ by more than this factor (e) say no more than that they differ.
SIZE_MOST = 1.0
# An assignment that costs no more than this above the best one could as well be the right one.
DOUBT = 0.25
NEVER = 1e6
Costs = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of an open group: its key in its report, and its values."""

    key: str
    values: tuple[Value, ...]

    @property
    def content(self) -> tuple[tuple[str, str], ...]:
        """What the row says, in an order that does not depend on the report."""
        return tuple(sorted((v.member, v.text) for v in self.values))


@dataclass(frozen=True, slots=True)
class Pair:
    """Two rows that are taken for one; `is_doubtful` where other rows would fit nearly as well."""

    old: Row
    new: Row
    is_doubtful: bool


def pairs(old: Sequence[Row], new: Sequence[Row]) -> tuple[Pair, ...]:
    """Match the rows of one group by what identifies them, by their choices and by their sizes.

    Rows whose sides, levels or places contradict each other are never matched. The match is the
    one of least cost over all rows, and the same in both directions.
    """
    if not old or not new:
        return ()
    first, second = sorted(old, key=_order), sorted(new, key=_order)
    turned = [r.content for r in first] > [r.content for r in second]
    if turned:
        first, second = second, first
    costs = _costs(first, second)
    best, least = _assign(costs)
    found = []
    for i, j in best:
        if i >= len(first) or j >= len(second):
            continue
        doubtful = first[i].content != second[j].content and (
            not _shares_identity(first[i], second[j]) or _is_doubtful(costs, i, j, least)
        )
        one, other = (second[j], first[i]) if turned else (first[i], second[j])
        found.append(Pair(one, other, doubtful))
    places = {row.key: n for n, row in enumerate(new)}
    return tuple(sorted(found, key=lambda pair: places[pair.new.key]))


def _order(row: Row) -> tuple[tuple[tuple[str, str], ...], str]:
    return row.content, row.key


def _is_doubtful(costs: Costs, i: int, j: int, least: float) -> bool:
    """Whether the rows could nearly as well be others."""
    without = costs.copy()
    without[i, j] = NEVER
    return _assign(without)[1] - least <= DOUBT


def _costs(old: Sequence[Row], new: Sequence[Row]) -> Costs:
    """The cost of each pair, with places behind for rows that stay alone."""
    n, m = len(old), len(new)
    costs = np.full((n + m, n + m), NEVER)
    for i, one in enumerate(old):
        for j, other in enumerate(new):
            costs[i, j] = cost(one, other)
    costs[np.arange(n), m + np.arange(n)] = ALONE
    costs[n + np.arange(m), np.arange(m)] = ALONE
    costs[n:, m:] = 0
    return costs


def _assign(costs: Costs) -> tuple[list[tuple[int, int]], float]:
    """The assignment of least cost, and what it costs."""
    rows, columns = linear_sum_assignment(costs)
    chosen = list(zip(rows.tolist(), columns.tolist(), strict=True))
    return chosen, float(costs[rows, columns].sum())


def cost(old: Row, new: Row) -> float:
    """How little two rows are alike: 0 where they say the same, NEVER where they contradict."""
    before, after = _by_member(old), _by_member(new)
    if any(_contradict(before[m], after[m]) for m in before if m in after):
        return NEVER
    return sum(_member_cost(before.get(m), after.get(m)) for m in sorted({*before, *after}))


def _by_member(row: Row) -> dict[str, Value]:
    return {value.member: value for value in row.values}


def _contradict(old: Value, new: Value) -> bool:
    """Whether they name different sides or different places."""
    sides = bool(old.sides and new.sides) and not old.sides & new.sides
    return sides or (old.identifies and new.identifies and not old.raw & new.raw)


def _shares_identity(old: Row, new: Row) -> bool:
    after = _by_member(new)
    return any(value.identifies and value.member in after for value in old.values)


def _member_cost(old: Value | None, new: Value | None) -> float:
    if old is None or new is None:
        return UNSTATED
    if old.numbers and new.numbers and old.dimension == new.dimension:
        return _size_cost(old, new)
    if old.raw == new.raw:
        return 0.0
    return OTHER if old.is_choice else OTHER_TEXT


def _size_cost(old: Value, new: Value) -> float:
    small, large = sorted((float(max(old.numbers)), float(max(new.numbers))))
    if small <= 0:
        return 0.0 if small == large else SIZE_MOST
    return float(min(SIZE_MOST, np.log(large / small)))
