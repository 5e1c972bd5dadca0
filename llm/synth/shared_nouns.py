"""Several things said with one noun, which their wordings end with.

Findings of different fields ("no mediastinal, hilar or axillary adenopathy"), values of one member
("in the right upper, right middle and left lower lobes"), and the two sides of one group ("moderate
right and small left pleural effusion").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from llm.phrases import Slot, all_expansions
from llm.schema import Field, Group, Option
from llm.slots import TemplateKey
from llm.synth import wording
from llm.synth.catalog import catalog_of, normal_option, phrased
from llm.synth.drafts import Draft, Say, Word
from llm.synth.sampler import Fill, NothingLeft, Sampler
from llm.synth.splits import Part, Usable, plain, usable

SIDES = ("left", "right")
# Words that cannot stand in what is put before a noun; "lymph" belongs to the noun.
_ADJOINING = frozenset({"and", "or", "of", "the", "to", "in", "at", "with", "lymph", "white"})
_BOTH = ("bilateral {}", "{} bilaterally", "{} on both sides", "left and right {}", "{}")

# Findings of different fields


@dataclass(frozen=True, slots=True)
class Headed:
    """A value whose wording is `head` and a noun that other fields share."""

    name: str
    head: str
    say: Say
    held_out: bool


def denied_list(sampler: Sampler) -> Draft:
    """Absent findings with one noun; the word that denies is put around it by a frame."""
    return _listed(sampler, _headed(*_key(sampler), normal=True), (" or ", " or ", " and "))


def found_list(sampler: Sampler) -> Draft:
    """Findings with one noun: "mild mediastinal and hilar lymphadenopathy"."""
    return _listed(sampler, _headed(*_key(sampler), normal=False), (" and ", " and ", " & "))


def _key(sampler: Sampler) -> tuple[TemplateKey, str | None, Part]:
    return TemplateKey(sampler.template), sampler.sex, sampler.part


def _listed(
    sampler: Sampler, by_noun: dict[str, dict[str, list[Headed]]], joins: tuple[str, ...]
) -> Draft:
    noun = sampler.choice(tuple(by_noun))
    slots = [slot for slot in by_noun[noun] if not sampler.speaks_of(slot.partition(".")[0])]
    if len(slots) < 2:
        raise NothingLeft
    count = min(sampler.choice((2, 2, 3)), len(slots))
    chosen = [sampler.choice(by_noun[noun][slot]) for slot in sampler.rng.sample(slots, count)]
    for headed in chosen:
        row = headed.say.selector
        sampler.used.add((headed.say.slot, row if isinstance(row, str) else ""))
        sampler.note(headed.name, (f"{headed.head} {noun}",))
    heads = [headed.head for headed in chosen]
    last = plural(noun) if sampler.happens(0.25) else noun
    text = f"{', '.join(heads[:-1])}{sampler.choice(joins)}{heads[-1]} {last}"
    tags = {"list", *(["held_out"] if all(headed.held_out for headed in chosen) else [])}
    return Draft((Word(text),), tuple(h.say for h in chosen), tags=frozenset(tags))


@lru_cache(maxsize=256)
def _headed(
    key: TemplateKey, sex: str | None, part: Part, *, normal: bool
) -> dict[str, dict[str, list[Headed]]]:
    """By noun and slot (or member of one), what is said with the noun; of two slots or more."""
    found: dict[str, dict[str, list[Headed]]] = {}
    for name, option, say in _sayings(key, sex, normal=normal):
        choice = usable(f"{key.template.key}.{name}", option.phrases, part)
        for noun, head in heads_of(choice).items():
            headed = Headed(name, head, say, choice.held_out)
            found.setdefault(noun, {}).setdefault(name.rpartition(".")[0], []).append(headed)
    return {noun: slots for noun, slots in found.items() if len(slots) > 1}


def _sayings(
    key: TemplateKey, sex: str | None, *, normal: bool
) -> Iterator[tuple[str, Option, Say]]:
    for item in catalog_of(key.template, sex).items.values():
        if isinstance(item, Field):
            for option in _options(item, normal=normal):
                say = Say(item.key, None, (("", option.value),))
                yield f"{item.key}.{option.value}", option, say
        elif normal:
            yield from _absent(item)


def _options(field: Field, *, normal: bool) -> list[Option]:
    if not normal:
        return phrased(field)
    option = normal_option(field)
    return [option] if option is not None else []


def _absent(group: Group) -> Iterator[tuple[str, Option, Say]]:
    if group.row_kind == "open":
        if group.normal is not None and group.absent_phrases:
            option = Option("none", "None", "", group.absent_phrases)
            yield f"{group.key}.none", option, Say(group.key, None, (("", group.normal),))
        return
    for member in group.fields:
        absent = normal_option(member)
        if absent is not None:
            say = Say(group.key, "*", ((member.key, absent.value),))
            yield f"{group.key}.{member.key}.{absent.value}", absent, say


# Values of one member


def several_options(
    sampler: Sampler, group: Group, member: Field, fill: Fill
) -> tuple[tuple[Word, ...], str] | None:
    """Two or three options of a list with their value; None where there are too few."""
    options = phrased(member)
    if len(options) < 3:
        return None
    name = f"{group.key}.{member.key}"
    if sampler.happens(0.55):
        heads = _by_noun(sampler, name, options)
        if heads:
            return _with_one_noun(sampler, name, member, *sampler.choice(heads))
    count = sampler.choice((2, 2, 2, 3))
    chosen = sampler.rng.sample(options, count)
    words: list[Word] = []
    for index, option in enumerate(chosen):
        words += [Word(" and " if index == count - 1 else ", ")] if index else []
        drawn = sampler.expansion(f"{name}.{option.value}", option.phrases)
        words += sampler.filled(drawn, fill)
    return tuple(words), _value(member, chosen)


def _value(member: Field, chosen: Sequence[Option]) -> str:
    return "+".join(option.value for option in member.options if option in chosen)


def _by_noun(
    sampler: Sampler, name: str, options: Sequence[Option]
) -> list[tuple[str, list[tuple[Option, str]]]]:
    """Nouns that two or more options end with, each with what the options put before it."""
    found: dict[str, list[tuple[Option, str]]] = {}
    for option in options:
        heads = heads_of(sampler.usable(f"{name}.{option.value}", option.phrases))
        for noun, head in heads.items():
            found.setdefault(noun, []).append((option, head))
    return [(noun, heads) for noun, heads in found.items() if len(heads) > 1]


@lru_cache(maxsize=1 << 14)
def heads_of(choice: Usable) -> dict[str, str]:
    """The words before the last one or two of a wording, by these: {"lobe": "right upper"}."""
    found: dict[str, str] = {}
    for phrase in choice.phrases:
        for expansion in all_expansions(phrase):
            if len(expansion) != 1 or plain(expansion) in choice.trained:
                continue
            words = str(expansion[0]).split(" ")
            for count in (1, 2):
                head, noun = words[:-count], " ".join(words[-count:])
                if head and noun.replace(" ", "").isalpha() and _ADJOINING.isdisjoint(head):
                    found.setdefault(noun, " ".join(head))
    return found


def _with_one_noun(
    sampler: Sampler,
    name: str,
    member: Field,
    noun: str,
    heads: Sequence[tuple[Option, str]],
) -> tuple[tuple[Word, ...], str]:
    """ "both lower lobes", "right upper, middle and left lower lobes"."""
    count = min(sampler.choice((2, 2, 2, 3)), len(heads))
    chosen = sampler.rng.sample(list(heads), count)
    for option, head in chosen:
        sampler.note(f"{name}.{option.value}", (f"{head} {noun}",))
    value = _value(member, [option for option, _ in chosen])
    sides = [head.partition(" ") for _, head in chosen]
    both = count == 2 and {side for side, _, _ in sides} == set(SIDES)
    if both and sides[0][2] == sides[1][2] and sampler.happens(0.6):
        places = f"{sides[0][2]} {plural(noun)}".strip()
        return (Word(sampler.choice(_BOTH).format(places)),), value
    said = [head for _, head in chosen]
    if sampler.happens(0.6):
        said = _side_once(said)
    many = plural(noun) if sampler.happens(0.8) else noun
    return (Word(f"{', '.join(said[:-1])} and {said[-1]} {many}"),), value


def _side_once(heads: Sequence[str]) -> list[str]:
    """ "right upper", "right middle" → "right upper", "middle"."""
    said: list[str] = []
    last = ""
    for head in heads:
        side, _, rest = head.partition(" ")
        said.append(rest if side == last and side in SIDES and rest else head)
        last = side
    return said


def plural(noun: str) -> str:
    """The plural of an English noun, as far as reports need it."""
    if noun in wording.PLURALS:
        return wording.PLURALS[noun]
    if noun.endswith(("s", "x", "ch", "sh")):
        return f"{noun}es" if not noun.endswith("s") else noun
    return f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2:-1] not in "aeiou" else f"{noun}s"


# Two sides


def two_sides(sampler: Sampler, group: Group) -> Draft:
    """ "moderate right and small left pleural effusion": the noun is said once."""
    members = [member for member in group.fields if len(phrased(member)) > 1]
    if sampler.speaks_of(group.key):
        raise NothingLeft
    member = sampler.choice(members)
    first, second = sampler.rng.sample(phrased(member), 2)
    name = f"{group.key}.{member.key}"
    heads, others = (
        _heads(sampler.usable(f"{name}.{option.value}", option.phrases))
        for option in (first, second)
    )
    nouns = sorted(heads.keys() & others.keys())
    noun, order = sampler.choice(nouns), sampler.rng.sample(SIDES, 2)
    sampler.used |= {(group.key, side) for side in SIDES}
    for option, head in ((first, heads[noun]), (second, others[noun])):
        sampler.note(f"{name}.{option.value}", (head, Slot("side"), noun))
    words = (
        *(Word(heads[noun]), Word(order[0], fixed=True), Word(" and ")),
        *(Word(others[noun]), Word(order[1], fixed=True), Word(noun)),
    )
    says = (
        Say(group.key, side, ((member.key, option.value),))
        for side, option in zip(order, (first, second), strict=True)
    )
    return Draft(words, tuple(says), tags=frozenset({"both_sides"}))


@lru_cache(maxsize=1 << 12)
def _heads(choice: Usable) -> dict[str, str]:
    """What stands before the side, by the noun behind it."""
    found = {}
    for phrase in choice.phrases:
        for expansion in all_expansions(phrase):
            match expansion:
                case (str() as head, Slot("side"), str() as noun) if noun.startswith(" "):
                    if plain(expansion) not in choice.trained:
                        found[noun] = head
    return found
