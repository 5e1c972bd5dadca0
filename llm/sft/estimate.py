"""`--dry-run`: what a recipe would need, counted from its settings without any weights."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import AutoConfig, AutoTokenizer

from llm.schema import load_templates
from llm.sft.batches import collate, passes
from llm.sft.data import Example, load_corpus, read_files
from llm.sft.loop import plan_steps
from llm.sft.loss import TOGETHER
from llm.sft.machine import CARDS, Machine, this_machine
from llm.sft.model import chosen_dtype, empty_model, find_base
from llm.sft.recipe import Recipe, RecipeError, recipe_path

# Bytes of a weight in four bits with its scales.
NF4_BYTES = 0.53
# What a process holds beside tensors: the interpreter and its libraries, or a CUDA context.
FIXED_BYTES = 0.6e9


@dataclass(frozen=True, slots=True)
class Counts:
    """What one model has: parameters in all, in its layers' products, in its head, and trained."""

    total: int
    products: int
    head: int
    trained: int

    def flops(self, tokens: int, answers: int) -> float:
        """Operations of a forward and backward pass over beginnings with so many answer tokens.

        A frozen weight costs two operations forward and two for the gradient of its input, a
        trained one two more for its own. Attention is left out: at these lengths it is below 2 %.
        """
        return tokens * (4.0 * self.products + 6.0 * self.trained) + 4.0 * self.head * answers


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes on each device by what they are for."""

    weights: float
    adapter: float
    activations: float
    logits: float

    @property
    def total(self) -> float:
        """All of them, and what the process itself takes."""
        return self.weights + self.adapter + self.activations + self.logits + FIXED_BYTES


def count(model: PeftModel) -> Counts:
    """Counts the parameters of a model, which may be without memory for them."""
    parts = {name: p.numel() for name, p in model.named_parameters()}
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    head = model.get_output_embeddings().weight.numel()
    products = sum(size for name, size in parts.items() if "_proj" in name and "lora_" not in name)
    return Counts(sum(parts.values()), products, head, trained)


def memory_of(
    recipe: Recipe, config: Any, counts: Counts, dtype: torch.dtype, devices: int = 1
) -> Memory:
    """What each device holds while a pass of the recipe's most tokens runs."""
    size = 2 if dtype == torch.bfloat16 else 4
    shares = devices if recipe.sharding == "full" else 1
    base = counts.total - counts.trained
    if recipe.quantization == "nf4":
        weights = counts.products * NF4_BYTES + (base - counts.products) * size
    else:
        weights = float(base * size)
    layer, layers = kept_by_a_layer(recipe, config, dtype), config.num_hidden_layers
    kept = layer * layers
    if recipe.gradient_checkpointing:
        kept = layers * config.hidden_size * size + layer
    # Besides what is kept, a layer's backward pass holds the gradients of its widest products.
    passing = 4 * config.intermediate_size * size
    return Memory(
        weights=weights / shares,
        # The value, its gradient and the two moments of Adam, all in float32.
        adapter=16.0 * counts.trained / shares,
        activations=float(recipe.tokens_per_pass * (kept + passing)),
        logits=2.0 * 4 * TOGETHER * config.vocab_size,
    )


def kept_by_a_layer(recipe: Recipe, config: Any, dtype: torch.dtype) -> int:
    """Bytes that the backward pass of one layer needs of one token.

    Norms keep their input in float32; attention its queries, keys, values and result in rows; the
    activation its input, output and factor; LoRA layers what comes in and their low-rank product.
    In float32 layers with one input keep it once, in bfloat16 each keeps a copy (see `lora.py`).
    """
    hidden, inner = config.hidden_size, config.intermediate_size
    size = getattr(config, "head_dim", None) or hidden // config.num_attention_heads
    queries, keys = config.num_attention_heads * size, config.num_key_value_heads * size
    is_lean = dtype == torch.float32
    inputs = (2 if is_lean else 5) * hidden + queries + inner
    kept = 2 * queries + 2 * keys + 3 * inner + inputs + 7 * recipe.rank
    found: int = 4 * 2 * hidden + kept * (4 if is_lean else 2)
    return found


def dry_run(recipe: Recipe, options: argparse.Namespace) -> str:
    """The estimates as text; raises RecipeError for an unknown card, and as reading data does."""
    if options.devices < 1:
        raise RecipeError("--devices: at least one has to do the work")
    machine = this_machine() if options.device is None else _card(options.device)
    config_dir = _config_dir(recipe, options)
    config = AutoConfig.from_pretrained(config_dir)
    counts = count(empty_model(recipe, config_dir))
    dtype = chosen_dtype(recipe, machine.dtype)
    memory = memory_of(recipe, config, counts, dtype, options.devices)
    lines = [
        f"{recipe.base_model} on {options.devices} x {machine.name},"
        f" {str(dtype).removeprefix('torch.')}",
        f"parameters: {counts.total:,}, of which the adapter has {counts.trained:,}",
        f"memory: {_gb(memory.total)} of {_gb(machine.memory)}: weights {_gb(memory.weights)},"
        f" adapter with its optimizer {_gb(memory.adapter)}, a pass of {recipe.tokens_per_pass}"
        f" tokens {_gb(memory.activations)}, logits {_gb(memory.logits)}",
    ]
    if memory.total > machine.memory:
        lines.append("too much: halve tokens_per_pass, or set gradient_checkpointing: true")
    lines += _times(recipe, options, counts, machine)
    return "\n".join(lines) + "\n"


def _times(
    recipe: Recipe, options: argparse.Namespace, counts: Counts, machine: Machine
) -> list[str]:
    speed = machine.usable_speed * options.devices * (3 / 4 if recipe.gradient_checkpointing else 1)
    how = "measured now" if machine.is_measured else "rated by its maker, and never run by us"
    share = machine.usable_speed / machine.speed
    lines = [f"speed: {machine.speed / 1e9:,.0f} GFLOP/s {how}; {share:.0%} of it assumed"]
    if not options.data:
        rate = speed / counts.flops(1000, 300) * 1000
        return [*lines, f"about {rate:,.0f} tokens/s; name --data for the time of a run"]
    examples, steps = _examples(recipe, options)
    made = [collate(part) for s in steps for part in passes(s, recipe.tokens_per_pass, 1)]
    computed = sum(batch.ids.shape[1] for batch in made)
    seconds = counts.flops(computed, sum(len(batch.targets) for batch in made)) / speed
    read = sum(example.length for step in steps for example in step)
    return [
        *lines,
        f"data: {len(examples):,} examples of {read / sum(map(len, steps)):.1f} tokens,"
        f" {len(steps):,} steps; {computed / read:.0%} of the tokens are computed",
        f"time: {seconds / 3600:.2f} h, {read / seconds:,.0f} tokens/s,"
        f" {sum(map(len, steps)) / seconds:,.1f} examples/s",
    ]


def _examples(
    recipe: Recipe, options: argparse.Namespace
) -> tuple[list[Example], list[list[Example]]]:
    """The examples of the data and those of every step."""
    tokenizer = AutoTokenizer.from_pretrained(find_base(recipe, options.base_model))
    pairs = read_files(sorted(options.data), options.pairs)
    examples = load_corpus(pairs, load_templates(options.templates), tokenizer).examples
    plan = plan_steps(examples, recipe)
    return examples, [[examples[index] for index in step] for step in plan]


def _config_dir(recipe: Recipe, options: argparse.Namespace) -> Path:
    """Where a `config.json` of the base model is: its own, or the one beside a shipped recipe."""
    beside = recipe_path(options.recipe).parent if options.recipe else None
    if options.base_model is None and beside is not None and (beside / "config.json").is_file():
        return beside
    return find_base(recipe, options.base_model)


def _card(name: str) -> Machine:
    if name not in CARDS:
        raise RecipeError(f"--device: there is no {name!r}; known: {', '.join(CARDS)}")
    return CARDS[name]


def _gb(size: float) -> str:
    return f"{size / 1e9:.2f} GB"
