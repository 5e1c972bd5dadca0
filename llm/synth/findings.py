"""Abnormal findings of plain fields, and the choice of what is found."""

from __future__ import annotations

from llm.schema import Field, Group, Option
from llm.synth import numbers
from llm.synth.catalog import phrased
from llm.synth.drafts import Draft, Say, Word, marked
from llm.synth.groups import group_finding
from llm.synth.results import accepts, dimensions_of, with_result
from llm.synth.sampler import NothingLeft, Sampler, tried

_BESIDE = (" measuring ", ", ", " of ", " up to ", " with a diameter of ", " with ", ", measuring ")
_TRIES = 60


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
