"""The model in this process: base weights with a LoRA adapter merged in, on CPU or CUDA.

All clauses of all waiting fills decode in one batch. Each answer walks the automaton of its
grammar: only legal tokens are scored, and a token without an alternative is not asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from llm.base_model import NAME, base_hash, is_converted
from llm.confidence import Calibration, card_calibration
from llm.engines.adapter import check_weights, covered_fields, read_card
from llm.engines.base import ClauseAnswer, ClauseTask, Decision, EngineError, never_stop
from llm.engines.llama import Cache, Llama
from llm.engines.trie import Node, Tries
from llm.grammar import END, State
from llm.prompt import prompt_hash
from llm.tokens import Tokenizer, prompt_ids
from llm.types import EngineIdentity

# Rows that decode together; more wait for their turn.
BATCH = 64
# An answer ends by its grammar long before this.
MAX_DECISIONS = 400


@dataclass(slots=True)
class _Row:
    """One answer under way: tokens not yet fed, and the place in grammar and tree."""

    index: int
    state: State
    node: Node
    pending: list[int]
    prompt_tokens: int
    probability: float = 1.0
    is_free: bool = False
    output_tokens: int = 0
    decisions: list[Decision] = field(default_factory=list)

    def step(self, token: int, probability: float) -> None:
        """Goes one token down the tree."""
        self.node = self.node.children[token]
        self.pending.append(token)
        self.output_tokens += 1
        self.probability *= probability

    def answer(self) -> ClauseAnswer:
        """What was decoded."""
        text = "".join(d.text for d in self.decisions if d.text != END)
        return ClauseAnswer(text, tuple(self.decisions), self.prompt_tokens, self.output_tokens)


class TransformersEngine:
    """Decodes with `Llama`; one instance serves one thread at a time."""

    name = "transformers"

    def __init__(
        self,
        llama: Llama,
        tokenizer: Tokenizer,
        identity: EngineIdentity,
        field_hashes_covered: frozenset[str] | None = None,
        calibration: Calibration | None = None,
    ) -> None:
        self.llama = llama
        self.tokenizer = tokenizer
        self.identity = identity
        self.field_hashes_covered = field_hashes_covered
        self.calibration = calibration or Calibration()
        self.tries = Tries(tokenizer)

    def answer(
        self, tasks: Sequence[ClauseTask], *, should_stop: Callable[[], bool] = never_stop
    ) -> Iterator[tuple[int, ClauseAnswer]]:
        """Yields answers as they finish; ends early once `should_stop()` is true."""
        for start in range(0, len(tasks), BATCH):
            rows = [
                self._row(index, tasks[index])
                for index in range(start, min(start + BATCH, len(tasks)))
            ]
            yield from self._decode(rows, should_stop)

    def _row(self, index: int, task: ClauseTask) -> _Row:
        ids = prompt_ids(self.tokenizer, task.prompt)
        state = task.grammar.start()
        return _Row(index, state, self.tries.of(state.options()), ids, len(ids))

    def _decode(
        self, rows: list[_Row], should_stop: Callable[[], bool]
    ) -> Iterator[tuple[int, ClauseAnswer]]:
        cache = self.llama.cache(len(rows), max(len(row.pending) for row in rows) + 48)
        while rows and not should_stop():
            going = [self._advance(row) for row in rows]
            for row, goes in zip(rows, going, strict=True):
                if not goes:
                    yield row.index, row.answer()
            if not all(going):
                kept = [number for number, goes in enumerate(going) if goes]
                rows = [rows[number] for number in kept]
                cache = cache.keep(kept) if kept else cache
            if rows:
                self._choose(rows, cache)

    def _advance(self, row: _Row) -> bool:
        """Goes on as far as no choice is needed; False when the answer is complete."""
        while True:
            if row.node.chunk is not None:
                self._chunk_ended(row, row.node.chunk)
                if row.state.is_final or len(row.decisions) >= MAX_DECISIONS:
                    return False
            if len(row.node.children) != 1:
                row.is_free = True
                return True
            (token,) = row.node.children
            row.step(token, 1.0)

    def _chunk_ended(self, row: _Row, chunk: str) -> None:
        row.decisions.append(Decision(chunk, row.probability if row.is_free else 1.0))
        row.state = row.state.advance(chunk)
        row.probability, row.is_free = 1.0, False
        if not row.state.is_final:
            row.node = self.tries.of(row.state.options())

    def _choose(self, rows: list[_Row], cache: Cache) -> None:
        """One pass of the model, and the most probable legal token for each row."""
        hidden = self.llama.forward([row.pending for row in rows], cache)
        asked = sorted({token for row in rows for token in row.node.children})
        place = {token: number for number, token in enumerate(asked)}
        scores = self.llama.scores(hidden, asked)
        for row, line in zip(rows, scores, strict=True):
            row.pending = []
            token, probability = _best(line, list(row.node.children), place)
            row.step(token, probability)


def _best(scores: Tensor, tokens: list[int], place: dict[int, int]) -> tuple[int, float]:
    """The best of the legal tokens and its probability among them."""
    values = [float(scores[place[token]]) for token in tokens]
    best = max(values)
    total = sum(math.exp(value - best) for value in values)
    return tokens[values.index(best)], 1.0 / total


def load(*, base_model_dir: Path, adapter_dir: Path | None = None) -> TransformersEngine:
    """Loads base model and adapter; raises EngineError with what to do."""
    import transformers

    if not is_converted(base_model_dir):
        raise EngineError(f"No base model in {base_model_dir}: run `python -m llm base-model`.")
    card: dict[str, Any] = {}
    if adapter_dir is not None:
        card = read_card(adapter_dir)
        check_weights(adapter_dir, card)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = transformers.AutoModelForCausalLM.from_pretrained(base_model_dir, dtype=torch.float32)
    if adapter_dir is not None:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, str(adapter_dir)).merge_and_unload()
    identity = EngineIdentity(
        base_model=NAME,
        base_hash=base_hash(base_model_dir),
        adapter=adapter_dir.name if adapter_dir is not None else "",
        adapter_hash=str(card.get("adapter_sha256", "")),
        prompt_hash=prompt_hash(),
    )
    tokenizer = transformers.AutoTokenizer.from_pretrained(base_model_dir)
    return TransformersEngine(
        Llama(model, device, best_dtype(device)),
        tokenizer,
        identity,
        covered_fields(card) if card else None,
        card_calibration(card),
    )


def best_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 where the machine computes in it, float32 where it would only convert."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    fast = torch.backends.cpu.get_cpu_capability().startswith("AVX512")
    has_bf16 = "avx512_bf16" in _cpu_flags() or "amx_bf16" in _cpu_flags()
    return torch.bfloat16 if fast and has_bf16 else torch.float32


def _cpu_flags() -> str:
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return ""
