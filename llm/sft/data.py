"""Pairs as training examples, and the batches they make.

An example is one clause: the prompt, and the answer cut into tokens chunk by chunk exactly as the
decoder cuts it. The same prompt with the same answer is kept once.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from llm.context import read_conclusion
from llm.grammar import ClauseGrammar
from llm.prompt import prompt_for
from llm.schema import ReportTemplate
from llm.synth.pairs import Pair
from llm.tokens import Tokenizer, answer_ids, prompt_ids

# Loss is taken on no token with this label.
IGNORED = -100


@dataclass(frozen=True, slots=True)
class Example:
    """Token ids of one clause: `prompt` is read, `answer` (end mark included) is learnt."""

    prompt: tuple[int, ...]
    answer: tuple[int, ...]

    @property
    def length(self) -> int:
        """Tokens of the whole example."""
        return len(self.prompt) + len(self.answer)


@dataclass(frozen=True, slots=True)
class Batch:
    """Right-padded ids (B, T) and the labels (B, T); IGNORED where no loss is taken.

    There is no attention mask: under a causal mask the padding on the right cannot be seen by any
    token whose loss counts. That holds for right padding only.
    """

    ids: torch.Tensor
    labels: torch.Tensor


def read_pairs(path: Path) -> Iterator[Pair]:
    """The pairs of one JSONL file; raises ValueError with file and line for a broken one."""
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            try:
                pair: Pair = json.loads(line)
            except ValueError as error:
                raise ValueError(f"{path}:{number}: not a line of JSON: {error}") from error
            yield pair


def examples_of(pair: Pair, template: ReportTemplate, tokenizer: Tokenizer) -> Iterator[Example]:
    """The clauses of a pair; raises IllegalAnswer where the grammar forbids a stored answer."""
    contexts = read_conclusion(
        template, pair["conclusion"], exam_side=pair["exam_side"], sex=pair["sex"]
    )
    for context, clause in zip(contexts, pair["clauses"], strict=True):
        chunks = ClauseGrammar(template, context).path(clause["answer"])
        prompt = prompt_ids(tokenizer, prompt_for(template.prompt_name, context))
        yield Example(tuple(prompt), tuple(answer_ids(tokenizer, chunks)))


def load_examples(
    files: Sequence[Path],
    templates: dict[str, ReportTemplate],
    tokenizer: Tokenizer,
    *,
    limit: int | None = None,
) -> list[Example]:
    """All examples of the first `limit` pairs of the files in order, each example once."""
    found: dict[Example, None] = {}
    pairs = (pair for path in files for pair in read_pairs(path))
    for pair in itertools.islice(pairs, limit):
        for example in examples_of(pair, templates[pair["template"]], tokenizer):
            found.setdefault(example)
    if not found:
        raise ValueError(f"no pairs in {', '.join(map(str, files))}")
    return list(found)


def data_hash(files: Sequence[Path]) -> str:
    """SHA-256 over the bytes of the files in order."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def plan_batches(lengths: Sequence[int], tokens: int, rng: random.Random) -> list[list[int]]:
    """Indices of the batches of one epoch: similar lengths together, batches in random order.

    A batch has at most `tokens` tokens with its padding, or one example that alone is longer.
    """
    order = sorted(range(len(lengths)), key=lambda index: (lengths[index], rng.random()))
    batches: list[list[int]] = []
    for index in order:
        if batches and lengths[index] * (len(batches[-1]) + 1) <= tokens:
            batches[-1].append(index)
        else:
            batches.append([index])
    rng.shuffle(batches)
    return batches


def collate(examples: Sequence[Example], pad: int) -> Batch:
    """One right-padded batch; labels are set at the positions of the answers."""
    width = max(example.length for example in examples)
    ids = torch.full((len(examples), width), pad, dtype=torch.long)
    labels = torch.full((len(examples), width), IGNORED, dtype=torch.long)
    for row, example in enumerate(examples):
        both = torch.tensor(example.prompt + example.answer)
        ids[row, : example.length] = both
        labels[row, len(example.prompt) : example.length] = both[len(example.prompt) :]
    return Batch(ids, labels)
