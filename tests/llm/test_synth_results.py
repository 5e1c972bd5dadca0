"""What is written of derived values and of sizes agrees with what they follow from."""

import pytest

from llm.answers import parse_answer
from llm.derive import derived_values
from llm.disagreements import disagreements
from llm.schema import Field
from llm.synth.drafts import Mark
from llm.synth.members import change_between
from llm.synth.pairs import Generator
from tests.llm.test_synth import SHIPPED

PROSTATE = SHIPPED["mri_prostate"]


def test_what_is_written_agrees_with_what_follows_from_it():
    made = list(Generator([PROSTATE], 4, "train").pairs(120))
    stated = [p for pair in made for p in pair["values"] if p.endswith(".pirads")]
    computed = [p for pair in made for p in derived_values(PROSTATE, pair["values"])]
    assert stated
    assert computed
    assert not [d for pair in made for d in disagreements(PROSTATE, pair["values"])]


def test_few_draws_disagree():
    generator = Generator([PROSTATE], 4, "train")
    list(generator.pairs(200))
    assert generator.rejected["mri_prostate", "disagreement"] < 20


def test_a_following_clause_speaks_of_the_row_before_in_the_words_of_its_group():
    clauses = [
        (pair["conclusion"][clause["start"] : clause["end"]], clause["answer"])
        for pair in Generator([PROSTATE], 6, "train").pairs(150)
        for clause in pair["clauses"]
    ]
    followed = [(text, answer) for text, answer in clauses if answer.startswith("lesion[^]")]
    assert any("dwi=" in answer or "t2=" in answer for _, answer in followed)
    assert any("adc=@" in answer and "ADC" in text.upper() for text, answer in followed)


@pytest.mark.parametrize(
    ("before", "now", "change"),
    [(9, 12, "increased"), (9, 7, "decreased"), (9, 9.2, "unchanged"), (9, 0, "")],
)
def test_the_change_that_two_sizes_show(before, now, change):
    nodule = SHIPPED["ct_chest"].item("nodule")
    pairs = [("prior_size", Mark(size=before)), ("size", Mark(size=now)), ("kind", "mass")]
    assert change_between(nodule, pairs) == change


def test_a_size_changes_as_it_is_said_to():
    nodule = SHIPPED["ct_chest"].item("nodule")
    assert not isinstance(nodule, Field)
    seen = set()
    for pair in Generator([SHIPPED["ct_chest"]], 4, "train").pairs(600):
        if {"contradiction", "following"} & set(pair["tags"]):
            continue
        for row in range(1, 4):
            change = pair["values"].get(f"nodule[{row}].change")
            sizes = [pair["values"].get(f"nodule[{row}].{k}") for k in ("prior_size", "size")]
            if change is None or not all(isinstance(size, int | float) for size in sizes):
                continue
            before, now = sizes
            # Written sizes are rounded: to a millimetre, now and then to a centimetre.
            slack = 5 if min(before, now) >= 10 else 1
            if change == "increased":
                assert now > before - slack
            elif change == "decreased":
                assert now < before + slack
            seen.add(change)
    assert {"increased", "decreased"} <= seen


def test_only_a_value_that_follows_is_said_beside_its_parts():
    for pair in Generator([PROSTATE], 8, "train").pairs(150):
        for clause in pair["clauses"]:
            for statement in parse_answer(clause["answer"]).statements:
                said = dict(statement.pairs)
                if {"pirads", "zone"} <= said.keys():
                    assert not disagreements(PROSTATE, {
                        f"lesion[1].{k}": v for k, v in said.items() if not v.startswith("@")
                    })  # fmt: skip
