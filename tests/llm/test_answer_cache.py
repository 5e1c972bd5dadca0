"""Answers given before: the same as a decode, for the same question alone, without a text."""

import pytest

from llm.engines.answer_cache import AnswerCache, task_key
from llm.engines.base import ClauseAnswer, ClauseTask
from llm.fill import tasks_of
from llm.types import FillRequest
from tests.llm.strategies import SHIPPED, SMALL
from tests.llm.test_engine_transformers import CONCLUSION, LLAMA, Letters, engine


def asked(conclusion: str, template=SMALL, **more) -> list[ClauseTask]:
    return tasks_of(FillRequest("1", template, conclusion, **more))


@pytest.fixture
def passes(monkeypatch):
    fed = []
    forward = type(LLAMA).forward

    def counted(self, tokens, cache):
        fed.append(len(tokens))
        return forward(self, tokens, cache)

    monkeypatch.setattr(type(LLAMA), "forward", counted)
    return fed


def test_a_second_fill_is_the_first_and_costs_nothing(passes):
    warm = engine()
    first = dict(warm.answer(asked(CONCLUSION)))
    passes.clear()
    assert dict(warm.answer(asked(CONCLUSION))) == first
    assert passes == []


def test_after_an_edit_only_the_new_clauses_are_decoded(passes):
    warm = engine()
    dict(warm.answer(asked(CONCLUSION)))
    edited = asked(f"Severe fibrosis. {CONCLUSION}")
    passes.clear()
    answers = dict(warm.answer(edited))
    # The new clause and the one that now follows it.
    assert max(passes) == 2
    cold = dict(engine().answer(edited))
    assert {n: a.text for n, a in answers.items()} == {n: a.text for n, a in cold.items()}


def test_what_is_asked_twice_at_once_is_decoded_once(passes):
    tasks = asked("Emphysema") * 3
    answers = dict(engine().answer(tasks))
    assert max(passes) == 1
    assert answers[0] == answers[1] == answers[2]


@pytest.mark.parametrize(
    "other",
    [
        asked("Cyst of 13 mm."),
        asked("Cyst of 12 mm.", exam_side="left"),
        asked("Cyst of 12 mm.", sex="male"),
        asked("No effusion. Cyst of 12 mm.")[1:],
        asked("Cyst of 12 mm.", SHIPPED["ct_chest"]),
    ],
)
def test_another_question_is_another_key(other):
    assert task_key(other[0]) != task_key(asked("Cyst of 12 mm.")[0])


def test_where_a_clause_stands_is_no_part_of_the_question():
    text = "No effusion. Cyst of 12 mm."
    assert task_key(asked(f"\n\n{text}")[1]) == task_key(asked(text)[1])


def test_a_key_holds_no_words():
    assert b"yst" not in task_key(asked("Cyst")[0])


def test_the_answer_longest_not_asked_for_is_forgotten():
    cache = AnswerCache(kept=2)
    for name in ("a", "b"):
        cache.put(name.encode(), ClauseAnswer(name, (), 1, 1))
    assert cache.get(b"a") is not None
    cache.put(b"c", ClauseAnswer("c", (), 1, 1))
    assert cache.get(b"b") is None
    assert cache.get(b"a") is not None


def test_letters_are_shared_before_the_first_line_ends():
    from llm.tokens import shared_ids

    prompt = asked("Cyst")[0].prompt
    ids = Letters().encode(prompt, add_special_tokens=False)
    assert shared_ids(Letters(), prompt, ids) == prompt.index("\n") + 1
