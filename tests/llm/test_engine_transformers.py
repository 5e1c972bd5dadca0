"""The decoder: the same numbers as transformers, the same answers in a batch as alone."""

from types import SimpleNamespace

import pytest
import torch
from hypothesis import given, settings
from transformers import LlamaConfig, LlamaForCausalLM

from llm.engines.base import ClauseTask
from llm.engines.kernels import KERNELS, cpu_kernels
from llm.engines.llama import Llama
from llm.engines.llama_layers import Stack
from llm.engines.transformers import TransformersEngine
from llm.fill import tasks_of
from llm.types import EngineIdentity, FillRequest
from tests.llm.strategies import SMALL, conclusions

CONCLUSION = (
    "12 mm nodule in the right upper lobe, previously 9 mm. No effusion. Left pleural effusion;"
    " moderate emphysema. Follow-up."
)


class Letters:
    """One token for each letter; 0 ends a text."""

    eos_token_id = 0

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        return [1 + ord(letter) % 300 for letter in text]


def tiny() -> LlamaForCausalLM:
    torch.manual_seed(3)
    config = LlamaConfig(
        vocab_size=301,
        hidden_size=48,
        intermediate_size=96,
        num_hidden_layers=3,
        num_attention_heads=6,
        num_key_value_heads=2,
        max_position_embeddings=4096,
        initializer_range=0.4,
    )
    return LlamaForCausalLM(config).eval()


MODEL = tiny()
LLAMA = Llama(MODEL, torch.device("cpu"), torch.float32)


def engine() -> TransformersEngine:
    return TransformersEngine(LLAMA, Letters(), EngineIdentity("tiny", "", "", "", ""))


def answers(tasks):
    """From an engine that has not answered before."""
    return dict(engine().answer(tasks))


def test_the_logits_are_those_of_transformers():
    rows = [[5, 9, 11, 2, 77], [8, 1], [3, 4, 5, 6, 7, 8, 9]]
    cache = LLAMA.cache(3, 4)
    LLAMA.forward([rows[0][:2], rows[1][:1], rows[2][:3]], cache)
    hidden = LLAMA.forward([rows[0][2:], rows[1][1:], rows[2][3:]], cache)
    scores = LLAMA.scores(hidden, range(301))
    for row, ours in zip(rows, scores, strict=True):
        theirs = MODEL(torch.tensor([row])).logits[0, -1]
        assert torch.allclose(ours, theirs, atol=1e-4)


def test_a_kept_row_goes_on_as_if_alone():
    cache = LLAMA.cache(3, 8)
    LLAMA.forward([[1, 2, 3], [4, 5], [6]], cache)
    kept = cache.keep([1])
    scores = LLAMA.scores(LLAMA.forward([[7]], kept), range(301))
    assert torch.allclose(scores[0], MODEL(torch.tensor([[4, 5, 7]])).logits[0, -1], atol=1e-4)


def test_rows_step_by_step_together_have_the_logits_of_each_alone():
    texts = [list(range(2, 2 + length)) for length in (3, 11, 6, 1)]
    steps = [[[7], [8, 9, 3], [5], [4, 4]], [[1, 2], [6], [9], [3]], [[5], [5], [2, 8], [7]]]
    cache = LLAMA.cache(len(texts), 4)
    LLAMA.forward(texts, cache)
    for step in steps:
        together = LLAMA.scores(LLAMA.forward(step, cache), range(301))
        texts = [text + more for text, more in zip(texts, step, strict=True)]
        for row, text in enumerate(texts):
            alone = MODEL(torch.tensor([text])).logits[0, -1]
            assert torch.allclose(together[row], alone, atol=1e-4)


def test_rows_that_share_their_beginning_have_the_logits_of_the_whole():
    shared = LLAMA.cache(1, 3)
    LLAMA.forward([[9, 8, 7]], shared)
    cache = LLAMA.cache(2, 8)
    cache.begin(1, shared)
    scores = LLAMA.scores(LLAMA.forward([[5, 6, 7, 8], [1, 2]], cache), range(301))
    for ours, whole in zip(scores, ([5, 6, 7, 8], [9, 8, 7, 1, 2]), strict=True):
        assert torch.allclose(ours, MODEL(torch.tensor([whole])).logits[0, -1], atol=1e-4)


@torch.no_grad()
def logits_differ(llama):
    """How far the logits are from those of transformers in fp32, as a share of the largest one."""
    row = [5, 9, 11, 2, 77]
    cache = llama.cache(1, 2)
    llama.forward([row[:3]], cache)
    ours = llama.scores(llama.forward([row[3:]], cache), range(301))[0]
    theirs = MODEL(torch.tensor([row])).logits[0, -1]
    return float((ours - theirs).abs().max() / theirs.abs().max())


@pytest.mark.parametrize(("name", "share"), [("fp32", 1e-5), ("fp16", 0.02), ("bf16", 0.1)])
def test_every_kernel_runs_compiled_and_keeps_the_logits(name, share):
    if name == "fp16" and "fp16" not in cpu_kernels():
        pytest.skip("torch has no FBGEMM here, which fp16 weights need")
    assert logits_differ(Llama(MODEL, torch.device("cpu"), torch.float32, KERNELS[name])) < share


@pytest.mark.parametrize(("dtype", "share"), [(torch.bfloat16, 0.1), (torch.float16, 0.02)])
def test_the_types_of_graphics_cards_run_compiled_and_keep_the_logits(dtype, share):
    assert logits_differ(Llama(MODEL, torch.device("cpu"), dtype)) < share


def test_it_runs_where_torchscript_does_not(monkeypatch):
    python = SimpleNamespace(version_info=(3, 14))
    monkeypatch.setattr("llm.engines.llama_layers.sys", python)
    plain = Llama(MODEL, torch.device("cpu"), torch.float32)
    assert type(plain.stack) is Stack
    assert logits_differ(plain) < 1e-5


def test_a_batch_answers_as_each_alone():
    tasks = tasks_of(FillRequest("1", SMALL, CONCLUSION))
    together = answers(tasks)
    assert sorted(together) == list(range(len(tasks)))
    for index, task in enumerate(tasks):
        alone = answers([task])[0]
        assert alone.text == together[index].text
        for one, many in zip(alone.decisions, together[index].decisions, strict=True):
            assert abs(one.probability - many.probability) < 1e-3


@settings(max_examples=15, deadline=None)
@given(conclusions)
def test_every_answer_is_legal(conclusion):
    tasks = tasks_of(FillRequest("1", SMALL, conclusion))
    for index, answer in engine().answer(tasks):
        chunks = tasks[index].grammar.path(answer.text)
        assert [decision.text for decision in answer.decisions] == chunks
        assert all(0 < decision.probability <= 1 for decision in answer.decisions)


def test_forced_chunks_are_certain():
    (task,) = tasks_of(FillRequest("1", SMALL, "Emphysema"))
    answer = answers([task])[0]
    state = task.grammar.start()
    for decision in answer.decisions:
        if len(state.options()) == 1:
            assert decision.probability == 1.0
        state = state.advance(decision.text)


def test_stopping_ends_the_answers():
    tasks: list[ClauseTask] = tasks_of(FillRequest("1", SMALL, CONCLUSION))
    assert list(engine().answer(tasks, should_stop=lambda: True)) == []


@pytest.mark.parametrize("allowed", [1, 2, 5])
def test_stopping_takes_effect_before_the_next_pass(allowed, monkeypatch):
    passes = []
    forward = Llama.forward

    def counted(self, tokens, cache):
        passes.append(len(tokens))
        return forward(self, tokens, cache)

    tasks = tasks_of(FillRequest("1", SMALL, CONCLUSION))
    warm = engine()
    list(warm.answer(tasks_of(FillRequest("1", SMALL, "Stable."))))
    monkeypatch.setattr(Llama, "forward", counted)
    list(warm.answer(tasks, should_stop=lambda: len(passes) >= allowed))
    assert len(passes) == allowed


def test_more_clauses_than_decode_together_are_all_answered(monkeypatch):
    monkeypatch.setattr("llm.engines.transformers.CPU_BATCH", (2, 120))
    tasks = tasks_of(FillRequest("1", SMALL, CONCLUSION))
    in_parts = answers(tasks)
    monkeypatch.undo()
    whole = answers(tasks)
    assert {n: a.text for n, a in in_parts.items()} == {n: a.text for n, a in whole.items()}
