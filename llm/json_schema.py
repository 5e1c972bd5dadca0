"""The JSON Schema of a template's values: a flat object from path to value."""

from __future__ import annotations

import re

from llm.derive import COMPARATORS
from llm.schema import Field, Group, Item, ReportTemplate

# Rows of open groups are numbers in the command line's output and UUIDs in the app.
_OPEN_ROW = r"(?:[1-9][0-9]?|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"


def values_schema(template: ReportTemplate) -> dict[str, object]:
    """Validates exactly the paths and values of this template, nothing else."""
    properties: dict[str, object] = {}
    patterns: dict[str, object] = {}
    for item in template.items():
        properties |= _plain(item)
        if isinstance(item, Group) and item.row_kind == "open":
            for member in item.fields:
                patterns[rf"^{item.key}\[{_OPEN_ROW}\]\.{re.escape(member.key)}$"] = value_schema(
                    member
                )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": template.name,
        "type": "object",
        "properties": properties,
        "patternProperties": patterns,
        "additionalProperties": False,
    }


def _plain(item: Item) -> dict[str, object]:
    if isinstance(item, Field):
        companions = {f"{item.key}.{c.key}": value_schema(c) for c in item.companions}
        return {item.key: value_schema(item), **companions}
    if item.row_kind == "open":
        return {item.key: {"const": "none"}} if item.normal is not None else {}
    return {
        f"{item.key}[{row}].{member.key}": value_schema(member)
        for row in item.row_keys
        for member in item.fields
    }


def value_schema(field: Field) -> dict[str, object]:
    """Validates the values of one field."""
    options = [option.value for option in field.options]
    if field.kind in {"choice", "bool"}:
        return {"type": "string", "enum": options}
    if field.kind == "multi_choice":
        items = {"type": "string", "enum": options}
        return {"type": "array", "items": items, "minItems": 1, "uniqueItems": True}
    if field.kind == "text":
        return {"type": "string", "minLength": 1}
    return _number(field)


def _number(field: Field) -> dict[str, object]:
    number: dict[str, object] = {"type": "number"}
    if field.minimum is not None:
        number["minimum"] = float(field.minimum)
    if field.maximum is not None:
        number["maximum"] = float(field.maximum)
    span = {"low": number, "high": number}
    compared = {"comparator": {"type": "string", "enum": list(COMPARATORS)}, "value": number}
    objects = [
        {
            "type": "object",
            "properties": properties,
            "required": sorted(properties),
            "additionalProperties": False,
        }
        for properties in (span, compared)
    ]
    return {"anyOf": [number, *objects]}
