"""Whether the kernels of the CPU fill the same fields as fp32 does.

    python -m tests.benchmarks.fill.agreement [--count 300]

Fills held-out synthetic conclusions with every kernel, also with one that this machine would not
choose, and counts the fields (paths that either one gave a value) that have the same value.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import torch

from llm.base_model import ensure_base_model
from llm.engines.kernels import KERNELS
from llm.engines.llama import Llama
from llm.engines.transformers import TransformersEngine, load, merged_model
from llm.evaluation.cases import Case
from llm.evaluation.runs import run_system
from llm.evaluation.scores import figures
from llm.evaluation.systems import engine_system
from llm.fill import fill_many
from llm.synth.pairs import Generator, Pair
from llm.types import FillResult
from tests.benchmarks.fill.conclusions import ADAPTER, TEMPLATES, requests_of

TOGETHER = 8


def agreement(one: Sequence[FillResult], other: Sequence[FillResult]) -> float:
    """The share of fields with the same value among those that either filled."""
    same = total = 0
    for a, b in zip(one, other, strict=True):
        first = {value.path: value.value for value in a.values}
        second = {value.path: value.value for value in b.values}
        paths = first.keys() | second.keys()
        total += len(paths)
        same += sum(first.get(path) == second.get(path) for path in paths)
    return same / total


def alike(one: Sequence[str], other: Sequence[str]) -> float:
    """The share of clauses with the same answer."""
    return sum(a == b.strip() for a, b in zip(one, other, strict=True)) / len(one)


def filled(engine: TransformersEngine, pairs: Sequence[Pair]) -> list[FillResult]:
    """The results of all pairs, some at a time."""
    requests = requests_of(pairs)
    return [
        result
        for start in range(0, len(requests), TOGETHER)
        for result in fill_many(requests[start : start + TOGETHER], engine)
    ]


def cases_of(pairs: Sequence[Pair]) -> list[Case]:
    """The pairs with their truth."""
    return [
        Case(request, pair["values"], answers=tuple(clause["answer"] for clause in pair["clauses"]))
        for request, pair in zip(requests_of(pairs), pairs, strict=True)
    ]


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300)
    pairs = list(Generator(list(TEMPLATES.values()), 11, "test").pairs(parser.parse_args().count))
    base = ensure_base_model()
    engine = load(base_model_dir=base, adapter_dir=ADAPTER, kernel="fp32")
    model = merged_model(base, ADAPTER)
    reference: list[FillResult] = []
    for name, kernel in KERNELS.items():
        llama = Llama(model, torch.device("cpu"), torch.float32, kernel)
        engine = TransformersEngine(llama, engine.tokenizer, engine.identity)
        results = filled(engine, pairs)
        reference = reference or results
        run = run_system(engine_system(name, engine), cases_of(pairs), timed=0)
        score = figures(run.scores)
        sys.stdout.write(
            f"{name}: agreement with fp32 {agreement(reference, results):.4f}, "
            f"positive F1 {score['positive_f1']:.4f}, clauses exact {score['clause_exact']:.4f}\n"
        )
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
