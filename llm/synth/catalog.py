"""What of a template can be said, looked up once for all its conclusions."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from llm.mentions import SPINE, disc_between
from llm.phrases import all_expansions, slots
from llm.schema import Condition, Field, Group, Item, Option, ReportTemplate, Together
from llm.slots import Slots, TemplateKey, slots_of

# Parts of which a body has two (DICOM terms): an exam of one of them has a side.
_PAIRED = frozenset({
    "ANKLE", "ARM", "BREAST", "CALCANEUS", "CLAVICLE", "EAR", "ELBOW", "EYE", "FEMUR", "FINGER",
    "FOOT", "FOREARM", "HAND", "HIP", "HUMERUS", "KNEE", "LEG", "ORBIT", "PATELLA", "SCAPULA",
    "SHOULDER", "THIGH", "THUMB", "TOE", "UPPERARM", "WRIST",
})  # fmt: skip

# The values that "the liver is normal" gives a field; "no aneurysm" is another matter.
NORMAL_VALUES = frozenset({"normal", "patent", "clear", "intact"})
_WORD = re.compile("[a-z]+")
_NO_WORD = re.compile(r"[\W_]+")
# Shorter wordings than this mean too many things; longer runs of words than this are no wording.
_SHORTEST, _LONGEST = 4, 6
_COMMON = frozenset({
    "acute", "atypical", "benign", "change", "changes", "chronic", "disease", "early", "effect",
    "finding", "normal", "primary", "prior", "process", "recurrent", "related", "residual",
    "underlying", "variant",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Catalog:
    """The slots of a template for one sex, and what belongs together.

    `findings` names each field once and each group as often as its wording is wide. `beside` are
    the numbers that are asked only beside a value of a field: `beside["aorta", "aneurysm"]`.
    `together` has the rules of what often comes together by the field of their condition, `outside`
    the levels that a group has no row for. `derived` are the values that may be stated and also
    follow from others: "psa_density", "lesion.pirads".
    """

    template: ReportTemplate
    slots: Slots
    items: Mapping[str, Item]
    section_of: Mapping[str, str]
    findings: tuple[str, ...]
    beside: Mapping[tuple[str, str], tuple[Field, ...]]
    together: Mapping[str, tuple[Together, ...]]
    outside: Mapping[str, tuple[str, ...]]
    derived: frozenset[str]

    @property
    def has_exam_side(self) -> bool:
        """True for exams of one of two: a knee, a shoulder."""
        return not _PAIRED.isdisjoint(part.upper() for part in self.template.body_parts)


def catalog_of(template: ReportTemplate, sex: str | None) -> Catalog:
    """The catalogue of a template; made once per content and sex."""
    return _catalog(TemplateKey(template), sex)


@lru_cache(maxsize=64)
def _catalog(key: TemplateKey, sex: str | None) -> Catalog:
    template = key.template
    offered = slots_of(template, sex)
    together: dict[str, tuple[Together, ...]] = {}
    for rule in template.together:
        name = rule.condition.field
        together[name] = (*together.get(name, ()), rule)
    return Catalog(
        template=template,
        slots=offered,
        items={**offered.fields, **offered.groups},
        section_of={item.key: s.key for s in template.sections for item in s.fields},
        findings=tuple(_findings(offered)),
        beside=_beside(offered),
        together=together,
        derived=frozenset(_derived(template)),
        outside={g.key: _levels_outside(g) for g in offered.groups.values() if g.rows},
    )


def _findings(offered: Slots) -> Iterator[str]:
    for field in offered.fields.values():
        measured = field.unit is not None and field.visible_if is None and field.phrases
        if field.kind != "number" or measured:
            yield field.key
    for group in offered.groups.values():
        yield from [group.key] * (1 + (len(group.patterns) + len(group.follow_ups)) // 8)


def _derived(template: ReportTemplate) -> Iterator[str]:
    for item in template.items():
        for field in item.fields if isinstance(item, Group) else (item,):
            if field.derived is not None and field.derived.stated:
                yield f"{item.key}.{field.key}" if isinstance(item, Group) else item.key


def _beside(offered: Slots) -> dict[tuple[str, str], tuple[Field, ...]]:
    found: dict[tuple[str, str], tuple[Field, ...]] = {}
    for field in offered.fields.values():
        condition = field.visible_if
        if field.kind == "number" and condition is not None:
            for value in _values(offered, condition):
                found[condition.field, value] = (*found.get((condition.field, value), ()), field)
    return found


def _values(offered: Slots, condition: Condition) -> tuple[str, ...]:
    if not condition.negated:
        return condition.values
    field = offered.fields.get(condition.field)
    options = field.options if field is not None else ()
    return tuple(option.value for option in options if option.value not in condition.values)


def _levels_outside(group: Group) -> tuple[str, ...]:
    """The levels of the spine that the form has no row for, in the reading of its rows."""
    if group.row_kind != "level":
        return ()
    if all("/" in row for row in group.row_keys):
        pairs = itertools.pairwise(SPINE)
        levels = tuple(disc_between(a, b) for a, b in pairs if not b.startswith("S") or b == "S1")
    else:
        levels = tuple(name for name in SPINE if not name.startswith("S") or name == "S1")
    return tuple(level for level in levels if level not in group.row_keys)


def phrased(field: Field) -> list[Option]:
    """The abnormal options that have wording."""
    return [o for o in field.options if o.value != field.normal and o.phrases]


def normal_option(field: Field) -> Option | None:
    """The option that says that nothing is wrong, if it has wording."""
    for option in field.options:
        if option.value == field.normal and option.phrases:
            return option
    return None


@lru_cache(maxsize=1 << 14)
def slot_names(phrase: str) -> frozenset[str]:
    """The names of the slots of a phrase."""
    return frozenset(name for name, _ in slots(phrase))


def foreign(template: ReportTemplate, texts: tuple[str, ...]) -> tuple[str, ...]:
    """The texts without those that name a finding of the template."""
    return _foreign(TemplateKey(template), texts)


def unrelated(template: ReportTemplate, texts: tuple[str, ...]) -> tuple[str, ...]:
    """The texts of which no word, but for common ones, begins like one of a label or value.

    Where a form knows "metastasis", whether "metastatic disease" is one cannot be told.
    """
    return _unrelated(TemplateKey(template), foreign(template, texts))


@lru_cache(maxsize=64)
def _unrelated(key: TemplateKey, texts: tuple[str, ...]) -> tuple[str, ...]:
    known: set[str] = set()
    for item in key.template.items():
        fields = item.fields if isinstance(item, Group) else (item,)
        known |= _stems(item.label)
        for option in (option for field in fields for option in field.options):
            known |= _stems(f"{option.value} {option.label}")
    return tuple(text for text in texts if known.isdisjoint(_stems(text)))


def _stems(text: str) -> set[str]:
    words = _WORD.findall(text.lower())
    return {word[:6] for word in words if len(word) >= 5 and word not in _COMMON}


@lru_cache(maxsize=256)
def _foreign(key: TemplateKey, texts: tuple[str, ...]) -> tuple[str, ...]:
    known = _wordings(key)
    return tuple(text for text in texts if known.isdisjoint(_runs(text)))


def _runs(text: str) -> set[str]:
    """Each run of up to _LONGEST words."""
    words = _plain(text).split()
    ends = range(1, _LONGEST + 1)
    return {" ".join(words[at : at + n]) for at in range(len(words)) for n in ends}


@lru_cache(maxsize=64)
def _wordings(key: TemplateKey) -> frozenset[str]:
    """The wordings that name findings as a whole, but for very short ones."""
    found: set[str] = set()
    for item in key.template.items():
        phrases = set(item.absent_phrases if isinstance(item, Group) else ())
        for field in item.fields if isinstance(item, Group) else (item,):
            for option in field.options:
                if isinstance(item, Field) or option.value == field.normal:
                    phrases |= set(option.phrases)
        for phrase in phrases:
            whole = (w for w in all_expansions(phrase) if len(w) == 1)
            found |= {_plain(piece) for (piece,) in whole if isinstance(piece, str)}
    return frozenset(wording for wording in found if len(wording) >= _SHORTEST)


def _plain(text: str) -> str:
    return _NO_WORD.sub(" ", text.lower()).strip()
