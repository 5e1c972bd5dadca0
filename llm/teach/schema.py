"""The JSON Schema of a teacher's reply: a list of values, each with the words that state it.

    {"values": [{"field": "nodule.size", "row": 1, "value": 8, "quote": "8 mm nodule"}]}

A field that the conclusion does not mention is not listed. So every property that is listed can be
required, as OpenAI's strict mode demands, and a reply does not have hundreds of nulls.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache

from jsonschema import Draft202012Validator

from llm.json_schema import value_schema
from llm.paths import FieldPath, split_path
from llm.schema import Field, Group, Item, ReportTemplate
from llm.slots import TemplateKey, is_offered

Schema = Mapping[str, object]
# Strict mode takes no bounds; a reply is held to them when it is read.
_BOUNDS = frozenset({"minimum", "maximum", "minItems", "uniqueItems", "minLength"})


def reply_schema(template: ReportTemplate, *, strict: bool) -> dict[str, object]:
    """What a label must look like; `strict` leaves out what OpenAI's strict mode refuses."""
    allowed = _without_bounds if strict else dict
    grouped: dict[str, list[str]] = {}
    for name, row, value in _fields(template):
        kind = json.dumps([row and allowed(row), allowed(value)])
        grouped.setdefault(kind, []).append(name)
    entries = [_entry(names, *json.loads(kind)) for kind, names in grouped.items()]
    return _object({"values": {"type": "array", "items": {"anyOf": entries}}})


def paraphrase_schema() -> dict[str, object]:
    """What a list of paraphrases must look like."""
    return _object({"paraphrases": {"type": "array", "items": {"type": "string"}}})


def entry_validators(template: ReportTemplate) -> Mapping[str, Draft202012Validator]:
    """Holds the entries of a reply, by their field, to their schema with its bounds."""
    return _validators(TemplateKey(template))


@lru_cache(maxsize=64)
def _validators(key: TemplateKey) -> Mapping[str, Draft202012Validator]:
    return {
        name: Draft202012Validator(_entry([name], row, value))
        for name, row, value in _fields(key.template)
    }


def entry_path(entry: Mapping[str, object]) -> str:
    """The path that an entry of a valid reply names."""
    key, _, member = str(entry["field"]).partition(".")
    return str(FieldPath(key, str(entry.get("row", "")), member))


def entry_of(path: str, value: object, quote: str) -> dict[str, object]:
    """The entry of a reply that gives a path its value."""
    parts = split_path(path)
    row = int(parts.row) if parts.row.isdigit() else parts.row
    return {
        "field": f"{parts.key}.{parts.member}" if parts.member else parts.key,
        **({"row": row} if parts.row else {}),
        "value": value,
        "quote": quote,
    }


def _fields(template: ReportTemplate) -> Iterator[tuple[str, Schema | None, Schema]]:
    """Name, schema of the row (None without rows) and schema of the value of what may be said."""
    for item in template.items():
        if isinstance(item, Group) and item.row_kind == "open" and item.normal is not None:
            yield item.key, None, {"type": "string", "enum": [item.normal]}
        for name, field in members(item):
            yield name, _row(item), value_schema(field)


def members(item: Item) -> Iterator[tuple[str, Field]]:
    """The fields of an item that a teacher may fill, as `key` or `key.member`."""
    if isinstance(item, Field):
        if is_offered(item, None):
            yield item.key, item
        yield from ((f"{item.key}.{field.key}", field) for field in item.companions)
        return
    for field in item.fields:
        if is_offered(field, None):
            yield f"{item.key}.{field.key}", field


def _row(item: Item) -> Schema | None:
    if isinstance(item, Field):
        return None
    if item.row_kind == "open":
        return {"type": "integer", "minimum": 1, "maximum": item.max_rows}
    return {"type": "string", "enum": list(item.row_keys)}


def _entry(names: list[str], row: Schema | None, value: Schema) -> dict[str, object]:
    return _object(
        {
            "field": {"type": "string", "enum": names},
            **({} if row is None else {"row": row}),
            "value": value,
            "quote": {"type": "string"},
        }
    )


def _object(properties: dict[str, object]) -> dict[str, object]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _without_bounds(schema: Schema) -> dict[str, object]:
    unbound: dict[str, object] = json.loads(json.dumps(schema), object_hook=_unbound)
    return unbound


def _unbound(part: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in part.items() if key not in _BOUNDS}
