"""Finds written quantities: with a unit, products, ratios, ASPECTS. Dates and grades are none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from llm.quantity_time import is_change, time_of
from llm.types import LevelMention, Quantity, QuantityTime, Span
from llm.units import UNIT, convert, dimension_of, unit_of

_NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]{1,5})(?:[.,][0-9]{1,4})?(?![0-9])"
_SMALL = r"(?<![0-9A-Za-z.,])\.[0-9]{1,3}(?![0-9])"
_VALUE = rf"(?:{_NUMBER}|{_SMALL})"
_SIGN = "[-\u2212\u2013]"
_DASH = "[-\u2010-\u2015\u2212]"
_AXIS = (
    r"(?:\s*\(?(?:AP|TR|TV|CC|SI|ML|LR|RL|craniocaudal|transverse|transaxial|anteroposterior|"
    r"long|short|length|width|height|depth|L|W|H|D)\)?(?![A-Za-z]))?"
)
_TIMES = r"\s*(?:[x×*]|by)\s*"
_FACTOR = re.compile(rf"(?P<value>{_VALUE})(?:\s?-?\s?{UNIT})?", re.IGNORECASE)
_TIMES_NEXT = re.compile(rf"{_AXIS}{_TIMES}(?=[0-9.])", re.IGNORECASE)
_TO = re.compile(rf"\s?(?:{_DASH}|to|until|bis)\s?(?=[-\u2212]?[0-9.])", re.IGNORECASE)
_AND = re.compile(r"\s*(?:,\s*(?:and\s+|or\s+)?|and|or|&)\s*(?=[0-9.])", re.IGNORECASE)
_ARROW = re.compile(r"\s*(?:->|→|⇒|=>)\s*(?=[0-9.])")
_DIFFUSION = re.compile(
    rf"(?P<value>{_VALUE})\s*[x×*]\s*10\s*\^?\s*[-\u2212⁻]\s*(?P<power>[36³⁶])\s*"
    r"mm\s?\^?[2²]\s?/\s?s\w*",
    re.IGNORECASE,
)
_COMPARATOR = re.compile(
    r"(?:(?P<le><=|≤|&le;|(?<![a-z])(?:at most|(?:no|not) (?:more|larger|greater|bigger) than|"
    r"not exceeding))|"
    r"(?P<ge>(?<![-=])>=|≥|&ge;|(?<![a-z])(?:at least|(?:no|not) (?:less|smaller) than))|"
    r"(?P<lt><|&lt;|(?<![a-z])(?:less than|smaller than|below|under|sub-?))|"
    r"(?P<gt>(?<![-=])>|&gt;|(?<![a-z])(?:(?:greater|more|larger|bigger) than|over|above|"
    r"exceeding|in excess of)))"
    r"\s*(?:approximately\s*|about\s*)?$",
    re.IGNORECASE,
)
_COMPARATORS = {"le": "<=", "ge": ">=", "lt": "<", "gt": ">"}
_MEASURED = re.compile(
    r"\b(?:measur\w+|size[sd]?|diameter|thickness|dimensions?|ratio|rv[/:]lv|aspects(?: score)?|"
    r"aspect score)\s*(?:of|is|was|[:=(]|up to|about|approximately)?\s*"
    r"(?:[<>≤≥]=?|(?:greater|less) than)?\s*$", re.IGNORECASE,
)  # fmt: skip
_UNCLEAR_BEFORE = re.compile(r"(?:[0-9]\s*[-–/x×*]|±|\+/-)\s*$")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_NO_UNIT = r"(?![0-9]|[.,][0-9]|\s?-?\s?(?:mm|cm|ml|cc|hu|%)|\s?[x×]\s?[0-9])"
_MASKED = re.compile(
    r"(?P<date>\b[0-9]{1,2}[./-][0-9]{1,2}[./-](?:19|20)?[0-9]{2}\b"
    r"|\b(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}\b"
    rf"|\b(?:[0-9]{{1,2}}\.? )?{_MONTH}\s+(?:[0-9]{{1,2}},?\s+)?(?:19|20)[0-9]{{2}}\b"
    r"|\b(?:0?[1-9]|1[0-2])/(?:19|20)[0-9]{2}\b)"
    rf"|\b(?:series|ser|se|images?|img|im|slices?|sl|frame|segments?|segs?|grade|type|stage|"
    rf"category|class|zone|station|levels?|bosniak|(?:pi|li|ti|o|bi|ci|lung)-?rads|ribs?|number|"
    rf"(?<!aspects )(?<!aspect )score|figure|fig)\b[.:]?\s*#?[0-9]+[a-d]?{_NO_UNIT}"
    rf"(?:(?:\s?[/-]\s?|\s*,\s*|\s+and\s+)[0-9]+[a-d]?{_NO_UNIT})*"
    r"|\([0-9]{1,3}\s?/\s?[0-9]{1,4}\)"
    rf"|\bno\.\s?#?[0-9]+{_NO_UNIT}",
    re.IGNORECASE,
)
_PLURAL_AFTER = re.compile(
    r"\s+(?:[a-z-]+\s+){0,2}(?:nodules|stones|calculi|cysts|lesions|nodes|polyps|masses|"
    r"metastases|aneurysms|foci|implants|calcifications)\b",
    re.IGNORECASE,
)
_MAX_TERMS = 12
_DASHES = re.compile(rf"{_DASH}$")
_LIST_JOINTS = frozenset({"and", "or", "&", ",", ", and", ", or"})
_YEARS = range(1900, 2100)


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    end: int
    dims: tuple[Decimal, ...]
    unit: str | None
    low: Decimal | None = None
    high: Decimal | None = None
    comparator: str | None = None
    time: QuantityTime | None = None


@dataclass(frozen=True, slots=True)
class _Factor:
    """One written number and its unit, if one follows."""

    start: int
    end: int
    value: Decimal
    unit: str | None


@dataclass(frozen=True, slots=True)
class _Term:
    """A number or a product of numbers, and the word that joins it to the term before."""

    start: int
    end: int
    factors: tuple[_Factor, ...]
    joint: str

    @property
    def unit(self) -> str | None:
        return next((f.unit for f in self.factors if f.unit is not None), None)


def find_quantities(
    text: str, *, offset: int = 0, levels: Sequence[LevelMention] = ()
) -> tuple[Quantity, ...]:
    """The quantities of a clause, numbered from 1; `levels` (same offset) are not quantities."""
    masked = _mask(text, [(m.span.start - offset, m.span.end - offset) for m in levels])
    found = list(_scan(masked))
    ends = [0, *(item.end for item in found)]
    starts = [*(item.start for item in found), len(masked)]
    quantities = []
    for index, item in enumerate(found):
        before = masked[ends[index] : item.start]
        after = masked[item.end : starts[index + 1]]
        followed = index + 1 < len(found)
        quantities.append(
            Quantity(
                id=index + 1,
                span=Span(offset + item.start, offset + item.end),
                text=text[item.start : item.end],
                dims=item.dims,
                unit=item.unit,
                low=item.low,
                high=item.high,
                comparator=item.comparator,
                time=item.time or time_of(before, after, followed=followed),
            )
        )
    return tuple(quantities)


def _near(text: str, position: int) -> str:
    """The words just before a position: enough for what refers to a number."""
    return text[max(0, position - 60) : position]


def _mask(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The text with dates as \\ue000, image numbers and the spans as \\ue001, length unchanged."""
    for start, end in spans:
        text = text[:start] + "\ue001" * (end - start) + text[end:]
    return _MASKED.sub(lambda m: ("\ue000" if m["date"] else "\ue001") * len(m[0]), text)


def _scan(text: str) -> Iterator[_Found]:
    position = 0
    while (match := _FACTOR.search(text, position)) is not None:
        position = match.end()
        if re.search(r"[A-Za-z0-9.,/_]$", text[max(0, match.start() - 1) : match.start()]):
            continue
        diffusion = _DIFFUSION.match(text, match.start())
        if diffusion is not None:
            unit = "10^-3 mm2/s" if diffusion["power"] in "3³" else "10^-6 mm2/s"
            yield _Found(*diffusion.span(), (_decimal(diffusion["value"]),), unit)
            position = diffusion.end()
            continue
        terms = _terms(text, match.start())
        yield from _resolve(text, terms)
        position = max(position, terms[-1].end if len(terms) < _MAX_TERMS else terms[-1].start)


def _terms(text: str, start: int) -> list[_Term]:
    """The terms joined by "to", "and" or an arrow from `start` on."""
    terms = [_term(text, start, "")]
    while len(terms) < _MAX_TERMS:
        joint, position = _joint(text, terms[-1].end)
        if not joint:
            break
        terms.append(_term(text, position, joint))
    return terms


def _joint(text: str, position: int) -> tuple[str, int]:
    for pattern in (_ARROW, _TO, _AND):
        match = pattern.match(text, position)
        if match is None:
            continue
        sign = match.end() + (text[match.end() : match.end() + 1] in {"-", "\u2212"})
        if _FACTOR.match(text, sign) is not None:
            return match[0].strip().lower() or "-", match.end()
    return "", position


def _term(text: str, start: int, joint: str) -> _Term:
    factors = [_factor(text, start)]
    while len(factors) < 3:
        times = _TIMES_NEXT.match(text, factors[-1].end)
        if times is None or _FACTOR.match(text, times.end()) is None:
            break
        factors.append(_factor(text, times.end()))
    return _Term(factors[0].start, factors[-1].end, tuple(factors), joint)


def _factor(text: str, start: int) -> _Factor:
    position = start + (text[start] in "-\u2212")
    match = _FACTOR.match(text, position)
    if match is None:
        raise ValueError(f"no number at {start}")
    return _Factor(start, match.end(), _decimal(match["value"]), unit_of(match))


def _decimal(text: str) -> Decimal:
    """Reads "1.2", "1,2", ".5" and "1,200"; a comma before three digits groups thousands."""
    text = re.sub(r",(?=[0-9]{3}(?![0-9]))", "", text) if not text.startswith("0,") else text
    return Decimal(text.replace(",", "."))


def _resolve(text: str, terms: list[_Term]) -> Iterator[_Found]:
    """Gives each term the unit that stands behind it and reads "to" as a range or a change."""
    if any(len(term.factors) > 1 for term in terms) and any(_DASHES.match(t.joint) for t in terms):
        yield _Found(terms[0].start, terms[-1].end, (terms[0].factors[0].value,), None)
        return
    units = _units(terms)
    index = 0
    while index < len(terms):
        term, unit = terms[index], units[index]
        following = terms[index + 1] if index + 1 < len(terms) else None
        if following is not None and unit is not None and following.joint not in _LIST_JOINTS:
            yield from _pair(text, term, following, unit)
            index += 2
            continue
        if unit is not None or len(term.factors) > 1 or _MEASURED.search(_near(text, term.start)):
            yield _single(text, term, unit)
        index += 1


def _units(terms: list[_Term]) -> list[str | None]:
    units = [term.unit for term in terms]
    listed = any(term.joint not in {"", ","} for term in terms)
    for index in range(len(terms) - 2, -1, -1):
        year = terms[index].factors[0].value in _YEARS
        if units[index] is None and listed and not year:
            units[index] = units[index + 1]
    return units


def _pair(text: str, one: _Term, two: _Term, unit: str) -> Iterator[_Found]:
    """Two terms joined by "to", a dash or an arrow: a range, or a prior and a current size."""
    first, second = _single(text, one, unit), _single(text, two, two.unit or unit)
    word = two.joint.isalpha()
    moved = two.joint in {"->", "→", "⇒", "=>"} or (word and is_change(_near(text, one.start)))
    if moved:
        yield replace(first, time="prior")
        yield replace(second, time="current")
        return
    unclear = len(one.factors) + len(two.factors) > 2 or first.unit != unit
    low, high = first.dims[0], second.dims[0] if second.unit else first.dims[0]
    if second.unit not in {None, unit} and not unclear:
        unclear = dimension_of(unit) != dimension_of(second.unit or "")
        low = low if unclear else convert(low, unit, second.unit or "")
    known = None if unclear or low >= high else second.unit
    yield _Found(first.start, second.end, (), known, low=low, high=high)


def _single(text: str, term: _Term, unit: str | None) -> _Found:
    values, common = _common_unit(term.factors, unit)
    start = term.start
    before = _near(text, start)
    if (_UNCLEAR_BEFORE.search(before) and term.joint == "") or _is_count(text, term):
        common = None
    sign = re.search(rf"(?:^|[\s(=:<>,]){_SIGN}$", before)
    if (sign or text[start] in "-\u2212") and common == "HU":
        values = (-values[0], *values[1:])
        start -= sign is not None
        before = _near(text, start)
    comparator = _COMPARATOR.search(before) if len(values) == 1 else None
    kind = comparator.lastgroup if comparator else None
    if comparator is not None:
        start -= len(before) - comparator.start()
    return _Found(start, term.end, values, common, comparator=_COMPARATORS.get(kind or ""))


def _is_count(text: str, term: _Term) -> bool:
    """ "2 x 5 mm stones" may be two stones or one product: nobody can tell."""
    first = term.factors[0]
    return (
        len(term.factors) == 2
        and first.unit is None
        and first.value in range(2, 10)
        and _PLURAL_AFTER.match(text, term.end) is not None
    )


def _common_unit(
    factors: Sequence[_Factor], unit: str | None
) -> tuple[tuple[Decimal, ...], str | None]:
    """All factors in the first written unit; a factor without one takes the next one's."""
    units: list[str | None] = [factor.unit for factor in factors]
    following = unit
    for index in range(len(units) - 1, -1, -1):
        following = units[index] = units[index] or following
    first = units[0]
    if first is None:
        return tuple(factor.value for factor in factors), None
    if any(u is None or dimension_of(u) != dimension_of(first) for u in units):
        return tuple(factor.value for factor in factors), None
    pairs = zip(factors, units, strict=True)
    return tuple(convert(f.value, u or first, first) for f, u in pairs), first
