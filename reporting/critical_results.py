"""Which results somebody must be told of, by template: `fixtures/critical_results.json`.

The file belongs to the site. An entry names a field or group (`item`), in a group its `member`;
with `values` it means these values, without them any finding. `unless` lists values of members that
take a row out, as in a chronic embolism.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

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
