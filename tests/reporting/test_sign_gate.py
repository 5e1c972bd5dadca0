"""What a site lets its radiologists sign without checking each answer, and what the report says."""

import json

import pytest
from django.urls import reverse

from reporting import clock
from reporting.exports.report_text import plain
from reporting.models import AuditEvent, FieldValue, Site
from reporting.selectors.check_views import check_list
from reporting.selectors.report_documents import report_document
from reporting.services import reports
from reporting.services.errors import SignBlocked
from reporting.services.sites import sign_gate_set
from reporting.services.snapshots import chain_faults
from reporting.sign_gate import SignGate, gate_read
from tests import factories
from tests.cast import PASSWORD

CONCLUSION = "Mild emphysema. 8 mm nodule in the right upper lobe. Small left pleural effusion."


@pytest.fixture
def filled(cast, report, engine):
    factories.fill(report, cast.alice, CONCLUSION)
    return report


def allow(cast, report, *passive, names_model=False):
    gate = SignGate(frozenset(passive), names_model)
    sign_gate_set(site=cast.north, by=cast.heidi, gate=gate)
    report.imaging_study.site.refresh_from_db()


def sign(report, signer):
    reports.report_sign(report=report, signer=signer, password=PASSWORD)
    report.refresh_from_db()
    return json.loads(report.snapshots.get().content)


def test_by_default_each_answer_is_decided(cast, filled):
    with pytest.raises(SignBlocked, match="Emphysema"):
        sign(filled, cast.alice)
    assert check_list(filled).passive == ()


def test_a_site_may_let_stated_answers_be_signed_as_they_are(cast, filled):
    allow(cast, filled, "stated")
    assert "Emphysema" in check_list(filled).passive
    signed = sign(filled, cast.alice)
    assert {v["attestation"] for v in signed["values"] if v["suggested_value"]} == {
        "passively_accepted"
    }
    assert signed["gate"] == {"passive": ["stated"], "names_model": False}
    assert "emphysema" in plain(report_document(filled)).lower().split("conclusion")[0]
    assert chain_faults(filled) == []


@pytest.mark.parametrize(
    ("change", "passive"),
    [
        ({"support": "implied"}, ("stated",)),
        ({"low_confidence": True}, ("stated", "implied")),
    ],
)
def test_what_the_gate_does_not_name_is_still_decided(cast, filled, change, passive):
    FieldValue.objects.filter(report=filled, path="emphysema").update(**change)
    allow(cast, filled, *passive)
    with pytest.raises(SignBlocked, match="Emphysema"):
        sign(filled, cast.alice)
    allow(cast, filled, "stated", "implied", "low_confidence")
    assert sign(filled, cast.alice)


def test_what_is_signed_names_what_the_model_proposed(cast, filled, sign_in):
    allow(cast, filled, "stated", names_model=True)
    held = filled.field_values.get(path="emphysema")
    reports.field_confirm(report=filled, reader=cast.alice, path="emphysema", version=held.version)
    size = filled.field_values.get(member="size", group="effusion")
    reports.field_reject(report=filled, reader=cast.alice, path=size.path, version=size.version)
    words = sign(filled, cast.alice)["model"]
    assert words.startswith("A language model proposed 4 values from the conclusion.")
    assert "Confirmed one by one: Emphysema." in words
    assert "Accepted without being checked one by one: Nodule 1, size; Nodule 1, location." in words
    assert "1 rejected." in words
    assert words in plain(report_document(filled))
    page = sign_in(cast.alice).get(reverse("report_print", args=[filled.pk]))
    assert "A language model proposed 4 values" in page.content.decode()


def test_it_is_silent_where_the_site_does_not_ask_for_it(cast, filled):
    allow(cast, filled, "stated")
    assert sign(filled, cast.alice)["model"] == ""


def test_the_dialog_says_what_is_accepted_unread(cast, filled, sign_in):
    allow(cast, filled, "stated")
    page = sign_in(cast.alice).get(reverse("report_checks", args=[filled.pk])).content.decode()
    assert "Signing accepts 4 answers of the model that nobody has checked: Emphysema;" in page


def test_the_administrator_sets_it_and_it_is_recorded(cast, sign_in):
    address = reverse("admin:reporting_site_change", args=[cast.north.pk])
    data = {"code": "NORTH", "name": "North", "text_width": 0, "passive": ["stated"]}
    assert sign_in(cast.heidi).get(address).status_code == 200
    assert sign_in(cast.heidi).post(address, data).status_code == 302
    assert Site.objects.get(pk=cast.north.pk).sign_gate["passive"] == ["stated"]
    event = AuditEvent.objects.get(action="sign_gate_set")
    assert event.actor == cast.heidi
    assert event.details["after"] == {"passive": ["stated"], "names_model": False}
    assert sign_in(cast.heidi).post(address, data | {"passive": ["all"]}).status_code == 200
    assert sign_in(cast.alice).post(address, data | {"passive": []}).status_code == 302
    assert Site.objects.get(pk=cast.north.pk).sign_gate["passive"] == ["stated"]


def test_what_is_stored_is_read_strictly():
    assert gate_read({}) == SignGate()
    assert gate_read({"passive": ["stated"], "names_model": "yes"}) == SignGate(
        frozenset({"stated"})
    )
    for wrong in ("stated", ["all"], None):
        with pytest.raises(ValueError, match="stated, implied"):
            gate_read({"passive": wrong})


def test_a_copied_value_is_no_answer_of_the_model(cast, filled):
    allow(cast, filled, "stated", "implied")
    FieldValue.objects.filter(report=filled, path="emphysema").update(
        source="prior", edited_at=clock.now(), support="implied", value="none"
    )
    assert "Emphysema" not in check_list(filled).passive
    held = reports.rest_normal(report=filled, reader=cast.alice)
    assert "emphysema" not in {value.path for value in held}
    with pytest.raises(SignBlocked, match="copied from the prior report"):
        sign(filled, cast.alice)


def test_the_dialog_counts_groups_that_the_model_says_are_none(cast, report, engine):
    factories.fill(report, cast.alice, "Mild emphysema.")
    held = report.field_values.get(path="emphysema")
    held.pk, held.path, held.group = None, "nodule", "nodule"
    held.value = held.suggested_value = "none"
    held._state.adding = True
    held.save()
    allow(cast, report, "stated")
    assert check_list(report).passive == ("Emphysema", "Nodule")
