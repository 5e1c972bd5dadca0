"""The JSON of a template as parts that can be edited: sections, fields, members, options.

Knows neither Django nor the model, and no rule of the template language: a definition may hold
faults. A part is found by its place: () is the template, (2,) the third section, (2, 0) its first
field, (2, 0, 1) the second member of that group. Every change returns a new definition.
"""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

Json = dict[str, Any]
At = tuple[int, ...]

KINDS = ("choice", "multi_choice", "number", "text", "bool", "group")
DEPTH = 3


class NoSuchPart(LookupError):
    """The definition has no part at that place."""


def place_read(text: str) -> At:
    """Return the place of "2-0-1"; "" is the template. Raises NoSuchPart."""
    parts = text.split("-") if text else []
    if len(parts) > DEPTH or not all(p.isascii() and p.isdigit() and len(p) < 5 for p in parts):
        raise NoSuchPart(text)
    return tuple(int(part) for part in parts)


def place_text(at: At) -> str:
    """Return a place as the page holds it."""
    return "-".join(str(index) for index in at)


def shape_fault(definition: object) -> str | None:
    """Return why a JSON value cannot be edited as a template, as a sentence, or None."""
    if not isinstance(definition, dict):
        return "The file holds no JSON object: a template begins with {."
    if "sections" not in definition:
        return "There is no list of sections: this is no report template."
    for where, holder, name in _lists(definition):
        listed = holder[name]
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            return f"{where}: {name} must be a list of objects."
    return None


def _lists(definition: Json) -> Iterator[tuple[str, Json, str]]:
    """The lists that hold parts, each after the list it is in was found to be one."""
    yield "template", definition, "sections"
    for section in definition["sections"]:
        if "fields" not in section:
            continue
        yield _name(section, "a section"), section, "fields"
        for item in section["fields"]:
            yield from _lists_of(item)


def _lists_of(item: Json) -> Iterator[tuple[str, Json, str]]:
    where = _name(item, "a field")
    if "options" in item:
        yield where, item, "options"
    if "fields" in item:
        yield where, item, "fields"
        for member in item["fields"]:
            if "options" in member:
                yield f"{where}.{_name(member, 'a member')}", member, "options"


def _name(part: Mapping[str, Any], default: str) -> str:
    return str(part.get("key", default))


def children(part: Json, at: At) -> list[Json]:
    """Return the sections, fields or members in a part."""
    found: list[Json] = part.get("fields" if at else "sections", [])
    return found


def walk(definition: Json) -> Iterator[tuple[At, Json]]:
    """Yield every section, field and member with its place, in order."""

    def below(part: Json, at: At) -> Iterator[tuple[At, Json]]:
        for index, child in enumerate(children(part, at)):
            yield (*at, index), child
            if len(at) + 1 < DEPTH:
                yield from below(child, (*at, index))

    return below(definition, ())


def part_at(definition: Json, at: At) -> Json:
    """Return the part at a place; raises NoSuchPart."""
    part = definition
    for depth, index in enumerate(at):
        siblings = children(part, at[:depth])
        if index >= len(siblings):
            raise NoSuchPart(place_text(at))
        part = siblings[index]
    return part


def places_by_name(definition: Json) -> dict[str, At]:
    """Return where each section, field and `group.member` is, by the name that faults use."""
    names: dict[str, At] = {}
    for at, part in walk(definition):
        name = _name(part, "")
        if len(at) == DEPTH:
            name = f"{_name(part_at(definition, at[:-1]), 'group')}.{name}"
        names.setdefault(name, at)
    return names


def changed(definition: Json, at: At, part: Json) -> Json:
    """Return the definition with another part at a place."""
    if not at:
        return part
    result = copy.deepcopy(definition)
    children(part_at(result, at[:-1]), at[:-1])[at[-1]] = part
    return result


def moved(definition: Json, at: At, by: int) -> tuple[Json, At]:
    """Move a part among its siblings; at the end it stays. Raises NoSuchPart."""
    _below(definition, at)
    result = copy.deepcopy(definition)
    siblings = children(part_at(result, at[:-1]), at[:-1])
    return result, (*at[:-1], _shift(siblings, at[-1], by))


def _below(definition: Json, at: At) -> None:
    part_at(definition, at)
    if not at:
        raise NoSuchPart("the template itself")


def _shift(listed: list[Json], index: int, by: int) -> int:
    to = max(0, min(len(listed) - 1, index + by))
    listed.insert(to, listed.pop(index))
    return to


def removed(definition: Json, at: At) -> tuple[Json, At]:
    """Remove a part; return where to go on: the next part or the parent. Raises NoSuchPart."""
    _below(definition, at)
    result = copy.deepcopy(definition)
    siblings = children(part_at(result, at[:-1]), at[:-1])
    del siblings[at[-1]]
    return result, (*at[:-1], min(at[-1], len(siblings) - 1)) if siblings else at[:-1]


def added(definition: Json, at: At, kind: str) -> tuple[Json, At]:
    """Add a section to the template, a field to a section or a member to a group.

    It stands last, but before the section's other findings. Raises NoSuchPart.
    """
    parent = part_at(definition, at)
    may_hold = len(at) < 2 or (len(at) == 2 and parent.get("kind") == "group")
    if not may_hold or (at and kind not in KINDS) or (len(at) == 2 and kind == "group"):
        raise NoSuchPart(place_text(at))
    result = copy.deepcopy(definition)
    keys = {str(part.get("key")) for _, part in walk(result)}
    listed = part_at(result, at).setdefault("fields" if at else "sections", [])
    new = _section_new(keys) if not at else _field_new(kind, keys)
    last_is_other = len(at) == 1 and listed and listed[-1].get("role") == "other"
    index = len(listed) - 1 if last_is_other else len(listed)
    listed.insert(index, new)
    return result, (*at, index)


def _free(stem: str, keys: set[str]) -> str:
    number = 1
    while f"{stem}_{number}" in keys:
        number += 1
    return f"{stem}_{number}"


def _section_new(keys: set[str]) -> Json:
    key = _free("section", keys)
    other = {"key": f"{key}_other", "label": "Other findings", "kind": "text", "role": "other"}
    return {"key": key, "label": "", "normal": "", "shortcut": "", "fields": [other]}


def _field_new(kind: str, keys: set[str]) -> Json:
    new: Json = {"key": _free("group" if kind == "group" else "field", keys), "label": ""}
    new["kind"] = kind
    if kind == "group":
        new |= {"row_kind": "open", "max": 3, "fields": []}
    elif kind in {"choice", "multi_choice", "bool"}:
        new["options"] = [_option_new(), _option_new()]
    return new


def _option_new() -> Json:
    return {"value": "", "label": "", "text": "", "phrases": []}


def option_added(definition: Json, at: At) -> tuple[Json, int]:
    """Add an empty option to a field; return its number. Raises NoSuchPart."""
    part_at(definition, at)
    result = copy.deepcopy(definition)
    options = part_at(result, at).setdefault("options", [])
    options.append(_option_new())
    return result, len(options) - 1


def option_moved(definition: Json, at: At, index: int, by: int) -> tuple[Json, int]:
    """Move an option among the others; raises NoSuchPart."""
    result = copy.deepcopy(definition)
    options = _options(result, at, index)
    return result, _shift(options, index, by)


def option_removed(definition: Json, at: At, index: int) -> Json:
    """Remove an option; raises NoSuchPart."""
    result = copy.deepcopy(definition)
    del _options(result, at, index)[index]
    if not part_at(result, at)["options"]:
        del part_at(result, at)["options"]
    return result


def _options(definition: Json, at: At, index: int) -> list[Json]:
    options: list[Json] = part_at(definition, at).get("options", [])
    if not at or not 0 <= index < len(options):
        raise NoSuchPart(place_text(at))
    return options
