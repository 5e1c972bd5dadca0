"""Lists of different findings with one noun: "no mediastinal, hilar or axillary adenopathy"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from llm.schema import Field, Group, Option
from llm.slots import TemplateKey
from llm.synth.catalog import catalog_of, normal_option, phrased
from llm.synth.drafts import Draft, Say, Word
from llm.synth.places import heads_of, plural
from llm.synth.sampler import NothingLeft, Sampler
from llm.synth.splits import Part, usable


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
    slots = [slot for slot in by_noun[noun] if not _is_used(sampler, slot.partition(".")[0])]
    if len(slots) < 2:
        raise NothingLeft
    count = min(sampler.choice((2, 2, 3)), len(slots))
    chosen = [sampler.choice(by_noun[noun][slot]) for slot in sampler.rng.sample(slots, count)]
    for headed in chosen:
        row = headed.say.selector
        sampler.used.add((headed.say.slot, row if isinstance(row, str) else ""))
        sampler.wordings.append((headed.name, (f"{headed.head} {noun}",)))
    heads = [headed.head for headed in chosen]
    last = plural(noun) if sampler.happens(0.25) else noun
    text = f"{', '.join(heads[:-1])}{sampler.choice(joins)}{heads[-1]} {last}"
    tags = {"list", *(["held_out"] if all(headed.held_out for headed in chosen) else [])}
    return Draft((Word(text),), tuple(h.say for h in chosen), tags=frozenset(tags))


def _is_used(sampler: Sampler, slot: str) -> bool:
    return any(used == slot for used, _ in sampler.used)


@lru_cache(maxsize=256)
def _headed(
    key: TemplateKey, sex: str | None, part: Part, *, normal: bool
) -> dict[str, dict[str, list[Headed]]]:
    """By noun and slot (or member of one), what is said with the noun; of two slots or more."""
    found: dict[str, dict[str, list[Headed]]] = {}
    for name, option, say in _sayings(key, sex, normal=normal):
        choice = usable(f"{key.template.key}.{name}", option.phrases, part)
        for noun, head in heads_of(choice).items():
            headed = Headed(f"{key.template.key}.{name}", head, say, choice.held_out)
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
