"""Lists of values of one member: "in the right upper, right middle and left lower lobes"."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from llm.phrases import all_expansions
from llm.schema import Field, Group, Option
from llm.synth import wording
from llm.synth.catalog import phrased
from llm.synth.drafts import Word
from llm.synth.sampler import Fill, Sampler
from llm.synth.sides import SIDES
from llm.synth.splits import Usable, plain, usable

# Words that cannot stand in what is put before a noun; "lymph" belongs to the noun.
_ADJOINING = frozenset({"and", "or", "of", "the", "to", "in", "at", "with", "lymph", "white"})
_BOTH = ("bilateral {}", "{} bilaterally", "{} on both sides", "left and right {}", "{}")


def several_options(
    sampler: Sampler, group: Group, member: Field, fill: Fill
) -> tuple[tuple[Word, ...], str] | None:
    """Two or three options of a list with their value; None where there are too few."""
    options = phrased(member)
    if len(options) < 3:
        return None
    name = f"{sampler.template.key}.{group.key}.{member.key}"
    if sampler.happens(0.55):
        heads = _by_noun(sampler, name, options)
        if heads:
            return _with_one_noun(sampler, name, member, *sampler.choice(heads))
    count = sampler.choice((2, 2, 2, 3))
    chosen = sampler.rng.sample(options, count)
    words: list[Word] = []
    for index, option in enumerate(chosen):
        words += [Word(" and " if index == count - 1 else ", ")] if index else []
        key = f"{group.key}.{member.key}.{option.value}"
        words += sampler.filled(sampler.expansion(key, option.phrases), fill)
    return tuple(words), _value(member, chosen)


def _value(member: Field, chosen: Sequence[Option]) -> str:
    return "+".join(option.value for option in member.options if option in chosen)


def _by_noun(
    sampler: Sampler, name: str, options: Sequence[Option]
) -> list[tuple[str, list[tuple[Option, str]]]]:
    """Nouns that two or more options end with, each with what the options put before it."""
    found: dict[str, list[tuple[Option, str]]] = {}
    for option in options:
        heads = heads_of(usable(f"{name}.{option.value}", option.phrases, sampler.part))
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
        sampler.wordings.append((f"{name}.{option.value}", (f"{head} {noun}",)))
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
