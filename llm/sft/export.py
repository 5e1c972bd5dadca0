"""Writes a trained adapter as it is shipped: bf16 safetensors and the card that says what it is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel, get_peft_model_state_dict
from safetensors.torch import save_file

from llm.base_model import NAME, base_hash
from llm.prompt import prompt_hash
from llm.schema import ReportTemplate
from llm.sft import card as card_file

WEIGHTS = "adapter_model.safetensors"


def export_adapter(
    model: PeftModel,
    directory: Path,
    base: Path,
    templates: Mapping[str, ReportTemplate],
    training: Mapping[str, Any],
) -> None:
    """Writes weights (bf16), `adapter_config.json` (as peft reads it) and `card.json`.

    The card lists the hashes of all fields of the templates: what the adapter was trained on.
    """
    directory.mkdir(parents=True, exist_ok=True)
    state = get_peft_model_state_dict(model)
    weights = {name: tensor.to(torch.bfloat16).contiguous() for name, tensor in state.items()}
    save_file(weights, directory / WEIGHTS, metadata={"format": "pt"})
    config = model.peft_config["default"]
    config.base_model_name_or_path = NAME
    config.inference_mode = True
    config.save_pretrained(str(directory))
    card = {
        "base_model": NAME,
        "base_sha256": base_hash(base),
        "adapter_sha256": hashlib.sha256((directory / WEIGHTS).read_bytes()).hexdigest(),
        "prompt_sha256": prompt_hash(),
        "templates": {t.key: t.content_hash for t in templates.values()},
        "field_hashes": {t.key: t.field_hashes() for t in templates.values()},
        "training": dict(training),
        "scores": {},
    }
    card_file.write(directory, card)
