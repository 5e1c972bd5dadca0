"""The card of an adapter, as an engine needs it: that it fits, and which fields it knows."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from llm.engines.base import EngineError
from llm.prompt import prompt_hash
from llm.sft import card as card_file

_NEEDED = frozenset({"adapter_sha256", "base_sha256", "field_hashes", "prompt_sha256", "templates"})


def read_card(adapter_dir: Path) -> dict[str, Any]:
    """The card of an adapter that fits this version; raises EngineError."""
    try:
        card = card_file.read(adapter_dir)
    except (OSError, ValueError) as error:
        raise EngineError(f"No adapter in {adapter_dir}: train one, or name another.") from error
    if missing := _NEEDED.difference(card):
        raise EngineError(f"The card in {adapter_dir} has no {', '.join(sorted(missing))}.")
    if card["prompt_sha256"] != prompt_hash():
        raise EngineError(
            f"The adapter in {adapter_dir} was trained on another form of the prompt: train again."
        )
    return card


def check_weights(adapter_dir: Path, card: Mapping[str, Any]) -> None:
    """Raises EngineError unless the weights are those of the card."""
    try:
        weights = (adapter_dir / card_file.WEIGHTS).read_bytes()
    except OSError as error:
        raise EngineError(f"No weights of an adapter in {adapter_dir}.") from error
    if hashlib.sha256(weights).hexdigest() != card["adapter_sha256"]:
        raise EngineError(f"The weights in {adapter_dir} are not those that its card names.")


def covered_fields(card: Mapping[str, Any]) -> frozenset[str]:
    """The hashes of the fields of all templates that the adapter fills."""
    hashes = card["field_hashes"]
    return frozenset(h for key in card_file.filled_templates(card) for h in hashes[key].values())
