"""Clauses that go on about the row that the clause before made: "It measures 12 mm."""

from __future__ import annotations

from llm.schema import Field, Group
from llm.synth import numbers, wording
from llm.synth.catalog import phrased
from llm.synth.drafts import Draft, Mark, Say, framed, marked
from llm.synth.findings import size_members
from llm.synth.members import members, more_members
from llm.synth.results import accepts, have_a_place
from llm.synth.rows import Place
from llm.synth.sampler import NothingLeft, Sampler, tried

_TRIES = 30


def following(sampler: Sampler, before: Draft) -> Draft:
    """A clause about the row of the draft before; raises NothingLeft where it has none."""
    say = before.says[0]
    item = sampler.catalog.items[say.slot]
    if not isinstance(item, Group) or len(before.says) > 1:
        raise NothingLeft
    if isinstance(say.selector, Mark):
        return _same_level(sampler, item, say, say.selector)
    if say.selector != "+":
        raise NothingLeft
    if item.follow_ups and sampler.happens(0.8):
        return _follow_up(sampler, item, say)
    said = {name for name, _ in say.pairs} | {"certainty", "count"}
    worded = ("change",) if item.follow_ups else tuple(member.key for member in item.fields)
    free = [m for m in item.fields if m.key in worded and m.key not in said]
    member = sampler.choice([m for m in free if m.options or m.kind == "number"] or [None])
    if member is None:
        raise NothingLeft
    if member.key == "change" and sampler.happens(0.3):
        return _all_rows(sampler, item)
    return about(sampler, item, member)


def _follow_up(sampler: Sampler, group: Group, before: Say) -> Draft:
    """ "T2 score 4, DWI score 5": further members of the row, none said before."""
    said = {name for name, _ in before.pairs}
    for _ in range(_TRIES):
        expansion = sampler.expansion(f"{group.key}.follow_ups", group.follow_ups)
        filled = tried(members, sampler, group, expansion, Place("^", {}))
        if filled is None:
            continue
        words, pairs = filled
        fresh = said.isdisjoint(name for name, _ in pairs)
        draft = Draft(tuple(words), (Say(group.key, "^", tuple(pairs)),))
        if fresh and have_a_place(group, [*before.pairs, *pairs]) and accepts(sampler, draft):
            return draft.tagged("following")
    raise NothingLeft


def _same_level(sampler: Sampler, group: Group, say: Say, level: Mark) -> Draft:
    """A finding at the level that the clause before names: "There is mild facet arthropathy."""
    words, pairs = more_members(sampler, group, Place(level, {}), [name for name, _ in say.pairs])
    if not pairs:
        raise NothingLeft
    draft = Draft(tuple(words[1:]), (Say(group.key, level, tuple(pairs)),))
    frame = sampler.frame("finding", wording.FINDINGS, common=0.4)
    return framed(frame, draft).tagged("following", "levels")


def _all_rows(sampler: Sampler, item: Group) -> Draft:
    value = sampler.choice(tuple(wording.CHANGE_ALL))
    frame = sampler.frame(f"all.{value}", wording.CHANGE_ALL[value])
    draft = Draft((), (Say(item.key, "*", (("change", value),)),))
    return framed(frame, draft).tagged("following", "change")


def about(sampler: Sampler, group: Group, member: Field, value: str | None = None) -> Draft:
    """ "It is spiculated": one member of the last row of an open group."""
    if member.key == "count":
        raise NothingLeft
    if member.key == "change":
        value = value or sampler.choice(tuple(wording.CHANGE_AFTER))
        frame = sampler.frame(f"after.{value}", wording.CHANGE_AFTER[value])
        draft = Draft((), (Say(group.key, "^", (("change", value),)),))
        return framed(frame, draft).tagged("following", "change")
    if member.kind == "number":
        return _size(sampler, group, member)
    option = sampler.choice([o for o in phrased(member) if value in (None, o.value)])
    say = Say(group.key, "^", ((member.key, option.value),))
    draft = sampler.said(f"{group.key}.{member.key}.{option.value}", option.phrases, say)
    place = member.kind == "multi_choice"
    around = wording.PLACE_AFTER if place else wording.QUALITY_AFTER
    return framed(sampler.frame(f"after.{place}", around), draft).tagged("following")


def _size(sampler: Sampler, group: Group, member: Field) -> Draft:
    # "It measures 12 mm" says the size of a finding, not how far it is displaced.
    if member not in size_members(group):
        raise NothingLeft
    number = numbers.quantity(member, sampler.rng)
    frames = wording.PRIOR_AFTER if member.time == "prior" else wording.NUMBER_AFTER
    say = Say(group.key, "^", ((member.key, marked(number)),))
    frame = sampler.frame(f"after.number.{member.time}", frames)
    return framed(frame, Draft((number,), (say,))).tagged("following", "number")
