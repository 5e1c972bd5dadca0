"""Wordings that say something of several rows or members at once, as reports do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from llm.phrases import Slot, all_expansions
from llm.schema import Field, Group, Option
from llm.synth.drafts import Draft, Mark, Say, Word
from llm.synth.splits import Part, draw, phrasings

if TYPE_CHECKING:
    from llm.synth.sampler import Sampler

SIDES = ("left", "right")
_BOTH = ("both {}s", "bilateral {}s", "the {}s bilaterally", "{}s on both sides", "{}s")
_LEADING_TO = (", leading to ", " causing ", " with ", " resulting in ", ", with ", " and ", ", ")


def two_sides(sampler: Sampler, group: Group) -> Draft | None:
    """ "moderate right and small left pleural effusion": the noun is said once."""
    if any(slot == group.key for slot, _ in sampler.used):
        return None
    members = [m for m in group.fields if sum(o.value != m.normal for o in m.options) > 1]
    if not members:
        return None
    member = sampler.rng.choice(members)
    first, second = sampler.rng.sample([o for o in member.options if o.value != member.normal], 2)
    name = f"{sampler.template.key}.{group.key}.{member.key}"
    heads = _heads(f"{name}.{first.value}", first, sampler.part)
    others = _heads(f"{name}.{second.value}", second, sampler.part)
    nouns = sorted(heads.keys() & others.keys())
    if not nouns:
        return None
    noun, order = sampler.rng.choice(nouns), sampler.rng.sample(SIDES, 2)
    sampler.used |= {(group.key, side) for side in SIDES}
    words = (
        *(Word(heads[noun]), Word(order[0], fixed=True), Word(" and ")),
        *(Word(others[noun]), Word(order[1], fixed=True), Word(noun)),
    )
    says = tuple(
        Say(group.key, side, ((member.key, option.value),))
        for side, option in zip(order, (first, second), strict=True)
    )
    return Draft(words, says, tags=frozenset({"two_sides"}))


def _heads(name: str, option: Option, part: Part) -> dict[str, str]:
    """What stands before the side, by the noun behind it."""
    found = {}
    for phrase in phrasings(name, option.phrases, part):
        for wording in all_expansions(phrase):
            match wording:
                case (str() as head, Slot("side"), str() as noun) if noun.startswith(" "):
                    found[noun] = head
    return found


def both_places(sampler: Sampler, member: Field) -> tuple[str, list[Option]] | None:
    """ "both lower lobes": the options "right lower lobe" and "left lower lobe" in one word."""
    by_noun: dict[str, list[Option]] = {}
    for option in member.options:
        side, _, noun = (option.phrases or ("",))[0].partition(" ")
        if side in SIDES and noun:
            by_noun.setdefault(noun, []).append(option)
    nouns = [noun for noun, options in by_noun.items() if len(options) == 2]
    if not nouns:
        return None
    noun = sampler.rng.choice(nouns)
    return sampler.rng.choice(_BOTH).format(noun), by_noun[noun]


def more_members(
    sampler: Sampler, group: Group, fill: dict[str, tuple[Word, ...]], taken: Sequence[str]
) -> tuple[list[Word], list[tuple[str, str | Mark]]]:
    """ ", leading to mild bilateral foraminal narrowing": further members of the same row."""
    words: list[Word] = []
    pairs: list[tuple[str, str | Mark]] = []
    free = [m for m in group.fields if m.key not in taken and m.kind == "choice" and m.normal]
    for member in sampler.rng.sample(free, min(sampler.rng.choice((1, 1, 2)), len(free))):
        option = sampler.rng.choice([o for o in member.options if o.value != member.normal])
        said = member_words(sampler, group, member, option, fill)
        words += [Word(sampler.rng.choice(_LEADING_TO)), *said]
        pairs.append((member.key, option.value))
    return words, pairs


def member_words(
    sampler: Sampler,
    group: Group,
    member: Field,
    option: Option,
    fill: dict[str, tuple[Word, ...]],
) -> tuple[Word, ...]:
    """The words of one option of a member."""
    name = f"{sampler.template.key}.{group.key}.{member.key}.{option.value}"
    return sampler.filled(draw(name, option.phrases, sampler.part, sampler.rng), fill)


def same_level(sampler: Sampler, before: Draft) -> Draft | None:
    """A finding at the level that the clause before names: "There is mild facet arthropathy."""
    say = before.says[0]
    group = sampler.template.item(say.slot)
    if not isinstance(group, Group) or not isinstance(say.selector, Mark):
        return None
    taken = [name for name, _ in say.pairs]
    words, pairs = more_members(sampler, group, {}, taken)
    if not pairs:
        return None
    said = replace(say, pairs=tuple(pairs))
    return Draft(tuple(words[1:]), (said,), tags=frozenset({"following", "levels"}))
