"""All of a conclusion but new findings: absence, normality, what follows, advice."""

from __future__ import annotations

from dataclasses import replace

from llm.phrases import Slot, slots
from llm.schema import Field, Group, Option
from llm.slots import slots_of
from llm.synth import numbers, wording
from llm.synth.drafts import Draft, Mark, Say, Word, framed, joined
from llm.synth.results import have_a_place
from llm.synth.rows import same_level
from llm.synth.sampler import NothingLeft, Sampler
from llm.synth.splits import draw, is_held_out

_NORMAL_VALUES = frozenset({"normal", "patent", "clear", "intact"})


def negations(sampler: Sampler, count: int) -> Draft:
    """ "pleural effusion, nodule or lymphadenopathy": nouns said to be absent, without the "no"."""
    absent = [draft for draft in (_absent(sampler) for _ in range(count)) if draft is not None]
    if not absent:
        raise NothingLeft
    last = sampler.rng.choice((" or ", " or ", " and ", " nor "))
    separators = [", "] * (len(absent) - 2) + [last] * (len(absent) > 1)
    return joined(absent, separators).tagged("negation")


def negation(sampler: Sampler) -> Draft:
    """A whole negated sentence."""
    count = sampler.rng.choices((1, 2, 3, 4), (50, 28, 15, 7))[0]
    frame = sampler.frame("negation", wording.NEGATIONS)
    return framed(frame, negations(sampler, count))


def _absent(sampler: Sampler) -> Draft | None:
    offered = slots_of(sampler.template, sampler.sex)
    rng = sampler.rng
    for _ in range(30):
        name = rng.choice([*offered.fields, *offered.groups, *offered.groups])
        item = sampler.template.item(name)
        draft = _absent_rows(sampler, item) if isinstance(item, Group) else _none(sampler, item)
        if draft is not None:
            return draft
    return None


def _none(sampler: Sampler, item: Field) -> Draft | None:
    normal = _normal_option(item)
    if normal is None or (item.key, "") in sampler.used:
        return None
    sampler.used.add((item.key, ""))
    return _said(sampler, f"{item.key}.", normal, {}, Say(item.key, None, (("", normal.value),)))


def _normal_option(item: Field) -> Option | None:
    for option in item.options:
        if option.value == item.normal and option.phrases:
            return option
    return None


def _absent_rows(sampler: Sampler, group: Group) -> Draft | None:
    taken = any(slot == group.key for slot, _ in sampler.used)
    if group.row_kind == "open":
        if taken or group.normal is None or not group.absent_phrases:
            return None
        sampler.used.add((group.key, "*"))
        option = Option("none", "None", "", group.absent_phrases)
        say = Say(group.key, None, (("", group.normal),))
        return _said(sampler, f"{group.key}.", option, {}, say)
    members = [m for m in group.fields if _normal_option(m) is not None]
    if not members:
        return None
    member = sampler.rng.choice(members)
    normal = _normal_option(member)
    if normal is None:
        return None
    if taken or sampler.rng.random() < 0.3:
        return _absent_at(sampler, group, member, normal)
    sampler.used.add((group.key, "*"))
    plain = tuple(p for p in normal.phrases if not any(name for name, _ in slots(p)))
    if not plain:
        return None
    say = Say(group.key, "*", ((member.key, normal.value),))
    draft = _said(sampler, f"{group.key}.{member.key}.", replace(normal, phrases=plain), {}, say)
    if draft is not None and group.row_kind == "level" and sampler.rng.random() < 0.2:
        place = sampler.rng.choice((" at any level", " at all levels", " throughout"))
        return replace(draft, words=(*draft.words, Word(place)))
    return draft


def _absent_at(sampler: Sampler, group: Group, member: Field, normal: Option) -> Draft | None:
    """Absent on one side or at one level: "left pleural effusion", "disc herniation at L4/5"."""
    free = [
        row for row in group.row_keys if not {(group.key, row), (group.key, "*")} & sampler.used
    ]
    if not free:
        return None
    row = sampler.rng.choice(free)
    sampler.used.add((group.key, row))
    name = f"{group.key}.{member.key}."
    if group.row_kind == "level":
        word = numbers.level([row], sampler.rng)
        say = Say(group.key, word.mark, ((member.key, normal.value),))
        draft = _said(sampler, name, normal, {"level": (word,)}, say)
        if draft is None or any(w.mark is word.mark for w in draft.words):
            return draft
        return replace(draft, words=(*draft.words, Word(" at "), word))
    side = Word(row, fixed=True)
    say = Say(group.key, row, ((member.key, normal.value),))
    draft = _said(sampler, name, normal, {"side": (side,)}, say)
    if draft is None or any(w is side for w in draft.words):
        return draft
    if sampler.rng.random() < 0.5:
        return replace(draft, words=(*draft.words, Word(" on the "), side))
    return replace(draft, words=(side, Word(" "), *draft.words))


def _said(
    sampler: Sampler, name: str, option: Option, fill: dict[str, tuple[Word, ...]], say: Say
) -> Draft | None:
    full = f"{sampler.template.key}.{name}{option.value}"
    try:
        expansion = draw(full, option.phrases, sampler.part, sampler.rng)
    except LookupError:
        return None
    if any(isinstance(piece, Slot) and piece.name not in fill for piece in expansion):
        return None
    tags = frozenset({"held_out"} if is_held_out(option.phrases) else ())
    return Draft(sampler.filled(expansion, fill), (say,), tags=tags)


def normal_part(sampler: Sampler) -> Draft:
    """A section, or one field, said to be normal."""
    offered = slots_of(sampler.template, sampler.sex)
    places = [
        (name, sampler.template.section(name).label, "normal") for name in offered.normal_sections
    ]
    places += [
        (item.key, item.label, item.normal or "")
        for item in offered.fields.values()
        if item.normal in _NORMAL_VALUES
    ]
    name, label, value = sampler.rng.choice(places)
    if (name, "") in sampler.used or _is_covered(sampler, name):
        raise NothingLeft
    sampler.used.add((name, ""))
    frame = sampler.frame("normal_part", wording.NORMAL_PARTS)
    says = (Say(name, None, (("", value),)),)
    return framed(frame, Draft((Word(label.lower()),), says)).tagged("normal")


def _is_covered(sampler: Sampler, name: str) -> bool:
    """True for a section of which something has been said: "normal" would contradict it."""
    keys = {slot for slot, _ in sampler.used}
    for section in sampler.template.sections:
        if section.key == name:
            return any(item.key in keys for item in section.fields)
    return sampler.template.section_of(name).key in keys


def normal_report(sampler: Sampler) -> Draft:
    """The rest of the report said to be normal."""
    if ("report", "") in sampler.used:
        raise NothingLeft
    sampler.used.add(("report", ""))
    frame = sampler.frame("normal_report", wording.NORMAL_REPORTS, common=0.1)
    name = sampler.template.prompt_name
    words = (Word(frame.replace("{name}", name)),)
    return Draft(words, (Say("report", None, (("", "normal"),)),), tags=frozenset({"normal"}))


def other(sampler: Sampler) -> Draft:
    """A finding that fits no field."""
    sections = [s.key for s in sampler.template.sections if s.sex in (None, sampler.sex)]
    section = sampler.rng.choice([s for s in sections if sampler.template.other_phrases.get(s)])
    phrases = sampler.template.other_phrases[section]
    expansion = draw(f"{sampler.template.key}.other.{section}", phrases, sampler.part, sampler.rng)
    draft = Draft(sampler.filled(expansion, {}), kind="other", section=section)
    return framed(sampler.frame("finding", wording.FINDINGS), draft).tagged("other")


def unused(sampler: Sampler) -> Draft:
    """Advice, history, technique: nothing to fill."""
    phrases = sampler.template.not_used_phrases
    if sampler.rng.random() < 0.5 and phrases:
        name = f"{sampler.template.key}.none"
        words = sampler.filled(draw(name, phrases, sampler.part, sampler.rng), {})
    else:
        words = (Word(sampler.frame("none", wording.NONE_CLAUSES, common=0.0)),)
    return Draft(words, kind="none", tags=frozenset({"none"}))


def unclear(sampler: Sampler) -> Draft:
    """Two findings of which one is meant: the model must leave that to the reader."""
    first, second = sampler.finding(), sampler.finding()
    frame = sampler.frame("unclear", wording.UNCLEAR)
    before, _, rest = frame.partition("{a}")
    between, _, after = rest.partition("{b}")
    words = (Word(before), *first.words, Word(between), *second.words, Word(after))
    return Draft(tuple(w for w in words if w.text), kind="abstain", tags=frozenset({"unclear"}))


def following(sampler: Sampler, before: Draft) -> Draft:
    """A clause about the row that the clause before made: "It measures 12 mm."""
    say = before.says[0]
    if len(before.says) == 1 and (level := same_level(sampler, before)) is not None:
        frame = sampler.frame("finding", wording.FINDINGS, common=0.4)
        return framed(frame, level)
    item = sampler.template.item(say.slot)
    if not isinstance(item, Group) or say.selector != "+" or len(before.says) > 1:
        raise NothingLeft
    if item.follow_ups and sampler.rng.random() < 0.8:
        return _follow_up(sampler, item, dict(say.pairs))
    said = {name for name, _ in say.pairs} | {"certainty", "count"}
    worded = ("change",) if item.follow_ups else tuple(m.key for m in item.fields)
    free = [m for m in item.fields if m.key in worded and m.key not in said]
    member = sampler.rng.choice([m for m in free if m.options or m.kind == "number"] or [None])
    if member is None:
        raise NothingLeft
    if member.key == "change" and sampler.rng.random() < 0.3:
        return _all_rows(sampler, item)
    draft = _about(sampler, member)
    return replace(draft, says=(Say(item.key, "^", draft.says[0].pairs),)).tagged("following")


def _follow_up(sampler: Sampler, group: Group, said: dict[str, str | Mark]) -> Draft:
    """ "T2 score 4, DWI score 5": further members of the row, none said before."""
    for _ in range(30):
        name = f"{sampler.template.key}.{group.key}.follow_ups"
        expansion = draw(name, group.follow_ups, sampler.part, sampler.rng)
        filled = sampler.members(group, expansion, {})
        if filled is None:
            continue
        words, pairs, tags = filled
        order = [member.key for member in group.fields]
        ordered = tuple(sorted(pairs, key=lambda pair: order.index(pair[0])))
        draft = Draft(words, (Say(group.key, "^", ordered),), tags=tags | {"following"})
        fresh = pairs and not said.keys() & dict(pairs).keys()
        if fresh and have_a_place(group, said | dict(pairs)) and sampler.accepts(draft):
            return draft
    raise NothingLeft


def _all_rows(sampler: Sampler, item: Group) -> Draft:
    value = sampler.rng.choice(tuple(wording.CHANGE_ALL))
    frame = sampler.frame(f"all.{value}", wording.CHANGE_ALL[value])
    says = (Say(item.key, "*", (("change", value),)),)
    return Draft((Word(frame),), says, tags=frozenset({"following", "change"}))


def _about(sampler: Sampler, member: Field) -> Draft:
    rng = sampler.rng
    if member.key == "change":
        value = rng.choice(tuple(wording.CHANGE_AFTER))
        frame = sampler.frame(f"after.{value}", wording.CHANGE_AFTER[value])
        return Draft((Word(frame),), (Say("", "^", (("change", value),)),))
    if member.kind == "number":
        number = numbers.quantity(member, rng)
        frames = wording.PRIOR_AFTER if member.time == "prior" else wording.NUMBER_AFTER
        if (
            number.mark is None
            or member.unit not in ("mm", "cm")
            or member.key.endswith(("_2", "_3"))
        ):
            raise NothingLeft
        draft = Draft((number,), (Say("", "^", ((member.key, number.mark),)),))
        return framed(sampler.frame(f"after.number.{member.time}", frames), draft).tagged("number")
    options = [option for option in member.options if option.phrases]
    option = rng.choice(options)
    name = f"{sampler.template.key}.after.{member.key}.{option.value}"
    words = sampler.filled(draw(name, option.phrases, sampler.part, rng), {})
    pair: tuple[str, str | Mark] = (member.key, option.value)
    place = member.kind == "multi_choice"
    around = wording.PLACE_AFTER if place else wording.QUALITY_AFTER
    return framed(sampler.frame(f"after.{place}", around), Draft(words, (Say("", "^", (pair,)),)))
