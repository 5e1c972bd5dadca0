"""The automaton: what it forbids, and that all it allows reads back."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.answers import Answer, IllegalAnswer, Statement, parse_answer, read_answer, write_answer
from llm.grammar import END
from tests.llm.strategies import (
    SMALL,
    conclusions,
    draw_chunks,
    exam_sides,
    grammar_of,
    grammars,
    sexes,
    templates,
)

NODULE = "12 x 9 mm nodule in the right upper lobe, previously 8 mm"


def allowed(grammar, prefix):
    """The legal next chunks behind a text."""
    return list(grammar.walk(prefix)[1].options())


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (NODULE, "nodule[+]size=@1,prior_size=@2,location=rul,change=increased"),
        (NODULE, "none"),
        (NODULE, "?"),
        (NODULE, "other=lungs"),
        ("Lungs clear", "lungs=normal"),
        (
            f"Likely {NODULE} beside normal lungs",
            "emphysema=mild,certainty=probable,change=new;report=normal",
        ),
        (NODULE, "emphysema=mild_moderate;emphysema_type=paraseptal"),
        ("Opacities without nodule", "opacities=ground_glass+consolidation;nodule=none"),
        ("Mass. Stable", "nodule[^]change=unchanged"),
        ("Mass. Stable", "nodule[*]change=unchanged"),
        ("5 and 8 mm nodules", "nodule[+]size=@1;nodule[+]size=@2;nodule[*]calcified=yes"),
        ("Small left effusion", "effusion[left]size=small"),
        ("Nodule of the RUL", "nodule[+]location=rul"),
        ("Nodules of both upper lobes", "nodule[+]location=rul+lul"),
        ("Bilateral effusions", "effusion[*]size=small"),
        ("No effusion", "effusion[*]size=none"),
        ("Left effusion. It is small", "effusion[left]size=small"),
        ("Bulges at L3/4 and L4/5, 5 mm", "disc[#1]contour=protrusion,protrusion_size=@1"),
        ("Bulge at L4/5. It measures 5 mm", "disc[#1]protrusion_size=@1"),
        ("Fractures of L3 and L4", "body[#1]fracture=old"),
        ("Bulge at L4/5, others normal", "disc[#1]contour=bulge;disc[*]contour=normal"),
        ("Bulges at all levels", "disc[*]contour=bulge"),
        ("Uterus of 8 x 4 cm", "uterus_length=@1"),
        ("Uterus of 80 mm", "uterus_length=@1"),
    ],
)
def test_legal(text, answer):
    grammar = grammar_of(SMALL, text)
    assert write_answer(read_answer(answer, grammar)) == answer
    assert grammar.path(answer)[-1] == END


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (NODULE, "tumour=yes"),
        (NODULE, "emphysema=huge"),
        (NODULE, "emphysema=mild,change=bigger"),
        (NODULE, "emphysema=none,change=new"),
        (NODULE, "emphysema=mild,certainty=probable"),
        ("Mild emphysema", "emphysema=mild,change=new"),
        (f"Likely {NODULE}", "emphysema=mild,change=new,certainty=probable"),
        (NODULE, "emphysema=mild;emphysema=severe"),
        (NODULE, "lungs_other=x"),
        (NODULE, "opacities=consolidation+ground_glass"),
        (NODULE, "opacities=none+consolidation"),
        (NODULE, "nodule[+]size=12"),
        (NODULE, "nodule[+]size=@2"),
        (NODULE, "nodule[+]size=@3"),
        (NODULE, "nodule[+]prior_size=@1"),
        (NODULE, "nodule[+]size=@1,size_2=@1"),
        (NODULE, "nodule[+]size=@1;wall=@1"),
        (NODULE, "nodule[+]"),
        (NODULE, "nodule[^]change=new"),
        (NODULE, "nodule[+]size=@1;nodule=none"),
        (NODULE, "effusion[left]size=small"),
        (NODULE, "effusion[*]size=small"),
        (NODULE, "disc[#1]contour=bulge"),
        (NODULE, "none;report=normal"),
        (NODULE, "?;none"),
        (NODULE, ""),
        ("45 HU nodule", "nodule[+]size=@1"),
        ("300 mm nodule", "nodule[+]size=@1"),
        ("nodule of 12 x 9", "nodule[+]size=@1"),
        ("grown by 2 mm", "nodule[+]size=@1"),
        ("2 mm/year", "nodule[+]size=@1"),
        ("8 mm", ";".join(["nodule[+]size=@1", *["nodule[+]calcified=no"] * 3])),
        ("Left effusion. Right pain", "effusion[left]size=small"),
        ("Nodule in the upper lobe", "nodule[+]location=rul"),
        ("Nodule in the left upper lobe", "nodule[+]location=rul"),
        ("Nodule in the left upper lobe", "nodule[+]location=rul+lul"),
        ("Bulge at L3-S1", "body[#1]fracture=old"),
        ("Bulge at L2/3", "disc[#1]contour=bulge"),
        ("Bulge at L4/5", "disc[*]contour=bulge"),
        ("Bulge at L4/5 and pain", "disc[#2]contour=bulge"),
    ],
)  # fmt: skip
def test_illegal(text, answer):
    with pytest.raises(IllegalAnswer):
        read_answer(answer, grammar_of(SMALL, text))


def test_fields_of_the_other_sex_are_not_offered():
    options = grammar_of(SMALL, "Uterus 8 cm", sex="male").start().options()
    assert "prostate=" in options
    assert "uterus_length=" not in options
    assert {"none", "?", "other=pelvis"} <= set(options)


def test_the_exam_side_allows_its_side_only():
    grammar = grammar_of(SMALL, "Small effusion", exam_side="left")
    assert allowed(grammar, "effusion[") == ["left]"]
    grammar = grammar_of(SMALL, "No effusion", exam_side="left")
    assert allowed(grammar, "effusion[") == ["left]", "*]"]


@pytest.mark.parametrize(
    ("text", "denies"),
    [
        ("Focal lesion within T9", False),
        ("Size within normal limits", True),
        ("Lesion of T9", False),
        ("Emphysema", False),
        ("No emphysema", True),
        ("Emphysema is not seen", True),
        ("Normal lungs", True),
        ("Clear lungs", True),
        ("Absence of emphysema", True),
        ("NEGATIVE FOR EMPHYSEMA", True),
        ("폐기종 없음", True),
    ],
)
def test_a_normal_needs_a_word_that_denies(text, denies):
    grammar = grammar_of(SMALL, text)
    assert ("report=normal" in allowed(grammar, "")) == denies
    assert ("nodule=none" in allowed(grammar, "")) == denies
    assert ("none" in allowed(grammar, "emphysema=")) == denies


def test_chunks_that_begin_each_other_are_split():
    grammar = grammar_of(SMALL, "Emphysema")
    assert "_moderate" in allowed(grammar, "emphysema=mild")
    assert grammar.path("emphysema=mild_moderate")[1:3] == ["mild", "_moderate"]


def test_a_single_option_is_forced():
    grammar = grammar_of(SMALL, "nothing")
    assert allowed(grammar, "none") == [END]
    assert allowed(grammar, "nodule[") == ["+]"]


@given(st.data(), templates, conclusions, exam_sides, sexes)
@settings(max_examples=200, deadline=None)
def test_every_path_reads_back_and_stays_within_the_conclusion(
    data, template, conclusion, exam_side, sex
):
    for grammar in grammars(template, conclusion, exam_side=exam_side, sex=sex)[:3]:
        chunks = draw_chunks(data, grammar, statements=data.draw(st.booleans()))
        text = "".join(chunks[:-1])
        assert grammar.path(text) == chunks
        answer = read_answer(text, grammar)
        assert write_answer(answer) == text
        pointers = [v for s in answer.statements for _, v in s.pairs if v.startswith("@")]
        assert len(pointers) == len(set(pointers))
        assert {int(p[1:]) for p in pointers} <= {q.id for q in grammar.context.quantities}


@given(templates, conclusions)
@settings(max_examples=50, deadline=None)
def test_no_option_begins_another(template, conclusion):
    for grammar in grammars(template, conclusion)[:2]:
        options = sorted(grammar.start().options())
        assert len(set(options)) == len(options)
        assert not any(after.startswith(before) for before, after in pairwise(options))


@given(st.text(max_size=30) | st.sampled_from(["emphysema=", "nodule[+]", "a=b,c", "x[", "y]=1"]))
def test_any_other_text_is_refused_with_a_reason(text):
    with pytest.raises(IllegalAnswer, match="allowed"):
        grammar_of(SMALL, "Emphysema").path(f"~{text}")


def test_write_answer_refuses_to_say_nothing():
    with pytest.raises(ValueError, match="at least one"):
        write_answer(Answer("statements"))
    with pytest.raises(ValueError, match="says nothing"):
        write_answer(Answer("statements", statements=(Statement("nodule", "+", ()),)))
    with pytest.raises(IllegalAnswer):
        parse_answer("nodule[+size=1")
