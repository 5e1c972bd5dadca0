"""The model of a run: base weights as the machine computes fastest, with a LoRA adapter."""

from __future__ import annotations

import ctypes
import json
import sys
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft import set_peft_model_state_dict as set_adapter
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForCausalLM

from llm.base_model import DIRECTORY, ensure_base_model
from llm.sft import attention
from llm.sft.card import WEIGHTS
from llm.sft.lora import make_lean
from llm.sft.machine import fastest_dtype
from llm.sft.recipe import Recipe, RecipeError

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def find_base(recipe: Recipe, given: Path | None) -> Path:
    """The directory of the base model; raises RecipeError, BaseModelMissing."""
    if given is not None:
        if not (given / "config.json").is_file():
            raise RecipeError(f"{given}: this is no model directory, it has no config.json")
        return given
    if recipe.base_model == DIRECTORY:
        return ensure_base_model()
    raise RecipeError(
        f"The weights of {recipe.base_model} do not come with the project: download them"
        " under their licence and name the directory with --base-model"
    )


def chosen_dtype(recipe: Recipe, fastest: torch.dtype) -> torch.dtype:
    """The type of the base weights where `fastest` is the one that is computed in fastest."""
    if recipe.dtype != "auto":
        return torch.bfloat16 if recipe.dtype == "bfloat16" else torch.float32
    if recipe.quantization == "nf4":
        return torch.bfloat16
    return fastest


def build(recipe: Recipe, base: Path, device: torch.device, start: Path | None = None) -> PeftModel:
    """The base model with a fresh adapter, or with the one in `start`; raises RecipeError."""
    dtype = chosen_dtype(recipe, fastest_dtype(device))
    extra = _four_bits(device) if recipe.quantization == "nf4" else {}
    model = AutoModelForCausalLM.from_pretrained(
        base, dtype=dtype, attn_implementation=attention.NAME, **extra
    )
    if not extra:
        model.to(device)
    torch.manual_seed(recipe.seed)
    adapted = get_peft_model(model, lora_config(recipe))
    if start is not None:
        _load_adapter(adapted, recipe, start)
    if recipe.gradient_checkpointing:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    make_lean(adapted)
    adapted.train()
    return adapted


def lora_config(recipe: Recipe) -> LoraConfig:
    """The adapter of a recipe as peft describes it."""
    return LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=recipe.dropout,
        target_modules=list(recipe.target_modules),
        task_type="CAUSAL_LM",
    )


def _load_adapter(model: PeftModel, recipe: Recipe, start: Path) -> None:
    try:
        config = json.loads((start / "adapter_config.json").read_text(encoding="utf-8"))
        weights = load_file(start / WEIGHTS)
    except (OSError, ValueError) as error:
        raise RecipeError(f"{start}: this is no adapter: {error}") from error
    for key, mine in (("r", recipe.rank), ("lora_alpha", recipe.alpha)):
        if config.get(key) != mine:
            raise RecipeError(f"{start}: {key} is {config.get(key)} there and {mine} in the recipe")
    if set(config.get("target_modules") or ()) != set(recipe.target_modules):
        raise RecipeError(f"{start}: that adapter is on other layers than the recipe's")
    set_adapter(model, weights)


def _four_bits(device: torch.device) -> dict[str, Any]:
    """How transformers loads base weights in four bits (NF4); they compute in bfloat16."""
    from transformers import BitsAndBytesConfig
    from transformers.utils import is_bitsandbytes_available

    if not is_bitsandbytes_available():
        raise RecipeError("4-bit weights need bitsandbytes: pip install -r requirements-gpu.txt")
    settings = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )
    return {"quantization_config": settings, "device_map": {"": device}}


def empty_model(recipe: Recipe, config_dir: Path) -> PeftModel:
    """The model of a recipe without any memory for its weights, to be counted."""
    config = AutoConfig.from_pretrained(config_dir)
    with torch.device("meta"):
        return get_peft_model(AutoModelForCausalLM.from_config(config), lora_config(recipe))


def keep_freed_memory() -> None:
    """Tells the C library to keep what is freed: on Linux a step on the CPU is 5 % faster.

    Otherwise every large tensor is fresh memory from the system, page by page filled with zeros.
    """
    if sys.platform == "linux":
        library = ctypes.CDLL(None)
        if hasattr(library, "mallopt"):
            library.mallopt(_M_MMAP_THRESHOLD, 1 << 30)
            library.mallopt(_M_TRIM_THRESHOLD, (1 << 31) - 1)
