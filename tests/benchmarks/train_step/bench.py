"""Tokens a second and peak memory of a training step: a plain trainer, TRL's SFTTrainer, ours.

    python -m tests.benchmarks.train_step.bench [--steps 6] [--checkpointing] [--threads 2]

All ways train the shipped recipe's adapter in float32 on synthetic pairs, with as many examples a
step on average. "Random" ways draw the examples of a step at random, as a trainer does; the others
get steps of similar lengths. A step is made in every way before the next one begins, so that other
work on the machine slows all alike; tokens are those of the examples, never padding. Memory is the
peak of a process of its own that makes the longest of the steps. Training also calls
`keep_freed_memory`; that is left out here, for it would help all ways.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from llm.base_model import ensure_base_model
from llm.schema import load_templates
from llm.sft.batches import collate, plan_epoch
from llm.sft.data import Example, load_corpus
from llm.sft.recipe import load_recipe
from llm.synth.pairs import Generator
from tests.benchmarks.train_step.ways import WAYS, Models, Step

ROOT = Path(__file__).resolve().parents[3]
RECIPE = "smollm2-135m-r16"
PAIRS = 200
INSTALL = "pip install -r requirements-bench.txt"
Steps = dict[bool, list[list[Example]]]


def examples(base: Path) -> list[Example]:
    """The examples of some synthetic pairs of all templates."""
    from transformers import AutoTokenizer

    templates = load_templates(ROOT / "fixtures" / "report_templates")
    pairs = Generator(list(templates.values()), 3, "train").pairs(PAIRS)
    return load_corpus(pairs, templates, AutoTokenizer.from_pretrained(base)).examples


def steps_of(found: Sequence[Example], tokens: int, count: int) -> Steps:
    """`count` bucketed and as many random steps.

    The bucketed ones are spread evenly over the lengths, so that they stand for the whole epoch.
    """
    plan = plan_epoch([example.length for example in found], tokens, random.Random(0))
    plan.sort(key=lambda step: found[step[0]].length)
    chosen = [plan[(2 * number + 1) * len(plan) // (2 * count)] for number in range(count)]
    shuffled = list(found)
    random.Random(0).shuffle(shuffled)
    size = round(len(found) / len(plan))
    return {
        True: [[found[index] for index in step] for step in chosen],
        False: [shuffled[n * size : (n + 1) * size] for n in range(count)],
    }


def tokens_of(step: Sequence[Example]) -> int:
    """The tokens of a step without padding."""
    return sum(example.length for example in step)


def measure(models: Models, steps: Steps, count: int) -> dict[str, list[tuple[float, float]]]:
    """Seconds by the clock and seconds of computing, of every step in every way."""
    made: dict[str, Step] = {}
    for name, way in WAYS.items():
        try:
            made[name] = way.make(models)
        except ImportError as error:
            sys.stdout.write(f"{name} is left out ({error}): {INSTALL}\n")
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in made}
    for step in made.values():
        step(steps[True][0][:4])
    for number in range(count):
        for name, step in made.items():
            began, used = time.perf_counter(), time.process_time()
            step(steps[WAYS[name].bucketed][number])
            times[name].append((time.perf_counter() - began, time.process_time() - used))
    return times


def peak_memory(name: str, options: argparse.Namespace) -> float:
    """Gigabytes that a process making the longest step this way takes at most."""
    flags = ["--memory-of", name, "--steps", str(options.steps), "--threads", str(options.threads)]
    flags += ["--checkpointing"] if options.checkpointing else []
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.train_step.bench", *flags],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout.split()[-1])


def main() -> int:
    """Print the table."""
    options = _parser().parse_args()
    torch.set_num_threads(options.threads)
    base, recipe = ensure_base_model(), load_recipe(RECIPE)
    models = Models(base, recipe, checkpointing=options.checkpointing)
    steps = steps_of(examples(base), recipe.tokens_per_step, options.steps)
    if options.memory_of:
        way = WAYS[options.memory_of]
        longest = max(steps[way.bucketed], key=lambda s: len(s) * max(e.length for e in s))
        way.make(models)(longest)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        sys.stdout.write(f"{peak / 1e9:.3f}\n")
        return 0
    computed = [collate(step).ids.shape[1] for step in steps[True]]
    real = sum(map(tokens_of, steps[True]))
    out = sys.stdout.write
    out(f"{options.steps} steps, {sum(map(len, steps[True]))} bucketed and ")
    out(f"{sum(map(len, steps[False]))} random examples; of {real} bucketed tokens ")
    out(f"{sum(computed)} are computed\n")
    times = measure(models, steps, options.steps)
    _print(times, steps, {name: peak_memory(name, options) for name in times})
    return 0


def _print(
    times: dict[str, list[tuple[float, float]]], steps: Steps, memory: dict[str, float]
) -> None:
    out = sys.stdout.write
    rates = {}
    for name, took in times.items():
        tokens = sum(map(tokens_of, steps[WAYS[name].bucketed]))
        wall, used = (sum(part) for part in zip(*took, strict=True))
        rates[name] = (tokens / wall, tokens / used)
    reference = "trl" if "trl" in times else "plain"
    out(f"| way | batches | tokens/s | tokens/CPU s | × {reference} | GB | × {reference} |\n")
    out("|---|---|---|---|---|---|---|\n")
    for name, (rate, used) in rates.items():
        way = WAYS[name]
        out(f"| {way.text} | {'bucketed' if way.bucketed else 'random'} | {rate:.0f} ")
        out(f"| {used:.0f} | {used / rates[reference][1]:.2f} ")
        out(f"| {memory[name]:.2f} | {memory[name] / memory[reference]:.2f} |\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--checkpointing", action="store_true")
    parser.add_argument("--memory-of", choices=WAYS, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
