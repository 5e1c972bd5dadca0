"""A part of a draft is changed by its form: everything typed is stored, faults are named."""

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.services.template_drafts import definition_check
from reporting.template_controls import OPTION, Control, controls_for, merged, read, shown
from reporting.template_parts import part_at, shape_fault, walk
from tests import factories
from tests.reporting.templates import draft, form_of, post

FILES = sorted((Path(__file__).parents[2] / "fixtures/report_templates").glob("*.json"))
EMPHYSEMA, SIZE, NODULE = "0-0", "0-3-0", "0-3"


@pytest.fixture
def mine(cast):
    return draft(cast.grace, cast.north)


@pytest.fixture
def change(cast, sign_in, mine):
    browser = sign_in(cast.grace)

    def send(at, **typed):
        typed = {name.replace("__", "-"): text for name, text in typed.items()}
        given = {**form_of(browser, mine, at), **typed}
        answer = post(browser, "template_part_set", mine, at=at, **given)
        mine.refresh_from_db()
        indices = tuple(int(i) for i in at.split("-")) if at else ()
        return answer, part_at(mine.definition, indices)

    return send


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_form_that_is_sent_back_unchanged_changes_nothing(file):
    definition = json.loads(file.read_text(encoding="utf-8"))
    for at, part in [((), definition), *walk(definition)]:
        for controls, one in [
            (controls_for(part, len(at)), part),
            *((OPTION, option) for option in part.get("options", [])),
        ]:
            given = {c.name: shown(c, one.get(c.name)).replace("\n", "\r\n") for c in controls}
            assert merged(controls, one, given) == one


def test_the_form_covers_every_key_of_the_shipped_templates():
    for file in FILES:
        definition = json.loads(file.read_text(encoding="utf-8"))
        for at, part in walk(definition):
            names = {control.name for control in controls_for(part, len(at))}
            assert set(part) <= names | {"fields", "options"}, at


def test_what_is_typed_is_stored(change):
    answer, part = change(
        EMPHYSEMA,
        label="Lung emphysema",
        visible_if="opacities not in none",
        codes="RADLEX RID4799 pulmonary emphysema",
        sex="female",
        option__1__phrases="mild emphysema\r\n\r\nslight (pulmonary) emphysema",
    )
    assert answer.status_code == 200
    assert part["label"] == "Lung emphysema"
    assert part["visible_if"] == {"field": "opacities", "not_in": ["none"]}
    assert part["codes"] == [
        {"system": "RADLEX", "code": "RID4799", "display": "pulmonary emphysema"}
    ]
    assert part["sex"] == "female"
    assert part["options"][1]["phrases"] == ["mild emphysema", "slight (pulmonary) emphysema"]
    assert "No faults." in answer.content.decode()


def test_a_flag_is_set_and_taken_away(change):
    assert change(EMPHYSEMA, required="on")[1]["required"] is True
    assert "required" not in change(EMPHYSEMA, required="")[1]


@pytest.mark.parametrize(
    ("at", "typed", "stored", "fault"),
    [
        (SIZE, {"min": "two"}, "two", "min must be a number"),
        (SIZE, {"max": "0.5"}, 0.5, "min 1 is not below max 0.5"),
        (SIZE, {"unit": "furlong"}, "furlong", "unknown unit"),
        (SIZE, {"next_dimension": "nowhere"}, "nowhere", "no later number"),
        (EMPHYSEMA, {"visible_if": "only on Sundays"}, "only on Sundays", "a condition must be"),
        (EMPHYSEMA, {"normal": "blue"}, "blue", "is none of its options"),
        (EMPHYSEMA, {"key": "Not A Key"}, "Not A Key", "is no key"),
        (EMPHYSEMA, {"derived": "{not JSON"}, "{not JSON", "derived must be an object"),
        (NODULE, {"max": "many"}, "many", "max must be a whole number"),
        ("", {"rules": "[1, 2"}, "[1, 2", "rules must be a list"),
    ],
)
def test_what_is_wrong_is_kept_and_named(change, at, typed, stored, fault):
    answer, part = change(at, **typed)
    assert answer.status_code == 200
    assert part[next(iter(typed))] == stored
    assert fault in answer.content.decode().replace("&#x27;", "'")


def test_the_fault_leads_to_its_field(change):
    page = change(SIZE, min="two")[0].content.decode()
    assert 'href="?at=0-3-0"' in page
    assert "<b>nodule.size</b>" in page


def test_another_kind_brings_its_inputs_and_keeps_the_options(change):
    answer, part = change(EMPHYSEMA, kind="number")
    page = answer.content.decode()
    assert answer.headers["HX-Retarget"] == "#builder"
    assert 'name="unit"' in page
    assert 'name="option-0-value"' in page
    assert len(part["options"]) == 4


def test_nothing_is_stored_over_another_change(cast, sign_in, mine):
    browser = sign_in(cast.grace)
    given = form_of(browser, mine, EMPHYSEMA)
    post(browser, "template_part_set", mine, at=EMPHYSEMA, **{**given, "label": "First"})
    late = {**given, "help": "Second", "revision": 1}
    answer = post(browser, "template_part_set", mine, at=EMPHYSEMA, **late)
    assert answer.status_code == 409
    mine.refresh_from_db()
    assert mine.definition["sections"][0]["fields"][0]["label"] == "First"


@pytest.mark.parametrize("at", ["9", "0-99", "0-0-0", "x", "0-0-0-0", "-1"])
def test_a_part_that_is_not_there(cast, sign_in, mine, at):
    browser = sign_in(cast.grace)
    assert post(browser, "template_part_set", mine, at=at, label="x").status_code == 404


def test_a_null_character_is_refused_in_words(change, mine):
    answer, _ = change(EMPHYSEMA, label="a\x00b")
    assert answer.status_code == 422
    assert "null character" in answer.content.decode()
    assert mine.revision == 1


_texts = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=40)
_kinds = st.sampled_from(
    ["line", "lines", "number", "integer", "codes", "rows", "condition", "json"]
)


@given(_kinds, _texts)
def test_reading_any_text_gives_what_can_be_shown_and_stored(kind, text):
    control = Control("x", "X", kind)
    value = read(control, text)
    json.dumps(value, allow_nan=False)
    assert read(control, shown(control, value)) == value


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-2, 2) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["key", "kind", "label", "in", "field", "row", "if", "x"]), inner,
        max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(st.data())
def test_any_value_at_any_key_has_faults_but_no_crash(data):
    definition = copy.deepcopy(factories.definition())
    at, part = data.draw(st.sampled_from([((), definition), *walk(definition)]))
    names = [control.name for control in controls_for(part, len(at))]
    part[data.draw(st.sampled_from(names))] = data.draw(_json)
    if shape_fault(definition) is None:
        checked = definition_check(definition)
        assert (checked.template is None) == bool(checked.faults)
