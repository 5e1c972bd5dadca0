"""The expression of a clause lets every legal answer pass, and nothing of another template."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.answer_regex import answer_regex
from tests.llm.strategies import (
    SMALL,
    TEMPLATES,
    conclusions,
    draw_answer,
    exam_sides,
    grammar_of,
    grammars,
    sexes,
    templates,
)


@given(st.data(), templates, conclusions, exam_sides, sexes)
@settings(max_examples=100, deadline=None)
def test_every_legal_answer_matches(data, template, conclusion, exam_side, sex):
    for grammar in grammars(template, conclusion, exam_side=exam_side, sex=sex)[:2]:
        answer = draw_answer(data, grammar, statements=data.draw(st.booleans()))
        assert re.fullmatch(answer_regex(grammar), answer)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "maybe",
        "none;none",
        "emphysema=huge",
        "tumour=yes",
        "nodule[+]size=12",
        "nodule[+]size=@2",
        "nodule[left]size=@1",
        "effusion[left]size=small",
        "effusion[*]size=small",
        "emphysema=mild;",
        "emphysema=mild,",
        "other=lungs;emphysema=mild",
    ],
)
def test_what_the_clause_does_not_name_does_not_match(answer):
    assert not re.fullmatch(answer_regex(grammar_of(SMALL, "8 mm nodule, emphysema")), answer)


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_expression_is_small_enough_to_send(template):
    text = "12 x 9 mm nodule, bulges at L3/4 and L5/S1, left and right, previously 8 mm"
    assert len(answer_regex(grammar_of(template, text))) < 60_000
