"""What often comes with a finding, as the template says: consolidation with an effusion."""

from __future__ import annotations

from collections.abc import Iterator

from llm.derive import holds
from llm.schema import Field, Group, Together
from llm.synth.drafts import Draft, Mark, Say
from llm.synth.findings import field_finding, group_finding
from llm.synth.following import about
from llm.synth.members import member_words
from llm.synth.results import accepts
from llm.synth.rows import Place, at_side, level_place, new_place, side_place
from llm.synth.sampler import NothingLeft, Sampler, tried


def companions(sampler: Sampler, draft: Draft) -> Iterator[Draft]:
    """What the template says often comes with the findings of a draft, drawn by its share."""
    for say in draft.says:
        for member, value in say.pairs:
            name = f"{say.slot}.{member}" if member else say.slot
            for rule in sampler.catalog.together.get(name, ()):
                if isinstance(value, Mark) or not holds(rule.condition, value.split("+")):
                    continue
                if sampler.happens(rule.share):
                    drawn = tried(_drawn, sampler, rule, say)
                    if drawn is not None and accepts(sampler, drawn):
                        yield drawn.tagged("together")


def _drawn(sampler: Sampler, rule: Together, say: Say) -> Draft:
    key, _, member = rule.field.partition(".")
    item = sampler.catalog.items.get(key)
    value = sampler.choice(rule.values)
    if item is None:
        raise NothingLeft
    if isinstance(item, Field):
        return field_finding(sampler, item, item.option(value))
    if rule.same_row and item.key == say.slot:
        return _same_row(sampler, item, say, member, value)
    place = _same_place(sampler, item, say) if rule.same_row else new_place(sampler, item)
    in_pattern = tried(group_finding, sampler, item, place=place, wanted={member: value})
    return in_pattern or _in_own_words(sampler, item, place, member, value)


def _same_row(sampler: Sampler, group: Group, say: Say, member: str, value: str) -> Draft:
    """A further member of the row that the draft before made."""
    if any(name == member for name, _ in say.pairs) or say.selector in (None, "*", "^"):
        raise NothingLeft
    if say.selector == "+":
        return about(sampler, group, group.member(member), value)
    if isinstance(say.selector, Mark):
        return _in_own_words(sampler, group, Place(say.selector, {}), member, value)
    return _in_own_words(sampler, group, at_side(str(say.selector)), member, value)


def _same_place(sampler: Sampler, group: Group, say: Say) -> Place:
    """The row of the same side or level in another group; raises NothingLeft if it is used."""
    rows = say.selector.rows if isinstance(say.selector, Mark) else (say.selector or "",)
    taken = {(group.key, row) for row in (*rows, "*")} & sampler.used
    if taken or not rows or not set(rows) <= set(group.row_keys):
        raise NothingLeft
    if group.row_kind == "level":
        return level_place(sampler, group, rows)
    return side_place(sampler, group, rows[0])


def _in_own_words(sampler: Sampler, group: Group, place: Place, member: str, value: str) -> Draft:
    field = group.member(member)
    if field.normal is None:
        raise NothingLeft
    words = member_words(sampler, group, field, field.option(value), place)
    return Draft(words, (Say(group.key, place.selector, ((member, value),)),), tags=place.tags)
