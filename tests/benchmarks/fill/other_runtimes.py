"""The columns that bring their own runtime: llama.cpp and OpenVINO, on the merged GGUF file."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from llm.answer_regex import answer_regex
from llm.base_model import ensure_base_model
from llm.engines.base import ClauseTask
from llm.fill import tasks_of
from llm.types import FillRequest
from tests.benchmarks.fill.conclusions import ADAPTER
from tests.benchmarks.fill.gbnf import gbnf
from tests.benchmarks.fill.systems import NEW_TOKENS, Filled
from tests.benchmarks.fill.weights import write_merged_gguf

# Clauses that llama.cpp and OpenVINO decode together.
SLOTS = 16
CONTEXT = 512


def merged_gguf(place: Path) -> Path:
    """The file, written at first use."""
    file = place / "merged-q8_0.gguf"
    if not file.exists():
        write_merged_gguf(ensure_base_model(), ADAPTER, file)
    return file


class LlamaCpp:
    """llama.cpp with a GBNF grammar for each clause; a report's clauses decode together."""

    def __init__(self, place: Path) -> None:
        import torch
        import xllamacpp

        settings = xllamacpp.CommonParams()
        settings.model.path = str(merged_gguf(place))
        settings.n_ctx, settings.n_parallel = CONTEXT * SLOTS, SLOTS
        settings.cpuparams.n_threads = torch.get_num_threads()
        settings.cpuparams_batch.n_threads = torch.get_num_threads()
        settings.verbosity = -1
        self.server = xllamacpp.Server(settings)
        self.threads = ThreadPoolExecutor(SLOTS)

    def fill(self, requests: Sequence[FillRequest]) -> Filled:
        tasks = [task for request in requests for task in tasks_of(request)]
        return Filled(list(self.threads.map(self._answer, tasks)))

    def _answer(self, task: ClauseTask) -> str:
        asked = {"prompt": task.prompt, "n_predict": NEW_TOKENS, "temperature": 0}
        answer: Any = self.server.handle_completions({**asked, "grammar": gbnf(task.grammar)})
        return str(answer["choices"][0]["text"])


class OpenVino:
    """openvino-genai with its structured output (xgrammar), clause after clause.

    Its batches take one grammar for all prompts, so clauses with grammars of their own cannot be
    batched in this pipeline.
    """

    def __init__(self, place: Path) -> None:
        import openvino_genai
        import torch

        self.genai = openvino_genai
        threads = {"INFERENCE_NUM_THREADS": torch.get_num_threads()}
        self.pipeline = openvino_genai.LLMPipeline(str(merged_gguf(place)), "CPU", **threads)

    def fill(self, requests: Sequence[FillRequest]) -> Filled:
        tasks = [task for request in requests for task in tasks_of(request)]
        return Filled([self._answer(task) for task in tasks])

    def _answer(self, task: ClauseTask) -> str:
        settings = self.genai.GenerationConfig()
        settings.max_new_tokens = NEW_TOKENS
        settings.do_sample = False
        settings.apply_chat_template = False
        settings.structured_output_config = self.genai.StructuredOutputConfig(
            regex=answer_regex(task.grammar)
        )
        return str(self.pipeline.generate(task.prompt, settings))
