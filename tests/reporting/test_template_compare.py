"""What differs between two definitions, in words; and files that come back as they went."""

import copy
import json

import pytest
from django.urls import reverse

from reporting.forms.report_templates import definition_read
from reporting.template_diff import differences
from tests import factories
from tests.reporting.templates import draft, publish


@pytest.fixture
def new():
    return copy.deepcopy(factories.definition())


def said(new):
    found = differences(factories.definition(), new)
    return {(one.change, one.what, one.key): list(one.details) for one in found}


def test_nothing_differs(new):
    assert said(new) == {}


def test_added_and_removed(new):
    fields = new["sections"][0]["fields"]
    removed = fields.pop(1)
    fields.insert(1, {"key": "cough", "label": "Cough", "kind": "bool"})
    assert said(new) == {
        ("added", "field", "cough"): [],
        ("removed", "field", removed["key"]): [],
    }


def test_changed_in_words(new):
    emphysema, _, _, nodule = new["sections"][0]["fields"][:4]
    emphysema["label"] = "Lung emphysema"
    emphysema["required"] = True
    del emphysema["certainty"]
    emphysema["options"][1]["phrases"] = ["mild emphysema", "minor emphysema", "some emphysema"]
    del emphysema["options"][2]
    nodule["fields"][0]["max"] = 90
    new["name"] = "Trunk"
    assert said(new) == {
        ("changed", "template", "small_trunk"): ["name: “Small trunk” → “Trunk”"],
        ("changed", "field", "emphysema"): [
            "label: “Emphysema” → “Lung emphysema”",
            "ask how certain: no",
            "must be filled: yes",
            "option Mild, dictated as: 2 added, 1 removed",
            "option Mild to moderate removed",
        ],
        ("changed", "member", "nodule.size"): ["to: “100” → “90”"],
    }


def test_moved(new):
    sections = new["sections"]
    sections[1]["fields"].insert(0, sections[0]["fields"].pop(0))
    assert said(new) == {("changed", "field", "emphysema"): ["moved from lungs to pleura"]}


def test_another_order(new):
    fields = new["sections"][0]["fields"]
    fields[0], fields[1] = fields[1], fields[0]
    assert list(said(new).values()) == [["stands at another place"]]


def test_the_page_compares_what_is_theirs(cast, sign_in):
    old = factories.template_version()
    new = draft(cast.grace, cast.north, name="Trunk")
    south = publish(draft(cast.heidi, cast.south), cast.heidi)
    browser = sign_in(cast.grace)
    address = reverse("template_compare")
    page = browser.get(address, {"old": f"v{old.pk}", "new": f"d{new.pk}"}).content.decode()
    assert "name: “Small trunk” → “Trunk”" in page
    for other in (f"v{south.pk}", "v0", "d0", "x1", "v", "v²", f"v{'9' * 40}", ""):
        assert browser.get(address, {"old": f"v{old.pk}", "new": other}).status_code == 404


def test_an_export_is_imported_as_it_was(cast, sign_in):
    version = factories.template_version()
    one = draft(cast.grace, cast.north, modality="")
    browser = sign_in(cast.grace)
    answer = browser.get(reverse("template_export", args=[version.pk]))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="small_trunk-v1.json"'
    assert definition_read(answer.content) == factories.definition()
    answer = browser.get(reverse("template_draft_export", args=[one.pk]))
    assert json.loads(answer.content) == one.definition
