"""The building blocks of a synthetic conclusion: words, and what they say.

A draft never knows offsets: a mark names a stretch of text, and the labeller looks up where it
ended up once the conclusion is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

DraftKind = Literal["statements", "none", "other", "abstain", "glue"]


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """A name for a stretch of text: a written quantity, or the words of levels (its `rows`).

    `size` is the first number of a length, in mm.
    """

    rows: tuple[str, ...] = ()
    size: float = 0.0


class Word(NamedTuple):
    """A stretch of text; `fixed` text is spared by typos and lower case."""

    text: str
    mark: Mark | None = None
    fixed: bool = False


class Say(NamedTuple):
    """A statement to be made; a Mark stands for the pointer that the written text gives it."""

    slot: str
    selector: str | Mark | None
    pairs: tuple[tuple[str, str | Mark], ...]


class Draft(NamedTuple):
    """A phrase and what it says; "glue" joins drafts and says nothing."""

    words: tuple[Word, ...]
    says: tuple[Say, ...] = ()
    kind: DraftKind = "statements"
    section: str | None = None
    tags: frozenset[str] = frozenset()

    def tagged(self, *tags: str) -> Draft:
        """The draft with more tags."""
        return Draft(self.words, self.says, self.kind, self.section, self.tags.union(tags))

    def worded(self, words: Sequence[Word]) -> Draft:
        """The draft in other words."""
        return Draft(tuple(words), self.says, self.kind, self.section, self.tags)

    def saying(self, *says: Say) -> Draft:
        """The draft with other statements."""
        return Draft(self.words, says, self.kind, self.section, self.tags)


Sentence = tuple[Draft, ...]


def glue(text: str, *, fixed: bool = False) -> Draft:
    """Text between drafts."""
    return Draft((Word(text, fixed=fixed),), kind="glue")


def framed(frame: str, draft: Draft) -> Draft:
    """The draft with the words of the frame around it; `{f}` is the place of the draft."""
    before, _, after = frame.partition("{f}")
    words = [Word(before)] if before else []
    words += draft.words
    if after:
        words.append(Word(after))
    return draft.worded(words)


def joined(drafts: Sequence[Draft], separators: Iterable[str]) -> Draft:
    """One draft that says what all of them say."""
    words = list(drafts[0].words)
    for draft, separator in zip(drafts[1:], separators, strict=True):
        words += [Word(separator), *draft.words]
    says = (say for draft in drafts for say in draft.says)
    return drafts[0].worded(words).saying(*says).tagged(*(t for d in drafts for t in d.tags))


def marked(word: Word) -> Mark:
    """The mark of a word that has one; raises ValueError."""
    if word.mark is None:
        raise ValueError(f"{word.text!r} has no mark")
    return word.mark


def text_of(words: Sequence[Word]) -> str:
    """The words as one text."""
    return "".join(word.text for word in words)
