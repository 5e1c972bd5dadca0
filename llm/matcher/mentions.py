"""Finds the words of a lexicon in a clause, the longest first, none inside another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import lru_cache

from llm.context import ClauseContext
from llm.matcher.lexicon import (
    LEVEL,
    QUANTITY,
    SIDE,
    Key,
    Lexicon,
    Reading,
    Token,
    tokens_of,
)

# Shorter words are not taken for misspelt ones; others must be this much alike.
_SHORTEST_SLIP = 5
_ALIKE = 0.85
_SIDE_WORDS = frozenset({"left", "right", "bilateral", "bilaterally", "both"})


@dataclass(frozen=True, slots=True)
class Mention:
    """Known words in a clause, by offsets within it."""

    readings: tuple[Reading, ...]
    start: int
    end: int


def mentions_of(context: ClauseContext, lexicon: Lexicon) -> list[Mention]:
    """The mentions of a clause, in order of the text."""
    tokens = [_spelt(token, lexicon) for token in _marked(context)]
    free = [True] * len(tokens)
    found: list[Mention] = []
    for length in range(min(lexicon.longest, len(tokens)), 0, -1):
        for start in range(len(tokens) - length + 1):
            run = tokens[start : start + length]
            if not all(free[start : start + length]):
                continue
            readings = _readings(lexicon, run)
            if readings:
                found.append(Mention(readings, run[0].start, run[-1].end))
                free[start : start + length] = [False] * length
    return sorted(found, key=lambda mention: mention.start)


def _readings(lexicon: Lexicon, run: Sequence[Token]) -> tuple[Reading, ...]:
    words = tuple(token.word for token in run)
    written = tuple(word for token in run for word in token.raw or (token.word,))
    for key in (written, *_variants(words)):
        if key in lexicon.readings:
            return lexicon.readings[key]
    return ()


def _variants(words: Key) -> Iterator[Key]:
    """With quantities and levels as marks; also with its sides as marks, or, inside, without."""
    yield words
    if _SIDE_WORDS & set(words):
        yield tuple(SIDE if word in _SIDE_WORDS else word for word in words)
    if words[0] not in _SIDE_WORDS and words[-1] not in _SIDE_WORDS:
        inner = tuple(word for word in words if word not in _SIDE_WORDS)
        if len(inner) < len(words):
            yield inner


def _marked(context: ClauseContext) -> list[Token]:
    """The words of the clause, with one mark for each quantity and each mention of levels."""
    offset, text = context.clause.span.start, context.clause.text
    spans = [(QUANTITY, q.span) for q in context.quantities]
    spans += [(LEVEL, level.span) for level in context.levels]
    marks = [_mark(mark, text, span.start - offset, span.end - offset) for mark, span in spans]
    words = [
        token
        for token in tokens_of(text)
        if not any(token.start < mark.end and mark.start < token.end for mark in marks)
    ]
    return sorted([*words, *marks], key=lambda token: token.start)


def _mark(word: str, text: str, start: int, end: int) -> Token:
    return Token(word, start, end, tuple(token.word for token in tokens_of(text[start:end])))


def _spelt(token: Token, lexicon: Lexicon) -> Token:
    """The token with the word of the lexicon that it is a slip of, if it is one."""
    if len(token.word) < _SHORTEST_SLIP or token.word in lexicon.words or token.raw:
        return token
    return replace(token, word=_closest(token.word, lexicon.words))


@lru_cache(maxsize=1 << 14)
def _closest(word: str, words: frozenset[str]) -> str:
    alike = [one for one in words if one[0] == word[0] and abs(len(one) - len(word)) <= 1]
    return (get_close_matches(word, sorted(alike), 1, _ALIKE) or [word])[0]
