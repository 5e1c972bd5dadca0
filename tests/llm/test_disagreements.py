"""A stated value beside the computed one: when they agree, and what is said when they do not."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.disagreements import disagreements
from llm.schema import parse_template
from tests.llm.test_template_checks import SMALL


def with_derived():
    """The small template with an area by plain lengths and a kind by two members of a nodule."""
    data = copy.deepcopy(SMALL)
    pelvis, nodule = data["sections"][3]["fields"], data["sections"][0]["fields"][3]["fields"]
    pelvis.insert(2, {
        "key": "uterus_area", "label": "Area", "kind": "number", "unit": "cm2", "min": 0,
        "max": 900, "decimals": 1,
        "derived": {"expression": "uterus_length * uterus_width", "stated": True},
    })  # fmt: skip
    nodule.append({
        "key": "follow", "label": "Follow-up", "kind": "choice",
        "options": [{"value": v, "label": v.title(), "text": v, "phrases": [v]}
                    for v in ("none", "needed")],
        "derived": {"stated": True, "lookup": [
            {"if": {"field": "calcified", "in": ["yes"]}, "value": "none"},
            {"all": [{"field": "calcified", "in": ["no"]},
                     {"field": "location", "not_in": ["lul"]}], "value": "needed"},
        ]},
    })  # fmt: skip
    return parse_template(data)


TEMPLATE = with_derived()
LENGTHS = {"uterus_length": 10, "uterus_width": 5}


@pytest.mark.parametrize(
    ("stated", "agrees"),
    [
        (50, True),
        (46, True),
        (54.9, True),
        (44, False),
        (60, False),
        ({"low": 45, "high": 60}, True),
        ({"low": 58, "high": 60}, False),
        ({"comparator": "<", "value": 50}, True),
        ({"comparator": "<", "value": 40}, False),
        ({"comparator": ">=", "value": 40}, True),
        ({"comparator": ">", "value": 60}, False),
    ],
)
def test_a_number_agrees_within_a_tenth(stated, agrees):
    found = disagreements(TEMPLATE, {**LENGTHS, "uterus_area": stated})
    assert (found == ()) is agrees


def test_a_small_number_agrees_within_its_last_decimal():
    values = {"uterus_length": 0.5, "uterus_width": 0.5, "uterus_area": 0.3}
    assert disagreements(TEMPLATE, values) == ()


def test_the_message_names_both_values_and_the_inputs():
    (found,) = disagreements(TEMPLATE, {**LENGTHS, "uterus_area": 80})
    assert found.message == (
        "Area: 80 cm2 is stated, but 50 cm2 follows from Uterus, length, Uterus, width."
    )


def test_a_choice_disagrees_in_its_row_alone():
    values = {
        "nodule[1].calcified": "yes",
        "nodule[1].follow": "needed",
        "nodule[2].calcified": "yes",
        "nodule[2].follow": "none",
    }
    assert [found.path for found in disagreements(TEMPLATE, values)] == ["nodule[1].follow"]


@pytest.mark.parametrize(
    "values",
    [
        {"uterus_area": 80},
        {"uterus_length": 10, "uterus_area": 80},
        {**LENGTHS},
        {"nodule[1].calcified": "no", "nodule[1].follow": "none"},
        {"nodule[1].calcified": "no", "nodule[1].location": ["lul"], "nodule[1].follow": "none"},
    ],
)
def test_without_all_inputs_there_is_nothing_to_disagree_with(values):
    assert disagreements(TEMPLATE, values) == ()


@given(st.integers(1, 30), st.integers(1, 30))
def test_what_is_computed_agrees_with_itself(length, width):
    values = {"uterus_length": length, "uterus_width": width, "uterus_area": length * width}
    assert disagreements(TEMPLATE, values) == ()
