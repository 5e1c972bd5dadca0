"""What conclusions can say: what comes together, contradicts, is listed, hedged or left out."""

import copy
import json
import random
import re
from pathlib import Path

import pytest

from llm.answers import parse_answer
from llm.mentions import find_sides
from llm.schema import parse_template
from llm.synth import wording
from llm.synth.conclusions import conclusion
from llm.synth.difficulty import DIFFICULTIES
from llm.synth.drafts import Draft, Say, Word
from llm.synth.findings import finding
from llm.synth.following import following
from llm.synth.labels import label
from llm.synth.members import without_side
from llm.synth.pages import Style, write
from llm.synth.pairs import Generator
from llm.synth.sampler import Sampler, tried
from llm.synth.sentences import MAX_COMPANIONS, finding_block, interpretation
from llm.synth.shared_nouns import denied_list
from llm.synth.together import companions
from tests.llm.test_synth import ALL, SHIPPED, many

DEFINITION = json.loads((Path(__file__).parent / "small_template.json").read_text())


def template_with(**changes):
    """The small template with a second finding of a disc, and other changes."""
    definition = copy.deepcopy(DEFINITION)
    definition.update(changes)
    disc = next(f for s in definition["sections"] for f in s["fields"] if f["key"] == "disc")
    phrases = ["canal stenosis", "central canal stenosis"]
    disc["fields"].append({
        "key": "canal", "label": "Canal", "kind": "choice", "normal": "none",
        "options": [
            {"value": "none", "label": "None", "text": "No stenosis.", "phrases": phrases},
            {"value": "mild", "label": "Mild", "text": "Stenosis.", "phrases": ["mild stenosis"]},
        ],
    })  # fmt: skip
    return parse_template(definition)


def rule(field, values, often, share=1.0, **more):
    condition = {"field": field, "in": values, **more}
    return {"if": condition, "often": [{"field": often[0], "in": often[1]}], "share": share}


def sampler(template, seed=1, **settings):
    return Sampler(template, "train", random.Random(seed), **settings)


def test_only_what_is_used_up_counts_as_nothing_left():
    made = sampler(SHIPPED["ct_chest"])
    assert tried(made.choice, ()) is None
    with pytest.raises(KeyError):
        tried(made.catalog.items.__getitem__, "teeth")


# What often comes together


def first_sentences(template, slot, value, *, seeds=600):
    """Blocks whose first finding has a value (member, value) of a slot."""
    for seed in range(seeds):
        block = finding_block(sampler(template, seed), room=1)
        said = [say for draft in block[0] for say in draft.says]
        if said[0].slot == slot and value in said[0].pairs:
            yield [say for sentence in block for draft in sentence for say in draft.says]


def test_what_always_comes_together_does():
    template = template_with(together=[rule("emphysema", ["mild"], ("effusion.size", ["large"]))])
    found = list(first_sentences(template, "emphysema", ("", "mild")))
    assert len(found) > 10
    for said in found:
        assert ("size", "large") in [p for s in said if s.slot == "effusion" for p in s.pairs]


def test_a_share_is_a_share():
    half = rule("emphysema", ["mild"], ("effusion.size", ["large"]), share=0.5)
    found = list(first_sentences(template_with(together=[half]), "emphysema", ("", "mild")))
    told = sum(any(say.slot == "effusion" for say in said) for said in found)
    assert 0.25 < told / len(found) < 0.75


def test_what_never_met_its_condition_brings_nothing():
    template = template_with(together=[rule("emphysema", ["severe"], ("effusion.size", ["large"]))])
    for seed in range(60):
        made = sampler(template, seed)
        block = finding_block(made, room=1)
        said = [say for draft in block[0] for say in draft.says]
        if not any(say.pairs[0] == ("", "severe") for say in said):
            assert list(companions(made, block[0][0])) == []


def test_the_same_level_is_named_once():
    template = template_with(
        together=[rule("disc.contour", ["bulge"], ("disc.canal", ["mild"]), row="same")]
    )
    found = list(first_sentences(template, "disc", ("contour", "bulge")))
    assert len(found) > 5
    for bulge, *others in found:
        stenoses = [s for s in [bulge, *others] if ("canal", "mild") in s.pairs]
        assert stenoses[0].selector is bulge.selector
    for pair in Generator([template], 3, "train").pairs(200):
        for clause in pair["clauses"]:
            text = clause["answer"]
            assert text.count("disc[#1]") < 2, text


def test_a_lesion_is_described_in_the_next_clause():
    template = template_with(
        together=[rule("nodule.location", ["rul"], ("nodule.calcified", ["yes"]), row="same")]
    )
    found = list(first_sentences(template, "nodule", ("location", "rul"), seeds=3_000))
    assert len(found) > 5
    for nodule, described, *_ in found:
        assert (nodule.selector, described.selector) == ("+", "^")
        assert ("calcified", "yes") in described.pairs


# Contradictions


def test_a_wanted_contradiction_is_in_the_values_of_neither():
    found = [pair for pair in many("train") if "contradiction" in pair["tags"]]
    assert len(found) > 12
    for pair in found:
        assert pair["conflicts"]
        for path in pair["conflicts"]:
            assert path not in pair["values"]
            assert not any(p.startswith(f"{path}.") for p in pair["values"])


def test_no_other_conclusion_contradicts_itself():
    for pair in many("train"):
        assert bool(pair["conflicts"]) == ("contradiction" in pair["tags"])


# Sides of the exam


def test_a_side_that_only_the_exam_gives():
    knee = template_with(body_parts=["KNEE"])
    implied = 0
    for pair in Generator([knee], 3, "train").pairs(400):
        if "exam_side" not in pair["tags"]:
            continue
        for clause in pair["clauses"]:
            text = pair["conclusion"][clause["start"] : clause["end"]]
            for statement in parse_answer(clause["answer"]).statements:
                if statement.slot == "effusion" and not find_sides(text):
                    implied += statement.selector == pair["exam_side"]
    assert implied > 10


def test_an_exam_of_the_trunk_has_no_side():
    sides = {(pair["template"], pair["exam_side"]) for pair in many("train")}
    assert {side for template, side in sides if template != "mri_knee"} == {None}


@pytest.mark.parametrize(
    ("phrase", "without"),
    [
        ("small {side} effusion", "small effusion"),
        ("{side} effusion", "effusion"),
        ("{side}-sided effusion", "-sided effusion"),
    ],
)
def test_a_wording_without_its_side(phrase, without):
    from llm.phrases import all_expansions

    (expansion,) = all_expansions(phrase)
    assert "".join(without_side(expansion)) == without


# Lists and interpretations


def test_several_slots_are_denied_with_one_noun():
    texts = set()
    for seed in range(300):
        draft = tried(denied_list, sampler(SHIPPED["ct_chest"], seed))
        if draft is not None:
            (word,) = draft.words
            texts.add(word.text)
            assert len({(say.slot, say.pairs) for say in draft.says}) == len(draft.says) > 1
            assert all(value in ("none", "normal") for say in draft.says for _, value in say.pairs)
    assert any(re.fullmatch(r"(pleural|pericardial) (or|and) \w+ effusions?", t) for t in texts)


def test_a_hedged_interpretation_is_no_hedge_of_the_finding():
    hedged = 0
    for seed in range(300):
        made = sampler(SHIPPED["ct_chest"], seed)
        first = finding_block(made, room=1)[0][0]
        if first.kind == "glue" or not first.says:
            continue
        behind = interpretation(made, first)
        says = [say for draft in behind for say in draft.says]
        assert len(says) <= 1
        for say in says:
            hedged += 1
            assert say.slot != first.says[0].slot
            assert say.pairs[-1][0] == "certainty"
    assert hedged > 30


def answers_of(template, sentence):
    """The answers of the clauses of a sentence, written down plainly."""
    written = write([[sentence]], Style("paragraph", "sentence", False, ""), random.Random(1))
    return [clause.answer for clause in label(template, written, sex=None, exam_side=None)]


def test_an_interpretation_without_a_slot_says_nothing():
    template, seen = SHIPPED["ct_chest"], 0
    for seed in range(200):
        made = sampler(template, seed)
        first = finding(made)
        behind = interpretation(made, first)
        if not any(draft.says for draft in behind):
            seen += 1
            assert answers_of(template, (first, *behind)) == answers_of(template, (first,))
    assert seen > 50


def test_what_measures_a_finding_is_its_size():
    tear = Draft((Word("meniscal tear"),), (Say("meniscal_tear", "+", (("pattern", "tear"),)),))
    drafts = [tried(following, sampler(SHIPPED["mri_knee"], seed), tear) for seed in range(200)]
    numbers = {
        name
        for draft in drafts
        if draft is not None and "number" in draft.tags
        for name, _ in draft.says[0].pairs
    }
    assert numbers == {"size"}


# Counts and difficulty


def findings(pair):
    (tag,) = [tag for tag in pair["tags"] if tag.startswith("findings_")]
    return int(tag.removeprefix("findings_"))


def test_one_to_ten_findings():
    counts = [findings(pair) for pair in many("train")]
    assert set(range(1, 11)) <= set(counts)


def test_hard_is_harder_than_easy():
    easy, hard = (
        list(Generator(ALL, 3, "train", DIFFICULTIES[name]).pairs(150)) for name in ("easy", "hard")
    )
    assert max(map(findings, easy)) <= 3 + MAX_COMPANIONS
    assert sum(map(findings, hard)) > 2 * sum(map(findings, easy))
    assert not {"typos", "unclear", "contradiction"} & {t for p in easy for t in p["tags"]}


def test_findings_of_levels_outside_the_form_go_to_other():
    found = [pair for pair in many("train") if "outside" in pair["tags"]]
    assert found
    for pair in found:
        assert any(c["answer"].startswith("other=") for c in pair["clauses"])


@pytest.mark.parametrize(
    "frame", [*wording.NEGATIONS, *(f.replace("{name}", "CT") for f in wording.NORMAL_REPORTS)]
)
def test_every_denial_is_heard(frame):
    from llm.attested import denies

    assert denies(frame.format(f="effusion"))


def test_a_conclusion_can_be_drawn_alone():
    made = conclusion(SHIPPED["ct_chest"], "train", random.Random(4))
    assert made.written.text
    assert made.tags
