"""All of a conclusion but new findings: absence, normality, other findings, advice."""

from __future__ import annotations

from llm.schema import Field, Group, Option
from llm.synth import asides, wording
from llm.synth.catalog import NORMAL_VALUES, foreign, normal_option, slot_names
from llm.synth.drafts import Draft, Say, Word, framed, joined
from llm.synth.findings import finding, group_finding
from llm.synth.rows import at_levels, at_side
from llm.synth.sampler import NothingLeft, Sampler, tried
from llm.synth.shared_nouns import denied_list

_TRIES = 30


def negation(sampler: Sampler) -> Draft:
    """A whole negated sentence."""
    if sampler.happens(0.2):
        draft = tried(denied_list, sampler)
        if draft is not None:
            return framed(sampler.frame("negation", wording.NEGATIONS), draft).tagged("negated")
    count = sampler.rng.choices((1, 2, 3, 4), (50, 28, 15, 7))[0]
    return framed(sampler.frame("negation", wording.NEGATIONS), negations(sampler, count))


def negations(sampler: Sampler, count: int) -> Draft:
    """ "pleural effusion, nodule or lymphadenopathy": nouns said to be absent, without the "no"."""
    absent = [draft for draft in (tried(_absent, sampler) for _ in range(count)) if draft]
    if not absent:
        raise NothingLeft
    last = sampler.choice((" or ", " or ", " and ", " nor ", ", "))
    separators = [", "] * (len(absent) - 2) + [last] * (len(absent) > 1)
    return joined(absent, separators).tagged("negated")


def _absent(sampler: Sampler) -> Draft:
    offered = sampler.catalog.slots
    names = [*offered.fields, *offered.groups, *offered.groups]
    for _ in range(_TRIES):
        item = sampler.catalog.items[sampler.choice(names)]
        draft = tried(absence, sampler, item)
        if draft is not None:
            return draft
    raise NothingLeft


def absence(sampler: Sampler, item: Field | Group) -> Draft:
    """Nothing of the kind, without the word that denies; raises NothingLeft."""
    if isinstance(item, Group):
        return _absent_rows(sampler, item)
    normal = normal_option(item)
    if normal is None or (item.key, "") in sampler.used:
        raise NothingLeft
    sampler.used.add((item.key, ""))
    say = Say(item.key, None, (("", normal.value),))
    return sampler.said(f"{item.key}.{normal.value}", normal.phrases, say)


def _absent_rows(sampler: Sampler, group: Group) -> Draft:
    taken = sampler.speaks_of(group.key)
    if group.row_kind == "open":
        if taken or group.normal is None:
            raise NothingLeft
        sampler.used.add((group.key, "*"))
        say = Say(group.key, None, (("", group.normal),))
        return sampler.said(f"{group.key}.none", group.absent_phrases, say)
    member = sampler.choice([member for member in group.fields if normal_option(member)])
    normal = normal_option(member)
    if normal is None:
        raise NothingLeft
    if taken or sampler.happens(0.3):
        return _absent_at(sampler, group, member, normal)
    if all(slot_names(phrase) for phrase in normal.phrases):
        raise NothingLeft
    sampler.used.add((group.key, "*"))
    say = Say(group.key, "*", ((member.key, normal.value),))
    draft = sampler.said(f"{group.key}.{member.key}.{normal.value}", normal.phrases, say)
    if group.row_kind == "level" and sampler.happens(0.2):
        place = sampler.choice((" at any level", " at all levels", " throughout"))
        return draft.worded((*draft.words, Word(place)))
    return draft


def _absent_at(sampler: Sampler, group: Group, member: Field, normal: Option) -> Draft:
    """Absent on one side or at one level: "left pleural effusion", "disc herniation at L4/5"."""
    used = sampler.used
    free = [row for row in group.row_keys if not {(group.key, row), (group.key, "*")} & used]
    row = sampler.choice(free)
    sampler.used.add((group.key, row))
    name = f"{group.key}.{member.key}.{normal.value}"
    place = at_levels([row], sampler.rng) if group.row_kind == "level" else at_side(row)
    say = Say(group.key, place.selector, ((member.key, normal.value),))
    draft = sampler.said(name, normal.phrases, say, place.fill)
    if place.is_named_in(draft.words):
        return draft
    if group.row_kind == "level":
        return draft.worded((*draft.words, Word(" at "), *place.words))
    if sampler.happens(0.5):
        return draft.worded((*draft.words, Word(" on the "), *place.words))
    return draft.worded((*place.words, Word(" "), *draft.words))


# Normality


def normal_part(sampler: Sampler) -> Draft:
    """A section, or one field, said to be normal; now and then two."""
    first = _normal_place(sampler)
    second = tried(_normal_place, sampler) if sampler.happens(0.25) else None
    draft = first if second is None else joined((first, second), (" and ",))
    return framed(sampler.frame("normal_part", wording.NORMAL_PARTS), draft).tagged("normal")


def _normal_place(sampler: Sampler) -> Draft:
    offered = sampler.catalog.slots
    places = [
        (name, sampler.template.section(name).label, "normal") for name in offered.normal_sections
    ]
    places += [
        (item.key, item.label, item.normal or "")
        for item in offered.fields.values()
        if item.normal in NORMAL_VALUES
    ]
    name, label, value = sampler.choice(places)
    if (name, "") in sampler.used or _is_covered(sampler, name):
        raise NothingLeft
    sampler.used.add((name, ""))
    return Draft((Word(label.lower()),), (Say(name, None, (("", value),)),))


def _is_covered(sampler: Sampler, name: str) -> bool:
    """True for a section of which something has been said: "normal" would contradict it."""
    section = sampler.catalog.section_of.get(name)
    if section is not None:
        return sampler.speaks_of(section)
    return any(sampler.catalog.section_of.get(slot) == name for slot, _ in sampler.used)


def normal_report(sampler: Sampler) -> Draft:
    """The rest of the report said to be normal."""
    if ("report", "") in sampler.used:
        raise NothingLeft
    sampler.used.add(("report", ""))
    frame = sampler.frame("normal_report", wording.NORMAL_REPORTS, common=0.1)
    words = (Word(frame.replace("{name}", sampler.template.prompt_name)),)
    return Draft(words, (Say("report", None, (("", "normal"),)),), tags=frozenset({"normal"}))


# What no field holds


def other(sampler: Sampler) -> Draft:
    """A finding that fits no field; or one at a level that the form has no row for."""
    if sampler.happens(0.3):
        outside = tried(_outside, sampler)
        if outside is not None:
            return outside
    sections = [s for s in sampler.catalog.slots.sections if sampler.template.other_phrases.get(s)]
    section = sampler.choice(sections)
    phrases = sampler.template.other_phrases[section]
    words = sampler.filled(sampler.expansion(f"other.{section}", phrases), {})
    draft = Draft(words, kind="other", section=section, tags=frozenset({"other"}))
    return framed(sampler.frame("finding", wording.FINDINGS), draft)


def _outside(sampler: Sampler) -> Draft:
    """ "Disc bulge at C5/6" in a form of the lumbar spine: the form has no field for it."""
    groups = [key for key, levels in sampler.catalog.outside.items() if levels]
    group = sampler.catalog.slots.groups[sampler.choice(groups)]
    levels = sampler.catalog.outside[group.key]
    start = sampler.rng.randrange(len(levels))
    place = at_levels(levels[start : start + sampler.choice((1, 1, 1, 2))], sampler.rng)
    found = group_finding(sampler, group, place=place)
    tags = frozenset({"other", "outside"})
    return Draft(found.words, (), "other", sampler.catalog.section_of[group.key], tags)


def unused(sampler: Sampler) -> Draft:
    """Advice, history, technique: nothing to fill."""
    phrases = sampler.template.not_used_phrases
    if sampler.happens(0.4) and phrases:
        words = sampler.filled(sampler.expansion("none", phrases), {})
        return Draft(words, kind="none", tags=frozenset({"none"}))
    frames = foreign(sampler.template, asides.NONE_CLAUSES)
    text = sampler.frame("none", frames, common=0.0)
    return Draft((Word(text),), kind="none", tags=frozenset({"none"}))


def unclear(sampler: Sampler) -> Draft:
    """Two findings of which one is meant: the model must leave that to the reader."""
    first, second = finding(sampler), finding(sampler)
    frame = sampler.frame("unclear", wording.UNCLEAR)
    before, _, rest = frame.partition("{a}")
    between, _, after = rest.partition("{b}")
    words = (Word(before), *first.words, Word(between), *second.words, Word(after))
    return Draft(tuple(w for w in words if w.text), kind="abstain", tags=frozenset({"unclear"}))
