"""Faults of a template: each names its file, its field and what is wrong."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.schema import TemplateError, load_template, load_templates, parse_template
from llm.template_checks import report_on_files

SMALL = json.loads((Path(__file__).parent / "small_template.json").read_text())
LUNGS, PLEURA, PELVIS, SPINE = 0, 1, 3, 4
GONE = object()


def at(section, *places):
    return ("sections", section, "fields", *places)


def changed(path, value):
    """The small template with one thing replaced, or taken away."""
    data = copy.deepcopy(SMALL)
    *way, last = path
    place = data
    for step in way:
        place = place[step]
    if value is GONE:
        del place[last]
    else:
        place[last] = value
    return data


def faults(data):
    with pytest.raises(TemplateError) as caught:
        parse_template(data, name="broken.json")
    return caught.value.faults


EMPHYSEMA = at(LUNGS, 0)
NODULE = at(LUNGS, 3)
SIZE = (*NODULE, "fields", 0)
EFFUSION = at(PLEURA, 0)
DISC = at(SPINE, 0)
LOOKUP = (*NODULE, "fields", 3, "derived")


def lookup(*entries):
    return {"lookup": [{"value": "rul", **entry} for entry in entries]}


MILD = {"field": "emphysema", "in": ["mild"]}
CALCIFIED = {"field": "calcified", "in": ["yes"]}


@pytest.mark.parametrize(
    ("path", "value", "where", "said"),
    [
        (("name",), "", "template", "name is empty"),
        (("name",), GONE, "template", "name is missing"),
        (("colour",), "red", "template", "unknown key 'colour'"),
        (("sections",), [], "template", "no sections"),
        (("sections",), {}, "template", "must be a list"),
        (("sections", 1, "key"), "lungs", "lungs", "used 2 times"),
        (("sections", 1, "shortcut"), "l", "template", "shortcut 'l'"),
        (("sections", 0, "normal"), "", "lungs", "normal sentence is empty"),
        (at(LUNGS, 4, "key"), "lungs_rest", "lungs", "must be called lungs_other"),
        (at(LUNGS, 4, "role"), GONE, "lungs", "role other"),
        ((*EMPHYSEMA, "key"), "Emphysema", "Emphysema", "is no key"),
        ((*EMPHYSEMA, "key"), "report", "report", "is no key"),
        ((*EMPHYSEMA, "kind"), "list", "emphysema", "kind 'list'"),
        ((*EMPHYSEMA, "normal"), "lots", "emphysema", "none of its options"),
        ((*EMPHYSEMA, "normal"), GONE, "emphysema", "needs a normal"),
        ((*EMPHYSEMA, "sex"), "other", "emphysema", "female or male"),
        ((*EMPHYSEMA, "sex"), [], "emphysema", "female or male"),
        ((*EMPHYSEMA, "required"), "yes", "emphysema", "true or false"),
        ((*EMPHYSEMA, "options", 1, "value"), "none", "emphysema", "used twice"),
        ((*EMPHYSEMA, "options", 1, "value"), "a b", "emphysema", "letters, digits"),
        ((*EMPHYSEMA, "options", 1, "label"), "", "emphysema", "no label"),
        ((*EMPHYSEMA, "options", 1, "text"), "", "emphysema", "no text"),
        ((*EMPHYSEMA, "options", 1, "phrases"), [], "emphysema", "no phrases"),
        ((*EMPHYSEMA, "options", 1, "phrases"), ["[mild"], "emphysema", "']' is missing"),
        ((*EMPHYSEMA, "options", 1, "phrases"), ["{side} x"], "emphysema", "no slot 'side'"),
        ((*EMPHYSEMA, "codes"), [{"system": "X", "code": "1", "display": "x"}],
         "emphysema", "unknown code system 'X'"),
        ((*EMPHYSEMA, "codes"), ["1"], "emphysema", "list of objects"),
        (at(LUNGS, 1, "visible_if"), {"field": "fog", "in": ["x"]}, "emphysema_type",
         "no field 'fog'"),
        (at(LUNGS, 1, "visible_if"), {"field": "emphysema", "in": ["x"]}, "emphysema_type",
         "no value 'x'"),
        (at(LUNGS, 1, "visible_if"), {"field": "emphysema", "in": [], "not_in": []},
         "emphysema_type", "either in or not_in"),
        ((*NODULE, "fields"), [], "nodule", "names no member"),
        ((*NODULE, "max"), 0, "nodule", "max must be"),
        ((*NODULE, "rows"), [{"key": "a", "label": "A"}], "nodule", "rows are for side"),
        ((*NODULE, "row_kind"), "ring", "nodule", "row_kind 'ring'"),
        ((*NODULE, "normal"), "clear", "nodule", "only an open group"),
        ((*NODULE, "normal_text"), GONE, "nodule", "normal_text and absent_phrases"),
        ((*NODULE, "identity"), ["place"], "nodule", "no member 'place'"),
        ((*NODULE, "text"), ["{colour} nodule"], "nodule", "names no member"),
        ((*NODULE, "text"), GONE, "nodule", "text fragments"),
        ((*NODULE, "patterns"), ["{colour} nodule"], "nodule", "no slot 'colour'"),
        ((*SIZE, "key"), "size_2", "nodule", "used twice"),
        ((*SIZE, "unit"), "parsec", "nodule.size", "unknown unit 'parsec'"),
        ((*SIZE, "min"), 200, "nodule.size", "not below max"),
        ((*SIZE, "max"), GONE, "nodule.size", "plausible range"),
        ((*SIZE, "min"), "one", "nodule.size", "must be a number"),
        ((*SIZE, "min"), float("nan"), "nodule.size", "finite"),
        ((*SIZE, "time"), "soon", "nodule.size", "'soon'"),
        ((*SIZE, "decimals"), -1, "nodule.size", "whole number"),
        ((*SIZE, "next_dimension"), "location", "nodule.size", "next_dimension 'location'"),
        ((*SIZE, "certainty"), True, "nodule.size", "stand on the group"),
        ((*SIZE, "options"), [{"value": "a", "label": "A", "text": "a"}], "nodule.size",
         "has no options"),
        ((*SIZE, "derived"), {"expression": "size_2 +"}, "nodule.size", "is no expression"),
        ((*SIZE, "derived"), {"expression": "location * 2"}, "nodule.size", "no number field"),
        ((*SIZE, "derived"), {}, "nodule.size", "either expression or lookup"),
        (LOOKUP, lookup({"if": MILD, "all": [MILD]}), "nodule.location", "either an if or an all"),
        (LOOKUP, lookup({}), "nodule.location", "either an if or an all"),
        (LOOKUP, lookup({"all": []}), "nodule.location", "has no conditions"),
        (LOOKUP, lookup({"all": MILD}), "nodule.location", "all must be a list"),
        (LOOKUP, lookup({"all": [CALCIFIED, {"field": "fog", "in": ["x"]}]}), "nodule.location",
         "no field 'fog'"),
        (LOOKUP, lookup({"all": [MILD, {"field": "calcified", "in": ["maybe"]}]}),
         "nodule.location", "no value 'maybe'"),
        (LOOKUP, lookup({"all": [MILD], "value": "gone"}), "nodule.location",
         "'gone' is none of its options"),
        (LOOKUP, lookup({"if": {"field": "nodule.calcified", "in": ["yes"]}}), "nodule.location",
         "cannot look into the rows"),
        ((*NODULE, "follow_ups"), ["{colour}"], "nodule", "no slot 'colour'"),
        ((*EFFUSION, "follow_ups"), ["{size}"], "effusion", "follow_ups are for open groups"),
        (at(PELVIS, 0, "next_dimension"), "prostate", "uterus_length", "'prostate'"),
        (at(PELVIS, 1, "next_dimension"), "uterus_length", "uterus_width", "no later number"),
        ((*EFFUSION, "rows"), [{"key": "left", "label": "L"}], "effusion", "left and right"),
        ((*EFFUSION, "patterns"), ["{level} effusion"], "effusion", "no slot 'level'"),
        (("rules", 0, "why"), "", "rules", "does not say why"),
        (("rules", 0, "if"), GONE, "rules", "needs an if"),
        (("rules", 0, "if", "field"), "fog", "rules", "no field 'fog'"),
        (("rules", 0, "implies", "field"), "fog", "rules", "implies no field 'fog'"),
        (("rules", 0, "implies", "value"), "many", "rules", "implies no value 'many'"),
        (("other_phrases", "teeth"), ["caries"], "other_phrases", "no section 'teeth'"),
        (("not_used_phrases",), [""], "not_used_phrases", "a phrase is empty"),
    ],
)  # fmt: skip
def test_a_fault_names_its_file_field_and_kind(path, value, where, said):
    found = faults(changed(path, value))
    assert {fault.file for fault in found} == {"broken.json"}
    assert [f for f in found if f.field == where and said in f.message], list(map(str, found))


def test_all_faults_are_told_at_once():
    data = changed((*EMPHYSEMA, "normal"), "lots")
    data["sections"][SPINE]["normal"] = ""
    data["rules"][0]["why"] = ""
    assert {fault.field for fault in faults(data)} == {"emphysema", "spine", "rules"}


def test_a_derived_value_may_need_only_those_before_it():
    data = changed((*SIZE, "derived"), {"expression": "size_2 * 2"})
    data["sections"][LUNGS]["fields"][3]["fields"][1]["derived"] = {"expression": "prior_size"}
    assert any("itself derived further down" in fault.message for fault in faults(data))
    earlier = changed((*NODULE, "fields", 1, "derived"), {"expression": "size / 2"})
    earlier["sections"][LUNGS]["fields"][3]["fields"][2]["derived"] = {"expression": "size_2"}
    parse_template(earlier)
    itself = changed((*SIZE, "derived"), {"expression": "size * 2"})
    assert any("itself derived" in fault.message for fault in faults(itself))


def test_a_plain_choice_that_is_computed_needs_no_normal():
    data = changed((*EMPHYSEMA, "normal"), GONE)
    case = {"if": {"field": "opacities", "in": ["none"]}, "value": "mild"}
    data["sections"][LUNGS]["fields"][0]["derived"] = {"lookup": [case]}
    parse_template(data)


def places(data, path=()):
    """The path of every value in a definition."""
    yield path
    entries = data.items() if isinstance(data, dict) else ()
    for key, value in enumerate(data) if isinstance(data, list) else entries:
        yield from places(value, (*path, key))


_TEXTS = ["", "x", "{", "\x00"]
_OTHERS = [GONE, None, True, -1, 0, 1.5, float("inf"), [], [[]], [None], {}, {"": 1}]
ANYTHING = st.sampled_from([*_TEXTS, *_OTHERS])


@given(st.sampled_from([path for path in places(SMALL) if path]), ANYTHING)
@settings(max_examples=300, deadline=None)
def test_a_definition_is_read_or_its_faults_are_told(path, value):
    found = ()
    try:
        parse_template(changed(path, value), name="broken.json")
    except TemplateError as error:
        found = error.faults
    assert all(fault.file and fault.field and fault.message for fault in found)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"1", b"\xff\xfe", b"[" * 100_000])
def test_a_file_that_is_no_definition_is_said(tmp_path, content):
    path = tmp_path / "odd.json"
    path.write_bytes(content)
    with pytest.raises(TemplateError, match=r"odd\.json"):
        load_templates(tmp_path)


def test_the_content_hash_changes_with_the_content_alone():
    first = parse_template(SMALL)
    again = parse_template(json.loads(json.dumps(SMALL, indent=3)))
    assert first.content_hash == again.content_hash
    other = parse_template(changed(("name",), "Another name"))
    assert first.content_hash != other.content_hash


def test_field_hashes_change_with_values_and_not_with_wording():
    before = parse_template(SMALL).field_hashes()
    worded = changed((*EMPHYSEMA, "options", 1, "phrases"), ["a bit of emphysema"])
    assert parse_template(worded).field_hashes() == before
    renamed = changed((*EMPHYSEMA, "options", 1, "value"), "slight")
    after = parse_template(renamed).field_hashes()
    assert {key for key in before if before[key] != after[key]} == {"emphysema"}


def test_paths_name_fields_or_say_why_not():
    template = load_template(Path(__file__).parent / "small_template.json")
    assert template.field_at("nodule[1].size").unit == "mm"
    assert template.field_at("disc[L4/5].contour").normal == "normal"
    assert template.field_at("emphysema.change").kind == "choice"
    assert [o.value for o in template.field_at("nodule").options] == ["none"]
    for path in ("teeth", "nodule[1]", "disc[L9].contour", "emphysema[1]", "emphysema.x", "[", ""):
        with pytest.raises(KeyError):
            template.field_at(path)


def test_the_report_on_files_says_size_or_faults(tmp_path, capsys):
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps(SMALL))
    bad.write_text(json.dumps(changed(("name",), "")))
    assert report_on_files([good]) == 0
    assert report_on_files([good, bad]) == 1
    said = capsys.readouterr().out
    assert "good.json: ok" in said
    assert "bad.json: template: name is empty" in said


def test_values_with_few_phrasings_are_named(tmp_path, capsys):
    path = tmp_path / "small.json"
    ways = [f"wording {number}" for number in range(8)]
    path.write_text(json.dumps(changed((*EMPHYSEMA, "options", 1, "phrases"), ways)))
    report_on_files([path])
    said = capsys.readouterr().out
    assert "fewer than 8 phrasings: emphysema=severe" in said
    assert "fewer than 8 phrasings: disc.contour=" in said
    assert "fewer than 5 phrasings: nodule.location=" in said
    assert "emphysema=mild\n" not in said
    assert "emphysema=none" not in said
    assert "certainty" not in said


@pytest.mark.parametrize(
    ("together", "said"),
    [
        ({"if": {"field": "emphysema", "in": ["mild"]}, "often": [], "share": 2.0}, "share must"),
        ({"often": [], "share": 0.5}, "needs an if"),
        (
            {
                "if": {"field": "emphysema", "in": ["mild"]},
                "often": [{"field": "nothing", "in": ["x"]}],
                "share": 0.5,
            },
            "names no field 'nothing'",
        ),
        (
            {
                "if": {"field": "emphysema", "in": ["mild"]},
                "often": [{"field": "emphysema", "in": ["gone"]}],
                "share": 0.5,
            },
            "names no value 'gone'",
        ),
    ],
)
def test_what_comes_together_is_checked(together, said):
    assert any(said in fault.message for fault in faults(changed(("together",), [together])))
