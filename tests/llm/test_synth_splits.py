"""What is held out stays held out: no phrasing and no combination of the tests is trained on."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.answers import parse_answer
from llm.synth.conclusions import conclusion
from llm.synth.pairs import Generator
from llm.synth.sampler import NothingLeft, draw
from llm.synth.splits import PARTS, findings_of, is_held_out, plain, usable
from llm.synth.wording import FINDINGS
from tests.llm.test_synth import ALL, SHIPPED

phrases = st.lists(st.text("abcdefg ", min_size=1, max_size=8), unique=True, max_size=20).map(tuple)


def drawn_wordings(part, count=240):
    """(name of the value, wording) of everything drawn for some conclusions of a part."""
    found = set()
    for number in range(count):
        try:
            made = conclusion(ALL[number % len(ALL)], part, random.Random(f"{part}{number}"))
        except NothingLeft:
            continue
        found |= {(name, plain(wording)) for name, wording in made.wordings}
    return found


def combinations(part, count):
    """The combination of findings of each pair, as the stored answers give it."""
    for pair in Generator(ALL, 4, part).pairs(count):
        answers = [parse_answer(clause["answer"]) for clause in pair["clauses"]]
        yield findings_of(
            SHIPPED[pair["template"]], (s for answer in answers for s in answer.statements)
        )


def splits_of(template):
    """The wording of every value of a template, by name."""
    for item in template.items():
        for field in getattr(item, "fields", (item,)):
            member = f".{field.key}" if field is not item else ""
            for option in field.options:
                yield f"{template.key}.{item.key}{member}.{option.value}", option.phrases
        yield f"{template.key}.{item.key}", getattr(item, "patterns", ())


def test_no_phrasing_of_the_test_is_drawn_in_the_training():
    held_out = drawn_wordings("test") - drawn_wordings("train")
    both = drawn_wordings("test") & drawn_wordings("train")
    names = {name: p for template in ALL for name, p in splits_of(template)}
    names["frame.finding"] = FINDINGS[1:]
    for name, wording in both:
        if name in names:
            assert not usable(name, names[name], "test").held_out, (name, wording)
    assert len([name for name, _ in held_out if name in names]) > 300


@pytest.mark.parametrize("template", ALL, ids=lambda template: template.key)
def test_the_parts_share_no_phrasing_that_is_held_out(template):
    held_out = 0
    for name, all_phrases in splits_of(template):
        parts = {part: usable(name, all_phrases, part) for part in PARTS}
        assert parts["train"].phrases == parts["test_seen"].phrases
        assert not parts["train"].held_out
        if parts["test"].held_out:
            held_out += 1
            others = {*parts["train"].phrases, *parts["val"].phrases}
            assert not others & set(parts["test"].phrases)
    assert held_out > 30


@given(phrases, st.text("xyz", min_size=1))
def test_a_phrasing_keeps_its_side_when_others_are_added(some, name):
    if usable(name, some, "test").held_out:
        for part in ("train", "test"):
            after = usable(name, (*some, "something else", "and more"), part)
            assert set(usable(name, some, part).phrases) <= set(after.phrases)


def test_a_held_out_wording_is_never_one_that_is_trained_on():
    wording = ("mild x", "(mild|slight) x", "some x", "tiny x", "little x", "small x", "minor x")
    for name in "abcdefghij":
        trained = {draw(usable(name, wording, "train"), random.Random(n))[0] for n in range(100)}
        choice = usable(name, wording, "test")
        for number in range(50 if choice.held_out else 0):
            try:
                assert draw(choice, random.Random(number))[0] not in trained
            except NothingLeft:
                continue


def test_no_combination_of_the_test_is_trained_on():
    trained = [found for part in ("train", "val") for found in combinations(part, 300)]
    tested = list(combinations("test_seen", 60))
    assert not any(is_held_out(found) for found in trained)
    assert all(is_held_out(found) and len({slot for slot, _ in found}) > 1 for found in tested)
    assert not set(trained) & set(tested)


def test_a_tenth_of_the_combinations_is_held_out():
    sides = Counter(is_held_out(found) for found in combinations("test", 600) if len(found) > 1)
    assert 0.05 < sides[True] / sides.total() < 0.2


def test_one_finding_is_no_combination():
    template = SHIPPED["ct_chest"]
    answers = [
        parse_answer("nodule[+]size=@1,margin=spiculated,kind=mass,change=new"),
        parse_answer("lungs=normal;emphysema=none;effusion[*]size=none"),
    ]
    found = findings_of(template, (s for answer in answers for s in answer.statements))
    assert found == {
        ("nodule", ""),
        ("nodule", "margin=spiculated"),
        ("nodule", "kind=mass"),
    }
    assert not is_held_out(found)


def test_rows_sizes_hedges_and_changes_make_no_other_combination():
    template = SHIPPED["ct_chest"]
    one = parse_answer("effusion[left]size=small;emphysema=mild,certainty=possible;pa_diameter=@1")
    other = parse_answer("pa_diameter=@2;emphysema=mild,change=new;effusion[*]size=small")
    assert findings_of(template, one.statements) == findings_of(template, other.statements)
