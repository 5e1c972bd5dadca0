"""What differs between two definitions of a template, in words. Knows no Django."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from reporting.template_controls import FIELD, GROUP, OPTION, SECTION, TEMPLATE, Control, shown
from reporting.template_parts import DEPTH, part_at, walk

Json = dict[str, Any]

_CONTROLS = {c.name: c for c in (*TEMPLATE, *SECTION, *GROUP, *FIELD)}
_OPTION_CONTROLS = {c.name: c for c in OPTION}
_HELD = frozenset({"sections", "fields", "options"})
_SHORT = 80


@dataclass(frozen=True, slots=True)
class Difference:
    """A part that was added, removed or changed; `details` say what changed, one sentence each."""

    change: str
    what: str
    label: str
    key: str
    details: tuple[str, ...] = ()


def differences(old: Json, new: Json) -> tuple[Difference, ...]:
    """Return the differences in the order of the new definition, what was removed last.

    Parts are the same where their keys are; the order of sections and fields is compared too.
    """
    before, after = _parts(old), _parts(new)
    reordered = _reordered(before, after)
    found = []
    head = tuple(_details(old, new, _CONTROLS))
    if head:
        name = str(new.get("name", ""))
        found.append(Difference("changed", "template", name, str(new.get("key", "")), head))
    for key, (what, part, _) in after.items():
        if key not in before:
            found.append(Difference("added", what, str(part.get("label", "")), key))
            continue
        details = tuple(_part_details(before[key], after[key], reordered=key in reordered))
        if details:
            found.append(Difference("changed", what, str(part.get("label", "")), key, details))
    gone = ((key, *before[key]) for key in before if key not in after)
    found += [Difference("removed", w, str(p.get("label", "")), key) for key, w, p, _ in gone]
    return tuple(found)


_Part = tuple[str, Json, str]


def _parts(definition: Json) -> dict[str, _Part]:
    """The parts by their full key, each with what it is and the key of what holds it."""
    found: dict[str, _Part] = {}
    for at, part in walk(definition):
        parent = str(part_at(definition, at[:-1]).get("key", "")) if len(at) > 1 else ""
        key = str(part.get("key", ""))
        if len(at) == DEPTH:
            key = f"{parent}.{key}"
        group = part.get("kind") == "group"
        what = ("section", "group" if group else "field", "member")[len(at) - 1]
        found[key] = (what, part, parent)
    return found


def _part_details(old: _Part, new: _Part, *, reordered: bool) -> Iterator[str]:
    if old[2] != new[2]:
        yield f"moved from {old[2]} to {new[2]}"
    elif reordered:
        yield "stands at another place"
    yield from _details(old[1], new[1], _CONTROLS)
    yield from _options(old[1].get("options", []), new[1].get("options", []))


def _reordered(before: Mapping[str, _Part], after: Mapping[str, _Part]) -> frozenset[str]:
    """The keys of the fewest parts that were moved within what holds them."""

    def kept(parts: Mapping[str, _Part], others: Mapping[str, _Part]) -> dict[str, list[str]]:
        held: dict[str, list[str]] = defaultdict(list)
        for key, (what, _, parent) in parts.items():
            if key in others and others[key][2] == parent:
                held["" if what == "section" else parent].append(key)
        return held

    old, new = kept(before, after), kept(after, before)
    found: set[str] = set()
    for parent, keys in new.items():
        found |= set(keys)
        for block in SequenceMatcher(a=old[parent], b=keys, autojunk=False).get_matching_blocks():
            found -= set(keys[block.b : block.b + block.size])
    return frozenset(found)


def _details(old: Json, new: Json, controls: Mapping[str, Control]) -> Iterator[str]:
    for name in dict.fromkeys([*old, *new]):
        if name in _HELD or old.get(name) == new.get(name):
            continue
        control = controls.get(name, Control(name, name))
        yield _said(control, old.get(name), new.get(name))


def _said(control: Control, old: object, new: object) -> str:
    label = control.label.lower() if control.label != control.name else control.name
    if _is_list(old) and _is_list(new):
        more = sum(1 for one in _listed(new) if one not in _listed(old))
        fewer = sum(1 for one in _listed(old) if one not in _listed(new))
        return f"{label}: {more} added, {fewer} removed" if more or fewer else f"{label}: order"
    if control.kind == "flag":
        return f"{label}: {'yes' if new else 'no'}"
    first, second = (_short(shown(control, value)) for value in (old, new))
    return f"{label}: {first} → {second}"


def _is_list(value: object) -> bool:
    return value is None or isinstance(value, list)


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _short(text: str) -> str:
    text = " ".join(text.split())
    return "nothing" if not text else f"“{text[:_SHORT]}{'…' if len(text) > _SHORT else ''}”"


def _options(old: list[Json], new: list[Json]) -> Iterator[str]:
    before = {str(option.get("value", "")): option for option in old}
    after = {str(option.get("value", "")): option for option in new}
    for value, option in after.items():
        if value not in before:
            yield f"option {option.get('label') or value} added"
        else:
            for detail in _details(before[value], option, _OPTION_CONTROLS):
                yield f"option {option.get('label') or value}, {detail}"
    for value, option in before.items():
        if value not in after:
            yield f"option {option.get('label') or value} removed"
    if set(before) == set(after) and list(before) != list(after):
        yield "options: order"
