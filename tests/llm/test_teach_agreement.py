"""Labels against the truth: one definition of what agrees, and replies that can say all of it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from llm.synth.pairs import Generator
from llm.teach.agreement import agreement, compare, says_the_same
from llm.teach.chats import Settings, label_request
from llm.teach.replies import Completion, read_label
from llm.teach.schema import entry_of, entry_path, reply_schema
from tests.llm.strategies import SHIPPED

CHEST = SHIPPED["ct_chest"]
TRUTH = {
    "nodule[1].size": 12,
    "nodule[1].location": ["rul"],
    "nodule[2].size": 7,
    "emphysema": "mild",
    "effusion[left].size": "none",
}


def agrees(given_values, truth=TRUTH):
    return agreement(CHEST, truth, given_values, sex=None)


def without(*paths):
    return {path: value for path, value in TRUTH.items() if path not in paths}


def test_the_order_of_rows_and_normals_that_one_leaves_out_do_not_count():
    turned = {"nodule[1].size": 7.0, "nodule[2].size": 12, "nodule[2].location": ["rul"]}
    assert agrees(turned | {"emphysema": "mild"}) == 1
    assert agrees(TRUTH | {"lungs_other": "any text"}) == 1
    assert agrees({}, {}) == 1


def test_every_positive_counts():
    assert agrees(without("emphysema")) == pytest.approx(6 / 7)
    assert agrees(TRUTH | {"emphysema": "severe"}) == pytest.approx(3 / 4)
    assert agrees(TRUTH | {"gallstones": "present"}) < 1
    assert agrees({}) == 0
    assert agrees(TRUTH, {}) == 0


def test_differences_name_the_paths_of_both():
    given_values = {"nodule[1].size": 7, "nodule[2].size": 12, "nodule[2].location": ["lul"]}
    found = compare(CHEST, TRUTH, given_values, sex=None).differences
    assert {(d.path, str(d.truth), str(d.teacher), d.teacher_path) for d in found} == {
        ("nodule[1].location", "['rul']", "['lul']", "nodule[2].location"),
        ("emphysema", "mild", "None", None),
        ("effusion[left].size", "none", "None", None),
    }


def test_saying_the_same_allows_only_normals_besides():
    assert says_the_same(CHEST, TRUTH, without("effusion[left].size"), sex=None)
    assert not says_the_same(CHEST, TRUTH, without("emphysema"), sex=None)
    assert not says_the_same(CHEST, without("effusion[left].size"), TRUTH, sex=None)


@pytest.mark.parametrize("template", SHIPPED.values(), ids=lambda template: template.key)
def test_a_strict_schema_keeps_to_what_openai_allows(template):
    schema = reply_schema(template, strict=True)
    parts = list(_parts(schema))
    for part in parts:
        assert part.keys() <= {
            "type", "properties", "required", "additionalProperties", "items", "anyOf", "enum",
        }  # fmt: skip
        if part.get("type") == "object":
            assert set(part["required"]) == set(part["properties"])
            assert part["additionalProperties"] is False
    options = [value for part in parts for value in part.get("enum", ())]
    assert len(options) <= 1000
    assert sum(len(value) for value in options) < 15_000


def _parts(schema):
    """Every subschema."""
    yield schema
    for part in [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]:
        yield from _parts(part)
    if "items" in schema:
        yield from _parts(schema["items"])


PAIRS = [
    pair for template in SHIPPED.values() for pair in Generator([template], 3, "train").pairs(12)
]


@settings(deadline=None, max_examples=20)
@given(st.sampled_from(PAIRS))
def test_whatever_is_true_can_be_replied(pair):
    template = SHIPPED[pair["template"]]
    entries = list(entries_of(pair))
    for strict in (True, False):
        schema = reply_schema(template, strict=strict)
        assert Draft202012Validator(schema).is_valid({"values": entries})
    completion = Completion(json.dumps({"values": entries}), "", "stop", None, None)
    label = read_label(template, pair["conclusion"], completion)
    assert label.values == {entry_path(entry): entry["value"] for entry in entries}
    assert agreement(template, pair["values"], label.values, sex=pair["sex"]) == 1


def entries_of(pair):
    """What a perfect teacher replies: the true values, each quoting the whole conclusion."""
    template = SHIPPED[pair["template"]]
    for path, value in pair["values"].items():
        field = template.field_at(path)
        if field.kind != "text" and (field.derived is None or field.derived.stated):
            yield entry_of(path, value, pair["conclusion"])


def test_the_request_explains_fields_units_and_options():
    request = label_request(Settings("m"), CHEST, "x")
    task = request["messages"][0]["content"]
    assert "nodule.size: Nodule or mass, Size in mm" in task
    assert "rul = Right upper lobe" in task
