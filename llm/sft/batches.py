"""Batches: which examples make a step, and the tokens of a pass with shared beginnings once.

Prompts begin alike (template, exam side, often the previous clause). Under a causal mask a token's
state depends on the tokens before it alone, so equal beginnings have equal states: a pass computes
every distinct beginning once, and no padding at all. Attention alone works on whole rows: right-
padded, without a mask (see `llm/sft/attention.py`).
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from llm.sft.data import Example


@dataclass(frozen=True, slots=True)
class Batch:
    """The N distinct beginnings of B examples of at most T tokens, all as whole numbers.

    `ids` and `positions` (1, N) are each beginning's last token and its place; `rows` (B, T) says
    which beginning stands where, any of them behind the end of an example; `places` (N,) is one
    place of each beginning in the flattened rows. The answers' P tokens are `targets` (P,), and
    `sources` (P,) are the beginnings that predict them.
    """

    ids: Tensor
    positions: Tensor
    rows: Tensor
    places: Tensor
    sources: Tensor
    targets: Tensor

    def to(self, device: torch.device) -> Batch:
        """The batch on a device."""
        return replace(self, **{f.name: getattr(self, f.name).to(device) for f in fields(self)})


def collate(examples: Sequence[Example]) -> Batch:
    """The examples as a batch; the last token of an answer predicts nothing and is left out."""
    lines = [example.prompt + example.answer[:-1] for example in examples]
    width = max(map(len, lines))
    known: dict[tuple[int, int], int] = {}
    ids: list[int] = []
    places: list[int] = []
    sources: list[int] = []
    rows = torch.zeros(len(lines), width, dtype=torch.long)
    for row, (example, line) in enumerate(zip(examples, lines, strict=True)):
        before, path = -1, []
        for position, token in enumerate(line):
            before = known.setdefault((before, token), len(ids))
            if before == len(ids):
                ids.append(token)
                places.append(row * width + position)
            path.append(before)
        rows[row, : len(path)] = torch.tensor(path)
        sources += path[len(example.prompt) - 1 :]
    where = torch.tensor(places)
    return Batch(
        ids=torch.tensor([ids]),
        positions=(where % width)[None],
        rows=rows,
        places=where,
        sources=torch.tensor(sources),
        targets=torch.tensor([token for example in examples for token in example.answer]),
    )


def plan_epoch(lengths: Sequence[int], tokens: int, rng: random.Random) -> list[list[int]]:
    """Indices of the steps of one epoch: similar lengths together, steps in random order.

    A step has at most `tokens` tokens with padding, or one example that alone is longer.
    """
    order = sorted(range(len(lengths)), key=lambda index: (lengths[index], rng.random()))
    steps: list[list[int]] = []
    for index in order:
        if steps and lengths[index] * (len(steps[-1]) + 1) <= tokens:
            steps[-1].append(index)
        else:
            steps.append([index])
    rng.shuffle(steps)
    return steps


def passes(step: Sequence[Example], tokens: int, processes: int) -> list[list[Example]]:
    """A step cut into passes of at most `tokens` tokens with padding, similar lengths together.

    Their number is a multiple of `processes`, so that all work equally often; a pass may be empty
    where there are fewer examples than processes.
    """
    ordered = sorted(step, key=lambda example: example.length)
    count = processes
    while True:
        cut = [len(ordered) * part // count for part in range(count + 1)]
        parts = [ordered[start:end] for start, end in itertools.pairwise(cut)]
        fits = all(len(p) < 2 or p[-1].length * len(p) <= tokens for p in parts)
        if fits or count >= len(ordered):
            return parts
        count += processes
