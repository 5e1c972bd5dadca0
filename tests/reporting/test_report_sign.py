"""Signing: what is checked, what is stored, and what the chain proves."""

import json
import re

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from reporting.models import (
    AuditEvent,
    FieldValue,
    ImagingStudy,
    Report,
    ReportSnapshot,
    TimingEvent,
)
from reporting.selectors.reports import report_field
from reporting.services import reports
from reporting.services.errors import ActionBlocked, SignBlocked
from reporting.services.snapshots import canonical, sha256_of
from tests import factories
from tests.cast import PASSWORD


def sign(report, signer, password=PASSWORD):
    return reports.report_sign(report=report, signer=signer, password=password)


def codes(report, signer, password=PASSWORD):
    with pytest.raises(SignBlocked) as caught:
        sign(report, signer, password)
    return [reason.code for reason in caught.value.reasons]


@pytest.fixture
def written(cast, by_hand):
    reports.report_conclusion_set(report=by_hand, reader=cast.alice, text="Normal.", version=0)
    return by_hand


def test_it_makes_the_report_final_in_one_step(cast, written):
    sign(written, cast.alice)
    written.refresh_from_db()
    assert written.status == Report.Status.FINAL
    assert written.signed_by == cast.alice
    assert ImagingStudy.objects.get().status == "signed"
    assert TimingEvent.objects.filter(kind="signed").count() == 1
    assert AuditEvent.objects.filter(action="report_sign").count() == 1


def test_the_snapshot_holds_what_was_signed(cast, written):
    reports.field_set(report=written, reader=cast.alice, path="emphysema", value="mild", version=0)
    sign(written, cast.alice)
    snapshot = ReportSnapshot.objects.get()
    content = json.loads(snapshot.content)
    assert snapshot.sha256 == sha256_of(snapshot.content)
    assert content["conclusion"] == "Normal."
    assert [(v["path"], v["value"], v["attestation"]) for v in content["values"]] == [
        ("emphysema", "mild", "entered")
    ]
    assert {"key": "lungs", "label": "Lungs", "text": "Mild emphysema."} in content["narrative"]


def test_what_was_not_stated_is_not_in_the_snapshot(cast, written):
    sign(written, cast.alice)
    assert json.loads(ReportSnapshot.objects.get().content)["values"] == []


@pytest.mark.parametrize(
    ("password", "code"), [("", "password"), ("wrong", "password"), ("\x00", "password")]
)
def test_it_asks_for_the_password(cast, written, password, code):
    assert codes(written, cast.alice, password) == [code]
    assert AuditEvent.objects.filter(action="sign_password_wrong").count() == 1


def test_it_stops_guessing(cast, written):
    for _ in range(5):
        codes(written, cast.alice, "wrong")
    assert codes(written, cast.alice) == ["password_locked"]


def test_the_password_can_be_switched_off(cast, written, settings):
    settings.SIGN_REQUIRES_PASSWORD = False
    assert sign(written, cast.alice, "").is_signed


def test_it_refuses_an_empty_conclusion(cast, by_hand):
    assert codes(by_hand, cast.alice) == ["conclusion_empty"]


def test_each_reason_leads_to_its_place(cast, report, engine, sign_in):
    factories.fill(report, cast.alice)
    version = report.conclusion_version
    reports.report_conclusion_set(report=report, reader=cast.alice, text="", version=version)
    browser = sign_in(cast.alice)
    answer = browser.post(reverse("report_sign", args=[report.pk]), {"password": PASSWORD})
    places = re.findall(r'data-jump="([^"]+)"', answer.content.decode())
    assert {"conclusion", "f-emphysema"} <= set(places)
    page = browser.get(reverse("report_edit", args=[report.pk])).content.decode()
    assert all(f'id="{place}"' in page for place in places)


def test_it_refuses_open_suggestions(cast, report, engine):
    factories.fill(report, cast.alice)
    assert set(codes(report, cast.alice)) == {"suggestion_open"}
    for value in FieldValue.objects.filter(report=report):
        reports.field_confirm(
            report=report, reader=cast.alice, path=value.path, version=value.version
        )
    assert sign(report, cast.alice).is_signed


def test_a_page_that_was_left_open_gets_no_open_fields(cast, report, engine, sign_in):
    engine._answers = {}
    job = factories.fill(report, cast.alice, "Normal.")
    browser, address = sign_in(cast.alice), reverse("fill_status", args=[job.pk])
    assert " disabled" not in browser.get(address, {"polls": 1}).content.decode()
    sign(report, cast.alice)
    late = browser.get(address, {"polls": 1}).content.decode()
    assert late.count(" disabled") == late.count('name="value"') > 0


def test_it_refuses_open_conflicts_until_one_is_chosen(cast, report, engine):
    engine._answers = {"Mild emphysema": "emphysema=mild", "Severe emphysema": "emphysema=severe"}
    factories.fill(report, cast.alice, "Mild emphysema. Severe emphysema.")
    assert codes(report, cast.alice) == ["conflict_open"]
    version = report_field(report, "emphysema").version
    reports.field_reject(report=report, reader=cast.alice, path="emphysema", version=version)
    assert sign(report, cast.alice).is_signed


def test_it_refuses_while_the_model_fills(cast, report, doorbell):
    from reporting.services import fill_requests

    fill_requests.fill_request(report=report, reader=cast.alice, conclusion="Normal.", version=0)
    assert codes(report, cast.alice) == ["fill_running"]


def test_it_refuses_missing_required_fields(cast):
    content = factories.definition()
    content["sections"][2]["fields"][0]["required"] = True
    factories.template_version(content)
    exam = factories.exam(cast.north)
    report = reports.report_open(imaging_study=exam, reader=cast.alice, mode="structured")
    reports.report_conclusion_set(report=report, reader=cast.alice, text="Normal.", version=0)
    assert codes(report, cast.alice) == ["required"]
    reports.rest_normal(report=report, reader=cast.alice)
    assert sign(report, cast.alice).is_signed


@pytest.mark.parametrize("name", ["erin", "carol", "frank", "grace", "heidi"])
def test_other_roles_do_not_sign(cast, written, name):
    assert codes(written, getattr(cast, name)) == ["role"]


@pytest.mark.parametrize("name", ["bob", "dave"])
def test_other_radiologists_do_not_sign(cast, written, name):
    with pytest.raises(ActionBlocked, match="not yours"):
        sign(written, getattr(cast, name))


def test_a_radiologist_signs_what_a_resident_drafted(cast):
    report = factories.report(cast.erin, cast.north, mode="structured")
    reports.report_conclusion_set(report=report, reader=cast.erin, text="Normal.", version=0)
    assert sign(report, cast.dave).signed_by == cast.dave


def test_it_signs_once(cast, written):
    sign(written, cast.alice)
    with pytest.raises(ActionBlocked, match="signed"):
        sign(written, cast.alice)
    assert ReportSnapshot.objects.count() == 1


def test_chain_verify_passes_what_was_signed(cast, written, capsys):
    sign(written, cast.alice)
    call_command("chain_verify")
    assert "1 signed reports" in capsys.readouterr().out


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE reporting_reportsnapshot SET content = replace(content, 'Normal', 'Mormal')",
        "UPDATE reporting_reportsnapshot SET sha256 = repeat('0', 64)",
        "UPDATE reporting_reportsnapshot SET previous_sha256 = repeat('0', 64)",
        "UPDATE reporting_report SET conclusion = 'Other.'",
        "UPDATE reporting_fieldvalue SET value = '\"severe\"'",
        "DELETE FROM reporting_reportsnapshot",
    ],
)
def test_chain_verify_finds_what_an_owner_changed(cast, written, statement):
    reports.field_set(report=written, reader=cast.alice, path="emphysema", value="mild", version=0)
    sign(written, cast.alice)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("reportsnapshot", "report", "fieldvalue"):
            cursor.execute(f"ALTER TABLE reporting_{table} DISABLE TRIGGER USER")
        cursor.execute(statement)
    with pytest.raises(CommandError, match="fault"):
        call_command("chain_verify")


def test_canonical_json_has_one_spelling():
    assert canonical({"b": 1, "a": "é"}) == canonical({"a": "é", "b": 1}) == '{"a":"é","b":1}'
