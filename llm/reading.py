"""What a conclusion states of the form, read without a model: the one reading that checks use.

It is the reading of the lexicon matcher, so it knows the wording of the template and little else:
what it does not know it leaves out. Rows of open groups are numbered from 1 in order of the text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from llm.attested import COMPANIONS
from llm.context import ClauseContext
from llm.fill import ConclusionError, fill_one, tasks_of
from llm.lexicon import find_terms
from llm.matcher.cues import cues, is_denied
from llm.matcher.engine import RulesEngine
from llm.matcher.lexicon import tokens_of
from llm.mentions import SPINE, find_sides, sides_of
from llm.paths import split_path
from llm.schema import Group, ReportTemplate
from llm.slots import TemplateKey
from llm.types import FieldData, FilledValue, FillRequest, LevelMention, Side
from llm.units import UNITS

# Words of labels that name no finding by themselves.
_GENERIC = frozenset({
    "lesion", "mass", "tear", "change", "abnormality", "finding", "disease", "acute", "chronic",
    "focal", "other", "injury", "effusion", "contusion", "oedema", "edema", "signal", "wall",
    "fluid", "size", "suspicious", "side", "large", "small", "overall", "seen", "node", "lymph",
    "cyst", "tissue", "soft", "bone", "right", "left", "upper", "lower", "enlarged", "dilated",
    "normal", "abnormal", "significant", "visible", "evidence", "background", "vessel", "vein",
    "artery", "lung", "liver", "renal", "kidney", "brain", "spine", "knee", "chest", "cerebral",
})  # fmt: skip
_POSITION = {name: index for index, name in enumerate(SPINE)}

# A denial with one of these leaves room for the finding: "no new nodule", "no other effusion".
_QUALIFIED = re.compile(
    r"\b(?:new|newly|other|others|otherwise|elsewhere|additional(?:ly)?|further|second|residual|"
    r"remaining|rest|significant(?:ly)?|suspicious|suspicion|acute(?:ly)?|active|large[rd]?|"
    r"enlarged|convincing|definite|relevant|recurren\w+|gross|discrete|drainable|sizeable|"
    r"measurable|high[- ]grade|clinically|worse\w*|progress\w*|increas\w*|longer|but|except|"
    r"surgical(?:ly)?|apart|beside|besides|only|than)\b|\?",
    re.IGNORECASE,
)
# What was, or is only thought of, contradicts nothing.
_NOT_NOW = re.compile(
    r"\b(?:history|h/o|previous(?:ly)?|prior|formerly|earlier|former|known|resolv\w+|status post|"
    r"s/p|after|query|versus|vs|differential|ddx?|if|should|consider\w*|may|might|could|"
    r"suspect\w*|suspicious|possib\w+|probab\w+|likely|unlikely|suggest\w*|"
    r"question\w*|cannot|can not|concern\w*|except|instead|rather)\b|\?",
    re.IGNORECASE,
)
# Words that deny, or that join what is denied: of a finding they leave room.
_EITHER = re.compile(r"\b(?:or|ruled? out|r/o|exclude[ds]?)\b", re.IGNORECASE)
# "R" and "L" for a side; not "L4", "L/R", "R/O".
_LETTER = re.compile(r"(?<![\w/.+-])[RL](?![\w/.+-]|\s?[0-9])")
_LETTERS: Mapping[str, Side] = {"R": "right", "L": "left"}
# Vertebrae beyond the rows of the form that its images still show.
_MARGIN = 4


@dataclass(frozen=True, slots=True)
class ReadValue:
    """One value that the text states for a path, with its clause as offsets of the text.

    `named` is false where the clause names the finding only by its place or degree; `plain` where
    it hedges, compares or leaves room, so that another value of the form need not contradict it.
    """

    path: str
    value: FieldData
    named: bool
    plain: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Measure:
    """Numbers in the base unit of a dimension ("length": mm); empty where a unit is missing."""

    dimension: str = ""
    numbers: tuple[Decimal, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadQuantity:
    """A written quantity, and the findings and sides that its clause names."""

    text: str
    measure: Measure
    items: frozenset[str]
    sides: frozenset[Side]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ReadItem:
    """A clause that names a finding without denying it, and the sides that it names."""

    item: str
    sides: frozenset[Side]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ReadSide:
    """Words that name one side or both."""

    sides: frozenset[Side]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ReadLevel:
    """Words that name spinal levels which the exam of the template does not show."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reading:
    """All that was read of a text; `refused` says why nothing could be."""

    values: tuple[ReadValue, ...] = ()
    quantities: tuple[ReadQuantity, ...] = ()
    items: tuple[ReadItem, ...] = ()
    sides: tuple[ReadSide, ...] = ()
    far_levels: tuple[ReadLevel, ...] = ()
    refused: str = ""


def read_text(
    template: ReportTemplate, text: str, *, exam_side: str | None = None, sex: str | None = None
) -> Reading:
    """What a text states, in order; never raises, whatever the text."""
    return _read(TemplateKey(template), text, exam_side, sex)


@lru_cache(maxsize=256)
def _read(key: TemplateKey, text: str, exam_side: str | None, sex: str | None) -> Reading:
    request = FillRequest("reading", key.template, text, exam_side=exam_side, sex=sex)
    try:
        contexts = [task.grammar.context for task in tasks_of(request)]
        filled = fill_one(request, RulesEngine(None))
    except ConclusionError as error:
        return Reading(refused=str(error))
    values = (_value(key.template, value) for value in filled.values if value.support == "stated")
    return Reading(
        values=tuple(value for value in values if value is not None),
        quantities=tuple(q for context in contexts for q in _quantities(key.template, context)),
        items=tuple(item for context in contexts for item in _items(key.template, context)),
        sides=tuple(
            ReadSide(side.sides, side.span.start, side.span.end)
            for context in contexts
            for side in context.sides
        ),
        far_levels=tuple(
            ReadLevel(level.text, level.span.start, level.span.end)
            for context in contexts
            for level in context.levels
            if _is_far(key.template, level)
        ),
    )


def measure_of(value: object, unit: str | None) -> Measure:
    """The numbers of a value of the form in the base unit of their dimension."""
    if isinstance(value, dict):
        found = [part for part in value.values() if not isinstance(part, str)]
    else:
        found = [value]
    numbers = [Decimal(str(n)) for n in found if isinstance(n, int | float)]
    return _measure(numbers, unit)


def sides_named(template: ReportTemplate, path: str, value: object) -> frozenset[Side]:
    """The sides that a value of the form names: by its row, its member, or its options."""
    parts = split_path(path)
    words = [parts.row, parts.member.replace("_", " ")]
    field = template.field_at(path)
    chosen = {str(one) for one in value} if isinstance(value, list) else {str(value)}
    for option in field.options:
        if option.value in chosen and option.value != field.normal:
            words += [option.value.replace("_", " "), option.label]
    return sides_of(find_sides(" , ".join(words)))


def is_normal(template: ReportTemplate, path: str, value: object) -> bool:
    """Whether a value of the form says that nothing is wrong."""
    field = template.field_at(path)
    if field.normal is None:
        return value in ("none", "normal")
    return value == field.normal or value == [field.normal]


def _measure(numbers: Iterable[Decimal], unit: str | None) -> Measure:
    if unit not in UNITS:
        return Measure()
    dimension, factor = UNITS[unit]
    return Measure(dimension, tuple(number * factor for number in numbers))


def _value(template: ReportTemplate, value: FilledValue) -> ReadValue | None:
    evidence, parts = value.evidence, split_path(value.path)
    if evidence is None or parts.member in COMPANIONS:
        return None
    text = evidence.quote
    normal = is_normal(template, value.path, value.value)
    named = normal or _is_named(template, parts.key, text)
    leaves_room = bool(_NOT_NOW.search(text) or (_QUALIFIED if normal else _EITHER).search(text))
    hedged = any(c.member == "certainty" and c.value != "definite" for c in cues(text))
    plain = not leaves_room and not hedged
    return ReadValue(value.path, value.value, named, plain, evidence.start, evidence.end)


def _is_named(template: ReportTemplate, key: str, text: str) -> bool:
    """Whether a clause names a finding by words of its own, not by its place or degree alone."""
    own = _own_words(TemplateKey(template))[key]
    return key in _named(template, text) or bool(own & {token.word for token in tokens_of(text)})


def _named(template: ReportTemplate, text: str, *, denied: bool = True) -> frozenset[str]:
    """The keys of the findings that a clause names by words that name no other finding.

    With `denied` false those that it denies are left out.
    """
    terms = [t for t in find_terms(template, text) if text[max(0, t.start - 1) : t.start] != "-"]
    spans = Counter((term.start, term.end) for term in terms)
    own = [term for term in terms if spans[term.start, term.end] == 1]
    if not denied:
        own = [term for term in own if not is_denied(text, term.start, term.end)]
    return frozenset(term.item for term in own)


def _sides(context: ClauseContext) -> frozenset[Side]:
    """The sides that a clause names, also by one letter."""
    letters = {_LETTERS[match[0]] for match in _LETTER.finditer(context.clause.text)}
    return sides_of(context.sides) | letters


def _items(template: ReportTemplate, context: ClauseContext) -> Iterator[ReadItem]:
    span = context.clause.span
    for item in sorted(_named(template, context.clause.text, denied=False)):
        yield ReadItem(item, _sides(context), span.start, span.end)


@lru_cache(maxsize=64)
def _own_words(template: TemplateKey) -> dict[str, frozenset[str]]:
    """By finding, the words of its label and of its absence that no other finding has."""
    words: dict[str, set[str]] = {}
    for item in template.template.items():
        names = [item.label, *(item.absent_phrases if isinstance(item, Group) else ())]
        tokens = {t.word for name in names for t in tokens_of(name) if len(t.word) > 3}
        words[item.key] = tokens - _GENERIC
    counts = Counter(word for own in words.values() for word in own)
    return {k: frozenset(word for word in own if counts[word] == 1) for k, own in words.items()}


def _quantities(template: ReportTemplate, context: ClauseContext) -> Iterator[ReadQuantity]:
    items, sides = _named(template, context.clause.text), _sides(context)
    for quantity in context.quantities:
        ends = [number for number in (quantity.low, quantity.high) if number is not None]
        measure = _measure(quantity.dims or ends, quantity.unit)
        span = quantity.span
        yield ReadQuantity(quantity.text, measure, items, sides, span.start, span.end)


def _is_far(template: ReportTemplate, level: LevelMention) -> bool:
    """True where a level is further from the rows of the form than its images reach."""
    rows = [row for item in template.items() if isinstance(item, Group) for row in item.row_keys]
    shown = [_POSITION[row] for row in rows if row in _POSITION]
    named = [_POSITION[name] for name in (*level.bodies, *_ends(level.discs)) if name in _POSITION]
    if not shown or not named:
        return False
    return min(named) > max(shown) + _MARGIN or max(named) < min(shown) - _MARGIN


def _ends(discs: Iterable[str]) -> Iterator[str]:
    """The upper vertebra of each disc."""
    return (disc.partition("/")[0] for disc in discs)
