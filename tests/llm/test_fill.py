"""Fills: one batch, in order, and for any text only what the template and the text allow."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from llm.engines import get_engine
from llm.engines.base import ClauseAnswer, EngineError
from llm.engines.fake import FakeEngine
from llm.fill import (
    MAX_CHARACTERS,
    ConclusionError,
    ConclusionTooLong,
    FillStopped,
    fill_many,
    fill_one,
)
from llm.json_schema import values_schema
from llm.types import FillRequest
from llm.units import convert
from tests.llm.strategies import (
    SMALL,
    TEMPLATES,
    conclusions,
    draw_answer,
    exam_sides,
    sexes,
    templates,
)

VALIDATORS = {t.key: Draft202012Validator(values_schema(t)) for t in TEMPLATES}


@given(st.data(), templates, conclusions, exam_sides, sexes)
@settings(max_examples=150, deadline=None)
def test_any_text_and_any_answer_give_legal_values_with_evidence(
    data, template, conclusion, exam_side, sex
):
    engine = FakeEngine(lambda task: draw_answer(data, task.grammar, statements=False))
    request = FillRequest("r", template, conclusion, exam_side=exam_side, sex=sex)
    result = fill_one(request, engine)
    values = {value.path: value.value for value in result.values}
    assert len(values) == len(result.values)
    VALIDATORS[template.key].validate(values)
    conflicting = {conflict.path for conflict in result.conflicts}
    assert conflicting.isdisjoint(values)
    for value in result.values:
        for evidence in (value.evidence, *value.more_evidence):
            assert conclusion[evidence.start : evidence.end] == evidence.quote != ""
        assert 0 <= value.confidence <= 1
        assert (value.support == "implied") == (value.rule is not None)
    for unused in result.unused:
        assert conclusion[unused.start : unused.end] == unused.text


@given(st.data(), templates, conclusions)
@settings(max_examples=100, deadline=None)
def test_every_number_is_one_that_the_conclusion_states(data, template, conclusion):
    engine = FakeEngine(lambda task: draw_answer(data, task.grammar))
    result = fill_one(FillRequest("r", template, conclusion), engine)
    quantities = [q for task in engine.asked for q in task.grammar.context.quantities]
    written = {q.text: q for q in quantities}
    for value in result.values:
        field = template.field_at(value.path)
        if field.kind != "number":
            continue
        quantity = written[value.source_text]
        numbers = [*quantity.dims, quantity.low, quantity.high]
        allowed = {
            float(convert(n, quantity.unit, field.unit)) if quantity.unit else float(n)
            for n in numbers
            if n is not None
        }
        given_numbers = (
            [n for n in value.value.values() if not isinstance(n, str)]
            if isinstance(value.value, dict)
            else [value.value]
        )
        assert {float(Decimal(str(n))) for n in given_numbers} <= allowed
        assert value.source_text in conclusion


def test_every_clause_is_answered_in_one_batch():
    engine = FakeEngine()
    requests = [FillRequest(str(n), SMALL, "Cyst. Stone.") for n in range(3)]
    results = fill_many(requests, engine)
    assert len(engine.asked) == 6
    assert [len(result.clauses) for result in results] == [2, 2, 2]
    assert results[0].answers == {0: "none", 1: "none"}
    assert results[0].tokens.prompt > 0


def test_clauses_are_handed_on_in_order_though_answered_in_any():
    class Backwards(FakeEngine):
        def answer(self, tasks, *, should_stop=lambda: False):
            yield from reversed(list(super().answer(tasks, should_stop=should_stop)))

    script = {"5 mm nodule": "nodule[+]size=@1", "8 mm nodule": "nodule[+]size=@1"}
    seen = []
    request = FillRequest("r", SMALL, "5 mm nodule. 8 mm nodule. Cough.")
    fill_many([request], Backwards(script), on_clause=lambda i, v: seen.append((i, v)))
    assert [[(v.path, v.value) for v in values] for _, values in seen] == [
        [("nodule[1].size", 5)],
        [("nodule[2].size", 8)],
        [],
    ]


def test_a_stop_ends_the_fill():
    with pytest.raises(FillStopped):
        fill_many([FillRequest("r", SMALL, "Cyst.")], FakeEngine(), should_stop=lambda: True)


def test_an_empty_conclusion_fills_nothing():
    result = fill_one(FillRequest("r", SMALL, " \n "), FakeEngine())
    assert (result.values, result.unused, result.clauses) == ((), (), ())


@pytest.mark.parametrize(
    ("conclusion", "error", "words"),
    [
        ("x" * (MAX_CHARACTERS + 1), ConclusionTooLong, "characters"),
        ("a. " * 500, ConclusionTooLong, "clauses"),
        ("a\0b", ConclusionError, "null byte"),
        ("a\ud800", ConclusionError, "surrogate"),
    ],
)
def test_a_conclusion_that_cannot_be_filled_says_why(conclusion, error, words):
    with pytest.raises(error, match=words):
        fill_one(FillRequest("r", SMALL, conclusion), FakeEngine())


def test_the_longest_conclusion_is_filled():
    result = fill_one(FillRequest("r", SMALL, "8 mm " * (MAX_CHARACTERS // 5)), FakeEngine())
    assert len(result.clauses) == 1


def test_an_illegal_answer_costs_its_own_clause_only():
    class Rogue(FakeEngine):
        def answer(self, tasks, *, should_stop=lambda: False):
            for index, answer in super().answer(tasks, should_stop=should_stop):
                rogue = ClauseAnswer("nodule[+]size=99", (), 1, 1)
                yield index, rogue if index == 0 else answer

    result = fill_one(
        FillRequest("r", SMALL, "Nodule. Mild emphysema."),
        Rogue({"Mild emphysema": "emphysema=mild"}),
    )
    assert [(v.path, v.value) for v in result.values] == [("emphysema", "mild")]
    assert result.unused[0].reason == "abstained"
    assert "not legal" in result.unused[0].details[0]


def test_decisions_that_do_not_spell_the_answer_are_an_error():
    class Broken(FakeEngine):
        def answer(self, tasks, *, should_stop=lambda: False):
            yield 0, ClauseAnswer("emphysema=mild", (), 1, 1)

    with pytest.raises(EngineError, match="do not spell"):
        fill_one(FillRequest("r", SMALL, "Emphysema."), Broken())


def test_a_script_cannot_say_what_a_model_cannot():
    with pytest.raises(ValueError, match="not allowed"):
        fill_one(FillRequest("r", SMALL, "Nodule."), FakeEngine({"Nodule": "nodule[+]size=@1"}))


def test_get_engine_names_what_there_is():
    assert get_engine("fake").name == "fake"
    with pytest.raises(EngineError, match="transformers"):
        get_engine("magic")


@pytest.mark.parametrize(
    ("conclusion", "answer", "details"),
    [
        ("Calcified RUL nodule", "nodule[+]location=rul", ("Calcified not used: Calcified.",)),
        ("Calcified nodule in the RUL", "nodule[+]calcified=yes", ("Side not used: RUL.",)),
        ("Calcified nodule in the RUL", "nodule[+]location=rul,calcified=yes", ()),
    ],
)
def test_a_property_that_the_answer_leaves_out_is_shown(conclusion, answer, details):
    result = fill_one(FillRequest("r", SMALL, conclusion), FakeEngine({conclusion: answer}))
    assert tuple(d for unused in result.unused for d in unused.details) == details
