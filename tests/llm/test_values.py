"""The schema agrees with the check of single values; computed values, visibility, arithmetic."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from llm.derive import derived_values, is_shown, validate_value, visible_paths
from llm.engines.fake import FakeEngine
from llm.expressions import ExpressionError, evaluate
from llm.fill import fill_one
from llm.json_schema import values_schema
from llm.narrative import as_text, render
from llm.schema import Group, parse_template
from llm.types import FillRequest
from tests.llm.strategies import SMALL, TEMPLATES, conclusions, draw_answer, templates
from tests.llm.test_template_checks import SMALL as DEFINITION

SCHEMAS = {t.key: Draft202012Validator(values_schema(t)) for t in TEMPLATES}


def paths(template):
    """A path for each field of a template, with the companions and two rows of open groups."""
    for item in template.items():
        if not isinstance(item, Group):
            yield item.key
            yield from (f"{item.key}.{c.key}" for c in item.companions)
            continue
        for row in item.row_keys or ("1", "12"):
            yield from (f"{item.key}[{row}].{member.key}" for member in item.fields)
        if item.row_kind == "open" and item.normal is not None:
            yield item.key


def a_value(data, field):
    values = [option.value for option in field.options]
    if field.kind == "multi_choice":
        chosen = data.draw(st.sets(st.sampled_from(values), min_size=1))
        return [value for value in values if value in chosen]
    if field.kind in {"choice", "bool"}:
        return data.draw(st.sampled_from(values))
    if field.kind == "text":
        return "Something else."
    number = data.draw(st.integers(int(field.minimum) + 1, int(field.maximum)))
    shapes = [number, {"low": number, "high": number}, {"comparator": "<", "value": number}]
    return data.draw(st.sampled_from(shapes))


def accepts(field, value):
    try:
        validate_value(field, value)
    except ValueError:
        return False
    return True


@given(st.data(), templates)
@settings(max_examples=60, deadline=None)
def test_what_a_field_takes_the_schema_takes(data, template):
    path = data.draw(st.sampled_from(list(paths(template))))
    value = a_value(data, template.field_at(path))
    assert accepts(template.field_at(path), value)
    assert SCHEMAS[template.key].is_valid({path: value})


ODD = st.sampled_from(
    [None, True, "", "x", "12", -5, 1e9, [], ["x"], ["none", "none"], {}, {"low": 1}, {"value": 3},
     {"low": 1, "high": 1e9}, {"comparator": "~", "value": 3}]
)  # fmt: skip


@given(st.data(), templates, ODD)
@settings(max_examples=100, deadline=None)
def test_what_a_field_refuses_the_schema_refuses(data, template, value):
    path = data.draw(st.sampled_from(list(paths(template))))
    if not accepts(template.field_at(path), value):
        assert not SCHEMAS[template.key].is_valid({path: value})


@pytest.mark.parametrize(
    "path",
    ["teeth", "nodule[0].size", "nodule[x].size", "nodule.size", "disc[L9].contour",
     "effusion[both].size", "emphysema.size", "emphysema[1]", "nodule[1].size.x", ""],
)  # fmt: skip
def test_the_schema_knows_no_other_path(path):
    assert not SCHEMAS[SMALL.key].is_valid({path: "none"})


def test_rows_of_the_app_are_rows_of_the_schema():
    row = "0b0e7b1c-8f6e-4f43-9d2e-6f2f0c6f1b11"
    assert SCHEMAS[SMALL.key].is_valid({f"nodule[{row}].size": 8})


@given(st.data(), templates, conclusions)
@settings(max_examples=80, deadline=None)
def test_whatever_is_filled_fits_the_schema_and_can_be_said(data, template, conclusion):
    engine = FakeEngine(lambda task: draw_answer(data, task.grammar))
    result = fill_one(FillRequest("1", template, conclusion), engine)
    values = {value.path: value.value for value in result.values}
    assert not list(SCHEMAS[template.key].iter_errors(values))
    text = as_text(render(template, values))
    assert "{" not in text
    assert "None" not in text
    assert bool(text) == bool(values)


def with_volume():
    definition = json.loads(json.dumps(DEFINITION))
    fields = definition["sections"][0]["fields"][3]["fields"]
    fields.append(
        {"key": "mean_size", "label": "Mean", "kind": "number", "unit": "mm", "min": 0,
         "max": 100, "decimals": 1, "derived": {"expression": "mean(size, size_2)"}}
    )  # fmt: skip
    return parse_template(definition)


def test_a_value_is_computed_in_its_row():
    values = {"nodule[1].size": 12, "nodule[1].size_2": 9, "nodule[2].size": 5}
    assert derived_values(with_volume(), values) == {"nodule[1].mean_size": 10.5}


@pytest.mark.parametrize("size", [None, {"low": 5, "high": 8}, {"comparator": "<", "value": 5}])
def test_a_value_is_absent_while_an_input_is_no_number(size):
    values = {"nodule[1].size": 12, "nodule[1].size_2": size}
    assert derived_values(with_volume(), {k: v for k, v in values.items() if v}) == {}


def test_fields_are_shown_when_their_condition_holds():
    assert "emphysema_type" not in set(visible_paths(SMALL, {}))
    assert "emphysema_type" not in set(visible_paths(SMALL, {"emphysema": "none"}))
    assert "emphysema_type" in set(visible_paths(SMALL, {"emphysema": "mild"}))
    shown = set(visible_paths(SMALL, {"disc[L4/5].contour": "protrusion"}))
    assert "disc[L4/5].protrusion_size" in shown
    assert "disc[L3/4].protrusion_size" not in shown


def test_a_condition_may_name_a_field_outside_its_row_and_one_in_any_row():
    definition = json.loads(json.dumps(DEFINITION))
    fields = definition["sections"][0]["fields"]
    fields[1]["visible_if"] = {"field": "nodule.calcified", "in": ["yes"]}
    fields[3]["fields"][0]["visible_if"] = {"field": "emphysema", "in": ["mild"]}
    template = parse_template(definition)
    of_row, plain = f"nodule[1].{fields[3]['fields'][0]['key']}", fields[1]["key"]
    rows = {"nodule": ["1", "2"]}
    for values, shown in [
        ({}, set()),
        ({"emphysema": "mild"}, {of_row}),
        ({"nodule[2].calcified": "yes"}, {plain}),
        ({"nodule[2].calcified": "no"}, set()),
    ]:
        assert {of_row, plain} & set(visible_paths(template, values, rows=rows)) == shown
        assert {path for path in (of_row, plain) if is_shown(template, path, values)} == shown


def test_a_field_that_holds_a_value_never_vanishes():
    values = {"emphysema": "none", "emphysema_type": "paraseptal"}
    assert "emphysema_type" in set(visible_paths(SMALL, values))


def test_fields_of_the_other_sex_are_not_shown():
    assert "prostate" not in set(visible_paths(SMALL, {}, sex="female"))
    assert {"prostate", "uterus_length"} <= set(visible_paths(SMALL, {}))


@pytest.mark.parametrize(
    ("expression", "result"),
    [("a + b * 2", "7"), ("(a + b) / 2", "2"), ("-a", "-1"), ("max(a, b, 2)", "3"),
     ("mean(a, b)", "2"), ("0.1 + 0.2", "0.3")],
)  # fmt: skip
def test_arithmetic(expression, result):
    assert evaluate(expression, {"a": Decimal(1), "b": Decimal(3)}) == Decimal(result)


@pytest.mark.parametrize(
    "expression",
    ["", "a +", "a / 0", "c", "a ** 9", "a.b", "open('x')", "(lambda: 1)()", "a if a else b",
     "'x'", "True", "min()", "a[0]", "1e999999999 * 1e999999999", "a" * 400, "(" * 200],
)  # fmt: skip
def test_what_is_no_arithmetic_is_refused(expression):
    with pytest.raises(ExpressionError):
        evaluate(expression, {"a": Decimal(1), "b": Decimal(3)})


@given(st.text(alphabet="ab1+-*/(), .max", max_size=40))
def test_any_text_has_a_value_or_is_refused(expression):
    try:
        result = evaluate(expression, {"a": Decimal(1), "b": Decimal(3)})
    except ExpressionError:
        return
    assert result.is_finite()
