"""The quick check of an answer says the same as the walk through the automaton."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.answers import Answer, IllegalAnswer, parse_answer, write_answer
from tests.llm.strategies import (
    SMALL,
    conclusions,
    draw_answer,
    exam_sides,
    grammars,
    sexes,
    templates,
)


def is_legal(grammar, answer):
    try:
        grammar.check(answer)
    except IllegalAnswer:
        return False
    return True


def is_walked(grammar, answer):
    try:
        grammar.path(write_answer(answer))
    except IllegalAnswer:
        return False
    return True


def changed(data, answer, others):
    """The answer with one part taken from elsewhere, repeated, left out or moved."""
    pool = [s for each in (answer, *others) for s in each.statements]
    if not pool:
        return answer
    statements = list(answer.statements) or [pool[0]]
    at = data.draw(st.integers(0, len(statements) - 1))
    other = data.draw(st.sampled_from(pool))
    how = data.draw(st.sampled_from(["statement", "repeat", "pairs", "selector", "value", "slot"]))
    mine = statements[at]
    if how == "statement":
        statements[at] = other
    elif how == "repeat":
        statements.append(other)
    elif how == "pairs":
        statements[at] = replace(mine, pairs=(*mine.pairs, *other.pairs)[::-1])
    elif how == "selector":
        statements[at] = replace(mine, selector=other.selector)
    elif how == "value":
        statements[at] = replace(mine, pairs=((mine.pairs[0][0], other.pairs[-1][1]),))
    else:
        statements[at] = replace(mine, slot=other.slot)
    return Answer("statements", statements=tuple(statements))


@given(st.data(), templates, conclusions, exam_sides, sexes)
@settings(max_examples=300, deadline=None)
def test_both_agree(data, template, conclusion, exam_side, sex):
    found = grammars(template, conclusion, exam_side=exam_side, sex=sex)[:3]
    answers = [parse_answer(draw_answer(data, grammar)) for grammar in found]
    for grammar, answer in zip(found, answers, strict=True):
        grammar.check(answer)
        wrong = changed(data, answer, answers)
        assert is_legal(grammar, wrong) == is_walked(grammar, wrong)


@pytest.mark.parametrize("text", ["none", "?", "other=lungs", "lungs=normal", "other=toe"])
def test_answers_of_one_chunk(text):
    (grammar,) = grammars(SMALL, "No nodule")
    assert is_legal(grammar, parse_answer(text)) == is_walked(grammar, parse_answer(text))
