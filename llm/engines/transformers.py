"""The model in this process: base weights with a LoRA adapter merged in, on CPU or CUDA.

The clauses of all waiting fills decode together. Each answer walks the automaton of its grammar:
only legal tokens are scored, and a token without an alternative is not asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from llm.base_model import NAME, base_hash, is_converted
from llm.confidence import Calibration, card_calibration
from llm.engines import kernels
from llm.engines.adapter import check_weights, covered_fields, read_card
from llm.engines.answer_cache import AnswerCache, task_key
from llm.engines.base import ClauseAnswer, ClauseTask, Decision, EngineError, never_stop
from llm.engines.llama import Cache, Llama
from llm.engines.prefixes import Prefixes
from llm.engines.trie import Node, Tries
from llm.grammar import END, State
from llm.prompt import prompt_hash
from llm.tokens import Tokenizer, prompt_ids, shared_ids
from llm.types import EngineIdentity

# Rows that decode together, and tokens of their prompts: beyond that a pass only takes longer, and
# whoever waits for the first value or wants to stop waits with it.
CPU_BATCH = (16, 512)
CUDA_BATCH = (256, 16_384)
# An answer ends by its grammar long before this.
MAX_DECISIONS = 400


@dataclass(slots=True)
class _Row:
    """One answer under way: tokens not yet fed, and the place in grammar and tree.

    The first `shared` tokens of the prompt are those of many prompts.
    """

    index: int
    state: State
    node: Node
    pending: list[int]
    prompt_tokens: int
    shared: int
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
        self.prefixes = Prefixes(llama)
        self.answers = AnswerCache()

    def answer(
        self, tasks: Sequence[ClauseTask], *, should_stop: Callable[[], bool] = never_stop
    ) -> Iterator[tuple[int, ClauseAnswer]]:
        """Yields answers as they finish; ends early once `should_stop()` is true.

        A task that was answered before, or that another one of these equals, is not decoded again.
        """
        if should_stop():
            return
        places: dict[bytes, list[int]] = {}
        for index, task in enumerate(tasks):
            key = task_key(task)
            if (known := self.answers.get(key)) is not None:
                yield index, known
            else:
                places.setdefault(key, []).append(index)
        alike = {indexes[0]: (key, indexes) for key, indexes in places.items()}
        for rows in self._batches(self._row(index, tasks[index]) for index in alike):
            for first, answer in self._decode(rows, should_stop):
                key, indexes = alike[first]
                self.answers.put(key, answer)
                yield from ((index, answer) for index in indexes)

    def _row(self, index: int, task: ClauseTask) -> _Row:
        ids = prompt_ids(self.tokenizer, task.prompt)
        shared = shared_ids(self.tokenizer, task.prompt, ids)
        state = task.grammar.start()
        return _Row(index, state, self.tries.of(state.options()), ids, len(ids), shared)

    def _batches(self, rows: Iterable[_Row]) -> Iterator[list[_Row]]:
        """The rows in order, as many at a time as may decode together; at least one."""
        most_rows, most_tokens = CUDA_BATCH if self.llama.device.type == "cuda" else CPU_BATCH
        batch: list[_Row] = []
        tokens = 0
        for row in rows:
            tokens += len(row.pending)
            if batch and (len(batch) == most_rows or tokens > most_tokens):
                yield batch
                batch, tokens = [], len(row.pending)
            batch.append(row)
        if batch:
            yield batch

    def _decode(
        self, rows: list[_Row], should_stop: Callable[[], bool]
    ) -> Iterator[tuple[int, ClauseAnswer]]:
        cache = self.llama.cache(len(rows), max(len(row.pending) for row in rows) + 48)
        for number, row in enumerate(rows):
            if row.shared:
                self.prefixes.begin(cache, number, row.pending[: row.shared])
                row.pending = row.pending[row.shared :]
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
        scores = self.llama.scores(hidden, asked).tolist()
        for row, line in zip(rows, scores, strict=True):
            row.pending = []
            token, probability = _best(line, list(row.node.children), place)
            row.step(token, probability)


def _best(scores: list[float], tokens: list[int], place: dict[int, int]) -> tuple[int, float]:
    """The best of the legal tokens and its probability among them."""
    values = [scores[place[token]] for token in tokens]
    best = max(values)
    total = sum(math.exp(value - best) for value in values)
    return tokens[values.index(best)], 1.0 / total


def load(
    *, base_model_dir: Path, adapter_dir: Path | None = None, kernel: str | None = None
) -> TransformersEngine:
    """Loads base model and adapter; raises EngineError with what to do.

    `kernel` is one of `kernels.cpu_kernels()`; None: the fastest one here. A GPU needs none.
    """
    if not is_converted(base_model_dir):
        raise EngineError(f"No base model in {base_model_dir}: run `python -m llm base-model`.")
    card: dict[str, Any] = {}
    if adapter_dir is not None:
        card = read_card(adapter_dir)
        check_weights(adapter_dir, card)
    identity = EngineIdentity(
        base_model=NAME,
        base_hash=base_hash(base_model_dir),
        adapter=adapter_dir.name if adapter_dir is not None else "",
        adapter_hash=str(card.get("adapter_sha256", "")),
        prompt_hash=prompt_hash(),
    )
    from transformers import AutoTokenizer

    llama = llama_of(merged_model(base_model_dir, adapter_dir), kernel)
    llama.warm_up()
    return TransformersEngine(
        llama,
        AutoTokenizer.from_pretrained(base_model_dir),
        identity,
        covered_fields(card) if card else None,
        card_calibration(card),
    )


def merged_model(base_model_dir: Path, adapter_dir: Path | None) -> Any:
    """The model of `transformers` in fp32, with the adapter's weights added to its own."""
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(base_model_dir, dtype=torch.float32)
    if adapter_dir is None:
        return model
    from peft import PeftModel

    return PeftModel.from_pretrained(model, str(adapter_dir)).merge_and_unload()


def llama_of(model: Any, kernel: str | None = None) -> Llama:
    """The decoder with the weights of a model, where they decode fastest; raises EngineError."""
    if torch.cuda.is_available():
        # What a card without bfloat16 emulates is slower than float16.
        has_bf16 = torch.cuda.is_bf16_supported(including_emulation=False)
        dtype = torch.bfloat16 if has_bf16 else torch.float16
        return Llama(model, torch.device("cuda"), dtype)
    known = kernels.cpu_kernels()
    if kernel is None:
        sample = [layer.mlp.gate_proj.weight.detach() for layer in model.model.layers[:8]]
        kernel = kernels.fastest(sample, known)
    if kernel not in known:
        raise EngineError(f"There is no kernel {kernel!r} here; use one of {', '.join(known)}.")
    return Llama(model, torch.device("cpu"), torch.float32, known[kernel])
