"""The prompt: its exact text, its marks, and nothing in a conclusion that passes for either."""

from __future__ import annotations

import re

from hypothesis import given

from llm.context import read_conclusion
from llm.prompt import MAX_CLAUSE_CHARACTERS, PromptInput, prompt_for, prompt_hash, render
from tests.llm.strategies import SHIPPED, SMALL, conclusions, exam_sides, templates


def test_render_is_exact():
    prompt = PromptInput("CT chest", None, "", "@1 nodule")
    assert render(prompt) == "CT chest|-\n\n@1 nodule\n=>"


def test_quantities_and_levels_are_marked_and_sides_stay():
    text = "8 mm left nodule at L3.\nBulge at L4/5 and L5/S1,\n5 mm, and at L4/5 right 4 mm"
    context = read_conclusion(SMALL, text, exam_side="left")[-1]
    assert prompt_for("Small", context) == (
        "Small|left\n@ left nodule at #\nBulge at #1, @1, and at #2 right @2\n=>"
    )


def test_levels_are_words_where_the_template_has_no_levels():
    text = "Fracture of T9, 8 mm"
    context = read_conclusion(SHIPPED["ct_chest"], text)[-1]
    assert "Fracture of T9, @1\n" in prompt_for("CT chest", context)


@given(templates, conclusions, exam_sides)
def test_a_conclusion_cannot_break_the_form(template, conclusion, exam_side):
    for context in read_conclusion(template, conclusion, exam_side=exam_side):
        lines = prompt_for(template.prompt_name, context).split("\n")
        assert len(lines) == 4
        assert len(lines) == len(prompt_for(template.prompt_name, context).splitlines())
        assert lines[-1] == "=>"
        assert "<|" not in lines[2]
        assert all(len(line) <= MAX_CLAUSE_CHARACTERS for line in lines[1:3])
        numbers = {int(n) for n in re.findall(r"@([0-9]+)", lines[2])}
        assert numbers <= {quantity.id for quantity in context.quantities}


def test_a_long_clause_loses_its_middle_and_no_mark_is_cut():
    text = " ".join(f"{n} mm nodule" for n in range(1, 200))
    prompt = prompt_for("Small", read_conclusion(SMALL, text)[-1])
    assert " … " in prompt
    assert re.findall(r"@(?![0-9])", prompt) == []
    assert prompt.split("\n")[2].endswith("@199 nodule")


def test_prompt_hash_is_stable():
    assert prompt_hash() == prompt_hash()
    assert len(prompt_hash()) == 64
