"""Writes whole conclusions: what is said, in which order, in which style, with which slips."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from llm.schema import Field, ReportTemplate
from llm.synth import around, wording
from llm.synth.drafts import Draft, Mark, Sentence, Word, framed, glue
from llm.synth.labels import Written
from llm.synth.sampler import NothingLeft, Sampler
from llm.synth.splits import Part

_COUNTS = (1, 2, 3, 4, 5, 6, 7, 8, 10)
_COUNT_WEIGHTS = (14, 22, 22, 16, 10, 7, 4, 3, 2)
_LAYOUTS = ("paragraph", "numbered", "lines", "bullets", "telegram")
_LAYOUT_WEIGHTS = (52, 18, 14, 8, 8)
# A history or a sentence of its own: "there is status post lobectomy" is no English.
_WHOLE = re.compile(
    r"(?:status post|s/p|post|prior|previous(?:ly)?)\b|.*(?:\b(?:is|are|has|have|measures?)\b|:)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Style:
    """How a conclusion is written down."""

    layout: str
    case: str
    typos: bool
    title: str


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A written conclusion, the patient's sex as the exam gives it, and what makes it hard."""

    written: Written
    sex: str | None
    tags: frozenset[str]


def conclusion(template: ReportTemplate, part: Part, rng: random.Random) -> Conclusion:
    """One conclusion of one template in the wording of one part of the split."""
    sex = rng.choice(("female", "male", None))
    sampler = Sampler(template, part, rng, sex)
    sentences = _sentences(sampler)
    style = _style(rng)
    tags = {tag for sentence in sentences for draft in sentence for tag in draft.tags}
    tags |= {style.layout, style.case} - {"paragraph", "sentence"}
    tags |= {"typos"} if style.typos else set()
    tags |= {"merged"} if any(_findings(sentence) > 1 for sentence in sentences) else set()
    return Conclusion(write(sentences, style, rng), sex, frozenset(tags))


def _findings(sentence: Sentence) -> int:
    return sum(1 for draft in sentence if draft.says)


def _sentences(sampler: Sampler) -> list[Sentence]:
    rng = sampler.rng
    if rng.random() < 0.03:
        return [(around.normal_report(sampler),)]
    count = rng.choices(_COUNTS, _COUNT_WEIGHTS)[0]
    sentences: list[Sentence] = []
    while len(sentences) < count:
        try:
            sentences += _event(sampler)
        except LookupError:
            break
    if rng.random() < 0.06:
        sentences.append((around.normal_report(sampler),))
    if not sentences:
        raise NothingLeft
    return sentences


def _event(sampler: Sampler) -> list[Sentence]:
    """One sentence, or two where the second goes on about the first."""
    rng = sampler.rng
    kinds: dict[str, tuple[float, Callable[[Sampler], list[Sentence]]]] = {
        "finding": (0.60, _finding_sentence),
        "negation": (0.15, lambda s: [(around.negation(s),)]),
        "normal": (0.04, lambda s: [(around.normal_part(s),)]),
        "other": (0.07, lambda s: [(around.other(s),)]),
        "none": (0.11, lambda s: [(around.unused(s),)]),
        "unclear": (0.03, lambda s: [(around.unclear(s),)]),
    }
    weights = [weight for weight, _ in kinds.values()]
    for _ in range(10):
        make = rng.choices([make for _, make in kinds.values()], weights)[0]
        try:
            return make(sampler)
        except LookupError:
            continue
    raise NothingLeft


def _finding_sentence(sampler: Sampler) -> list[Sentence]:
    rng = sampler.rng
    first = sampler.finding(only_held_out=sampler.part == "test")
    parts: list[Draft] = [first]
    while len(parts) < 5 and rng.random() < 0.22:
        parts += [glue(sampler.frame("join", wording.JOINS)), sampler.finding()]
    if rng.random() < 0.08:
        absent = around.negations(sampler, rng.choice((1, 1, 2)))
        parts += [glue(sampler.frame("without", wording.WITHOUT)), absent]
    if len(parts) == 1 and _takes_frame(sampler, first):
        parts[0] = framed(sampler.frame("finding", wording.FINDINGS, common=0.5), first)
    if rng.random() < 0.10:
        parts.append(glue(sampler.frame("tail", wording.TAILS, common=0.1)))
    if rng.random() < 0.04:
        section = sampler.template.section_of(first.says[0].slot)
        parts.insert(0, glue(f"{section.label}: "))
    sentences: list[Sentence] = [tuple(parts)]
    if len(parts) == 1 and rng.random() < 0.35:
        try:
            sentences.append((around.following(sampler, first),))
        except LookupError:
            return sentences
    return sentences


def _takes_frame(sampler: Sampler, draft: Draft) -> bool:
    """False for what is hedged or compared, for a number or a score, and for a whole sentence."""
    item = sampler.template.item(draft.says[0].slot)
    scored = isinstance(item, Field) and (item.kind == "number" or item.derived is not None)
    is_whole = _WHOLE.match("".join(word.text for word in draft.words)) is not None
    return not (scored or is_whole or draft.tags & {"certainty", "change"})


def _style(rng: random.Random) -> Style:
    layout = rng.choices(_LAYOUTS, _LAYOUT_WEIGHTS)[0]
    case = rng.choices(("sentence", "lower", "upper"), (86, 9, 5))[0]
    title = rng.choice(wording.TITLES) if rng.random() < 0.06 else ""
    return Style(layout, case, rng.random() < 0.10, title)


def write(sentences: list[Sentence], style: Style, rng: random.Random) -> Written:
    """The text of the sentences, with the place of every draft that says something."""
    page = _Page([], 0, [], {})
    page.put(style.title)
    for number, sentence in enumerate(sentences, start=1):
        page.put(_lead(style.layout, number))
        first = True
        for draft in sentence:
            start = page.length
            for word in draft.words:
                page.word(_styled(word, style, rng, first=first))
                first = first and not word.text.strip()
            if draft.kind != "glue":
                page.drafts.append((draft, start, page.length))
        page.put(_end(style.layout, last=number == len(sentences), rng=rng))
    return Written("".join(page.parts), tuple(page.drafts), page.marks)


@dataclass(slots=True)
class _Page:
    """A text under way."""

    parts: list[str]
    length: int
    drafts: list[tuple[Draft, int, int]]
    marks: dict[Mark, tuple[int, int]]

    def put(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)

    def word(self, word: Word) -> None:
        start = self.length
        self.put(word.text)
        if word.mark is not None:
            self.marks[word.mark] = (start, self.length)


def _lead(layout: str, number: int) -> str:
    return {"numbered": f"{number}. ", "bullets": "- "}.get(layout, "")


def _end(layout: str, *, last: bool, rng: random.Random) -> str:
    if layout == "telegram":
        return "" if last else "; "
    stop = "." if layout == "paragraph" or rng.random() < 0.6 else ""
    return stop if last else f"{stop}{' ' if layout == 'paragraph' else chr(10)}"


def _styled(word: Word, style: Style, rng: random.Random, *, first: bool) -> Word:
    text = word.text
    if style.typos and not word.fixed:
        text = " ".join(_slip(part, rng) for part in text.split(" "))
    if style.case == "upper":
        text = text.upper()
    elif style.case == "lower" and not word.fixed:
        text = text.lower()
    elif first and style.layout != "telegram":
        text = text[:1].upper() + text[1:]
    return replace(word, text=text)


def _slip(part: str, rng: random.Random) -> str:
    """A word, now and then with two letters swapped, one lost or one doubled."""
    if len(part) < 5 or not part.isalpha() or rng.random() > 0.12:
        return part
    at = rng.randrange(1, len(part) - 1)
    kind = rng.randrange(3)
    if kind == 0:
        return part[:at] + part[at + 1] + part[at] + part[at + 2 :]
    return part[:at] + part[at + 1 :] if kind == 1 else part[:at] + part[at] + part[at:]
