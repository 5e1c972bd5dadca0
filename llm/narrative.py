"""The findings as text: a sentence for each value, nothing for what has no value."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from llm.attested import COMPANIONS
from llm.derive import rows_in, visible_paths
from llm.schema import Field, Group, Item, ReportTemplate, Section

Values = Mapping[str, object]

_FRAGMENT_SLOT = re.compile(r"\{([a-z][a-z0-9_]*)(?:\|([^{}]*))?\}")
_HEDGES = {"probable": "Probable", "possible": "Possible"}
_CHANGES = {
    "new": "new",
    "increased": "increased",
    "unchanged": "unchanged",
    "decreased": "decreased",
}


@dataclass(frozen=True, slots=True)
class NarrativeSection:
    """One heading with its sentences; `text` joins them. A section without values has none."""

    key: str
    label: str
    sentences: tuple[str, ...]

    @property
    def text(self) -> str:
        """The sentences in one paragraph."""
        return " ".join(self.sentences)


def render(
    template: ReportTemplate,
    values: Values,
    *,
    row_order: Mapping[str, Sequence[str]] | None = None,
) -> tuple[NarrativeSection, ...]:
    """Every section in template order; `row_order` gives the order of open rows."""
    rows = row_order if row_order is not None else rows_in(template, values)
    visible = set(visible_paths(template, values, rows=rows))
    return tuple(
        NarrativeSection(
            section.key, section.label, tuple(_sentences(section, values, rows, visible))
        )
        for section in template.sections
    )


def as_text(sections: Sequence[NarrativeSection]) -> str:
    """`Label: text`, one line for each section that says something."""
    return "\n".join(f"{part.label}: {part.text}" for part in sections if part.sentences)


def _sentences(
    section: Section, values: Values, rows: Mapping[str, Sequence[str]], visible: set[str]
) -> list[str]:
    if _is_all_normal(section, values, visible):
        return [section.normal]
    sentences: list[str] = []
    for item in section.fields:
        sentences += _item_sentences(item, values, rows.get(item.key, ()))
    return sentences


def _is_all_normal(section: Section, values: Values, visible: set[str]) -> bool:
    """True where each field of the section with a normal holds it, and nothing else is said."""
    keys = {item.key for item in section.fields}
    held = {path: value for path, value in values.items() if re.split(r"[\[.]", path)[0] in keys}
    wanted = normal_values(section, visible=visible)
    return bool(wanted) and held == wanted


def normal_values(section: Section, *, visible: set[str] | None = None) -> dict[str, object]:
    """The normal of each field of a section that has one, by path; `visible` leaves out others."""
    normals: dict[str, object] = {}
    for item in section.fields:
        if isinstance(item, Field) or item.row_kind == "open":
            if item.normal is not None:
                normals[item.key] = _normal_of(item)
            continue
        for row in item.row_keys:
            for member in item.fields:
                if member.normal is not None:
                    normals[f"{item.key}[{row}].{member.key}"] = _normal_of(member)
    return {p: v for p, v in normals.items() if visible is None or p in visible}


def _normal_of(item: Item) -> object:
    multiple = isinstance(item, Field) and item.kind == "multi_choice"
    return [item.normal] if multiple else item.normal


def _item_sentences(item: Item, values: Values, rows: Sequence[str]) -> list[str]:
    if isinstance(item, Field):
        return _plain_sentences(item, values)
    if item.row_kind == "open":
        if item.key in values:
            return [_sentence(item.normal_text)]
        return [text for row in rows if (text := _open_row(item, row, values))]
    return _fixed_rows(item, values)


def _plain_sentences(field: Field, values: Values) -> list[str]:
    value = values.get(field.key)
    if value is None:
        return []
    text = field_text(field, value)
    if value == field.normal:
        return [_sentence(text)]
    hedge = values.get(f"{field.key}.certainty")
    change = values.get(f"{field.key}.change")
    return [_sentence(_qualified(text, hedge, change))]


def field_text(field: Field, value: object) -> str:
    """What the narrative says of one value, without hedge or change."""
    if field.kind in {"choice", "bool"}:
        return field.option(str(value)).text
    if field.kind == "text":
        return str(value)
    if field.kind == "number":
        shown = number_text(field, value)
        return field.text.replace("{n}", shown) if field.text else f"{field.label}: {shown}"
    words = _words(field, value)
    return field.text.replace("{value}", words) if field.text else f"{field.label}: {words}"


def number_text(field: Field, value: object, *, unit: bool = True) -> str:
    """A number with its unit; a range and a comparison as written."""
    if isinstance(value, dict) and "low" in value:
        shown = f"{value['low']}–{value['high']}"
    elif isinstance(value, dict):
        shown = f"{value['comparator']}{value['value']}"
    else:
        shown = str(value)
    return _with_unit(shown, field.unit) if unit else shown


def _with_unit(shown: str, unit: str | None) -> str:
    if unit is None or unit in {"%", "°"}:
        return f"{shown}{unit or ''}"
    return f"{shown} × {unit}" if unit.startswith("10^") else f"{shown} {unit}"


def _words(field: Field, value: object) -> str:
    """The words of a choice inside a sentence; several are joined."""
    if isinstance(value, list):
        return _listed([field.option(str(entry)).text for entry in value])
    return field.option(str(value)).text


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _open_row(group: Group, row: str, values: Values) -> str:
    held = {m.key: values.get(f"{group.key}[{row}].{m.key}") for m in group.fields}
    if all(value is None for value in held.values()):
        return ""
    parts = [_fragment(group, fragment, held) for fragment in group.text]
    text = re.sub(r"\s+([,.;])", r"\1", re.sub(r"\s+", " ", "".join(parts))).strip(" ,")
    return _sentence(_qualified(text, held.get("certainty"), held.get("change")))


def _fragment(group: Group, fragment: str, held: Mapping[str, object]) -> str:
    """The fragment with its members' words; nothing where a member without fallback is absent."""

    def word(match: re.Match[str]) -> str:
        value = held.get(match[1])
        return match[2] if value is None else _member_words(group, match[1], held)

    slots = _FRAGMENT_SLOT.findall(fragment)
    missing = [name for name, fallback in slots if held.get(name) is None and not fallback]
    return "" if missing else _FRAGMENT_SLOT.sub(word, fragment)


def _member_words(group: Group, key: str, held: Mapping[str, object]) -> str:
    member, value = group.member(key), held[key]
    if member.kind != "number":
        return _words(member, value) if member.kind != "text" else str(value)
    shown, following = [number_text(member, value, unit=False)], member.next_dimension
    while following is not None and held.get(following) is not None:
        shown.append(number_text(group.member(following), held[following], unit=False))
        following = group.member(following).next_dimension
    return _with_unit(" × ".join(shown), member.unit)


def _fixed_rows(group: Group, values: Values) -> list[str]:
    """The sentences of sides or levels; rows that say the same share one sentence."""
    sentences: list[str] = []
    for member in group.fields:
        if member.key in COMPANIONS:
            continue
        said: dict[str, list[str]] = {}
        for row in group.rows:
            value = values.get(f"{group.key}[{row.key}].{member.key}")
            if value is None:
                continue
            hedge = change = None
            if member.normal is not None and value != member.normal:
                hedge = values.get(f"{group.key}[{row.key}].certainty")
                change = values.get(f"{group.key}[{row.key}].change")
            text = _qualified(_row_text(member, value), hedge, change)
            said.setdefault(text, []).append(row.key)
        sentences += [_sentence(_at_rows(group, text, rows)) for text, rows in said.items()]
    return sentences


def _row_text(member: Field, value: object) -> str:
    text = field_text(member, value)
    if "{side}" in text or "{level}" in text:
        return text
    return f"{{row}}: {text}"


def _at_rows(group: Group, text: str, rows: Sequence[str]) -> str:
    if group.row_kind == "side":
        return _at_sides(text, rows)
    levels = "all levels" if rows == list(group.row_keys) and len(rows) > 1 else _listed(rows)
    return text.replace("{level}", levels).replace("{row}", levels)


def _at_sides(text: str, rows: Sequence[str]) -> str:
    both = len(rows) == 2
    if both and re.match(r"No\b", text):
        return text.replace("{side} ", "").replace("{row}: ", "")
    if both:
        text = re.sub(r"^The \{side\}", "The {side}", text)
    word = "bilateral" if both else rows[0]
    return text.replace("{side}", word).replace("{row}", "Both sides" if both else word)


def _qualified(text: str, hedge: object, change: object) -> str:
    text = text.strip().rstrip(".")
    if hedge in _HEDGES:
        text = f"{_HEDGES[str(hedge)]} {_lowered(text)}"
    if change in _CHANGES:
        text = f"{text}, {_CHANGES[str(change)]}"
    return text


def _lowered(text: str) -> str:
    """The text inside a sentence: an abbreviation or a row's placeholder keeps its letters."""
    first = re.match(r"[A-Z][a-z]+", text)
    return text[0].lower() + text[1:] if first else text


def _sentence(text: str) -> str:
    text = text.strip()
    if not text:
        return text
    return f"{text[0].upper()}{text[1:]}{'' if text[-1] in '.!?' else '.'}"
