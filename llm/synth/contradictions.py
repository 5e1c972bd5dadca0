"""Contradictions that are wanted: a second clause gives a value that the first one excludes."""

from __future__ import annotations

from collections.abc import Sequence

from llm.schema import Field, Group
from llm.synth import numbers, wording
from llm.synth.catalog import normal_option, phrased
from llm.synth.drafts import Draft, Mark, Say, Word, framed, marked
from llm.synth.members import member_words
from llm.synth.rows import Place, at_levels, at_side
from llm.synth.sampler import NothingLeft, Sampler, tried


def contradiction(sampler: Sampler, said: Sequence[Draft]) -> Draft:
    """A sentence that contradicts one of the drafts; its only statement is on the slot in conflict.

    Raises NothingLeft where none of them can be contradicted.
    """
    for draft in sampler.rng.sample(list(said), len(said)):
        if draft.kind != "statements" or not draft.says:
            continue
        found = tried(_against, sampler, draft.says[0])
        if found is not None:
            return found.tagged("contradiction")
    raise NothingLeft


def _against(sampler: Sampler, say: Say) -> Draft:
    item = sampler.catalog.items[say.slot]
    if isinstance(item, Field):
        return _against_field(sampler, item, say)
    if item.row_kind == "open":
        if say.selector != "+" or item.normal is None:
            raise NothingLeft
        absent = Say(item.key, None, (("", item.normal),))
        return _denied(sampler, sampler.said(f"{item.key}.none", item.absent_phrases, absent))
    return _against_row(sampler, item, say)


def _against_field(sampler: Sampler, item: Field, say: Say) -> Draft:
    value = say.pairs[0][1]
    if isinstance(value, Mark):
        number = numbers.quantity(item, sampler.rng)
        other = Say(item.key, None, (("", marked(number)),))
        return sampler.said(item.key, item.phrases, other, {"n": (number,)})
    normal = normal_option(item)
    others = [option for option in phrased(item) if option.value != value]
    if normal is not None and value != normal.value and (not others or sampler.happens(0.5)):
        absent = Say(item.key, None, (("", normal.value),))
        draft = sampler.said(f"{item.key}.{normal.value}", normal.phrases, absent)
        return _denied(sampler, draft)
    if item.kind == "multi_choice":
        raise NothingLeft
    option = sampler.choice(others)
    other = Say(item.key, None, (("", option.value),))
    return _found(sampler, sampler.said(f"{item.key}.{option.value}", option.phrases, other))


def _against_row(sampler: Sampler, group: Group, say: Say) -> Draft:
    """Another value of the same member on the same side or at the same level."""
    members = ((group.member(name), value) for name, value in say.pairs)
    choices = [(m, v) for m, v in members if m.kind == "choice" and m.normal is not None]
    member, value = sampler.choice(choices)
    option = sampler.choice([option for option in phrased(member) if option.value != value])
    place = _row(sampler, say)
    words = member_words(sampler, group, member, option, place)
    if not place.is_named_in(words):
        between = " at " if isinstance(place.selector, Mark) else " on the "
        words = (*words, Word(between), *place.words)
    other = Say(group.key, place.selector, ((member.key, option.value),))
    return _found(sampler, Draft(words, (other,)))


def _row(sampler: Sampler, say: Say) -> Place:
    """The row of a statement in new words."""
    if isinstance(say.selector, Mark):
        return at_levels(say.selector.rows, sampler.rng)
    if say.selector not in ("left", "right"):
        raise NothingLeft
    return at_side(say.selector)


def _found(sampler: Sampler, draft: Draft) -> Draft:
    return framed(sampler.frame("finding", wording.FINDINGS), draft)


def _denied(sampler: Sampler, draft: Draft) -> Draft:
    return framed(sampler.frame("negation", wording.NEGATIONS), draft).tagged("negated")
