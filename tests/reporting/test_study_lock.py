"""Locking a study: what must be there, what is hashed, and what may change afterwards."""

import json

import pytest
from django.db import DatabaseError, connection, transaction

from reporting.models import Arm, Case, Reading, ReportTemplateVersion, StudyReader
from reporting.services import reader_studies, study_lock
from reporting.services.errors import ActionBlocked, TextInvalid
from reporting.services.report_templates import report_template_for
from reporting.services.snapshots import sha256_of
from tests import studies


def lock(study, cast):
    return study_lock.study_lock(study=study, by=cast.carol)


def test_it_hashes_the_protocol_and_the_allocation(cast):
    study = lock(studies.draft(cast), cast)
    content = json.loads(study.locked_content)
    assert study.status == "locked"
    assert study.lock_sha256 == sha256_of(study.locked_content)
    assert content["protocol"]["question"] == "Is the model faster?"
    assert len(content["allocation"]) == study.readings.count() == 2 * (3 * 3 + 1)
    assert content["readers"][0]["pseudonym"] == cast.alice.pseudonym
    assert "alice" not in study.locked_content


def test_the_readings_are_those_of_the_hash(cast):
    study = lock(studies.draft(cast), cast)
    for name, case, arm, period, position in json.loads(study.locked_content)["allocation"]:
        user = cast.alice if name == "R1" else cast.erin
        reading = Reading.objects.get(reader__user=user, position=position)
        assert (str(reading.case.number), reading.arm.name) == (case, arm)
        assert reading.period == period


@pytest.mark.parametrize("name", ["question", "analysis_plan", "consent_text", "instructions"])
def test_it_refuses_an_incomplete_protocol(cast, name):
    with pytest.raises(ActionBlocked, match="Before the lock"):
        lock(studies.draft(cast, **{name: " "}), cast)
    assert not Reading.objects.exists()


def test_it_refuses_a_case_without_material(cast):
    study = studies.draft(cast)
    Case.objects.filter(number=2).update(material="")
    with pytest.raises(ActionBlocked, match="no material to read: 2"):
        lock(study, cast)


def test_it_refuses_what_no_design_can_be_made_of(cast):
    study = studies.draft(cast, cases=0)
    with pytest.raises(ActionBlocked, match="cases first"):
        lock(study, cast)


def test_after_the_lock_every_change_is_refused(cast):
    study = lock(studies.draft(cast), cast)
    case, arm, reader = study.cases.first(), study.arms.first(), study.readers.first()
    by = {"by": cast.carol}
    for change in (
        lambda: reader_studies.study_change(study=study, protocol={"question": "?"}, **by),
        lambda: reader_studies.case_remove(case=case, **by),
        lambda: reader_studies.arm_remove(arm=arm, **by),
        lambda: reader_studies.reader_remove(reader=reader, **by),
        lambda: lock(study, cast),
    ):
        with pytest.raises(ActionBlocked, match="amendment"):
            change()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE reporting_readerstudy SET seed = 3",
        "UPDATE reporting_readerstudy SET status = 'draft'",
        "UPDATE reporting_readerstudy SET lock_sha256 = ''",
        "DELETE FROM reporting_readerstudy",
        "UPDATE reporting_arm SET mode = 'free_text'",
        "DELETE FROM reporting_case",
        "DELETE FROM reporting_studyreader",
        "UPDATE reporting_reading SET position = position + 100",
        "DELETE FROM reporting_reading",
    ],
)
def test_the_database_refuses_it_too(cast, statement):
    lock(studies.draft(cast), cast)
    connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(DatabaseError), transaction.atomic():
        connection.cursor().execute(statement)


def test_an_amendment_keeps_before_and_after_and_chains_to_the_lock(cast):
    study = lock(studies.draft(cast), cast)
    for days in (21, 28):
        amendment = study_lock.study_amend(
            study=study, by=cast.carol, protocol={"washout_days": days}, reason="Too short."
        )
    study.refresh_from_db()
    first = study.amendments.first()
    assert study.washout_days == 28
    assert (amendment.before, amendment.after) == ({"washout_days": 21}, {"washout_days": 28})
    assert (first.previous_sha256, amendment.previous_sha256) == (study.lock_sha256, first.sha256)


def test_an_amendment_needs_a_reason_and_a_change(cast):
    study = lock(studies.draft(cast), cast)
    with pytest.raises(TextInvalid, match="why"):
        study_lock.study_amend(study=study, by=cast.carol, protocol={"washout_days": 1}, reason=" ")
    with pytest.raises(ActionBlocked, match="Nothing"):
        study_lock.study_amend(
            study=study, by=cast.carol, protocol={"seed": 5, "washout_days": 14}, reason="So."
        )


def test_an_arm_without_items_gets_a_variant_that_no_patient_s_report_uses(cast):
    study = lock(studies.draft(cast, left_out=["small_trunk:nodule"]), cast)
    variant = ReportTemplateVersion.objects.get(status="variant")
    reading = study.readings.filter(arm__name="Form").first()
    assert reading.report_template_version == variant
    assert all(f["key"] != "nodule" for s in variant.definition["sections"] for f in s["fields"])
    assert report_template_for(reading.case.imaging_study) != variant
    assert study.readings.filter(arm__name="Model").first().report_template_version != variant


def test_an_unknown_item_is_refused(cast):
    with pytest.raises(ActionBlocked, match="no item wings"):
        lock(studies.draft(cast, left_out=["small_trunk:wings"]), cast)


def test_errors_are_planted_only_where_the_model_fills(cast):
    study = studies.draft(cast)
    data = {"name": "X", "mode": "structured", "left_out": [], "planted_error_share": 0.5}
    with pytest.raises(ActionBlocked, match="only into fills"):
        reader_studies.arm_save(study=study, by=cast.carol, data=data)
    assert (Arm.objects.count(), StudyReader.objects.count()) == (3, 2)
