"""The preview: form and narrative of an example, and what the live adapter fills."""

import json
from pathlib import Path

import pytest
from django.urls import reverse

from reporting.models import FieldValue, GroupRow
from reporting.selectors.template_preview import template_coverage, template_preview
from reporting.services.fills import parse_template
from tests import factories
from tests.reporting.templates import draft, post

FILES = sorted((Path(__file__).parents[2] / "fixtures/report_templates").glob("*.json"))
SHIPPED = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in FILES}


def texts(parts):
    return {part.key: part.text for part in parts}


@pytest.mark.django_db
def test_an_example_is_read_and_nothing_is_stored():
    template = parse_template(factories.definition())
    shown = template_preview(template, conclusion=factories.CONCLUSION)
    assert "Mild emphysema." in texts(shown.narrative)["lungs"]
    assert "8 mm" in texts(shown.narrative)["lungs"]
    fields = [item.field for section in shown.sections for item in section.items if item.field]
    assert {f.path: f.value for f in fields if f.has_value}["emphysema"] == "mild"
    assert not FieldValue.objects.exists()
    assert not GroupRow.objects.exists()


def has_normal(section):
    items = [item for item in section["fields"] if "visible_if" not in item]
    return any(one.get("normal") for item in items for one in (item, *item.get("fields", [])))


@pytest.mark.parametrize("key", SHIPPED)
def test_a_normal_exam_reads_as_the_normal_sentences(key):
    shown = template_preview(parse_template(SHIPPED[key]))
    assert (shown.found, shown.narrative) == (0, ())
    normal = [section["normal"] for section in SHIPPED[key]["sections"] if has_normal(section)]
    assert [part.text for part in shown.normal] == normal


def test_fields_of_the_other_sex_are_left_out():
    definition = factories.definition()
    definition["sections"][0]["fields"][0]["sex"] = "male"
    template = parse_template(definition)

    def paths(sex):
        sections = template_preview(template, sex=sex).sections
        return {i.field.path for s in sections for i in s.items if i.field}

    assert "emphysema" in paths("male")
    assert "emphysema" in paths("")
    assert "emphysema" not in paths("female")


def test_what_the_live_adapter_was_not_trained_on(settings):
    settings.LLM_ENGINE = "transformers"
    settings.LLM_ADAPTER_DIR = str(settings.FIXTURES_DIR / "adapter")
    known = template_coverage(parse_template(SHIPPED["ct_chest"]))
    assert (known.filled, known.labels_not_filled, known.reason) == (known.total, (), "")
    definition = factories.definition()
    definition["sections"][0]["fields"][0]["label"] = "Something new"
    fresh = template_coverage(parse_template(definition))
    assert fresh.filled < fresh.total
    assert "Lungs: Something new" in fresh.labels_not_filled


def test_without_an_adapter_the_reason_is_given(settings, tmp_path):
    settings.LLM_ENGINE = "transformers"
    settings.LLM_ADAPTER_DIR = str(tmp_path)
    known = template_coverage(parse_template(factories.definition()))
    assert "No adapter" in known.reason


def test_the_page_shows_the_open_section(cast, sign_in):
    one = draft(cast.grace, cast.north)
    given = {"conclusion": "Mild emphysema.", "sex": "female"}
    answer = post(sign_in(cast.grace), "template_draft_preview", one, at="0-0", **given)
    page = answer.content.decode()
    assert 'data-section="lungs"' in page
    assert 'data-section="pleura"' not in page
    assert "The model was not asked" in page


def test_a_draft_with_faults_has_none(cast, sign_in):
    one = draft(cast.grace, cast.north, modality="")
    page = post(sign_in(cast.grace), "template_draft_preview", one).content.decode()
    assert "no preview while there are faults" in page


def test_a_version_is_shown_whole(cast, sign_in):
    version = factories.template_version()
    browser = sign_in(cast.grace)
    page = browser.get(reverse("template_version", args=[version.pk])).content.decode()
    assert 'data-section="lungs"' in page
    assert 'data-section="pleura"' in page
    answer = browser.post(
        reverse("template_try", args=[version.pk]), {"conclusion": "Severe emphysema."}
    )
    assert "Severe emphysema." in answer.content.decode()
