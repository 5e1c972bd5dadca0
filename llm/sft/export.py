"""Writes a trained adapter as it is shipped: bf16 safetensors and the card that says what it is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from safetensors.torch import save_file
from torch import Tensor

from llm.base_model import DIRECTORY, NAME, base_hash
from llm.prompt import prompt_hash
from llm.schema import Field, ReportTemplate
from llm.sft import card as card_file


@dataclass(frozen=True, slots=True)
class Origin:
    """What an adapter was made of.

    `stated` are, by template, the fields that training answers say something of; `before` is the
    card of the adapter that training went on from.
    """

    base: Path
    base_name: str
    templates: Mapping[str, ReportTemplate]
    stated: Mapping[str, set[str]]
    before: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        """The base model as cards and peft name it."""
        return NAME if self.base_name == DIRECTORY else self.base_name


def export_adapter(
    model: PeftModel,
    weights: Mapping[str, Tensor],
    directory: Path,
    origin: Origin,
    training: Mapping[str, Any],
) -> list[str]:
    """Writes weights (bf16), `adapter_config.json` (as peft reads it) and `card.json`.

    The card lists the hashes of what the adapter was trained on: the fields that some answer
    states, the text fields of those templates, and all that the adapter before it knew. Returns
    the fields of the templates that are not among them.
    """
    directory.mkdir(parents=True, exist_ok=True)
    shipped = {name: tensor.to(torch.bfloat16).contiguous() for name, tensor in weights.items()}
    save_file(shipped, directory / card_file.WEIGHTS, metadata={"format": "pt"})
    config = model.peft_config["default"]
    config.base_model_name_or_path = origin.name
    config.inference_mode = True
    config.save_pretrained(str(directory))
    adapter_hash = hashlib.sha256((directory / card_file.WEIGHTS).read_bytes()).hexdigest()
    card = _card(origin, adapter_hash, training)
    card_file.write(directory, card)
    known = {digest for fields in card["field_hashes"].values() for digest in fields.values()}
    return [
        f"{key}.{field}"
        for key in sorted(origin.stated)
        for field, digest in origin.templates[key].field_hashes().items()
        if digest not in known
    ]


def _card(origin: Origin, adapter_hash: str, training: Mapping[str, Any]) -> dict[str, Any]:
    before = origin.before or {}
    templates = {key: origin.templates[key].content_hash for key in sorted(origin.stated)}
    started = {"started_from": dict(before["training"])} if before else {}
    return {
        "base_model": origin.name,
        "base_sha256": base_hash(origin.base),
        "adapter_sha256": adapter_hash,
        "prompt_sha256": prompt_hash(),
        "templates": {**before.get("templates", {}), **templates},
        "field_hashes": _covered(origin, before.get("field_hashes", {})),
        "training": {**training, **started},
        "scores": {},
    }


def _covered(origin: Origin, before: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Field hashes by template. A field that has changed since is covered by its new hash alone."""
    covered = {key: dict(fields) for key, fields in before.items()}
    for key, stated in origin.stated.items():
        template = origin.templates[key]
        hashes = template.field_hashes()
        fields = covered.setdefault(key, {})
        for item in template.items():
            is_text = isinstance(item, Field) and item.kind == "text"
            if is_text or item.key in stated:
                fields[item.key] = hashes[item.key]
    return covered
