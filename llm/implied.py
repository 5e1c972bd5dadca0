"""What follows from stated values: template rules, and the normals that a clause covers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from itertools import product

from llm.derive import holds
from llm.paths import split_path
from llm.schema import Field, Group, ReportTemplate, Rule
from llm.slots import fits_sex
from llm.statements import SaidNormal
from llm.types import FieldData, FilledValue

Values = Mapping[str, FilledValue]

_HEDGED = frozenset({"probable", "possible"})


def implied_by_rules(
    template: ReportTemplate, values: Values, *, sex: str | None
) -> dict[str, list[FilledValue]]:
    """Paths without a value that some rule gives one, with every value that a rule gives.

    A finding that is only probable or possible implies nothing outside its own row.
    """
    found: dict[str, list[FilledValue]] = {}
    named: dict[str, list[FilledValue]] = {}
    for path, value in values.items() if template.rules else ():
        named.setdefault(split_path(path).name, []).append(value)
    for rule in template.rules:
        for trigger in named.get(rule.condition.field, ()):
            if not holds(rule.condition, trigger.value):
                continue
            only_row = _row_of(trigger.path) if _is_hedged(trigger.path, values) else None
            for path in _targets(template, rule, trigger.path, values):
                if only_row is not None and _row_of(path) != only_row:
                    continue
                if path not in values and _is_for(template, path, sex):
                    found.setdefault(path, []).append(_implied(template, rule, path, trigger))
    return found


def _row_of(path: str) -> str:
    """ "nodule[1].size" → "nodule[1]"; the path of a plain field is its own row."""
    parts = split_path(path)
    return f"{parts.key}[{parts.row}]" if parts.row else parts.key


def _is_hedged(path: str, values: Values) -> bool:
    certainty = values.get(f"{_row_of(path)}.certainty")
    return certainty is not None and certainty.value in _HEDGED


def _targets(template: ReportTemplate, rule: Rule, trigger: str, values: Values) -> Iterator[str]:
    key, _, member = rule.field.partition(".")
    item = template.item(key)
    if isinstance(item, Field) or not member:
        yield rule.field
        return
    source = split_path(trigger)
    if source.row:
        if source.key == key or source.row in item.row_keys:
            yield f"{key}[{source.row}].{member}"
        return
    existing = (split_path(path) for path in values)
    rows = item.row_keys or dict.fromkeys(p.row for p in existing if p.key == key and p.row)
    yield from (f"{key}[{row}].{member}" for row in rows)


def _is_for(template: ReportTemplate, path: str, sex: str | None) -> bool:
    parts = split_path(path)
    wanted = (
        template.section_of(parts.key).sex,
        template.item(parts.key).sex,
        template.field_at(path).sex,
    )
    return all(fits_sex(each, sex) for each in wanted)


def _implied(template: ReportTemplate, rule: Rule, path: str, trigger: FilledValue) -> FilledValue:
    several = template.field_at(path).kind == "multi_choice"
    return replace(
        trigger,
        path=path,
        value=[rule.value] if several else rule.value,
        support="implied",
        source_text=None,
        source_unit=None,
        rule=rule.why,
    )


def implied_normals(
    template: ReportTemplate,
    normals: Collection[SaidNormal],
    taken: Collection[str],
    *,
    sex: str | None,
) -> Iterator[FilledValue]:
    """The normals that "normal liver" or "otherwise normal" covers: fields nothing else names.

    `taken` are the paths that have a value or are in conflict. Where the sex is not known, fields
    of one sex get no normal.
    """
    covered: set[str] = set()
    for normal in sorted(normals, key=lambda n: n.section is None):
        for section in template.sections:
            if normal.section not in (None, section.key) or section.key in covered:
                continue
            covered.add(section.key)
            if section.sex not in (None, sex):
                continue
            label = section.label if normal.section else "The whole report"
            for item in section.fields:
                for path, value in _normals_of(item, taken, sex):
                    yield _normal_value(path, value, normal, f"{label}: said to be normal.")


def _normals_of(
    item: Field | Group, taken: Collection[str], sex: str | None
) -> Iterator[tuple[str, FieldData]]:
    if item.sex not in (None, sex):
        return
    if isinstance(item, Field):
        yield from _normal_at(item, item.key, taken)
        return
    stated = any(split_path(path).key == item.key for path in taken)
    if item.row_kind == "open" and item.normal is not None and not stated:
        yield item.key, item.normal
    for row, member in product(item.row_keys, item.fields):
        yield from _normal_at(member, f"{item.key}[{row}].{member.key}", taken)


def _normal_at(field: Field, path: str, taken: Collection[str]) -> Iterator[tuple[str, FieldData]]:
    if field.normal is not None and field.derived is None and path not in taken:
        yield path, _as_value(field, field.normal)


def _as_value(field: Field, value: str) -> FieldData:
    return [value] if field.kind == "multi_choice" else value


def _normal_value(path: str, value: FieldData, normal: SaidNormal, rule: str) -> FilledValue:
    clause = normal.clause
    return FilledValue(
        path=path,
        value=value,
        support="implied",
        evidence=clause.evidence,
        clause_index=clause.index,
        confidence=normal.confidence,
        low_confidence=False,
        rule=rule,
    )
