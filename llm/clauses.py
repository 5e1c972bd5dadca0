"""Cuts a conclusion into clauses; the pieces join again to the exact input.

A clause is what one short answer is about, and the evidence of every value in that answer. A cut
in the wrong place separates a finding from its side or size, so a doubtful place is not cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from llm.types import Clause, Piece, Span

# A line this long was probably broken by the editor and not by its writer.
WRAP_WIDTH = 60
# How far back a word can bind what follows a join.
_NEAR = 200
# An unclosed bracket must not swallow the rest of the conclusion.
MAX_BRACKET = 300

_NEVER_END = frozenset(
    {
        "e.g",
        "i.e",
        "eg",
        "ie",
        "vs",
        "approx",
        "appr",
        "ca",
        "cf",
        "dr",
        "mr",
        "mrs",
        "ms",
        "prof",
        "fig",
        "figs",
        "resp",
        "incl",
        "excl",
        "esp",
        "st",
        "dept",
        "z.b",
        "d.h",
        "bzw",
    }
)
_END_BEFORE_CAPITAL = frozenset(
    {
        "max",
        "min",
        "diam",
        "lat",
        "med",
        "ant",
        "post",
        "sup",
        "inf",
        "lt",
        "rt",
        "l",
        "r",
        "bilat",
        "seg",
        "segs",
        "ser",
        "im",
        "img",
        "se",
        "temp",
        "ext",
        "int",
        "ax",
        "cor",
        "sag",
        "prox",
        "dist",
        "mod",
        "sev",
        "sl",
        "w",
        "neg",
        "pos",
        "prev",
        "etc",
    }
)
_END_BEFORE_WORD = frozenset({"no", "nos", "nr"})
_OPENERS = {"(": ")", "[": "]", "{": "}"}

_LINE_BULLET = re.compile(
    r"[ \t]*(?:[-–—•·▪◦●○►▶■□➢➤✓*>]+[ \t]*(?=\S)|[-–—*]+$|"
    r"\(?\d{1,2}[.)](?=[ \t]|$)[ \t]*|\d{1,2}\.(?=[^\W\d_])|\(?[a-hA-H]\)[ \t]+|"
    r"o[ \t]+(?=[A-Z]))"
)
_TITLE = re.compile(
    r"[ \t]*(?:impressions?|conclusions?|summary|opinion|findings?|diagnosis|assessment|"
    r"final impression|interpretation|beurteilung)[ \t]*:",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?]+[\"'”’)\]]*(?=\s|$)|[。！？।؟۔]+|(?<=[a-z)\]%])\.(?=[A-Z][a-z])")
_SEMICOLON = re.compile(r"[;；؛]")
_ENTITY = re.compile(r"&#?\w{1,10}$")
_WORD_BEFORE = re.compile(r"[^\W\d_](?:[\w.]*[^\W_])?$")
_INLINE_NUMBER = re.compile(r"(?<=\s)\(?(\d{1,2})[.)][ \t]+(?=[^\W\d_a-z])")
_NUMBER_BEFORE = re.compile(r"(?:^|\s)\(?(\d{1,2})[.)]\s*$")
_JOIN = re.compile(
    r",?\s+(?:and|but|und)\s+(?=there (?:is|are)\b|no\s+[^\W\d]\w)"
    r"|,\s*(?=no\s+[^\W\d]\w+)"
    r"|,?\s+but\s+(?=(?:with )?(?:no|an?|the)\s)"
    r"|,?\s+and\s+(?=an?\s+(?:tiny|trace|small|mild|moderate|large|severe|new|minimal|few)\b"
    r"(?! bowel| part| portion))",
    re.IGNORECASE,
)
_BINDS = re.compile(
    r"\b(?:between|both|either|neither|abut\w*|contact\w*|invad\w*|involv\w*|infiltrat\w*|"
    r"extend\w*|compress\w*|encas\w*|adjacent|displac\w*|separat\w*)\b",
    re.IGNORECASE,
)
_DANGLING = re.compile(
    r"(?:[,\-–/(]|\b(?:of|the|an?|in|with|and|or|at|to|by|for|from|on|left|right|no|is|are|mild|"
    r"moderate|severe|small|large|which|that|measuring))$",
    re.IGNORECASE,
)
_EDGE = " \t\r\n\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u2028\u2029\u3000"
_TAIL = _EDGE + ".!;；؛。！।۔,"
_NEWLINE = re.compile(r"\r\n|[\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]")


def split_clauses(conclusion: str) -> list[Piece]:
    """The pieces of the conclusion in order: `"".join(p.text for p in pieces) == conclusion`."""
    pieces: list[Piece] = []
    cursor = 0
    for start, end in _clause_ranges(conclusion):
        if start > cursor:
            pieces.append(_piece("gap", conclusion, cursor, start))
        pieces.append(_piece("clause", conclusion, start, end))
        cursor = end
    if cursor < len(conclusion):
        pieces.append(_piece("gap", conclusion, cursor, len(conclusion)))
    return pieces


def clauses_of(conclusion: str) -> tuple[Clause, ...]:
    """The clauses alone, numbered from 0."""
    found = [piece for piece in split_clauses(conclusion) if piece.kind == "clause"]
    return tuple(Clause(index, piece.span, piece.text) for index, piece in enumerate(found))


def _piece(kind: str, text: str, start: int, end: int) -> Piece:
    return Piece("clause" if kind == "clause" else "gap", Span(start, end), text[start:end])


def _clause_ranges(text: str) -> Iterator[tuple[int, int]]:
    for block_start, block_end in _blocks(text):
        for start, end in _sentences(text, block_start, block_end):
            yield from _parts(text, start, end)


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Lines without their bullets; a line that an editor wrapped stays with the line before."""
    start: int | None = None
    end = 0
    for line_start, line_end in _lines(text):
        line = text[line_start:line_end]
        if start is not None and _continues(text[start:end], line):
            end = line_end
            continue
        if start is not None:
            yield start, end
        start, end = line_start + _lead(line), line_end
    if start is not None:
        yield start, end


def _lines(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _NEWLINE.finditer(text):
        yield start, match.start()
        start = match.end()
    yield start, len(text)


def _lead(line: str) -> int:
    """The length of the title and bullet at the start of a line."""
    length = 0
    for pattern in (_LINE_BULLET, _TITLE, _LINE_BULLET):
        match = pattern.match(line, length)
        length = match.end() if match else length
    return length


def _continues(before: str, line: str) -> bool:
    last_line = _NEWLINE.split(before)[-1].rstrip(_EDGE)
    stripped = line.lstrip(_EDGE)
    if not last_line or not stripped or _lead(line):
        return False
    if last_line.endswith(":"):
        return True
    if last_line[-1] in ".!?;。！？।؟۔" or not stripped[0].islower():
        return bool(re.search(r"[,\-–/(]$", last_line)) and not stripped[0].isupper()
    return len(last_line) >= WRAP_WIDTH or bool(_DANGLING.search(last_line))


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    cursor = start
    ends = [m.end() for m in _SENTENCE_END.finditer(text, start, end) if _is_end(text, m, end)]
    for stop in [*ends, end]:
        if stop > cursor:
            yield cursor + _lead(text[cursor:stop]), stop
            cursor = stop


def _is_end(text: str, match: re.Match[str], block_end: int) -> bool:
    if match[0][0] not in ".!?" or match.end() >= block_end:
        return True
    if _inside_brackets(text, match.start()):
        return False
    if match[0][0] != ".":
        return True
    word = _WORD_BEFORE.search(text, max(0, match.start() - 12), match.start())
    following = text[match.end() : match.end() + 40].lstrip(_EDGE)[:1]
    return not (word and _is_abbreviation(word[0].lower(), following))


def _is_abbreviation(word: str, following: str) -> bool:
    if word in _NEVER_END:
        return True
    if word in _END_BEFORE_WORD:
        return following.isdigit()
    return word in _END_BEFORE_CAPITAL and not following.isupper()


def _inside_brackets(text: str, position: int) -> bool:
    """True where a bracket that opened on this line closes after `position`."""
    window = text[max(0, position - MAX_BRACKET) : position]
    if not any(opener in window for opener in _OPENERS):
        return False
    window = _NEWLINE.split(window)[-1]
    for opener, closer in _OPENERS.items():
        if window.rfind(opener) > window.rfind(closer):
            ahead = _NEWLINE.split(text[position : position + MAX_BRACKET])[0]
            close, reopen = ahead.find(closer), ahead.find(opener)
            if close >= 0 and (reopen < 0 or close < reopen):
                return True
    return False


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cuts one sentence at semicolons, running numbers and joins that are certain."""
    cursor = searched = start
    for cut_start, cut_end in _cuts(text, start, end):
        # What was searched before holds no word: thousands of semicolons are read only once.
        if cut_start < cursor or not _has_word(text, searched, cut_start):
            searched = max(searched, cut_start)
            continue
        yield from _trimmed(text, cursor, cut_start)
        cursor = searched = cut_end
    yield from _trimmed(text, cursor, end)


def _cuts(text: str, start: int, end: int) -> list[tuple[int, int]]:
    cuts = [m.span() for m in _SEMICOLON.finditer(text, start, end) if _is_stop(text, m.start())]
    cuts += _running_numbers(text, start, end)
    for match in _JOIN.finditer(text, start, end):
        if not _inside_brackets(text, match.start()) and _join_is_safe(text, start, match):
            cuts.append(match.span())
    return sorted(cuts)


def _is_stop(text: str, position: int) -> bool:
    return not _inside_brackets(text, position) and not _ENTITY.search(
        text, max(0, position - 12), position
    )


def _join_is_safe(text: str, start: int, match: re.Match[str]) -> bool:
    before = text[max(start, match.start() - _NEAR) : match.start()]
    if len(before.split()) < 2:
        return False
    return "and" not in match[0].lower() or not _BINDS.search(before)


def _running_numbers(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The marks "2)" and "3)" within a sentence, if they count on from 1 or from the one before."""
    found = list(_INLINE_NUMBER.finditer(text, start, end))
    if not found:
        return []
    lead = _NUMBER_BEFORE.search(text[max(0, start - 8) : start])
    expected = int(lead[1]) + 1 if lead else 1
    cuts: list[tuple[int, int]] = []
    for match in found:
        if int(match[1]) == expected:
            cuts.append(match.span())
            expected += 1
    return cuts if lead or len(cuts) > 1 else []


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start] in _EDGE:
        start += 1
    while end > start and text[end - 1] in _TAIL:
        end -= 1
    if _has_word(text, start, end):
        yield start, end


def _has_word(text: str, start: int, end: int) -> bool:
    return any(text[index].isalnum() for index in range(start, end))
