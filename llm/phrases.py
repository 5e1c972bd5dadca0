"""The small language of phrasings: `[optional]`, `(one|or another)`, `{slot}`.

An optional part with a slot is kept only with its slot filled; an alternative may be empty.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_TOKEN = re.compile(r"[\[\](){}|]|[^\[\](){}|]+")
_BLANKS = re.compile(r"\s+")
_SLOT_NAME = re.compile(r"[a-z][a-z0-9_]*")


class PhraseError(ValueError):
    """A phrase whose brackets or slots cannot be read; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for the words of a member."""

    name: str


@dataclass(frozen=True, slots=True)
class _Part:
    """A node: text, slot, optional part or alternatives (each a tuple of nodes)."""

    kind: str
    text: str = ""
    branches: tuple[tuple[_Part, ...], ...] = ()


Expansion = tuple[str | Slot, ...]


@lru_cache(maxsize=1 << 15)
def parse_phrase(phrase: str) -> tuple[_Part, ...]:
    """The nodes of a phrase; raises PhraseError."""
    tokens = _TOKEN.findall(phrase)
    parts, rest = _sequence(tokens, 0, phrase, closing="")
    if rest != len(tokens):
        raise PhraseError(f"{phrase!r}: {tokens[rest]!r} closes nothing")
    return parts


def _sequence(
    tokens: list[str], at: int, phrase: str, *, closing: str
) -> tuple[tuple[_Part, ...], int]:
    parts: list[_Part] = []
    while at < len(tokens) and tokens[at] not in {"]", ")", "}", "|"}:
        mark = tokens[at]
        if mark == "[":
            inner, at = _sequence(tokens, at + 1, phrase, closing="]")
            parts.append(_Part("optional", branches=(inner,)))
        elif mark == "(":
            part, at = _alternatives(tokens, at + 1, phrase)
            parts.append(part)
        elif mark == "{":
            parts.append(_slot(tokens, at, phrase))
            at += 2
        else:
            parts.append(_Part("text", text=mark))
        at += 1
    if closing and (at >= len(tokens) or tokens[at] != closing):
        raise PhraseError(f"{phrase!r}: {closing!r} is missing")
    return tuple(parts), at


def _alternatives(tokens: list[str], at: int, phrase: str) -> tuple[_Part, int]:
    branches: list[tuple[_Part, ...]] = []
    while True:
        inner, at = _sequence(tokens, at, phrase, closing="")
        branches.append(inner)
        if at < len(tokens) and tokens[at] == "|":
            at += 1
        elif at < len(tokens) and tokens[at] == ")":
            return _Part("choice", branches=tuple(branches)), at
        else:
            raise PhraseError(f"{phrase!r}: ')' is missing")


def _slot(tokens: list[str], at: int, phrase: str) -> _Part:
    if len(tokens) < at + 3 or tokens[at + 2] != "}" or not _SLOT_NAME.fullmatch(tokens[at + 1]):
        raise PhraseError(f"{phrase!r}: a slot is written {{name}}")
    return _Part("slot", text=tokens[at + 1])


def slots(phrase: str) -> tuple[tuple[str, bool], ...]:
    """(name, optional) of each slot of a phrase, in order."""
    return tuple(_slots(parse_phrase(phrase), optional=False))


def _slots(parts: tuple[_Part, ...], *, optional: bool) -> Iterator[tuple[str, bool]]:
    for part in parts:
        if part.kind == "slot":
            yield part.text, optional
        for branch in part.branches:
            yield from _slots(branch, optional=True)


def expand(phrase: str, rng: random.Random) -> Expansion:
    """One wording: each optional part is kept half the time; slots stay as `Slot`."""
    return _only_wording(phrase) or _joined(_expand(parse_phrase(phrase), rng))


@lru_cache(maxsize=1 << 15)
def _only_wording(phrase: str) -> Expansion | None:
    """The wording of a phrase that leaves no choice."""
    parts = parse_phrase(phrase)
    fixed = all(part.kind in ("text", "slot") for part in parts)
    return _joined(_expand(parts, random.Random(0))) if fixed else None  # noqa: S311


def _expand(parts: tuple[_Part, ...], rng: random.Random) -> Iterator[str | Slot]:
    for part in parts:
        if part.kind == "text":
            yield part.text
        elif part.kind == "slot":
            yield Slot(part.text)
        elif part.kind == "choice" or rng.random() < 0.5:
            yield from _expand(rng.choice(part.branches), rng)


def all_expansions(phrase: str) -> tuple[Expansion, ...]:
    """Every wording of a phrase."""
    return tuple(dict.fromkeys(_joined(iter(flat)) for flat in _all(parse_phrase(phrase))))


def _all(parts: tuple[_Part, ...]) -> Iterator[tuple[str | Slot, ...]]:
    choices: list[list[tuple[str | Slot, ...]]] = []
    for part in parts:
        if part.kind == "text":
            choices.append([(part.text,)])
        elif part.kind == "slot":
            choices.append([(Slot(part.text),)])
        else:
            wordings = [wording for branch in part.branches for wording in _all(branch)]
            choices.append([*wordings, ()] if part.kind == "optional" else wordings)
    for chosen in itertools.product(*choices):
        yield tuple(itertools.chain.from_iterable(chosen))


def _joined(pieces: Iterator[str | Slot]) -> Expansion:
    """Neighbouring texts become one; runs of blanks become one blank."""
    joined: list[str | Slot] = []
    for piece in pieces:
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        else:
            joined.append(piece)
    clean = [_BLANKS.sub(" ", p) if isinstance(p, str) else p for p in joined]
    if clean and isinstance(clean[0], str):
        clean[0] = clean[0].lstrip()
    if clean and isinstance(clean[-1], str):
        clean[-1] = clean[-1].rstrip()
    return tuple(piece for piece in clean if piece != "")
