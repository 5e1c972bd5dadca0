"""Values as people type them, computed values, and narrative sentences."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.derive import derived_values, parse_number, validate_value
from llm.narrative import as_text, render
from llm.phrases import PhraseError, Slot, all_expansions, parse_phrase
from llm.schema import Field, TemplateError, load_template, parse_template
from tests.llm.test_shipped_templates import ROOT, TEMPLATES

SIZE = Field(
    "size", "Size", "number", unit="mm", minimum=Decimal(1), maximum=Decimal(200), decimals=1
)
CHEST = TEMPLATES["ct_chest"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("12 mm", 12),
        ("1.2 cm", 12),
        ("1,2cm", 12),
        ("1,2 cm", 12),
        ("0.35 cm", 3.5),
        ("5-8 mm", {"low": 5, "high": 8}),
        ("< 5 mm", {"comparator": "<", "value": 5}),
    ],
)
def test_a_size_is_read_in_its_unit(text, value):
    assert parse_number(SIZE, text) == value


@pytest.mark.parametrize(
    "text", ["", "mm", "9 kg", "500 mm", "0.1 mm", "twelve", "12 mm 3", "\x00", "--"]
)
def test_what_cannot_be_a_size_is_refused_in_words(text):
    with pytest.raises(ValueError, match=r"\w{3}"):
        parse_number(SIZE, text)


@pytest.mark.parametrize("text", ["9 foo", "9 inch", "1,2 c", "<5 mmm"])
def test_an_unknown_unit_is_named_with_those_that_can_be_written(text):
    with pytest.raises(ValueError, match=r"the unit '\w+' is not known; write µm, mm, cm"):
        parse_number(SIZE, text)


@given(st.text(max_size=30))
def test_any_text_is_a_value_in_range_or_an_error(text):
    try:
        value = parse_number(SIZE, text)
    except ValueError:
        return
    validate_value(SIZE, value)


@given(st.decimals(1, 200, places=1))
def test_millimetres_written_as_centimetres_are_the_same(number):
    assert parse_number(SIZE, f"{number} mm") == parse_number(SIZE, f"{number / 10} cm")


def small_with(section, index, derived, member=None):
    """The small template with one more way to derive a value."""
    data = json.loads((ROOT / "tests" / "llm" / "small_template.json").read_text())
    field = data["sections"][section]["fields"][index]
    (field if member is None else field["fields"][member])["derived"] = derived
    return parse_template(data)


def test_a_case_needs_all_of_its_conditions():
    calcified, left = {"field": "calcified", "in": ["yes"]}, {"field": "size_2", "in": ["9"]}
    fog = {"field": "emphysema", "not_in": ["none"]}
    template = small_with(
        0, 3, {"lookup": [{"all": [calcified, left, fog], "value": "rul"}]}, member=3
    )
    values = {"nodule[1].calcified": "yes", "nodule[1].size_2": 9, "emphysema": "mild"}
    assert derived_values(template, values) == {"nodule[1].location": "rul"}
    for path in values:
        assert derived_values(template, {p: v for p, v in values.items() if p != path}) == {}
    assert derived_values(template, {**values, "emphysema": "none"}) == {}


def test_a_condition_on_rows_waits_until_every_row_has_a_value():
    some = {"field": "nodule.location", "in": ["lul"]}
    template = small_with(0, 0, {"lookup": [{"if": some, "value": "severe"}]})
    values = {"nodule[1].location": ["rul", "lul"], "nodule[2].location": ["rll"]}
    assert derived_values(template, values) == {"emphysema": "severe"}
    assert derived_values(template, {"nodule[2].location": ["rll"]}) == {}
    assert derived_values(template, {**values, "nodule[3].size": 8}) == {}
    assert derived_values(template, {}) == {}


def test_a_condition_on_fixed_rows_needs_all_of_them():
    some = {"field": "effusion.size", "in": ["large"]}
    template = small_with(0, 0, {"lookup": [{"if": some, "value": "mild"}]})
    assert derived_values(template, {"effusion[left].size": "large"}) == {}
    both = {"effusion[left].size": "large", "effusion[right].size": "none"}
    assert derived_values(template, both) == {"emphysema": "mild"}


def test_sentences_say_values_hedges_and_change():
    values = {
        "emphysema": "mild",
        "emphysema.change": "unchanged",
        "nodule[1].size": 12,
        "nodule[1].size_2": 9,
        "nodule[1].location": ["rul"],
        "effusion[left].size": "small",
        "effusion[right].size": "none",
    }
    text = as_text(render(CHEST, values))
    assert "ild emphysema" in text
    assert "unchanged" in text.lower()
    assert "12 x 9 mm" in text.replace("×", "x")
    assert "right upper lobe" in text
    assert "Small left pleural effusion." in text
    assert "No right pleural effusion." in text
    assert "fibrosis" not in text.lower()


def test_both_sides_alike_are_said_once():
    values = {"effusion[left].size": "small", "effusion[right].size": "small"}
    text = as_text(render(CHEST, values))
    assert text.lower().count("pleural effusion") == 1
    assert "bilateral" in text.lower()


phrases = st.recursive(
    st.text("abc ", min_size=1, max_size=4),
    lambda inner: st.one_of(
        inner.map(lambda p: f"[{p}]"),
        st.lists(inner, min_size=2, max_size=3).map(lambda ps: f"({'|'.join(ps)})"),
        st.tuples(inner, inner).map("".join),
        st.just("{slot}"),
    ),
    max_leaves=6,
)


@given(phrases)
def test_no_wording_keeps_a_bracket(phrase):
    for wording in all_expansions(phrase):
        for piece in wording:
            assert isinstance(piece, Slot) or not set(piece) & set("[]()|{}")


@pytest.mark.parametrize("phrase", ["[a", "a]", "(a|b", "{", "{A}", "a)", "{x"])
def test_a_broken_phrase_is_refused(phrase):
    with pytest.raises(PhraseError):
        parse_phrase(phrase)


def test_a_fault_names_file_field_and_fault(tmp_path):
    data = json.loads((ROOT / "fixtures" / "report_templates" / "ct_chest.json").read_text())
    data["sections"][0]["fields"][0]["normal"] = "lots"
    data["sections"][1]["fields"][0]["fields"][0]["unit"] = "parsec"
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(data))
    with pytest.raises(TemplateError) as caught:
        load_template(path)
    text = str(caught.value)
    assert "broken.json" in text
    assert "emphysema" in text
    assert "lots" in text


@given(st.dictionaries(st.text(max_size=8), st.none() | st.integers() | st.text(max_size=8)))
def test_anything_else_is_no_template(data):
    with pytest.raises(TemplateError):
        parse_template(data, name="x")
