"""Whose labels train: the generator's, those a teacher agrees with, or the teacher's own."""

from __future__ import annotations

import json

import pytest

from llm.clauses import clauses_of
from llm.sft.labels import Labeller, Taught, read_taught
from tests.llm.test_synth import SHIPPED

CHEST = SHIPPED["ct_chest"]
TEMPLATES = {"ct_chest": CHEST}
TEXT = "12 mm nodule in the right upper lobe. Mild emphysema. Small left pleural effusion."
ANSWERS = ["nodule[+]size=@1,location=rul", "emphysema=mild", "effusion[left]size=small"]
VALUES = {
    "nodule[1].size": 12,
    "nodule[1].location": ["rul"],
    "emphysema": "mild",
    "effusion[left].size": "small",
}


def pair(text=TEXT, answers=ANSWERS, values=VALUES):
    clauses = [
        {"start": clause.span.start, "end": clause.span.end, "answer": answer}
        for clause, answer in zip(clauses_of(text), answers, strict=True)
    ]
    return {
        "id": "1",
        "template": "ct_chest",
        "conclusion": text,
        "exam_side": None,
        "sex": None,
        "values": values,
        "clauses": clauses,
        "tags": [],
    }


def chosen(labels, values, *, pairs=None, text=TEXT):
    taught = values if isinstance(values, Taught) else Taught(values)
    labeller = Labeller(labels, TEMPLATES, {("ct_chest", text): taught})
    found = list(labeller.pairs([pair()] if pairs is None else pairs))
    return [[clause["answer"] for clause in p["clauses"]] for p in found], dict(labeller.left_out)


def test_the_generator_needs_no_teacher():
    assert list(Labeller("generator", TEMPLATES).pairs([pair()])) == [pair()]


@pytest.mark.parametrize("labels", ["agreed", "teacher"])
def test_where_both_agree_the_answers_of_the_generator_train(labels):
    renamed = {path.replace("[1]", "[3]"): value for path, value in VALUES.items()}
    assert chosen(labels, renamed) == ([ANSWERS], {})


def test_where_they_differ_nothing_is_agreed():
    found, left_out = chosen("agreed", VALUES | {"emphysema": "severe"})
    assert (found, left_out) == ([], {"the teacher says otherwise": 1})


def test_a_conclusion_that_the_teacher_has_not_read_is_left_out():
    found, left_out = chosen("agreed", VALUES, text="Something else.")
    assert (found, left_out) == (
        [],
        {"no label of the teacher": 1, "no truth to agree with": 1},
    )


def test_another_value_of_the_teacher_changes_its_clause_alone():
    found, _ = chosen("teacher", VALUES | {"emphysema": "moderate"})
    assert found == [[ANSWERS[0], "emphysema=moderate", ANSWERS[2]]]


def test_what_the_teacher_leaves_out_goes_and_what_it_adds_comes():
    without = {path: value for path, value in VALUES.items() if path != "emphysema"}
    found, _ = chosen("teacher", without)
    assert found == [[ANSWERS[0], "none", ANSWERS[2]]]
    silent = pair(answers=[ANSWERS[0], "none", ANSWERS[2]], values=without)
    found, _ = chosen("teacher", VALUES, pairs=[silent])
    assert found == [ANSWERS]


def test_a_value_that_no_clause_can_say_leaves_the_conclusion_out():
    found, left_out = chosen("teacher", VALUES | {"nodule[1].size": 99})
    assert (found, left_out) == ([], {"no answers give the teacher's values": 1})


def test_a_conclusion_that_was_not_generated_trains_by_the_teacher_alone():
    found, _ = chosen("teacher", {"emphysema": "mild"}, pairs=[], text="Mild emphysema.")
    assert found == [["emphysema=mild"]]


def test_conclusions_that_only_the_teacher_knows_keep_their_order():
    texts = [f"Mild emphysema, image {number}." for number in range(12)]
    taught = {("ct_chest", text): Taught({"emphysema": "mild"}) for text in texts}
    found = Labeller("teacher", TEMPLATES, taught).pairs([])
    assert [pair["conclusion"] for pair in found] == texts


def test_all_that_is_said_of_one_finding_is_one_statement():
    text = "No effusion. 12 mm nodule in the right upper lobe. Mild emphysema, probably."
    values = {
        "nodule[1].location": ["rul"],
        "nodule[1].size": 12,
        "emphysema.certainty": "probable",
        "emphysema": "mild",
    }
    found, _ = chosen("teacher", values, pairs=[], text=text)
    assert found == [["none", ANSWERS[0], "emphysema=mild,certainty=probable"]]


def test_a_quote_tells_the_clause_where_no_known_word_does():
    text = "Emphysema is discussed below. The lungs are mildly holey."
    quoted = Taught({"emphysema": "mild"}, {"emphysema": "mildly holey"})
    assert chosen("teacher", quoted, pairs=[], text=text)[0] == [["none", "emphysema=mild"]]
    unquoted = Taught({"emphysema": "mild"})
    assert chosen("teacher", unquoted, pairs=[], text=text)[0] == [["emphysema=mild", "none"]]


def test_what_the_teacher_adds_to_a_finding_goes_into_its_statement():
    silent = pair(answers=["nodule[+]size=@1", *ANSWERS[1:]], values=VALUES)
    values = {k: v for k, v in VALUES.items() if k != "nodule[1].location"}
    assert chosen("teacher", VALUES, pairs=[silent | {"values": values}])[0] == [ANSWERS]


def test_a_label_without_some_rejected_value_trains_nothing():
    found, left_out = chosen("teacher", Taught({"emphysema": "mild"}, is_whole=False))
    assert (found, left_out) == ([], {"a value of the teacher was rejected": 1})


def test_labels_agree_from_the_threshold_on():
    taught = {("ct_chest", TEXT): Taught(VALUES | {"emphysema": "severe"})}
    for threshold, count in ((1.0, 0), (0.75, 1), (0.76, 0)):
        labeller = Labeller("agreed", TEMPLATES, taught, threshold)
        assert len(list(labeller.pairs([pair()]))) == count


@pytest.mark.parametrize(("given", "count"), [("mild", 2), ("severe", 1)])
def test_a_paraphrase_trains_where_it_agrees_with_the_original(given, count):
    text = "Emphysema, which is mild."
    original = pair("Mild emphysema.", ["emphysema=mild"], {"emphysema": "mild"})
    taught = {
        ("ct_chest", "Mild emphysema."): Taught({"emphysema": "mild"}),
        ("ct_chest", text): Taught({"emphysema": given}, {"emphysema": text}, of="1"),
    }
    found = list(Labeller("agreed", TEMPLATES, taught).pairs([original]))
    assert len(found) == count
    assert all(p["values"] == {"emphysema": "mild"} for p in found)


def test_a_broken_line_of_the_teacher_is_named(tmp_path):
    path = tmp_path / "taught.jsonl"
    good = {"template": "ct_chest", "conclusion": TEXT, "values": VALUES}
    path.write_text(f"{json.dumps(good)}\n{{}}\n")
    with pytest.raises(ValueError, match=r"taught\.jsonl:2"):
        read_taught([path])
    path.write_text(json.dumps(good))
    assert read_taught([path]) == {("ct_chest", TEXT): Taught(VALUES)}
