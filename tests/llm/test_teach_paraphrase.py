"""A paraphrase keeps numbers, sides, levels and denials, or it is not used."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.attested import denials
from llm.context import read_conclusion
from llm.synth.pairs import Generator
from llm.teach.paraphrase import lost
from tests.llm.chat_server import chat
from tests.llm.strategies import SHIPPED
from tests.llm.teaching import DONE, MILD, SOME_FAILED, STOPPED, labels, report, teach

CHEST, SPINE = SHIPPED["ct_chest"], SHIPPED["mri_lumbar_spine"]
PAIRS = [
    pair for template in SHIPPED.values() for pair in Generator([template], 11, "train").pairs(25)
]
generated = st.sampled_from(PAIRS)


@pytest.mark.parametrize(
    ("original", "reworded"),
    [
        ("8 mm nodule in the left lung.", "Left lung: nodule, 8 mm."),
        ("12 mm nodule.", "A nodule of 1.2 cm."),
        ("No nodule or effusion.", "Neither a nodule nor an effusion."),
        ("Bilateral effusions.", "Effusion on the left and the right."),
        ("1. Mild emphysema.\n2. Old scar.", "Emphysema is mild. There is an old scar."),
        ("Nodule grew from 6 to 8 mm.", "Nodule of 8 mm, previously 6 mm."),
    ],
)
def test_other_words_for_the_same_are_kept(original, reworded):
    assert lost(CHEST, original, reworded) == ""


@pytest.mark.parametrize(
    ("original", "reworded", "what"),
    [
        ("8 mm nodule.", "9 mm nodule.", "quantities"),
        ("8 mm nodule.", "8 cm nodule.", "quantities"),
        ("8 mm nodule.", "Nodule over 8 mm.", "quantities"),
        ("Nodule, 8 mm, previously 6 mm.", "Nodule, 6 mm, previously 8 mm.", "quantities"),
        ("A nodule.", "An 8 mm nodule.", "quantities"),
        ("Grade 1 slip.", "Grade 2 slip.", "numbers"),
        ("Disc bulge at L4/5.", "Disc bulge at L3/4.", "levels"),
        ("Disc bulges at L3/4 and L4/5.", "Disc bulge at L4/5.", "levels"),
        ("Left nodule. Left effusion.", "Nodule, and an effusion on the left.", "sides"),
        ("Left effusion.", "Right effusion.", "sides"),
        ("No effusion. No nodule.", "Effusion. No nodule.", "denials"),
        ("Mild emphysema.", "There is no emphysema.", "denials"),
        ("Mild emphysema.", "mild emphysema", "wording"),
    ],
)
def test_what_is_lost_or_added_is_told(original, reworded, what):
    assert lost(SPINE, original, reworded) == what


@settings(deadline=None)
@given(generated, st.randoms(use_true_random=False))
def test_the_same_clauses_in_another_order_lose_nothing(pair, rng):
    template = SHIPPED[pair["template"]]
    clauses = [context.clause.text for context in read_conclusion(template, pair["conclusion"])]
    rng.shuffle(clauses)
    assert lost(template, pair["conclusion"], ".\n".join(clauses)) in {"", "wording"}


@settings(deadline=None)
@given(generated, st.randoms(use_true_random=False))
def test_one_changed_mark_is_always_seen(pair, rng):
    template, text = SHIPPED[pair["template"]], pair["conclusion"]
    changes = list(_changes(template, text, rng))
    if changes:
        assert lost(template, text, rng.choice(changes)) not in {"", "wording"}


def _changes(template, text, rng):
    """The text with one number made larger, one side turned, or one denial taken out."""
    for context in read_conclusion(template, text):
        for quantity in context.quantities:
            digits = re.search("[0-9]+", text[quantity.span.start : quantity.span.end])
            start, end = (quantity.span.start + place for place in digits.span())
            yield text[:start] + str(int(text[start:end]) + rng.randint(1, 9)) + text[end:]
        for mention in context.sides:
            turned = {"left": "right", "right": "left"}.get(mention.text.lower())
            if turned:
                yield text[: mention.span.start] + turned + text[mention.span.end :]
    for word in denials(text):
        if word in {"no", "without", "not"}:
            yield re.sub(rf"\b{word}\b", "", text, count=1, flags=re.IGNORECASE)


def script(reworded):
    def answer(request):
        is_label = "paraphrases" not in json.dumps(request["response_format"])
        return chat({"values": [MILD]} if is_label else {"paraphrases": reworded})

    return answer


LINE = {"id": "a", "template": "ct_chest", "conclusion": "Mild emphysema. 8 mm left nodule."}


def test_paraphrases_become_conclusions_with_labels(server, place, monkeypatch):
    server.script = script(
        ["Mild emphysema and a left nodule of 8 mm.", "Mild emphysema. 9 mm left nodule.", " "]
    )
    truth = LINE | {"sex": "female", "values": {"emphysema": "mild"}}
    assert teach(place, monkeypatch, [truth], "--paraphrase", "3") == DONE
    (new,) = labels(place, "paraphrases.jsonl")
    assert (new["id"], new["of"], new["sex"]) == ("a~1", "a", "female")
    assert "values" not in new
    assert [label["id"] for label in labels(place)] == ["a", "a~1"]
    assert labels(place)[1]["of"] == "a"
    found = report(place)
    assert found["paraphrases"] == {"kept": 1, "quantities": 1}
    assert found["agreement"]["paraphrases"]["conclusions"] == 1
    assert teach(place, monkeypatch, [truth], "--paraphrase", "3") == DONE
    assert (len(server.asked), report(place)["labelled"]) == (3, 2)


def test_paraphrases_that_cannot_be_read_are_said(server, place, monkeypatch):
    server.script = script("none")
    assert teach(place, monkeypatch, [LINE], "--paraphrase", "2") == SOME_FAILED
    assert report(place)["failed"] == {"invalid": 1}


def test_a_budget_that_ends_before_the_paraphrases_goes_on_there(server, place, monkeypatch):
    server.script = script(["Emphysema, mild; nodule on the left, 8 mm."])
    options = ["--paraphrase", "1", "--max-requests", "1", "--together", "1"]
    for code in (STOPPED, STOPPED, DONE):
        assert teach(place, monkeypatch, [LINE], *options) == code
    assert [label["id"] for label in labels(place)] == ["a", "a~1"]
