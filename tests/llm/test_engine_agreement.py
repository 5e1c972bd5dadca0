"""The engine that ships against the model of transformers in fp32, on held-out conclusions."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from llm.answers import parse_answer
from llm.engines import get_engine
from llm.engines.base import Decision
from llm.engines.trie import Tries
from llm.fill import tasks_of
from llm.synth.pairs import Generator
from llm.tokens import answer_ids, prompt_ids
from llm.types import FillRequest
from tests.llm.strategies import SHIPPED

CONCLUSIONS = 16
ADAPTER = Path(__file__).resolve().parents[2] / "fixtures" / "adapter"


def tasks():
    for pair in Generator(list(SHIPPED.values()), 23, "test").pairs(CONCLUSIONS):
        template = SHIPPED[pair["template"]]
        yield from tasks_of(FillRequest(pair["id"], template, pair["conclusion"], sex=pair["sex"]))


def greedy(task, answer, logits, tries: Tries) -> list[Decision] | None:
    """The decisions that other logits make along an answer; None where they leave it."""
    state, place, decisions = task.grammar.start(), 0, []
    for decision in answer.decisions:
        node, chance = tries.of(state.options()), 1.0
        for token in tries.ids(decision.text):
            scores = {child: float(logits[place, child]) for child in node.children}
            if scores[token] < max(scores.values()):
                return None
            chance /= sum(math.exp(score - scores[token]) for score in scores.values())
            node, place = node.children[token], place + 1
        decisions.append(Decision(decision.text, chance))
        state = state.advance(decision.text)
    return decisions


def fields_of(text: str) -> int:
    return max(1, sum(len(statement.pairs) for statement in parse_answer(text).statements))


@pytest.mark.slow
@pytest.mark.timeout(1200)
@torch.inference_mode()
def test_it_fills_the_fields_that_transformers_would_with_its_confidence(base):
    from llm.engines.transformers import merged_model

    engine = get_engine("transformers", base_model_dir=base, adapter_dir=ADAPTER)
    model = merged_model(base, ADAPTER)
    asked = list(tasks())
    same = total = 0
    for index, answer in engine.answer(asked):
        prompt = prompt_ids(engine.tokenizer, asked[index].prompt)
        chunks = [decision.text for decision in answer.decisions]
        ids = [*prompt, *answer_ids(engine.tokenizer, chunks)]
        logits = model(torch.tensor([ids]), logits_to_keep=len(ids) - len(prompt) + 1).logits[0]
        decisions = greedy(asked[index], answer, logits, engine.tries)
        total += fields_of(answer.text)
        if decisions is not None:
            same += fields_of(answer.text)
            for ours, theirs in zip(answer.decisions, decisions, strict=True):
                assert ours.probability == pytest.approx(theirs.probability, abs=0.02)
    assert total > 80
    assert same / total >= 0.995
