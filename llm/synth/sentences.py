"""Sentences with findings: several in one, hedged, interpreted, with what comes behind them."""

from __future__ import annotations

import itertools
import re

from llm.schema import Field
from llm.synth import asides, wording
from llm.synth.around import negations
from llm.synth.catalog import unrelated
from llm.synth.drafts import Draft, Mark, Say, Sentence, framed, glue, text_of
from llm.synth.findings import field_finding, finding
from llm.synth.following import following
from llm.synth.sampler import Sampler, tried
from llm.synth.shared_nouns import found_list
from llm.synth.together import companions

# Sentences that stay together: what follows goes on about what comes before.
Block = list[Sentence]
MAX_TOGETHER = 5
MAX_COMPANIONS = 3
# A history or a sentence of its own: "there is status post lobectomy" is no English.
_WHOLE = re.compile(
    r"(?:status post|s/p|post|prior|previous(?:ly)?)\b|.*(?:\b(?:is|are|has|have|measures?)\b|:)",
    re.IGNORECASE,
)
_NOT_NEW = frozenset({"negated", "normal", "following", "contradiction"})


def findings_in(draft: Draft) -> int:
    """How many abnormal findings a draft states first."""
    if draft.kind != "statements" or not draft.says or _NOT_NEW & draft.tags:
        return 0
    if len(draft.says) == 1:
        return 1
    named = sum(
        1 for say in draft.says if any(not isinstance(value, Mark) for _, value in say.pairs)
    )
    return max(1, named)


def finding_block(sampler: Sampler, *, room: int) -> Block:
    """A sentence with about `room` findings at most, and what goes on about it.

    What comes together comes whether there is room for it or not.
    """
    first = _first(sampler, room)
    parts: list[Draft] = [first]
    behind: Block = []
    room -= findings_in(first)
    room -= _add_companions(sampler, first, parts, behind)
    while room > 0 and len(parts) < 2 * MAX_TOGETHER and sampler.happens(sampler.difficulty.joined):
        further = finding(sampler)
        parts += [glue(sampler.frame("join", wording.JOINS)), further]
        room -= findings_in(further)
        room -= _add_companions(sampler, further, parts, behind)
    alone = len(parts) == 1
    _decorate(sampler, first, parts, meant=bool(behind))
    if alone and not behind and sampler.happens(sampler.difficulty.followed):
        further_clause = tried(following, sampler, first)
        behind += [(further_clause,)] if further_clause is not None else []
    return [tuple(parts), *behind]


def interpretation(sampler: Sampler, of: Draft) -> list[Draft]:
    """What "X, likely Y" puts behind the finding X; the hedge belongs to Y.

    Where Y is a finding of the form it is a second statement, hedged; where it is none, nothing is
    said of it. A wording that could be either is never used.
    """
    if sampler.happens(0.5):
        found = tried(_likely, sampler, of)
        if found is not None:
            value = next(str(v) for name, v in found.says[0].pairs if name == "certainty")
            return [glue(sampler.frame("hedged", wording.HEDGED_JOINS[value])), found]
    texts = unrelated(sampler.template, asides.INTERPRETATIONS)
    if not texts:
        return []
    frame = sampler.frame("interpreted", asides.INTERPRETED)
    return [glue(frame.replace("{f}", sampler.choice(texts)))]


def _likely(sampler: Sampler, of: Draft) -> Draft:
    """A finding of the same section whose field may be hedged, said to be likely or possible."""
    section = sampler.catalog.section_of[of.says[0].slot]
    fields = [
        item
        for item in sampler.catalog.slots.fields.values()
        if item.certainty and sampler.catalog.section_of[item.key] == section
    ]
    draft = field_finding(sampler, sampler.choice(fields), bare=True)
    first = draft.says[0]
    hedge = sampler.choice(tuple(wording.HEDGED_JOINS))
    return draft.saying(Say(first.slot, None, (*first.pairs, ("certainty", hedge))))


def _first(sampler: Sampler, room: int) -> Draft:
    held_out = sampler.part == "test"
    if room > 1 and sampler.happens(sampler.difficulty.listed):
        listed = tried(found_list, sampler)
        if listed is not None and (not held_out or "held_out" in listed.tags):
            return listed
    return finding(sampler, only_held_out=held_out)


def _add_companions(sampler: Sampler, draft: Draft, parts: list[Draft], behind: Block) -> int:
    """Adds what comes together with a draft, in its sentence or behind it; returns how many."""
    added = 0
    for companion in itertools.islice(companions(sampler, draft), MAX_COMPANIONS):
        selector = companion.says[0].selector
        same_row = selector == draft.says[0].selector and isinstance(selector, Mark)
        if selector == "^":
            behind.insert(0, (companion,))
        elif same_row or sampler.happens(0.6):
            parts += [glue(sampler.frame("together", wording.TOGETHER)), companion]
        else:
            behind.append((companion,))
        added += 1
    return added


def _takes_frame(sampler: Sampler, draft: Draft) -> bool:
    """False for what is hedged or compared, for a number or a score, and for a whole sentence."""
    item = sampler.catalog.items[draft.says[0].slot]
    scored = isinstance(item, Field) and (item.kind == "number" or item.derived is not None)
    whole = _WHOLE.match(text_of(draft.words)) is not None
    return not (scored or whole or draft.tags & {"certainty", "change"})


def _decorate(sampler: Sampler, first: Draft, parts: list[Draft], *, meant: bool) -> None:
    """Puts a frame, a denial, an interpretation, a tail or a heading around the findings.

    Where the next sentence means the last finding, no other is put behind it.
    """
    difficulty = sampler.difficulty
    if len(parts) == 1 and _takes_frame(sampler, first):
        parts[0] = framed(sampler.frame("finding", wording.FINDINGS, common=0.5), first)
    if not meant and sampler.happens(difficulty.interpreted):
        parts += interpretation(sampler, first)
        parts[0] = parts[0].tagged("interpretation")
    elif not meant and sampler.happens(0.08):
        absent = tried(negations, sampler, sampler.choice((1, 1, 2, 3)))
        if absent is not None:
            parts += [glue(sampler.frame("without", wording.WITHOUT)), absent]
    elif sampler.happens(difficulty.tail):
        parts.append(glue(sampler.frame("tail", asides.TAILS, common=0.1)))
        parts[0] = parts[0].tagged("tail")
    if sampler.happens(0.04):
        section = sampler.catalog.section_of[first.says[0].slot]
        parts.insert(0, glue(f"{sampler.template.section(section).label}: "))
