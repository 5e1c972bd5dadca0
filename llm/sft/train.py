"""`python -m llm train RECIPE --data FILE… --out DIR`: trains a LoRA adapter, and resumes.

A recipe is a directory name below `llm/sft/recipes` or the path of a `config.yaml`. DIR holds
`checkpoint/` (to resume), `metrics.jsonl` (one line a step) and, at the end, `adapter/`.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from types import FrameType
from typing import Any

import torch
import yaml
from peft import LoraConfig, PeftModel, get_peft_model, get_peft_model_state_dict
from peft import set_peft_model_state_dict as set_adapter
from safetensors.torch import load_file
from tqdm import tqdm
from transformers import AutoModelForCausalLM, AutoTokenizer

from llm.answers import IllegalAnswer
from llm.base_model import BaseModelMissing, ensure_base_model
from llm.schema import TemplateError, load_templates
from llm.sft import card as card_file
from llm.sft.data import Example, collate, data_hash, load_examples, plan_batches
from llm.sft.export import WEIGHTS, export_adapter
from llm.sft.loss import answer_loss
from llm.synth.cli import TEMPLATES

RECIPES = Path(__file__).parent / "recipes"


class RecipeError(ValueError):
    """A recipe that cannot be read; the message names the file and the fault."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a training run does; see the comments in the recipe files."""

    rank: int
    alpha: int
    dropout: float
    target_modules: list[str]
    dtype: str
    epochs: int
    learning_rate: float
    min_learning_rate: float
    warmup_share: float
    weight_decay: float
    max_gradient_norm: float
    tokens_per_step: int
    seed: int
    validate_every_steps: int
    validate_examples: int
    checkpoint_every_steps: int


def load_recipe(name: str) -> Recipe:
    """The recipe of a name or path; raises RecipeError."""
    path = Path(name) if name.endswith(".yaml") else RECIPES / name / "config.yaml"
    if not path.is_file():
        known = sorted(p.parent.name for p in RECIPES.glob("*/config.yaml"))
        raise RecipeError(f"no recipe {name!r}; there are: {', '.join(known)}")
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    wanted = {field.name for field in fields(Recipe)}
    if not isinstance(data, dict) or set(data) != wanted:
        wrong = sorted(wanted.symmetric_difference(data if isinstance(data, dict) else ()))
        raise RecipeError(f"{path}: missing or unknown settings: {', '.join(wrong)}")
    return Recipe(**data)


@dataclass(slots=True)
class Run:
    """Everything a run needs between two steps."""

    recipe: Recipe
    model: PeftModel
    optimizer: torch.optim.Optimizer
    out: Path
    steps: int
    pad: int
    step: int = 0

    @property
    def checkpoint(self) -> Path:
        """The file to resume from."""
        return self.out / "checkpoint.pt"

    def learning_rate(self) -> float:
        """Linear warm-up, then a cosine down to the smallest rate."""
        recipe = self.recipe
        warmup = max(1, round(self.steps * recipe.warmup_share))
        if self.step < warmup:
            return recipe.learning_rate * (self.step + 1) / warmup
        share = (self.step - warmup) / max(1, self.steps - warmup)
        low, high = recipe.min_learning_rate, recipe.learning_rate
        return low + (high - low) * 0.5 * (1 + math.cos(math.pi * share))

    def save(self) -> None:
        """Writes the checkpoint; an interrupted write leaves the one before."""
        state = {
            "step": self.step,
            "steps": self.steps,
            "recipe": asdict(self.recipe),
            "adapter": get_peft_model_state_dict(self.model),
            "optimizer": self.optimizer.state_dict(),
        }
        half_written = self.checkpoint.with_suffix(".part")
        torch.save(state, half_written)
        half_written.replace(self.checkpoint)

    def resume(self) -> None:
        """Goes on from the checkpoint, if there is one; raises RecipeError if it is another run."""
        if not self.checkpoint.is_file():
            return
        state = torch.load(self.checkpoint, weights_only=True)
        if state["recipe"] != asdict(self.recipe) or state["steps"] != self.steps:
            raise RecipeError(f"{self.out} holds another run: choose another --out or remove it")
        set_adapter(self.model, state["adapter"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step = state["step"]


def plan(examples: Sequence[Example], recipe: Recipe) -> list[list[int]]:
    """The batches of all epochs: a function of the data and the seed, so that a run can resume."""
    lengths = [example.length for example in examples]
    return [
        batch
        for epoch in range(recipe.epochs)
        for batch in plan_batches(
            lengths, recipe.tokens_per_step, random.Random(f"{recipe.seed}/{epoch}")
        )
    ]


def train(run: Run, examples: Sequence[Example], held_out: Sequence[Example]) -> bool:
    """Runs to the end, or until SIGTERM or SIGINT; True if every step was done."""
    batches = plan(examples, run.recipe)
    asked: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    parameters = [p for p in run.model.parameters() if p.requires_grad]
    bar = tqdm(total=run.steps, initial=run.step, unit="step", disable=None)
    try:
        with (run.out / "metrics.jsonl").open("a", encoding="utf-8") as metrics:
            while run.step < run.steps and not asked:
                started = time.perf_counter()
                rate = run.learning_rate()
                for group in run.optimizer.param_groups:
                    group["lr"] = rate
                batch = collate([examples[index] for index in batches[run.step]], run.pad)
                loss, tokens = answer_loss(run.model, batch)
                (loss / tokens).backward()  # type: ignore[no-untyped-call]
                norm = torch.nn.utils.clip_grad_norm_(parameters, run.recipe.max_gradient_norm)
                run.optimizer.step()
                run.optimizer.zero_grad(set_to_none=True)
                run.step += 1
                line: dict[str, Any] = {
                    "step": run.step,
                    "loss": loss.item() / tokens,
                    "gradient_norm": norm.item(),
                    "learning_rate": rate,
                    "tokens": batch.ids.numel(),
                    "seconds": time.perf_counter() - started,
                }
                if run.step % run.recipe.validate_every_steps == 0 or run.step == run.steps:
                    line |= validate(run, held_out)
                metrics.write(json.dumps(line) + "\n")
                metrics.flush()
                if run.step % run.recipe.checkpoint_every_steps == 0:
                    run.save()
                bar.update()
                bar.set_postfix(loss=f"{line['loss']:.3f}")
    finally:
        run.save()
        for number, handler in before.items():
            signal.signal(number, handler)
    return run.step == run.steps


@torch.no_grad()
def validate(run: Run, examples: Sequence[Example]) -> dict[str, float]:
    """Mean loss in nats per answer token on phrasings that are not trained on."""
    run.model.eval()
    total, tokens = 0.0, 0
    for chosen in _chunks(examples[: run.recipe.validate_examples], 32):
        loss, count = answer_loss(run.model, collate(chosen, run.pad))
        total, tokens = total + loss.item(), tokens + count
    run.model.train()
    return {"validation_loss": total / tokens}


def _chunks(examples: Sequence[Example], size: int) -> Iterator[Sequence[Example]]:
    for start in range(0, len(examples), size):
        yield examples[start : start + size]


def prepare(
    recipe: Recipe, base: Path, out: Path, steps: int, pad: int, *, start: Path | None = None
) -> Run:
    """The base model with a fresh adapter, or with the one in `start`; resumed where stopped."""
    torch.manual_seed(recipe.seed)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=getattr(torch, recipe.dtype))
    config = LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=recipe.dropout,
        target_modules=recipe.target_modules,
        task_type="CAUSAL_LM",
    )
    adapted = get_peft_model(model, config)
    if start is not None:
        set_adapter(adapted, load_file(start / WEIGHTS))
    adapted.train()
    optimizer = torch.optim.AdamW(
        [p for p in adapted.parameters() if p.requires_grad],
        lr=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
    )
    out.mkdir(parents=True, exist_ok=True)
    run = Run(recipe, adapted, optimizer, out, steps, pad)
    run.resume()
    return run


def main(argv: Sequence[str]) -> int:
    """Trains and exports; 0 when done, 2 for bad input, 3 when stopped before the end."""
    options = _parser().parse_args(argv)
    try:
        recipe = load_recipe(options.recipe)
        templates = load_templates(options.templates)
        base = ensure_base_model()
        tokenizer = AutoTokenizer.from_pretrained(base)
        files = sorted(options.data)
        examples = load_examples(files, templates, tokenizer, limit=options.pairs)
        held_out = load_examples(sorted(options.validation), templates, tokenizer)
        steps = len(plan(examples, recipe))
        run = prepare(recipe, base, options.out, steps, tokenizer.eos_token_id, start=options.start)
    except (RecipeError, TemplateError, BaseModelMissing, IllegalAnswer, OSError, ValueError) as e:
        sys.stderr.write(f"{e}\n")
        return 2
    sys.stderr.write(f"{len(examples)} examples, {steps} steps, from step {run.step}\n")
    random.Random(recipe.seed).shuffle(held_out)
    if not train(run, examples, held_out):
        sys.stderr.write(f"stopped at step {run.step} of {steps}; run again to go on\n")
        return 3
    facts = {"pairs": options.pairs, "examples": len(examples), "data_sha256": data_hash(files)}
    if options.start is not None:
        facts |= {"started_from": card_file.read(options.start)["training"]}
    export_adapter(run.model, options.out / "adapter", base, templates, asdict(recipe) | facts)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m llm train", description=__doc__)
    parser.add_argument("recipe", help="name of a recipe, or the path of a config.yaml")
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="training shards")
    parser.add_argument("--validation", type=Path, nargs="+", required=True, help="held-out shards")
    parser.add_argument("--out", type=Path, required=True, help="directory of the run")
    parser.add_argument("--pairs", type=int, default=None, help="take only the first N pairs")
    parser.add_argument("--start", type=Path, default=None, help="go on from this adapter")
    parser.add_argument("--templates", type=Path, default=TEMPLATES)
    return parser
