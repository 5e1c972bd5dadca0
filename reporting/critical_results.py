"""Which results somebody must be told of, by template: `fixtures/critical_results.json`.

The file belongs to the site. An entry names a field or group (`item`), in a group its `member`;
with `values` it means these values, without them any finding. `unless` lists values of members that
take a row out, as in a chronic embolism. `manage.py check` says what of it fits no template.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from reporting.services.fills import Field, Group, ReportTemplate

FILE = Path(__file__).resolve().parent.parent / "fixtures" / "critical_results.json"
_KEYS = frozenset({"key", "label", "item", "member", "values", "unless"})


@dataclass(frozen=True, slots=True)
class CriticalResult:
    """One result that must be communicated; without `values` any finding of the item."""

    key: str
    label: str
    item: str
    member: str
    values: frozenset[str]
    unless: Mapping[str, frozenset[str]]


def critical_results(template: str) -> tuple[CriticalResult, ...]:
    """Return the critical results of a template; raises ImproperlyConfigured with the fault."""
    return _read(FILE).get(template, ())


def templates_named() -> tuple[str, ...]:
    """Return the keys of the templates that the file names; raises ImproperlyConfigured."""
    return tuple(_read(FILE))


def unfit(template: ReportTemplate) -> Iterator[str]:
    """Yield what of the critical results of a template does not fit it, each as a sentence."""
    results = critical_results(template.key)
    for name in ("key", "label"):
        if len({getattr(result, name) for result in results}) < len(results):
            yield f"{template.key}: two results have the same {name}."
    for result in results:
        for fault in _unfit(template, result):
            yield f"{template.key}, {result.key}: {fault}."


def _unfit(template: ReportTemplate, result: CriticalResult) -> Iterator[str]:
    try:
        item = template.item(result.item)
    except KeyError:
        yield f"the template has no {result.item!r}"
        return
    if not result.values and not (isinstance(item, Group) and item.row_kind == "open"):
        yield f"{result.item!r} needs `values`: only of an open group every row is a finding"
    fields = _fields(item)
    wanted = {**result.unless, result.member: result.values} if result.values else result.unless
    for member, values in wanted.items():
        if member not in fields:
            yield f"{result.item!r} has no member {member!r}"
        elif unknown := values - {option.value for option in fields[member].options}:
            yield f"{result.item!r} has no values {sorted(unknown)}"


def _fields(item: Field | Group) -> dict[str, Field]:
    if isinstance(item, Group):
        return {field.key: field for field in item.fields}
    return {"": item, **{companion.key: companion for companion in item.companions}}


@lru_cache(maxsize=4)
def _read(file: Path) -> dict[str, tuple[CriticalResult, ...]]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return {
            template: tuple(_entry(entry) for entry in entries)
            for template, entries in content.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ImproperlyConfigured(f"{file.name} cannot be used: {error!r}") from error


def _entry(entry: Mapping[str, Any]) -> CriticalResult:
    if unknown := set(entry) - _KEYS:
        raise ValueError(f"unknown keys {sorted(unknown)}; known: {sorted(_KEYS)}")
    return CriticalResult(
        key=str(entry["key"]),
        label=str(entry["label"]),
        item=str(entry["item"]),
        member=str(entry.get("member", "")),
        values=frozenset(map(str, entry.get("values", ()))),
        unless={
            member: frozenset(map(str, values))
            for member, values in entry.get("unless", {}).items()
        },
    )
