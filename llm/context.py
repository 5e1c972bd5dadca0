"""What code knows about a clause before the model reads it: the grammar and the prompt use it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from llm.clauses import clauses_of
from llm.mentions import find_levels, find_sides, sides_of
from llm.quantities import find_quantities
from llm.schema import Group, ReportTemplate
from llm.slots import TemplateKey
from llm.types import Clause, LevelMention, Quantity, Side, SideMention


@dataclass(frozen=True, slots=True)
class ClauseContext:
    """A clause with its quantities and mentions; `previous` is one clause deep.

    `exam_side` is "left", "right" or None (unknown or both); `sex` is "female", "male" or None.
    """

    clause: Clause
    quantities: tuple[Quantity, ...] = ()
    sides: tuple[SideMention, ...] = ()
    levels: tuple[LevelMention, ...] = ()
    previous: ClauseContext | None = None
    exam_side: str | None = None
    sex: str | None = None

    @property
    def legal_sides(self) -> frozenset[Side]:
        """The sides of this clause; if it names none, of the previous one; else of the exam."""
        own = sides_of(self.sides)
        before = sides_of(self.previous.sides) if self.previous else frozenset()
        exam: frozenset[Side] = frozenset(side for side in _SIDES if side == self.exam_side)
        return own or before or exam

    @property
    def names_both_sides(self) -> bool:
        """True where the clause itself names left and right."""
        return len(sides_of(self.sides)) == 2

    @property
    def legal_levels(self) -> tuple[LevelMention, ...]:
        """The level mentions of this clause or, if it has none, of the previous one."""
        return self.levels or (self.previous.levels if self.previous else ())


_DIGIT = re.compile("[0-9]")
_SIDES: tuple[Side, ...] = ("left", "right")


def has_levels(template: ReportTemplate) -> bool:
    """True where a group has levels as rows; only then are level words marked."""
    return _has_levels(TemplateKey(template))


@lru_cache(maxsize=64)
def _has_levels(key: TemplateKey) -> bool:
    items = key.template.items()
    return any(isinstance(item, Group) and item.row_kind == "level" for item in items)


def read_clause(
    clause: Clause,
    *,
    mark_levels: bool,
    previous: ClauseContext | None = None,
    exam_side: str | None = None,
    sex: str | None = None,
) -> ClauseContext:
    """The context of one clause behind another; `mark_levels` as `has_levels(template)`."""
    offset = clause.span.start
    levels = find_levels(clause.text, offset=offset) if mark_levels else ()
    # Most clauses have no digit, and that is seen at once.
    numbers = _DIGIT.search(clause.text) is not None
    return ClauseContext(
        clause=clause,
        quantities=find_quantities(clause.text, offset=offset, levels=levels) if numbers else (),
        sides=find_sides(clause.text, offset=offset),
        levels=levels,
        previous=replace(previous, previous=None) if previous else None,
        exam_side=exam_side,
        sex=sex,
    )


def read_conclusion(
    template: ReportTemplate,
    conclusion: str,
    *,
    exam_side: str | None = None,
    sex: str | None = None,
) -> tuple[ClauseContext, ...]:
    """The contexts of all clauses of a conclusion, in order."""
    return read_text(conclusion, mark_levels=has_levels(template), exam_side=exam_side, sex=sex)


def read_text(
    conclusion: str,
    *,
    mark_levels: bool,
    exam_side: str | None = None,
    sex: str | None = None,
) -> tuple[ClauseContext, ...]:
    """`read_conclusion` where only one thing of the template matters."""
    contexts: list[ClauseContext] = []
    for clause in clauses_of(conclusion):
        contexts.append(
            read_clause(
                clause,
                mark_levels=mark_levels,
                previous=contexts[-1] if contexts else None,
                exam_side=exam_side,
                sex=sex,
            )
        )
    return tuple(contexts)
