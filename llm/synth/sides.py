"""Wordings about sides: both in one phrase, or none where the exam has one."""

from __future__ import annotations

import re
from functools import lru_cache

from llm.phrases import Expansion, Slot, all_expansions
from llm.schema import Group, Option
from llm.synth.catalog import phrased
from llm.synth.drafts import Draft, Say, Word
from llm.synth.sampler import NothingLeft, Sampler
from llm.synth.splits import Usable, plain, usable

SIDES = ("left", "right")
# "on the {side}" cannot lose its side.
_LEANS = re.compile(r"\b(?:the|on|to|at|of|in|and|a|an)\s*$", re.IGNORECASE)


def two_sides(sampler: Sampler, group: Group) -> Draft:
    """ "moderate right and small left pleural effusion": the noun is said once."""
    members = [member for member in group.fields if len(phrased(member)) > 1]
    if any(slot == group.key for slot, _ in sampler.used):
        raise NothingLeft
    member = sampler.choice(members)
    first, second = sampler.rng.sample(phrased(member), 2)
    name = f"{sampler.template.key}.{group.key}.{member.key}"
    heads, others = (
        _heads(usable(f"{name}.{option.value}", option.phrases, sampler.part))
        for option in (first, second)
    )
    nouns = sorted(heads.keys() & others.keys())
    noun, order = sampler.choice(nouns), sampler.rng.sample(SIDES, 2)
    sampler.used |= {(group.key, side) for side in SIDES}
    _note(sampler, name, (first, heads[noun]), (second, others[noun]), noun)
    words = (
        *(Word(heads[noun]), Word(order[0], fixed=True), Word(" and ")),
        *(Word(others[noun]), Word(order[1], fixed=True), Word(noun)),
    )
    says = (
        Say(group.key, side, ((member.key, option.value),))
        for side, option in zip(order, (first, second), strict=True)
    )
    return Draft(words, tuple(says), tags=frozenset({"both_sides"}))


def _note(
    sampler: Sampler, name: str, one: tuple[Option, str], two: tuple[Option, str], noun: str
) -> None:
    for option, head in (one, two):
        sampler.wordings.append((f"{name}.{option.value}", (head, Slot("side"), noun)))


@lru_cache(maxsize=1 << 12)
def _heads(choice: Usable) -> dict[str, str]:
    """What stands before the side, by the noun behind it."""
    found = {}
    for phrase in choice.phrases:
        for wording in all_expansions(phrase):
            match wording:
                case (str() as head, Slot("side"), str() as noun) if noun.startswith(" "):
                    if plain(wording) not in choice.trained:
                        found[noun] = head
    return found


@lru_cache(maxsize=1 << 14)
def without_side(expansion: Expansion) -> Expansion:
    """A wording that leaves the side to the exam; raises NothingLeft where it cannot."""
    pieces: list[str | Slot] = []
    dropped = False
    for piece in expansion:
        if isinstance(piece, Slot) and piece.name == "side":
            before = pieces[-1] if pieces else ""
            if isinstance(before, str) and _LEANS.search(before):
                raise NothingLeft
            dropped = True
            continue
        if dropped and isinstance(piece, str):
            last = pieces[-1] if pieces else ""
            blank = not last or (isinstance(last, str) and last.endswith(" "))
            piece = piece.removeprefix(" ") if blank else piece
            dropped = False
        pieces.append(piece)
    return tuple(pieces)
