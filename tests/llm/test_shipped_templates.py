"""The shipped templates: complete, checked, with wording and codes that can be looked up."""

import csv
import json
import re
from pathlib import Path

import pytest

from llm.json_schema import values_schema
from llm.narrative import as_text, normal_values, render
from llm.schema import Group, load_templates
from llm.template_checks import report_on_files

ROOT = Path(__file__).resolve().parents[2]
TERMS = ROOT.parent / "shared" / "data" / "terms"
SHIPPED = ROOT / "fixtures" / "report_templates"
TEMPLATES = load_templates(SHIPPED)
# A ratio and a score.
WITHOUT_UNIT = {"rv_lv_ratio", "aspects"}
each = pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES.keys())


def all_normal(template):
    return {k: v for section in template.sections for k, v in normal_values(section).items()}


def test_the_eight_are_there():
    assert set(TEMPLATES) == {
        "ct_abdomen_pelvis",
        "ct_chest",
        "ct_head",
        "ct_pulmonary_angiogram",
        "mri_brain",
        "mri_knee",
        "mri_lumbar_spine",
        "mri_prostate",
    }


@each
def test_every_section_has_a_place_for_what_does_not_fit(template):
    for section in template.sections:
        assert section.other.key == f"{section.key}_other"
        assert section.normal.endswith(".")
        assert len(template.other_phrases[section.key]) >= 8


@each
def test_no_value_is_thin(template, capsys):
    assert report_on_files([SHIPPED / f"{template.key}.json"]) == 0
    assert "fewer than" not in capsys.readouterr().out


@each
def test_numbers_have_units_and_plausible_ranges(template):
    for item in template.items():
        for field in item.fields if isinstance(item, Group) else (item,):
            if field.kind == "number":
                assert field.unit or field.key in WITHOUT_UNIT, f"{item.key}.{field.key}"
                assert field.minimum is not None
                assert field.maximum is not None
                assert field.minimum < field.maximum


@each
def test_the_normal_report_reads_as_its_normal_sentences(template):
    text = as_text(render(template, all_normal(template)))
    for section in template.sections:
        if normal_values(section):
            assert section.normal in text, section.key


@each
def test_an_empty_report_says_nothing(template):
    assert as_text(render(template, {})).strip() == ""


@each
def test_the_schema_refuses_what_the_template_does_not_know(template):
    from jsonschema import Draft202012Validator

    schema = Draft202012Validator(values_schema(template))
    assert not list(schema.iter_errors(all_normal(template)))
    assert list(schema.iter_errors({"unknown_field": "x"}))
    field = next(i for i in template.items() if not isinstance(i, Group) and i.options)
    assert list(schema.iter_errors({field.key: "no such option"}))


@each
def test_labels_of_lumbar_levels_are_all_there(template):
    if template.key == "mri_lumbar_spine":
        disc = template.item("disc")
        assert {"L1/2", "L2/3", "L3/4", "L4/5", "L5/S1"} <= set(disc.row_keys)


def known_codes():
    text = (TERMS / "radlex_subset_florian.json").read_text(encoding="utf-8")
    codes = {("RADLEX", code) for code in re.findall(r"RID\d+", text)}
    with (TERMS / "findingmodels_codes.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            codes.add((row["system"].upper().replace("SNOMEDCT", "SCT"), row["code"]))
    with (TERMS / "dicom_cid_terms.csv").open(encoding="utf-8") as file:
        codes |= {(row["scheme"], row["code"]) for row in csv.DictReader(file)}
    return codes


@pytest.mark.skipif(not TERMS.is_dir(), reason="the reference terms are not beside the checkout")
@each
def test_codes_are_those_of_the_reference_terms(template):
    raw = (SHIPPED / f"{template.key}.json").read_text()
    found: list[dict[str, str]] = []
    json.loads(raw, object_hook=lambda d: found.append(d) if "system" in d else d)
    used = {(code["system"], code["code"]) for code in found if code["system"] != "LOINC"}
    assert used
    assert sorted(used - known_codes()) == []
