"""Writes sentences down: layout, capitals, slips of the keyboard."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from llm.synth import asides
from llm.synth.difficulty import LAYOUTS, Difficulty
from llm.synth.drafts import Draft, Mark, Word
from llm.synth.sentences import Block

_NEAR = {
    "a": "s", "c": "v", "d": "f", "e": "r", "g": "h", "i": "o", "l": "k", "m": "n", "n": "m",
    "o": "p", "p": "o", "r": "t", "s": "a", "t": "r", "u": "i", "v": "b", "y": "u",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Written:
    """A conclusion as text, with the place of each draft and of each mark."""

    text: str
    drafts: tuple[tuple[Draft, int, int], ...]
    marks: Mapping[Mark, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Style:
    """How a conclusion is written down; `lead` begins each item, `{n}` is its number."""

    layout: str
    case: str
    typos: bool
    title: str
    lead: str = ""

    @property
    def tags(self) -> set[str]:
        """What of the style is a slice."""
        found = {"numbered" if self.layout == "inline" else self.layout, self.case}
        found |= {"typos"} if self.typos else set()
        return (found | ({"title"} if self.title else set())) - {"sentence"}


def draw_style(rng: random.Random, difficulty: Difficulty) -> Style:
    """A style in the shares of the difficulty."""
    layout = rng.choices(LAYOUTS, difficulty.layouts)[0]
    rest = 1 - difficulty.lower - difficulty.upper
    shares = (rest, difficulty.lower, difficulty.upper)
    case = rng.choices(("sentence", "lower", "upper"), shares)[0]
    if layout == "inline" and case == "lower":
        layout = "numbered"
    leads = {
        "numbered": ("{n}. ", "{n}. ", "{n}) ", "({n}) "),
        "inline": ("{n}) ", "{n}. ", "({n}) "),
        "bullets": ("- ", "- ", "• ", "* ", "– "),
    }
    return Style(
        layout=layout,
        case=case,
        typos=rng.random() < difficulty.typos,
        title=rng.choice(asides.TITLES) if rng.random() < difficulty.title else "",
        lead=rng.choice(leads.get(layout, ("",))),
    )


def write(blocks: Sequence[Block], style: Style, rng: random.Random) -> Written:
    """The text of the blocks; in lists, a block is now and then one item."""
    page = _Page([], 0, [], {})
    page.put(style.title)
    items = _items(blocks, style, rng)
    for number, item in enumerate(items, start=1):
        page.put(style.lead.replace("{n}", str(number)))
        for place, sentence in enumerate(item, start=1):
            _write_sentence(page, sentence, style, rng)
            if place < len(item):
                page.put(". ")
        page.put(_end(style.layout, last=number == len(items), rng=rng))
    return Written("".join(page.parts), tuple(page.drafts), page.marks)


def _items(blocks: Sequence[Block], style: Style, rng: random.Random) -> list[Block]:
    items: list[Block] = []
    for block in blocks:
        whole = style.lead and len(block) > 1 and rng.random() < 0.5
        items += [block] if whole else [[sentence] for sentence in block]
    return items


def _write_sentence(
    page: _Page, sentence: Sequence[Draft], style: Style, rng: random.Random
) -> None:
    first = True
    for draft in sentence:
        start = page.length
        for word in draft.words:
            page.word(_styled(word, style, rng, first=first), word.mark)
            first = first and not word.text.strip()
        if draft.kind != "glue":
            page.drafts.append((draft, start, page.length))


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

    def word(self, text: str, mark: Mark | None) -> None:
        start = self.length
        self.put(text)
        if mark is not None:
            self.marks[mark] = (start, self.length)


def _end(layout: str, *, last: bool, rng: random.Random) -> str:
    if layout == "telegram":
        return "" if last else "; "
    on_one_line = layout in ("paragraph", "inline")
    stop = "." if on_one_line or rng.random() < 0.6 else ""
    return stop if last else f"{stop}{' ' if on_one_line else chr(10)}"


def _styled(word: Word, style: Style, rng: random.Random, *, first: bool) -> str:
    text = word.text
    if style.typos and not word.fixed:
        text = " ".join(_slip(part, rng) for part in text.split(" "))
    if style.case == "upper":
        return text.upper()
    if style.case == "lower" and not word.fixed:
        return text.lower()
    if first and style.layout != "telegram":
        return text[:1].upper() + text[1:]
    return text


def _slip(part: str, rng: random.Random) -> str:
    """A word, now and then with two letters swapped, one lost, doubled or mistyped."""
    if len(part) < 5 or not part.isalpha() or rng.random() > 0.12:
        return part
    at = rng.randrange(1, len(part) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return part[:at] + part[at + 1] + part[at] + part[at + 2 :]
    if kind == 1:
        return part[:at] + part[at + 1 :]
    if kind == 2:
        return part[:at] + part[at] + part[at:]
    return part[:at] + _NEAR.get(part[at], part[at]) + part[at + 1 :]
