"""`python -m llm train RECIPE --data FILE… --validation FILE… --out DIR`: trains a LoRA adapter.

A recipe is the name of a directory below `llm/sft/recipes`, or the path of a `config.yaml`. DIR
holds `run.json` (what the run is of), `metrics.jsonl` and `metrics.png`, `checkpoint.pt` (the same
command goes on from there) and, at the end, `adapter/`, the one of the lowest validation loss.

Several processes train together where `torchrun --nproc-per-node N -m llm train …` or `accelerate
launch` starts them. `--extend ADAPTER` goes on from an adapter with other data, so that it learns
further templates; `--dry-run` trains nothing and estimates parameters, memory and time.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm
from transformers import AutoTokenizer

from llm.answers import IllegalAnswer
from llm.base_model import BaseModelMissing
from llm.schema import ReportTemplate, TemplateError, load_templates
from llm.sft import card as card_file
from llm.sft.checkpoint import Run
from llm.sft.data import Corpus, load_corpus, read_files
from llm.sft.export import Origin, export_adapter
from llm.sft.facts import facts_of, write_facts
from llm.sft.labels import LABELS, Labeller, read_taught
from llm.sft.loop import plan_steps, train
from llm.sft.loss import AnswerLoss
from llm.sft.model import build, find_base, keep_freed_memory
from llm.sft.plot import plot_metrics
from llm.sft.recipe import Recipe, RecipeError, load_recipe
from llm.sft.world import World, find_world, shard
from llm.shipped import TEMPLATES

# What goes on from a shipped adapter, unless another recipe is named.
EXTENDING = "smollm2-135m-r16-more"
DONE, BAD_INPUT, STOPPED = 0, 2, 3


@dataclass(frozen=True, slots=True)
class Job:
    """What a run trains on, and whether its examples are those of the labels asked for."""

    recipe: Recipe
    base: Path
    templates: dict[str, ReportTemplate]
    corpus: Corpus
    held_out: Corpus
    facts: dict[str, Any]


def main(argv: Sequence[str]) -> int:
    """Trains and exports; 0 when done, 2 for bad input, 3 when stopped before the end."""
    options = _parser().parse_args(argv)
    try:
        recipe = load_recipe(_recipe_name(options), options.set)
        if options.dry_run:
            from llm.sft.estimate import dry_run

            sys.stdout.write(dry_run(recipe, options))
            return DONE
        world = find_world()
        job = read_job(recipe, options)
        run = prepare(job, options.out, world, start=options.extend)
    except (RecipeError, TemplateError, BaseModelMissing, IllegalAnswer, OSError, ValueError) as e:
        sys.stderr.write(f"{e}\n")
        return BAD_INPUT
    return _run(run, job, options)


def _run(run: Run, job: Job, options: argparse.Namespace) -> int:
    say = sys.stderr.write if run.world.is_main else len
    say(f"{len(job.corpus.examples)} examples, {run.steps} steps, from step {run.step}\n")
    held_out = list(job.held_out.examples)
    random.Random(job.recipe.seed).shuffle(held_out)
    is_over = train(run, job.corpus.examples, held_out)
    if run.world.is_main:
        if is_over:
            finish(run, job, options.extend)
        plot_metrics(run.out)
    run.world.wait()
    if not is_over:
        say(f"stopped at step {run.step} of {run.steps}; run again to go on\n")
    return DONE if is_over else STOPPED


def finish(run: Run, job: Job, start: Path | None) -> None:
    """Exports the adapter of the lowest validation loss with its card and the facts of the run."""
    before = card_file.read(start) if start is not None else None
    origin = Origin(job.base, job.recipe.base_model, job.templates, job.corpus.stated, before)
    training = {
        **job.recipe.settings(),
        **job.facts["data"],
        "best_step": run.best_step,
        "validation_loss": run.best_loss,
    }
    directory = run.out / "adapter"
    best = torch.load(run.best, weights_only=True)
    missing = export_adapter(run.model.model, best, directory, origin, training)
    write_facts(directory, run.facts)
    if missing:
        sys.stderr.write(f"no answer stated these, so they are not filled: {', '.join(missing)}\n")


def read_job(recipe: Recipe, options: argparse.Namespace) -> Job:
    """Reads and checks all input; raises as `main` catches."""
    if not options.data or not options.validation or options.out is None:
        raise RecipeError("a training run needs --data, --validation and --out")
    if (options.labels == "generator") != (not options.teacher):
        raise RecipeError("--labels teacher and --labels agreed, and only they, need --teacher")
    templates = load_templates(options.templates)
    base = find_base(recipe, options.base_model)
    tokenizer = AutoTokenizer.from_pretrained(base)
    labeller = Labeller(options.labels, templates, read_taught(options.teacher))
    files, validation = sorted(options.data), sorted(options.validation)
    pairs = tqdm(
        labeller.pairs(read_files(files, options.pairs)), "reading", unit="pair", disable=None
    )
    corpus = load_corpus(pairs, templates, tokenizer)
    held_out = load_corpus(read_files(validation), templates, tokenizer)
    facts = facts_of(recipe, base, files, validation, options)
    facts["data"] |= {
        "labels": options.labels,
        "pairs": sum(corpus.pairs.values()),
        "examples": len(corpus.examples),
        "left_out": dict(sorted(labeller.left_out.items())),
    }
    return Job(recipe, base, templates, corpus, held_out, facts)


def prepare(job: Job, out: Path, world: World, *, start: Path | None = None) -> Run:
    """The model ready for its next step: fresh, from an adapter, or from a checkpoint in `out`."""
    recipe = job.recipe
    keep_freed_memory()
    adapted = build(recipe, job.base, world.device, start)
    model = AnswerLoss(adapted)
    if recipe.sharding == "full" and world.processes > 1:
        shard(model, adapted.get_base_model().model.layers, world)
    optimizer = torch.optim.AdamW(
        [p for p in model.parameters() if p.requires_grad],
        lr=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
    )
    steps = len(plan_steps(job.corpus.examples, recipe))
    run = Run(recipe, model, optimizer, out, steps, world, job.facts)
    run.resume()
    if world.is_main:
        out.mkdir(parents=True, exist_ok=True)
        write_facts(out, job.facts)
    world.wait()
    return run


def _recipe_name(options: argparse.Namespace) -> str:
    if options.recipe is None and options.extend is None:
        raise RecipeError("name a recipe, or an adapter to go on from with --extend")
    name: str = options.recipe or EXTENDING
    return name


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m llm train",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("recipe", nargs="?", help="name of a recipe, or path of a config.yaml")
    parser.add_argument("--data", type=Path, nargs="+", help="training shards")
    parser.add_argument("--validation", type=Path, nargs="+", help="held-out shards")
    parser.add_argument("--out", type=Path, help="directory of the run")
    parser.add_argument("--labels", choices=LABELS, default="generator", help="whose answers train")
    parser.add_argument("--teacher", type=Path, nargs="+", default=[], help="files of `llm teach`")
    parser.add_argument("--pairs", type=int, help="take only the first N pairs")
    parser.add_argument("--extend", type=Path, metavar="ADAPTER", help="go on from this adapter")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--templates", type=Path, default=TEMPLATES, metavar="DIR")
    parser.add_argument("--base-model", type=Path, metavar="DIR", help="weights of the base model")
    parser.add_argument("--dry-run", action="store_true", help="estimate, train nothing")
    parser.add_argument("--device", help="the graphics card that --dry-run is for")
    return parser
