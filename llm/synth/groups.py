"""Abnormal findings of groups: a lesion, a side, a level, with its members."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from llm.phrases import Expansion, Slot
from llm.schema import Field, Group, Option
from llm.synth import numbers, wording
from llm.synth.catalog import phrased
from llm.synth.drafts import Draft, Mark, Say, Word, marked, text_of
from llm.synth.places import several_options
from llm.synth.sampler import Fill, NothingLeft, Pairs, Sampler
from llm.synth.sides import two_sides, without_side

_NEGATED_BEFORE = re.compile(r"\b(?:without|no)\s*$")
_COUNTED = re.compile(rf"\b({'|'.join(sorted(wording.PLURALS, key=len, reverse=True))})\b")
_CHANGE_WORDS = (
    ("increased", re.compile(r"\b(?:increased?|enlarged|grown|larger|progressed)\b")),
    ("decreased", re.compile(r"\b(?:decreased?|smaller|shrunk|regressed)\b")),
    ("unchanged", re.compile(r"\b(?:unchanged|stable)\b")),
)
# The earlier size over today's.
_RATIOS = {"increased": (0.5, 0.85), "decreased": (1.2, 1.8), "unchanged": (0.97, 1.03)}
_ANY_RATIO = (0.6, 1.6)
_TRIES = 8


@dataclass(frozen=True, slots=True)
class Place:
    """The row of a finding: its selector, and the words for `{side}` or `{level}`.

    Where `silent` is true the side is that of the exam, and no word may name it.
    """

    selector: str | Mark
    fill: Fill
    tags: frozenset[str] = frozenset()
    silent: bool = False


def group_finding(
    sampler: Sampler,
    group: Group,
    *,
    place: Place | None = None,
    wanted: Mapping[str, str] | None = None,
) -> Draft:
    """A finding in some row, or at `place`, with the values `wanted` among others.

    Raises LookupError where the rows are used up or no pattern holds what is wanted.
    """
    if place is None and not wanted and group.row_kind == "side" and sampler.happens(0.12):
        return two_sides(sampler, group)
    place = place or new_place(sampler, group)
    words, pairs = _worded(sampler, group, place, wanted or {})
    words, pairs = _with_sizes(sampler, group, words, pairs)
    if group.row_kind == "level" and sampler.happens(0.15):
        behind, further = more_members(sampler, group, place, [name for name, _ in pairs])
        words, pairs = [*words, *behind], [*pairs, *further]
    tags = {*place.tags, *(["number"] if any(isinstance(v, Mark) for _, v in pairs) else [])}
    if sampler.is_held_out(group.key, group.patterns):
        tags.add("held_out")
    draft = Draft(tuple(words), (Say(group.key, place.selector, tuple(pairs)),))
    return sampler.hedged(
        draft.tagged(*tags),
        certainty=group.certainty,
        change=group.change,
        changed=_change_between(group, pairs),
    )


def _worded(
    sampler: Sampler, group: Group, place: Place, wanted: Mapping[str, str]
) -> tuple[list[Word], Pairs]:
    names = frozenset(wanted)
    for _ in range(_TRIES if wanted else 1):
        expansion = sampler.expansion(group.key, group.patterns, having=names)
        if names <= {p.name for p in expansion if isinstance(p, Slot)}:
            return _members(sampler, group, expansion, place, wanted)
    raise NothingLeft


# Rows


def new_place(sampler: Sampler, group: Group) -> Place:
    """A row that nothing has been said of; raises NothingLeft."""
    if (group.key, "*") in sampler.used:
        raise NothingLeft
    if group.row_kind == "open":
        taken = sum(1 for slot, _ in sampler.used if slot == group.key)
        if taken >= min(3, group.max_rows):
            raise NothingLeft
        sampler.used.add((group.key, f"+{taken}"))
        return Place("+", {}, frozenset({"several"} if taken else ()))
    free = [key for key in group.row_keys if (group.key, key) not in sampler.used]
    if not free:
        raise NothingLeft
    return (
        _side(sampler, group, free) if group.row_kind == "side" else _levels(sampler, group, free)
    )


def _side(sampler: Sampler, group: Group, free: list[str]) -> Place:
    exam = sampler.exam_side
    if exam in free and sampler.happens(0.7):
        sampler.used.add((group.key, exam))
        return Place(exam, {"side": ()}, frozenset({"exam_side"}), silent=True)
    if len(free) == 2 and sampler.happens(0.22):
        sampler.used |= {(group.key, side) for side in free}
        words = (Word(sampler.rng.choice(wording.BOTH_SIDES)),)
        return Place("*", {"side": words}, frozenset({"both_sides"}))
    side = sampler.rng.choice(free)
    return side_place(sampler, group, side)


def side_place(sampler: Sampler, group: Group, side: str) -> Place:
    """The row of a side, named in words."""
    sampler.used.add((group.key, side))
    return Place(side, {"side": (Word(side, fixed=True),)})


def _levels(sampler: Sampler, group: Group, free: list[str]) -> Place:
    count = sampler.rng.choices((1, 2, 3), (80, 16, 4))[0]
    chosen = sampler.rng.sample(free, min(count, len(free)))
    return level_place(sampler, group, sorted(chosen, key=group.row_keys.index))


def level_place(sampler: Sampler, group: Group, rows: Sequence[str]) -> Place:
    """The rows of one or several levels, named in words."""
    sampler.used |= {(group.key, row) for row in rows}
    word = numbers.level(rows, sampler.rng)
    tags = frozenset({"levels"} if len(rows) > 1 else ())
    return Place(marked(word), {"level": (word,)}, tags)


# Members


def _members(
    sampler: Sampler,
    group: Group,
    expansion: Expansion,
    place: Place,
    wanted: Mapping[str, str],
) -> tuple[list[Word], Pairs]:
    words: list[Word] = []
    pairs: Pairs = []
    for piece in without_side(expansion) if place.silent else expansion:
        if isinstance(piece, str):
            words.append(Word(piece))
        elif piece.name in place.fill:
            words += place.fill[piece.name]
        elif group.member(piece.name).kind == "number":
            member = group.member(piece.name)
            number, mark = _number(sampler, group, member, pairs, change=_change_in(expansion))
            words.append(number)
            pairs.append((piece.name, mark))
        else:
            said = _member(sampler, group, piece.name, place, text_of(words), wanted)
            words += said[0]
            pairs.append((piece.name, said[1]))
    if not pairs:
        raise NothingLeft
    change = _change_in(expansion)
    if change and group.change and any(_is_prior(group, name) for name, _ in pairs):
        pairs.append(("change", change))
    return _plural(words, pairs), pairs


def _member(
    sampler: Sampler,
    group: Group,
    name: str,
    place: Place,
    before: str,
    wanted: Mapping[str, str],
) -> tuple[tuple[Word, ...], str | Mark]:
    member = group.member(name)
    if name in wanted:
        options = [option for option in member.options if option.value == wanted[name]]
    elif _NEGATED_BEFORE.search(before):
        options = [option for option in member.options if option.value == member.normal]
    else:
        options = phrased(member)
    options = [option for option in options if option.phrases]
    if not options:
        raise NothingLeft
    if member.kind == "multi_choice" and name not in wanted and sampler.happens(0.25):
        several = several_options(sampler, group, member, place.fill)
        if several is not None:
            return several
    option = sampler.rng.choice(options)
    return member_words(sampler, group, member, option, place), option.value


def member_words(
    sampler: Sampler, group: Group, member: Field, option: Option, place: Place
) -> tuple[Word, ...]:
    """The words of one option of a member."""
    name = f"{group.key}.{member.key}.{option.value}"
    expansion = sampler.expansion(name, option.phrases)
    return sampler.filled(without_side(expansion) if place.silent else expansion, place.fill)


def more_members(
    sampler: Sampler, group: Group, place: Place, taken: Sequence[str]
) -> tuple[list[Word], Pairs]:
    """ ", leading to mild foraminal narrowing": further members of the same row, or nothing."""
    words: list[Word] = []
    pairs: Pairs = []
    free = [m for m in group.fields if m.key not in taken and m.kind == "choice" and m.normal]
    count = min(sampler.rng.choice((1, 1, 2)), len(free))
    for member in sampler.rng.sample(free, count):
        option = sampler.rng.choice(phrased(member))
        said = member_words(sampler, group, member, option, place)
        words += [Word(sampler.rng.choice(wording.LEADING_TO)), *said]
        pairs.append((member.key, option.value))
    return words, pairs


def _number(
    sampler: Sampler, group: Group, member: Field, pairs: Pairs, *, change: str = ""
) -> tuple[Word, Mark]:
    """A quantity for a member; an earlier size fits the one of today and the change between."""
    if member.unit is None:
        raise NothingLeft
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
def _change_in(expansion: Expansion) -> str:
    """The change that a pattern itself says: "increased from … to …"."""
    text = " ".join(piece for piece in expansion if isinstance(piece, str))
    return next((value for value, pattern in _CHANGE_WORDS if pattern.search(text)), "")


def _change_between(group: Group, pairs: Pairs) -> str:
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


def _plural(words: list[Word], pairs: Pairs) -> list[Word]:
    """ "multiple … nodule" becomes "multiple … nodules"."""
    if not any(name == "count" for name, _ in pairs):
        return words
    return [
        word
        if word.fixed
        else Word(_COUNTED.sub(lambda match: wording.PLURALS[match[1]], word.text), word.mark)
        for word in words
    ]


def _with_sizes(
    sampler: Sampler, group: Group, words: list[Word], pairs: Pairs
) -> tuple[list[Word], Pairs]:
    """Now and then the size behind the noun, and the earlier size behind that."""
    size, prior = size_members(group)
    said = {name for name, _ in pairs}
    if size is not None and size.key not in said and sampler.happens(0.12):
        number, mark = _number(sampler, group, size, pairs)
        words = [*words, *_around(sampler.frame("size", wording.SIZE_TAILS), number)]
        pairs = [*pairs, (size.key, mark)]
        said.add(size.key)
    if prior is None or size is None or prior.key in said or size.key not in said:
        return words, pairs
    if sampler.happens(0.12):
        number, mark = _number(sampler, group, prior, pairs)
        words = [*words, *_around(sampler.frame("prior", wording.PRIOR_TAILS), number)]
        pairs = [*pairs, (prior.key, mark)]
    return words, pairs


def size_members(group: Group) -> tuple[Field | None, Field | None]:
    """The size of a row and the earlier one; None where it has several lengths, none a size."""
    further = {member.next_dimension for member in group.fields}
    lengths = [
        member
        for member in group.fields
        if member.kind == "number" and member.unit in ("mm", "cm") and member.key not in further
    ]
    current = [member for member in lengths if member.time == "current"]
    prior = [member for member in lengths if member.time == "prior"]
    return _size_of(current, "size"), _size_of(prior, "prior_size")


def _size_of(lengths: Sequence[Field], key: str) -> Field | None:
    named = [member for member in lengths if member.key == key]
    return next(iter(named or (lengths if len(lengths) == 1 else ())), None)


def _around(frame: str, word: Word) -> list[Word]:
    before, _, after = frame.partition("{f}")
    return [Word(before), word, *([Word(after)] if after else [])]
