"""Clause by clause against the whole form on one line: the same pairs, base model and recipe.

    python -m tests.benchmarks.format_trial.bench [--pairs 700] [--held-out 150] [--out DIR]

Both adapters are trained on the same synthetic pairs, each seen once, and fill the same held-out
conclusions, in wording that was never trained on. Only positives are scored: the line says no
normals. The line is decoded freely and greedily by transformers, illegal parts are dropped and
counted; the clauses are decoded by the app's engine. A run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer

from llm.base_model import ensure_base_model
from llm.engines.transformers import load, merged_model
from llm.evaluation.scores import CaseScore, figures, score_values
from llm.fill import fill_many
from llm.schema import ReportTemplate, load_templates
from llm.sft.data import Corpus, Example, load_corpus
from llm.sft.loop import train
from llm.sft.recipe import load_recipe
from llm.sft.train import Job, finish, prepare
from llm.sft.world import find_world
from llm.shipped import TEMPLATES
from llm.synth.pairs import Generator, Pair
from llm.types import FillRequest
from tests.benchmarks.format_trial.line import line_of, positives, prompt_of, values_of_line

MAX_NEW_TOKENS = 256
BATCH = 8
KEYS = ("ct_abdomen_pelvis", "ct_chest", "mri_lumbar_spine")

Templates = dict[str, ReportTemplate]


def main() -> int:
    """Train both, fill, print the table."""
    options = _parser().parse_args()
    found = load_templates(TEMPLATES)
    templates = {key: found[key] for key in KEYS}
    pairs = list(Generator(list(templates.values()), 7, "train").pairs(options.pairs))
    test = list(Generator(list(templates.values()), 11, "test").pairs(options.held_out))
    tokenizer: Any = AutoTokenizer.from_pretrained(ensure_base_model())
    lines = Corpus(line_examples(pairs, templates, tokenizer))
    clauses = load_corpus(pairs, templates, tokenizer)
    for name, corpus, fill in (("line", lines, by_line), ("clause", clauses, by_clause)):
        adapter = trained(corpus, templates, options.out / name)
        began = time.perf_counter()
        scores, illegal = fill(adapter, test, templates)
        seconds = (time.perf_counter() - began) / len(test)
        shown = figures(scores)
        cells = "  ".join(f"{key} {shown[key] or 0.0:.3f}" for key in SHOWN)
        sys.stdout.write(
            f"{name:>7}: {cells}  illegal parts {illegal}  {seconds:.2f} s each, "
            f"{len(corpus.examples)} examples of "
            f"{sum(e.length for e in corpus.examples) / len(corpus.examples):.0f} tokens\n"
        )
        sys.stdout.flush()
    return 0


SHOWN = (
    "positive_precision", "positive_recall", "positive_f1", "number_recall", "misassigned_rate",
    "unsupported_rate", "wrong_side_rate", "exact_reports",
)  # fmt: skip


def line_examples(pairs: Sequence[Pair], templates: Templates, tokenizer: Any) -> list[Example]:
    """One example for each pair."""
    examples = []
    for pair in pairs:
        template = templates[pair["template"]]
        prompt = tokenizer.encode(prompt_of(template, pair), add_special_tokens=False)
        answer = tokenizer.encode(line_of(template, pair), add_special_tokens=False)
        examples.append(Example(tuple(prompt), (*answer, tokenizer.eos_token_id)))
    return examples


def trained(corpus: Corpus, templates: Templates, out: Path) -> Path:
    """The adapter of a finished run; goes on where it was stopped."""
    recipe = load_recipe("smollm2-135m-r16", ["validate_every_steps=1000000"])
    facts = {"data": {"examples": len(corpus.examples)}}
    held_out = Corpus(corpus.examples[:32])
    job = Job(recipe, ensure_base_model(), templates, corpus, held_out, facts)
    run = prepare(job, out, find_world())
    if not train(run, corpus.examples, held_out.examples):
        raise SystemExit("stopped; run again to go on")
    finish(run, job, None)
    return out / "adapter"


def by_line(
    adapter: Path, pairs: Sequence[Pair], templates: Templates
) -> tuple[list[CaseScore], int]:
    """The scores of the line format, and the number of its illegal parts."""
    base = ensure_base_model()
    model = merged_model(base, adapter).eval()
    tokenizer: Any = AutoTokenizer.from_pretrained(base, padding_side="left")
    tokenizer.pad_token = tokenizer.eos_token
    scores, illegal = [], 0
    for start in range(0, len(pairs), BATCH):
        chosen = pairs[start : start + BATCH]
        prompts = [prompt_of(templates[pair["template"]], pair) for pair in chosen]
        batch = tokenizer(prompts, return_tensors="pt", padding=True)
        with torch.no_grad():
            ids = model.generate(**batch, max_new_tokens=MAX_NEW_TOKENS, do_sample=False)
        texts = tokenizer.batch_decode(
            ids[:, batch["input_ids"].shape[1] :], skip_special_tokens=True
        )
        for pair, text in zip(chosen, texts, strict=True):
            template = templates[pair["template"]]
            values, faults = values_of_line(template, pair, text.strip())
            scores.append(score_values(template, values, positives(template, pair["values"])))
            illegal += faults
    return scores, illegal


def by_clause(
    adapter: Path, pairs: Sequence[Pair], templates: Templates
) -> tuple[list[CaseScore], int]:
    """The scores of the clause format through the app's engine, which can say nothing illegal."""
    engine = load(base_model_dir=ensure_base_model(), adapter_dir=adapter)
    scores = []
    for pair in pairs:
        template = templates[pair["template"]]
        request = FillRequest(pair["id"], template, pair["conclusion"], sex=pair["sex"])
        result = fill_many([request], engine)[0]
        values = positives(template, {value.path: value.value for value in result.values})
        scores.append(score_values(template, values, positives(template, pair["values"])))
    return scores, 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=700)
    parser.add_argument("--held-out", type=int, default=150)
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()) / "format-trial")
    return parser


if __name__ == "__main__":
    sys.exit(main())
