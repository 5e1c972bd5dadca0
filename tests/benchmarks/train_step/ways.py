"""Ways to make a training step, from a plain trainer's to ours, one difference at a time."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel, get_peft_model
from torch import Tensor
from torch.nn import functional
from transformers import AutoModelForCausalLM, AutoTokenizer

from llm.sft import attention
from llm.sft.batches import collate
from llm.sft.data import Example
from llm.sft.lora import make_lean
from llm.sft.loss import AnswerLoss
from llm.sft.model import lora_config
from llm.sft.recipe import Recipe

IGNORED = -100
# Makes the gradients of a step.
Step = Callable[[Sequence[Example]], None]


@dataclass(frozen=True, slots=True)
class Way:
    """A way: what it is, whether its batches hold similar lengths, and how it is made."""

    text: str
    bucketed: bool
    make: Callable[[Models], Step]


class Models:
    """Models that share their base weights, made when they are asked for."""

    def __init__(self, base: Path, recipe: Recipe, *, checkpointing: bool) -> None:
        self.base, self.recipe, self.checkpointing = base, recipe, checkpointing
        self._made: dict[tuple[str, bool], PeftModel] = {}

    def get(self, implementation: str, *, lean: bool) -> PeftModel:
        """A model in float32 with this attention, with peft's LoRA layers or our lean ones."""
        key = (implementation, lean)
        if key not in self._made:
            self._made[key] = self._new(implementation, lean=lean)
        return self._made[key]

    def _new(self, implementation: str, *, lean: bool) -> PeftModel:
        model = AutoModelForCausalLM.from_pretrained(
            self.base, dtype=torch.float32, attn_implementation=implementation
        )
        torch.manual_seed(self.recipe.seed)
        adapted = get_peft_model(model, lora_config(self.recipe))
        for other in self._made.values():
            for mine, theirs in zip(adapted.parameters(), other.parameters(), strict=True):
                mine.data = theirs.data
        if self.checkpointing:
            settings = {"use_reentrant": False}
            model.gradient_checkpointing_enable(gradient_checkpointing_kwargs=settings)
        if lean:
            make_lean(adapted)
        return adapted.train()


def padded(examples: Sequence[Example]) -> tuple[Tensor, Tensor, Tensor]:
    """Ids, labels and mask (B, T), right-padded."""
    width = max(example.length for example in examples)
    ids = torch.zeros(len(examples), width, dtype=torch.long)
    labels = torch.full_like(ids, IGNORED)
    mask = torch.zeros_like(ids)
    for row, example in enumerate(examples):
        line = torch.tensor(example.prompt + example.answer)
        ids[row, : len(line)], mask[row, : len(line)] = line, 1
        labels[row, len(example.prompt) : len(line)] = line[len(example.prompt) :]
    return ids, labels, mask


def _plain(models: Models, *, masked: bool, all_logits: bool) -> Step:
    model = models.get("sdpa", lean=False)

    def step(examples: Sequence[Example]) -> None:
        ids, labels, mask = padded(examples)
        given = mask if masked else None
        wanted = labels[:, 1:] != IGNORED
        if all_logits:
            logits = model(input_ids=ids, attention_mask=given).logits[:, :-1]
            logits, targets = logits.flatten(0, 1), labels[:, 1:].flatten()
        else:
            causal = model.get_base_model()
            hidden = causal.model(input_ids=ids, attention_mask=given, use_cache=False)[0]
            logits, targets = causal.lm_head(hidden[:, :-1][wanted]), labels[:, 1:][wanted]
        functional.cross_entropy(logits.float(), targets, ignore_index=IGNORED).backward()  # type: ignore[no-untyped-call]

    return step


def _ours(models: Models, *, lean: bool) -> Step:
    model = AnswerLoss(models.get(attention.NAME, lean=lean))

    def step(examples: Sequence[Example]) -> None:
        tokens = sum(len(example.answer) for example in examples)
        (model(collate(examples)) / tokens).backward()

    return step


def _trl(models: Models) -> Step:
    """SFTTrainer's own collator and step; raises ImportError where TRL is not installed."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    tokenizer = AutoTokenizer.from_pretrained(models.base)
    tokenizer.pad_token = tokenizer.eos_token
    settings = SFTConfig(
        output_dir=tempfile.mkdtemp(prefix="bench-"),
        gradient_checkpointing=models.checkpointing,
        gradient_checkpointing_kwargs={"use_reentrant": False},
        max_length=None,
        use_cpu=True,
        bf16=False,
        report_to=[],
    )
    line = {"input_ids": [1, 2, 3], "labels": [IGNORED, 2, 3]}
    trainer = SFTTrainer(
        model=models.get("sdpa", lean=False),
        args=settings,
        train_dataset=Dataset.from_list([line] * 8),
        processing_class=tokenizer,
    )
    trainer.current_gradient_accumulation_steps = 1

    def step(examples: Sequence[Example]) -> None:
        lines: list[dict[str, Any]] = [
            {
                "input_ids": [*example.prompt, *example.answer],
                "labels": [IGNORED] * len(example.prompt) + list(example.answer),
            }
            for example in examples
        ]
        trainer.model.train()
        trainer.training_step(trainer.model, trainer.data_collator(lines))

    return step


WAYS: dict[str, Way] = {
    "trl": Way("TRL SFTTrainer", False, _trl),
    "trl-bucketed": Way("TRL SFTTrainer, given our batches", True, _trl),
    "plain": Way(
        "padding, mask, all logits", False, lambda m: _plain(m, masked=True, all_logits=True)
    ),
    "no-mask": Way("… without the mask", False, lambda m: _plain(m, masked=False, all_logits=True)),
    "answers": Way(
        "… logits of the answers only", False, lambda m: _plain(m, masked=False, all_logits=False)
    ),
    "bucketed": Way(
        "… similar lengths together", True, lambda m: _plain(m, masked=False, all_logits=False)
    ),
    "shared": Way("… equal beginnings once, no padding", True, lambda m: _ours(m, lean=False)),
    "ours": Way("… lean LoRA layers: ours", True, lambda m: _ours(m, lean=True)),
}
