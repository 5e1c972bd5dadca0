"""Abnormal findings: the choice of what is found, of a plain field or of a row of a group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from llm.phrases import Slot
from llm.schema import Field, Group, Option
from llm.synth import numbers, wording
from llm.synth.catalog import phrased
from llm.synth.drafts import Draft, Mark, Say, Word, marked
from llm.synth.members import change_between, members, more_members, number_of
from llm.synth.results import accepts, dimensions_of, with_result
from llm.synth.rows import Place, new_place
from llm.synth.sampler import NothingLeft, Pairs, Sampler, tried
from llm.synth.shared_nouns import two_sides

_BESIDE = (" measuring ", ", ", " of ", " up to ", " with a diameter of ", " with ", ", measuring ")
_TRIES = 60
_PATTERN_TRIES = 8


def finding(sampler: Sampler, *, only_held_out: bool = False) -> Draft:
    """An abnormal finding of any field or group; raises NothingLeft."""
    for _ in range(_TRIES):
        item = sampler.catalog.items[sampler.choice(sampler.catalog.findings)]
        if (sampler.catalog.section_of[item.key], "") in sampler.used:
            continue
        before = set(sampler.used)
        draft = tried(_finding_of, sampler, item)
        wanted = draft is not None and (not only_held_out or "held_out" in draft.tags)
        if draft is not None and wanted and accepts(sampler, draft):
            return draft
        sampler.used = before
    raise NothingLeft


def _finding_of(sampler: Sampler, item: Field | Group) -> Draft:
    if isinstance(item, Group):
        return group_finding(sampler, item)
    return field_finding(sampler, item)


def field_finding(
    sampler: Sampler, item: Field, option: Option | None = None, *, bare: bool = False
) -> Draft:
    """An abnormal value of a plain field; `bare` without hedge, change or number beside it."""
    if (item.key, "") in sampler.used:
        raise NothingLeft
    if item.kind == "number":
        return _number_finding(sampler, item)
    option = sampler.choice([option] if option is not None else phrased(item))
    sampler.used.add((item.key, ""))
    say = Say(item.key, None, (("", option.value),))
    draft = sampler.said(f"{item.key}.{option.value}", option.phrases, say)
    if bare:
        return draft
    draft = _with_number(sampler, item, option, draft)
    return sampler.hedged(draft, certainty=item.certainty, change=item.change)


def _number_finding(sampler: Sampler, item: Field) -> Draft:
    chain = dimensions_of(sampler.template, item)
    shares = (85, 10, 5)[: len(chain)]
    count = sampler.rng.choices(range(len(chain), 0, -1), shares)[0]
    sampler.used |= {(field.key, "") for field in chain[:count]}
    number = numbers.quantity(item, sampler.rng, dimensions=count)
    say = Say(item.key, None, (("", marked(number)),))
    draft = sampler.said(item.key, item.phrases, say, {"n": (number,)}).tagged("number")
    return with_result(sampler, chain[:count], number, draft) if count > 1 else draft


def _with_number(sampler: Sampler, item: Field, option: Option, draft: Draft) -> Draft:
    """A finding together with the number that is asked only beside it: "4.5 cm aneurysm"."""
    for other in sampler.catalog.beside.get((item.key, option.value), ()):
        if (other.key, "") in sampler.used or sampler.happens(0.4):
            continue
        sampler.used.add((other.key, ""))
        number = numbers.quantity(other, sampler.rng)
        say = Say(other.key, None, (("", marked(number)),))
        words = (*draft.words, Word(sampler.choice(_BESIDE)), number)
        return draft.worded(words).saying(*draft.says, say).tagged("number")
    return draft


# Groups: a lesion, a side, a level, with its members


def group_finding(
    sampler: Sampler,
    group: Group,
    *,
    place: Place | None = None,
    wanted: Mapping[str, str] | None = None,
) -> Draft:
    """A finding in some row, or at `place`, with the values `wanted` among others.

    Raises NothingLeft where the rows are used up or no pattern holds what is wanted.
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
    if sampler.usable(group.key, group.patterns).held_out:
        tags.add("held_out")
    draft = Draft(tuple(words), (Say(group.key, place.selector, tuple(pairs)),))
    return sampler.hedged(
        draft.tagged(*tags),
        certainty=group.certainty,
        change=group.change,
        changed=change_between(group, pairs),
    )


def _worded(
    sampler: Sampler, group: Group, place: Place, wanted: Mapping[str, str]
) -> tuple[list[Word], Pairs]:
    names = frozenset(wanted)
    for _ in range(_PATTERN_TRIES if wanted else 1):
        expansion = sampler.expansion(group.key, group.patterns, having=names)
        if names <= {p.name for p in expansion if isinstance(p, Slot)}:
            return members(sampler, group, expansion, place, wanted)
    raise NothingLeft


def _with_sizes(
    sampler: Sampler, group: Group, words: list[Word], pairs: Pairs
) -> tuple[list[Word], Pairs]:
    """Now and then the size behind the noun, and the earlier size behind that."""
    size, prior = size_members(group)
    said = {name for name, _ in pairs}
    if size is not None and size.key not in said and sampler.happens(0.12):
        number, mark = number_of(sampler, group, size, pairs)
        words = [*words, *_around(sampler.frame("size", wording.SIZE_TAILS), number)]
        pairs = [*pairs, (size.key, mark)]
        said.add(size.key)
    if prior is None or size is None or prior.key in said or size.key not in said:
        return words, pairs
    if sampler.happens(0.12):
        number, mark = number_of(sampler, group, prior, pairs)
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
