"""Finds the words that name a side or spinal levels; lists and ranges are expanded.

A nerve root ("the S1 root") and a weighting ("T2 hyperintense") are not levels.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from llm.types import LevelMention, Side, SideMention, Span

SPINE: tuple[str, ...] = (
    *(f"C{n}" for n in range(1, 8)),
    *(f"T{n}" for n in range(1, 13)),
    *(f"L{n}" for n in range(1, 6)),
    *(f"S{n}" for n in range(1, 6)),
)
_POSITION = {name: index for index, name in enumerate(SPINE)}
_ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7}

_BOTH: frozenset[Side] = frozenset({"left", "right"})
_LEFT: frozenset[Side] = frozenset({"left"})
_RIGHT: frozenset[Side] = frozenset({"right"})
_SIDES = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?P<both>bi-?lateral(?:ly)?|both|b/l|either|neither|bibas(?:al|ilar)|biapical|bihilar|"
    r"contralateral|opposite|L\s?[><=]\s?R|R\s?[><=]\s?L)|"
    r"(?P<left>left(?:[- ]?sided|wards?)?|lt\.?|LUL|LLL|lingula(?:r)?)|"
    r"(?P<right>right(?:[- ]?sided|wards?)?|rt\.?|RUL|RML|RLL))(?![A-Za-z0-9])",
    re.IGNORECASE,
)

_VERTEBRA = r"(?:(?:[Tt]h|[CTLSDctlsd])|L[ .])(?:1[0-2]|[1-9])(?![0-9])"
_ROMAN_VERTEBRA = r"[LS] ?(?:IV|V|I{1,3})(?![A-Za-z])"
_DASH = r"[-\u2010-\u2015\u2212]"
_SECOND = rf"(?:{_VERTEBRA}|{_ROMAN_VERTEBRA}|(?:1[0-2]|[1-9])(?![0-9.,]?[0-9])|I?V(?![A-Za-z]))"
_ELEMENT = re.compile(
    rf"(?P<a>{_VERTEBRA}|{_ROMAN_VERTEBRA})(?P<tail>(?:\s?(?:/|{_DASH})\s?(?:{_SECOND}))*)"
)
_BARE_DISC = re.compile(rf"(?P<a>[1-9])(?:/|{_DASH})(?P<b>[1-9])(?![0-9/.,]?[0-9])")
_RANGE = re.compile(r"\s*(?:through|thru|to|bis|down to|up to)\s+(?:the\s+)?", re.IGNORECASE)
_SLIP = re.compile(
    r"\s*(?:on(?: top of)?|over|upon|relative to|with respect to|and)\s+", re.IGNORECASE
)
_BETWEEN = re.compile(r"between\s*$", re.IGNORECASE)
_LIST = re.compile(
    r"\s*(?:,\s*(?:and|or)?|;|and|or|&|\+|und|as well as)\s*(?:at\s+)?", re.IGNORECASE
)
_UNIT_AFTER = re.compile(r"\s*-?\s*(?:mm|cm|ml|cc|hu|%|x\s*[0-9])", re.IGNORECASE)
_NERVE_AFTER = re.compile(
    r"[\s/-]*(?:(?:exiting|traversing|spinal)\s+)?(?:nerves?|roots?|radicul\w*|dermatom\w*|rami)\b",
    re.IGNORECASE,
)
# "T1" and "T2" are also the weightings of MRI.
_WEIGHTING = re.compile(r"T\s?-?[12](?:\s*(?:,|/|and|or)\s*T\s?-?[12])*", re.IGNORECASE)
_WEIGHTED_AFTER = re.compile(
    r"[\s/-]*(?:and\s+T[12][\s-]*)?"
    r"(?:w\b|weight\w*|hyper\w*|hypo\w*|iso-?\s?intens\w*|signal|bright\w*|dark\w*|flair|fse|tse|"
    r"fat\b|stir|relax\w*|prolong\w*|shine\w*|mapping|sequenc\w*|images?|post\b)",
    re.IGNORECASE,
)
_NOT_LEVEL_BEFORE = re.compile(r"(?:exiting|traversing|stage|grade|\bp|\bc|\by)\s*$", re.IGNORECASE)
_SEGMENT_BEFORE = re.compile(r"segments?\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Element:
    start: int
    end: int
    discs: tuple[str, ...]
    bodies: tuple[str, ...]


def find_sides(text: str, *, offset: int = 0) -> tuple[SideMention, ...]:
    """The side words of a clause, in order."""
    groups: dict[str, frozenset[Side]] = {"both": _BOTH, "left": _LEFT, "right": _RIGHT}
    return tuple(
        SideMention(Span(offset + m.start(), offset + m.end()), m[0], groups[m.lastgroup or "both"])
        for m in _SIDES.finditer(text)
    )


def sides_of(mentions: Sequence[SideMention]) -> frozenset[Side]:
    """All sides that the mentions name together."""
    return frozenset(side for mention in mentions for side in mention.sides)


def disc_between(upper: str, lower: str) -> str:
    """The row key of the disc: "L4/5", or "L5/S1" where the region changes."""
    return f"{upper}/{lower[1:]}" if upper[0] == lower[0] else f"{upper}/{lower}"


def find_levels(text: str, *, offset: int = 0) -> tuple[LevelMention, ...]:
    """The level mentions of a clause; "L3/4 and L4/5" is one mention of two rows."""
    found: list[LevelMention] = []
    numbers: dict[tuple[tuple[str, ...], tuple[str, ...]], int] = {}
    position = 0
    while (match := _ELEMENT.search(text, position)) is not None:
        mention, position = _mention_at(text, match)
        if mention is None:
            continue
        rows = (mention.discs, mention.bodies)
        number = numbers.setdefault(rows, len(numbers) + 1)
        span = Span(offset + mention.start, offset + mention.end)
        words = text[mention.start : mention.end]
        found.append(LevelMention(number, span, words, mention.discs, mention.bodies))
    return tuple(found)


def _mention_at(text: str, match: re.Match[str]) -> tuple[_Element | None, int]:
    """The longest mention that begins at the match, and where to search on."""
    before = text[max(0, match.start() - 20) : match.start()]
    first = _element(match)
    if re.search(r"[A-Za-z0-9]$", before) or _NOT_LEVEL_BEFORE.search(before) or first is None:
        return None, match.end()
    mention = _pair(text, first) or first
    while (longer := _extended(text, mention)) is not None:
        mention = longer
    if text[mention.end : mention.end + 1].isascii() and re.match(
        r"[A-Za-z0-9]", text[mention.end : mention.end + 1]
    ):
        return None, mention.end
    if _is_no_level(text, mention, before):
        return None, mention.end
    return mention, mention.end


def _is_no_level(text: str, mention: _Element, before: str) -> bool:
    """True for a nerve, a weighting of MRI, or the segment of another organ."""
    if _NERVE_AFTER.match(text, mention.end):
        return True
    if not mention.discs and _SEGMENT_BEFORE.search(before):
        return True
    words = text[mention.start : mention.end]
    return bool(_WEIGHTING.fullmatch(words) and _WEIGHTED_AFTER.match(text, mention.end))


def _element(match: re.Match[str]) -> _Element | None:
    """One written level: "L4", "L4/5", "L4-S1", "L IV/V"; None if there is no such level."""
    names = _names(match)
    if names is None:
        return None
    if len(names) == 1:
        return _Element(match.start(), match.end(), (), (names[0],))
    first, last = _POSITION[names[0]], _POSITION[names[-1]]
    if last <= first:
        return None
    slash = "/" in match["tail"]
    if slash and len(names) == 2 and last - first > 1:
        return _Element(match.start(), match.end(), (), (names[0], names[-1]))
    bodies = () if slash else SPINE[first : last + 1]
    return _Element(match.start(), match.end(), _discs(first, last), bodies)


def _names(match: re.Match[str]) -> list[str] | None:
    names = [_vertebra(match["a"], "")]
    for part in re.split(rf"\s?(?:/|{_DASH})\s?", match["tail"])[1:]:
        names.append(_vertebra(part, (names[-1] or "")[:1]))
    known = [name for name in names if name is not None]
    return known if len(known) == len(names) else None


def _vertebra(text: str, region: str) -> str | None:
    """ "Th 12" → "T12"; a bare "5" takes the region before it, and "1" after L5 is S1."""
    compact = re.sub(r"[ .]", "", text).upper().replace("TH", "T")
    letter = compact[0] if compact[0] in "CTLSD" else region
    digits = compact[1:] if compact[0] in "CTLSD" else compact
    number = _ROMAN.get(digits) or (int(digits) if digits.isdigit() else 0)
    name = f"{'T' if letter == 'D' else letter}{number}"
    if compact[0] not in "CTLSD" and number == 1:
        name = {"C": "T1", "T": "L1", "L": "S1"}.get(region, name)
    return name if name in _POSITION else None


def _discs(first: int, last: int) -> tuple[str, ...]:
    return tuple(disc_between(SPINE[i], SPINE[i + 1]) for i in range(first, last))


def _extended(text: str, mention: _Element) -> _Element | None:
    """The mention made longer by one range word or list word and the level behind it."""
    through = _RANGE.match(text, mention.end) or re.compile(rf"\s?{_DASH}\s?").match(
        text, mention.end
    )
    if through is not None and (other := _next_element(text, through.end(), mention)) is not None:
        return _joined_range(mention, other)
    listed = _LIST.match(text, mention.end)
    if listed is not None and (other := _next_element(text, listed.end(), mention)) is not None:
        return _joined_list(mention, other)
    return None


def _pair(text: str, upper: _Element) -> _Element | None:
    """ "L4 on L5" (a slip) and "between L4 and L5" name the disc between the two."""
    match = _SLIP.match(text, upper.end)
    between = _BETWEEN.search(text, max(0, upper.start - 12), upper.start) is not None
    if upper.discs or match is None or ("and" in match[0].lower()) != between:
        return None
    lower = _next_element(text, match.end(), upper)
    if lower is None or lower.discs or _POSITION[lower.bodies[0]] - 1 != _POSITION[upper.bodies[0]]:
        return None
    disc = disc_between(upper.bodies[0], lower.bodies[0])
    return _Element(upper.start, lower.end, (disc,), () if between else upper.bodies)


def _next_element(text: str, position: int, before: _Element) -> _Element | None:
    match = _ELEMENT.match(text, position)
    if match is not None:
        return _element(match)
    bare = _BARE_DISC.match(text, position)
    if bare is None or not before.discs or _UNIT_AFTER.match(text, bare.end()):
        return None
    region = before.discs[-1][0]
    upper, lower = _vertebra(bare["a"], region), _vertebra(bare["b"], region)
    if upper is None or lower is None or _POSITION[lower] != _POSITION[upper] + 1:
        return None
    return _Element(bare.start(), bare.end(), (disc_between(upper, lower),), ())


def _joined_range(start: _Element, stop: _Element) -> _Element | None:
    """From the first row of one to the last row of the other."""
    if bool(start.discs) != bool(stop.discs):
        return None
    first = _POSITION[_first_body(start)]
    last = _POSITION[_last_body(stop)]
    if last <= first:
        return None
    bodies = SPINE[first : last + 1] if start.bodies and stop.bodies else ()
    return _Element(start.start, stop.end, _discs(first, last), bodies)


def _joined_list(one: _Element, two: _Element) -> _Element | None:
    if bool(one.discs) != bool(two.discs):
        return None
    discs = _union(one.discs, two.discs)
    bodies = _union(one.bodies, two.bodies)
    if not discs and not bodies:
        return None
    return _Element(one.start, two.end, discs, bodies)


def _union(one: tuple[str, ...], two: tuple[str, ...]) -> tuple[str, ...]:
    """The rows of both, if both have this reading."""
    return tuple(dict.fromkeys((*one, *two))) if one and two else ()


def _first_body(element: _Element) -> str:
    return element.bodies[0] if element.bodies else element.discs[0].split("/")[0]


def _last_body(element: _Element) -> str:
    if element.bodies:
        return element.bodies[-1]
    upper, lower = element.discs[-1].split("/")
    return lower if lower in _POSITION else f"{upper[0]}{lower}"
