"""The lexicon matcher: a serious baseline, legal in all it says."""

import pytest
from hypothesis import given, settings

from llm.answers import read_answer
from llm.evaluation.scores import figures, score_values
from llm.fill import fill_many, fill_one
from llm.matcher.engine import RulesEngine, clause_answer
from llm.matcher.lexicon import lexicon_of, tokens_of
from llm.synth.pairs import Generator
from llm.types import FillRequest
from tests.llm.strategies import SHIPPED, SMALL, conclusions, exam_sides, grammars, sexes, templates

CHEST, SPINE = SHIPPED["ct_chest"], SHIPPED["mri_lumbar_spine"]


def answers(text, template=CHEST, part=None):
    result = fill_one(FillRequest("1", template, text), RulesEngine(part))
    return list(result.answers.values())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Severe emphysema", "emphysema=severe"),
        ("No pleural effusion or pneumothorax", "effusion[*]size=none;pneumothorax[*]size=none"),
        ("Emphysema is not seen", "emphysema=none"),
        ("Small left pleural effusion", "effusion[left]size=small"),
        ("No change of the severe emphysema", "emphysema=severe"),
        ("Severe emphysema, stable", "emphysema=severe,change=unchanged"),
        ("Probable severe emphysema", "emphysema=severe,certainty=probable"),
        ("Svere emphysema", "emphysema=severe"),
        ("Follow-up is recommended", "none"),
        ("Unremarkable heart", "heart_size=normal"),
        ("The heart is normal, severe emphysema", "heart_size=normal;emphysema=severe"),
        ("Severe emphysema versus pericardial effusion", "?"),
    ],
)
def test_a_clause(text, expected):
    assert answers(text) == [expected]


def test_a_section_is_called_normal_by_its_label():
    assert answers(f"{CHEST.section('pleura').label}: unremarkable") == ["pleura=normal"]


def test_denial_ends_where_a_finding_begins():
    assert answers("No pneumothorax but severe emphysema") == [
        "pneumothorax[*]size=none;emphysema=severe"
    ]


def test_numbers_and_places_go_to_the_nearest_finding_that_fits():
    text = "12 mm nodule in the right upper lobe and 8 mm nodule in the left lower lobe"
    assert answers(text) == [
        "nodule[+]size=@1,kind=nodule,location=rul;nodule[+]size=@2,kind=nodule,location=lll"
    ]


def test_a_following_clause_goes_on_about_the_row():
    assert answers("Nodule in the right upper lobe. It measures 9 mm.")[1] == "nodule[^]size=@1"


def test_levels_are_the_nearest():
    text = "Disc bulge at L3/4 and disc extrusion at L5/S1"
    assert answers(text, SPINE) == ["disc[#1]contour=bulge;disc[#2]contour=extrusion"]


def test_it_knows_the_wording_that_it_was_made_of():
    pairs = list(Generator([CHEST, SPINE], 4, "train").pairs(40))
    requests = [
        FillRequest(p["id"], SHIPPED[p["template"]], p["conclusion"], sex=p["sex"]) for p in pairs
    ]
    results = fill_many(requests, RulesEngine("train"))
    scores = [
        score_values(SHIPPED[p["template"]], {v.path: v.value for v in r.values}, p["values"])
        for p, r in zip(pairs, results, strict=True)
    ]
    assert figures(scores)["positive_f1"] > 0.85


def test_held_out_wording_is_not_known():
    part, whole = lexicon_of(CHEST, "train").readings, lexicon_of(CHEST, None).readings
    assert set(part) < set(whole)
    held_out = {
        tuple(token.word for token in tokens_of(phrase))
        for option in CHEST.item("emphysema").options
        for phrase in option.phrases
        if "(" not in phrase and "[" not in phrase
    } - set(part)
    assert held_out


@settings(deadline=None, max_examples=80)
@given(conclusions, templates, sexes, exam_sides)
def test_every_answer_is_legal(conclusion, template, sex, side):
    row = None
    for grammar in grammars(template, conclusion, exam_side=side, sex=sex):
        text, row = clause_answer(grammar, None, row)
        read_answer(text, grammar)


def test_the_small_template_works_too():
    assert answers("8 mm nodule in the RUL", SMALL) == ["nodule[+]size=@1,location=rul"]
