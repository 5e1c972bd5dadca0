"""The columns of the benchmark: each fills conclusions with the same merged weights.

A system is made once in its own process; `fill` answers some conclusions together and returns the
answers of their clauses and, where it can be counted, how often the model was run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch

from llm.base_model import ensure_base_model
from llm.engines.answer_cache import AnswerCache
from llm.engines.llama import Llama
from llm.engines.transformers import load, merged_model
from llm.fill import fill_many, tasks_of
from llm.schema import Group, ReportTemplate
from llm.sft.machine import fastest_dtype
from llm.types import FillRequest
from tests.benchmarks.fill.conclusions import ADAPTER

NEW_TOKENS = 64


@dataclass(frozen=True, slots=True)
class Filled:
    """The answers of all clauses, in order; `passes` None: the system does not tell."""

    answers: list[str]
    passes: int | None = None


class System(Protocol):
    """What a column measures."""

    def fill(self, requests: Sequence[FillRequest]) -> Filled:
        """Answers the clauses of some conclusions."""
        ...


class Ours:
    """The engine of the app, without the answers it would know from before."""

    def __init__(self, _place: Path) -> None:
        self.engine = load(base_model_dir=ensure_base_model(), adapter_dir=ADAPTER)
        self.engine.answers = AnswerCache(kept=0)
        self.passes = 0
        forward = Llama.forward

        def counted(llama: Llama, *given: Any) -> torch.Tensor:
            self.passes += 1
            return forward(llama, *given)

        Llama.forward = counted  # type: ignore[method-assign,assignment]

    def fill(self, requests: Sequence[FillRequest]) -> Filled:
        self.passes = 0
        results = fill_many(requests, self.engine)
        return Filled([a for r in results for a in r.answers.values()], self.passes)


class _Generate:
    """`transformers.generate` on left-padded batches, in the type this machine computes in."""

    def __init__(self, _place: Path) -> None:
        from transformers import AutoTokenizer

        base = ensure_base_model()
        self.model = merged_model(base, ADAPTER).to(fastest_dtype(torch.device("cpu")))
        self.tokenizer = AutoTokenizer.from_pretrained(base, padding_side="left")
        self.tokenizer.pad_token = self.tokenizer.eos_token

    def generate(self, prompts: Sequence[str], **more: Any) -> tuple[list[str], int]:
        batch = self.tokenizer(list(prompts), return_tensors="pt", padding=True)
        settings = {"max_new_tokens": NEW_TOKENS, "do_sample": False, **more}
        ids = self.model.generate(**batch, pad_token_id=self.tokenizer.pad_token_id, **settings)
        new = ids[:, batch["input_ids"].shape[1] :]
        return self.tokenizer.batch_decode(new, skip_special_tokens=True), new.shape[1]


def empty_form(template: ReportTemplate) -> dict[str, object]:
    """Every field of the form without a value; of a group, one row."""
    return {
        item.key: {member.key: None for member in item.fields} if isinstance(item, Group) else None
        for item in template.items()
    }


class WholeForm(_Generate):
    """The naive way: one answer with every field of the form as JSON.

    The weights were never trained to write it, so what is measured is the time of as many tokens
    as the form has with nothing filled in, and with one row of each group.
    """

    def fill(self, requests: Sequence[FillRequest]) -> Filled:
        prompts = [f"{request.conclusion}\nThe findings as JSON:\n" for request in requests]
        forms = [json.dumps(empty_form(request.template)) for request in requests]
        tokens = max(len(ids) for ids in self.tokenizer(forms)["input_ids"])
        _, passes = self.generate(prompts, min_new_tokens=tokens, max_new_tokens=tokens)
        return Filled([], passes)


class ShortFormat(_Generate):
    """The clause-wise format without a grammar."""

    def fill(self, requests: Sequence[FillRequest]) -> Filled:
        return Filled(*self.generate([task.prompt for r in requests for task in tasks_of(r)]))


class Xgrammar(_Generate):
    """The clause-wise format, each clause held to its expression by xgrammar."""

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        import xgrammar

        self.xgrammar = xgrammar
        info = xgrammar.TokenizerInfo.from_huggingface(
            self.tokenizer, vocab_size=self.model.config.vocab_size
        )
        self.compiler = xgrammar.GrammarCompiler(info, max_threads=2)

    def fill(self, requests: Sequence[FillRequest]) -> Filled:
        from xgrammar.contrib.hf import LogitsProcessor

        from llm.answer_regex import answer_regex

        tasks = [task for request in requests for task in tasks_of(request)]
        grammars = [self.compiler.compile_regex(answer_regex(task.grammar)) for task in tasks]
        prompts = [task.prompt for task in tasks]
        return Filled(*self.generate(prompts, logits_processor=[LogitsProcessor(grammars)]))


class Llguidance(_Generate):
    """The clause-wise format, each clause held to its expression by llguidance."""

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        import llguidance.hf

        self.vocabulary = llguidance.hf.from_tokenizer(self.tokenizer)

    def fill(self, requests: Sequence[FillRequest]) -> Filled:
        from llguidance import LLMatcher

        from llm.answer_regex import answer_regex

        tasks = [task for request in requests for task in tasks_of(request)]
        matchers = [
            LLMatcher(self.vocabulary, LLMatcher.grammar_from_regex(answer_regex(task.grammar)))
            for task in tasks
        ]
        prompts = [task.prompt for task in tasks]
        return Filled(*self.generate(prompts, logits_processor=[self._mask(matchers)]))

    def _mask(self, matchers: Sequence[Any]) -> Callable[[torch.Tensor, torch.Tensor], Any]:
        import llguidance.torch as masks

        bits = masks.allocate_token_bitmask(len(matchers), self.vocabulary.vocab_size)
        started = False

        def hold(ids: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
            nonlocal started
            for row, matcher in enumerate(matchers):
                if started and not matcher.is_stopped():
                    matcher.consume_token(int(ids[row, -1]))
                masks.fill_next_token_bitmask(matcher, bits, row)
            started = True
            masks.apply_token_bitmask_inplace(logits, bits[:, : (logits.shape[1] + 31) // 32])
            return logits

        return hold
