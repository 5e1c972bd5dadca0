"""The adapters that were promoted, and the one that is live.

`<data directory>/adapters/` holds a copy of each promoted adapter, named by the hash of its
weights, and `registry.json`, which points at the live one. Without a registry the shipped adapter
is live. What was promoted is never removed, so that going back is a change of the pointer alone.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from llm.engines.adapter import check_weights, read_card
from llm.sft import card as card_file
from llm.shipped import ADAPTER

FILE = "registry.json"
SHIPPED = ADAPTER
# How much of a hash names a directory.
_NAME = 12


class RegistryError(Exception):
    """The registry cannot be read, or there is nothing to go back to; the message says more."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One promotion: the copy, its hash, when (UTC, ISO 8601), and the entry that was live before.

    `before` None is the shipped adapter.
    """

    directory: str
    adapter_sha256: str
    promoted_at: str
    before: int | None


@dataclass(frozen=True, slots=True)
class Registry:
    """All promotions in order; `live` is the number of one of them, or None for the shipped one."""

    entries: tuple[Entry, ...] = ()
    live: int | None = None


@dataclass(frozen=True, slots=True)
class LiveAdapter:
    """The adapter that the app uses: where it is, what it is, since when, and what it scores.

    `promoted_at` None and an empty hash: nobody promoted it, and its card cannot be read.
    """

    directory: Path
    adapter_sha256: str
    promoted_at: str | None
    scores: Mapping[str, Any]

    @property
    def name(self) -> str:
        """A short name for people."""
        return self.adapter_sha256[:_NAME] or self.directory.name


def default_directory() -> Path:
    """The registry below DATA_DIR, or below ./var."""
    return Path(os.environ.get("DATA_DIR") or "var") / "adapters"


def read(directory: Path) -> Registry:
    """The registry of a directory; an empty one where there is none. Raises RegistryError."""
    path = directory / FILE
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        entries = tuple(Entry(**entry) for entry in data["entries"])
        registry = Registry(entries, data["live"])
        if registry.live is not None:
            entries[registry.live]
    except FileNotFoundError:
        return Registry()
    except (OSError, ValueError, TypeError, KeyError, IndexError) as error:
        raise RegistryError(
            f"{path} cannot be read ({error}): remove it to go back to the shipped adapter."
        ) from error
    return registry


def live_directory(directory: Path) -> Path:
    """Where the live adapter is; raises RegistryError."""
    registry = read(directory)
    if registry.live is None:
        return SHIPPED
    return directory / registry.entries[registry.live].directory


def live_adapter(directory: Path) -> LiveAdapter:
    """The live adapter with its scores; raises RegistryError."""
    registry = read(directory)
    live = described(live_directory(directory))
    if registry.live is None:
        return live
    return replace(live, promoted_at=registry.entries[registry.live].promoted_at)


def described(directory: Path) -> LiveAdapter:
    """An adapter by its card; without hash and scores where the card cannot be read."""
    try:
        card = card_file.read(directory)
    except (OSError, ValueError):
        card = {}
    scores = card.get("scores") or {}
    return LiveAdapter(directory, str(card.get("adapter_sha256", "")), None, scores)


def add(directory: Path, adapter: Path) -> Entry:
    """Copies an adapter into the registry and makes it live; raises EngineError, OSError.

    The adapter must fit this version and be what its card says. Making live what is live already
    adds nothing.
    """
    registry = read(directory)
    card = read_card(adapter)
    check_weights(adapter, card)
    digest = str(card["adapter_sha256"])
    if registry.live is not None and registry.entries[registry.live].adapter_sha256 == digest:
        return registry.entries[registry.live]
    copied = directory / digest[:_NAME]
    _copy(adapter, copied)
    promoted_at = datetime.now(UTC).isoformat(timespec="seconds")
    entry = Entry(copied.name, digest, promoted_at, registry.live)
    _write(directory, Registry((*registry.entries, entry), len(registry.entries)))
    return entry


def rollback(directory: Path) -> LiveAdapter:
    """Makes live what was live before the last promotion; raises RegistryError."""
    registry = read(directory)
    if registry.live is None:
        raise RegistryError("The shipped adapter is live: there is nothing to go back to.")
    _write(directory, replace(registry, live=registry.entries[registry.live].before))
    return live_adapter(directory)


def _copy(adapter: Path, target: Path) -> None:
    """A copy that is there whole or not at all; the card of an earlier copy is renewed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as place:
        made = Path(place) / "adapter"
        shutil.copytree(adapter, made)
        if target.is_dir():
            (made / card_file.CARD).replace(target / card_file.CARD)
            return
        made.rename(target)


def _write(directory: Path, registry: Registry) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    half_written = directory / f"{FILE}.part"
    half_written.write_text(json.dumps(asdict(registry), indent=2) + "\n", encoding="utf-8")
    half_written.replace(directory / FILE)
