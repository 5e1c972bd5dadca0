"""Fills the patterns of a group: the words of its members, their sizes, what follows from them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from llm.phrases import Expansion, Slot
from llm.schema import Field, Group, Option
from llm.synth import numbers, wording
from llm.synth.catalog import phrased
from llm.synth.drafts import Mark, Word, marked
from llm.synth.results import computed_member, have_a_place
from llm.synth.rows import Place
from llm.synth.sampler import NothingLeft, Pairs, Sampler
from llm.synth.shared_nouns import several_options

_NEGATED_BEFORE = re.compile(r"\b(?:without|no)\s*$")
# "on the {side}" cannot lose its side.
_LEANS = re.compile(r"\b(?:the|on|to|at|of|in|and|a|an)\s*$", re.IGNORECASE)
_COUNTED = re.compile(rf"\b({'|'.join(sorted(wording.PLURALS, key=len, reverse=True))})\b")
_CHANGE_WORDS = (
    ("increased", re.compile(r"\b(?:increased?|enlarged|grown|larger|progressed)\b")),
    ("decreased", re.compile(r"\b(?:decreased?|smaller|shrunk|regressed)\b")),
    ("unchanged", re.compile(r"\b(?:unchanged|stable)\b")),
)
# The earlier size over today's.
_RATIOS = {"increased": (0.5, 0.85), "decreased": (1.2, 1.8), "unchanged": (0.97, 1.03)}
_ANY_RATIO = (0.6, 1.6)


def members(
    sampler: Sampler,
    group: Group,
    expansion: Expansion,
    place: Place,
    wanted: Mapping[str, str] | None = None,
) -> tuple[list[Word], Pairs]:
    """The words of a pattern with what its members say; raises NothingLeft.

    What the template derives from other members is filled last, with the value that follows.
    """
    if place.silent:
        expansion = without_side(expansion)
    change = change_in(expansion)
    said: dict[str, tuple[Word, ...]] = {}
    pairs: Pairs = []
    for name, before in _free_slots(group, expansion, place):
        member = group.member(name)
        if member.kind == "number":
            number, mark = number_of(sampler, group, member, pairs, change=change)
            said[name] = (number,)
            pairs.append((name, mark))
        else:
            options = _options(sampler, group, member, pairs, before, wanted or {})
            words, value = _worded(sampler, group, member, options, place)
            said[name] = words
            pairs.append((name, value))
    if not pairs or not have_a_place(group, pairs):
        raise NothingLeft
    filled = sampler.filled(expansion, {**place.fill, **said})
    if change and group.change and any(_is_prior(group, name) for name, _ in pairs):
        pairs.append(("change", change))
    return _plural(filled, pairs), pairs


def _free_slots(group: Group, expansion: Expansion, place: Place) -> list[tuple[str, str]]:
    """The slots that members fill, with the text before each; what is derived comes last."""
    found = [
        (piece.name, before if isinstance(before, str) else "")
        for before, piece in zip(("", *expansion), expansion, strict=False)
        if isinstance(piece, Slot) and piece.name not in place.fill
    ]
    return sorted(found, key=lambda slot: group.member(slot[0]).derived is not None)


def _options(
    sampler: Sampler,
    group: Group,
    member: Field,
    pairs: Pairs,
    before: str,
    wanted: Mapping[str, str],
) -> list[Option]:
    """The options of a member that may stand behind the text before."""
    if member.key in wanted:
        options = [option for option in member.options if option.value == wanted[member.key]]
    elif _NEGATED_BEFORE.search(before):
        options = [option for option in member.options if option.value == member.normal]
    else:
        options = phrased(member)
    if member.derived is not None:
        computed = computed_member(sampler.template, group, member, pairs)
        options = [option for option in options if computed in (None, option.value)]
    return [option for option in options if option.phrases]


def _worded(
    sampler: Sampler, group: Group, member: Field, options: Sequence[Option], place: Place
) -> tuple[tuple[Word, ...], str]:
    """The words and the value of one option, or now and then of several of a list."""
    if member.kind == "multi_choice" and len(options) > 1 and sampler.happens(0.25):
        several = several_options(sampler, group, member, place.fill)
        if several is not None:
            return several
    option = sampler.choice(options)
    return member_words(sampler, group, member, option, place), option.value


def member_words(
    sampler: Sampler, group: Group, member: Field, option: Option, place: Place
) -> tuple[Word, ...]:
    """The words of one option of a member."""
    name = f"{group.key}.{member.key}.{option.value}"
    expansion = sampler.expansion(name, option.phrases)
    return sampler.filled(without_side(expansion) if place.silent else expansion, place.fill)


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


def more_members(
    sampler: Sampler, group: Group, place: Place, taken: Sequence[str]
) -> tuple[list[Word], Pairs]:
    """ ", leading to mild foraminal narrowing": further members of the same row, or nothing."""
    words: list[Word] = []
    pairs: Pairs = []
    free = [m for m in group.fields if m.key not in taken and m.kind == "choice" and m.normal]
    count = min(sampler.choice((1, 1, 2)), len(free))
    for member in sampler.rng.sample(free, count):
        option = sampler.choice(phrased(member))
        said = member_words(sampler, group, member, option, place)
        words += [Word(sampler.choice(wording.LEADING_TO)), *said]
        pairs.append((member.key, option.value))
    return words, pairs


def number_of(
    sampler: Sampler, group: Group, member: Field, pairs: Pairs, *, change: str = ""
) -> tuple[Word, Mark]:
    """A quantity for a member; an earlier size fits the one of today and the change between."""
    others = (value for name, value in pairs if group.member(name).time != member.time)
    other = max((value.size for value in others if isinstance(value, Mark)), default=0.0)
    ratio = sampler.rng.uniform(*_RATIOS.get(change, _ANY_RATIO))
    length = other * ratio if member.time == "prior" else other / ratio
    dimensions = _dimensions(sampler, group, member) if member.time == "current" else 1
    word = numbers.quantity(member, sampler.rng, dimensions=dimensions, length=length)
    return word, marked(word)


def _is_prior(group: Group, name: str) -> bool:
    member = group.member(name)
    return member.kind == "number" and member.time == "prior"


def _dimensions(sampler: Sampler, group: Group, member: Field) -> int:
    chain, current = 1, member
    while current.next_dimension:
        current = group.member(current.next_dimension)
        chain += 1
    return sampler.rng.choices((1, 2, 3)[:chain], (70, 22, 8)[:chain])[0]


@lru_cache(maxsize=1 << 14)
def change_in(expansion: Expansion) -> str:
    """The change that a pattern itself says: "increased from … to …"."""
    text = " ".join(piece for piece in expansion if isinstance(piece, str))
    return next((value for value, pattern in _CHANGE_WORDS if pattern.search(text)), "")


def change_between(group: Group, pairs: Pairs) -> str:
    """The change that two stated sizes show; "" where there are no two."""
    sizes = [
        (_is_prior(group, name), value.size)
        for name, value in pairs
        if isinstance(value, Mark) and value.size
    ]
    before, now = (max((s for p, s in sizes if p is prior), default=0) for prior in (True, False))
    if not before or not now:
        return ""
    if 0.9 < before / now < 1.1:
        return "unchanged"
    return "increased" if now > before else "decreased"


def _plural(words: Sequence[Word], pairs: Pairs) -> list[Word]:
    """ "multiple … nodule" becomes "multiple … nodules"."""
    if not any(name == "count" for name, _ in pairs):
        return list(words)
    return [
        word
        if word.fixed
        else Word(_COUNTED.sub(lambda match: wording.PLURALS[match[1]], word.text), word.mark)
        for word in words
    ]
