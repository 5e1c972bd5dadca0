"""Which row of a group a finding is in: a new lesion, a side, one or several levels."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from llm.schema import Group
from llm.synth import numbers, wording
from llm.synth.drafts import Mark, Word, marked
from llm.synth.sampler import Fill, NothingLeft, Sampler


@dataclass(frozen=True, slots=True)
class Place:
    """The row of a finding: its selector, and the words for `{side}` or `{level}`.

    Where `silent` is true the side is that of the exam, and no word may name it.
    """

    selector: str | Mark
    fill: Fill
    tags: frozenset[str] = frozenset()
    silent: bool = False

    @property
    def words(self) -> tuple[Word, ...]:
        """The words that name the row, if any do."""
        return next(iter(self.fill.values()), ())

    def is_named_in(self, words: Sequence[Word]) -> bool:
        """True where the words of the row are among others."""
        return any(one is word for word in self.words for one in words)


def at_side(side: str) -> Place:
    """The row of a side, named in words."""
    return Place(side, {"side": (Word(side, fixed=True),)})


def at_levels(rows: Sequence[str], rng: random.Random) -> Place:
    """The rows of one or several levels, named in words."""
    word = numbers.level(rows, rng)
    tags = frozenset({"levels"} if len(rows) > 1 else ())
    return Place(marked(word), {"level": (word,)}, tags)


def new_place(sampler: Sampler, group: Group) -> Place:
    """A row that nothing has been said of; raises NothingLeft."""
    if (group.key, "*") in sampler.used:
        raise NothingLeft
    if group.row_kind == "open":
        taken = sum(1 for slot, _ in sampler.used if slot == group.key)
        if taken >= min(3, group.max_rows):
            raise NothingLeft
        sampler.used.add((group.key, f"+{taken}"))
        return Place("+", {}, frozenset({"several"} if taken else ()))
    free = [key for key in group.row_keys if (group.key, key) not in sampler.used]
    if not free:
        raise NothingLeft
    draw = _side if group.row_kind == "side" else _levels
    return draw(sampler, group, free)


def _side(sampler: Sampler, group: Group, free: list[str]) -> Place:
    exam = sampler.exam_side
    if exam in free and sampler.happens(0.7):
        sampler.used.add((group.key, exam))
        return Place(exam, {"side": ()}, frozenset({"exam_side"}), silent=True)
    if len(free) == 2 and sampler.happens(0.22):
        sampler.used |= {(group.key, side) for side in free}
        words = (Word(sampler.choice(wording.BOTH_SIDES)),)
        return Place("*", {"side": words}, frozenset({"both_sides"}))
    side = sampler.choice(free)
    return side_place(sampler, group, side)


def side_place(sampler: Sampler, group: Group, side: str) -> Place:
    """The row of a side, which then counts as used."""
    sampler.used.add((group.key, side))
    return at_side(side)


def _levels(sampler: Sampler, group: Group, free: list[str]) -> Place:
    count = sampler.rng.choices((1, 2, 3), (80, 16, 4))[0]
    chosen = sampler.rng.sample(free, min(count, len(free)))
    return level_place(sampler, group, sorted(chosen, key=group.row_keys.index))


def level_place(sampler: Sampler, group: Group, rows: Sequence[str]) -> Place:
    """The rows of one or several levels, which then count as used."""
    sampler.used |= {(group.key, row) for row in rows}
    return at_levels(rows, sampler.rng)
