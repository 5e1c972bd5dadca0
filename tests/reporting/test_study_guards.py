"""The database refuses to change what a study recorded."""

import pytest
from django.db import DatabaseError, connection, transaction

from reporting.checks import APPEND_ONLY_TABLES
from reporting.models import PlantedError, ProtocolDeviation, ReadingPause, StudyAmendment
from reporting.services import readings, study_lock
from tests import factories, studies

RECORDS = (StudyAmendment, ProtocolDeviation, ReadingPause, PlantedError)


@pytest.fixture
def reading(cast, engine):
    study = studies.running(cast, design="incomplete", practice=0)
    study_lock.study_amend(
        study=study, by=cast.carol, protocol={"washout_days": 3}, reason="Shorter."
    )
    reading = readings.reading_start(reader=studies.part_of(study, cast.alice))
    readings.deviation_add(reader=reading.reader, by=cast.alice, description="Noise.")
    readings.reading_pause(reader=reading.reader, reason="Phone.")
    job = factories.fill(factories.report(cast.alice, cast.north), cast.alice)
    PlantedError.objects.create(reading=reading, fill_job=job, kind="dropped", path="emphysema")
    return reading


@pytest.mark.parametrize("model", RECORDS)
def test_records_are_only_added_to(reading, model):
    table = model._meta.db_table
    assert table in APPEND_ONLY_TABLES
    assert model.objects.exists()
    connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
    for statement in (
        f"UPDATE {table} SET id = id",
        f"DELETE FROM {table}",
        f"TRUNCATE {table} CASCADE",
    ):
        with pytest.raises(DatabaseError, match="refused"), transaction.atomic():
            connection.cursor().execute(statement)


def test_a_report_neither_leaves_nor_enters_a_study(cast, reading):
    other = factories.report(cast.alice, cast.north)
    for key, study in ((reading.report_id, None), (other.pk, reading.study_id)):
        with pytest.raises(DatabaseError, match="neither leaves"), transaction.atomic():
            connection.cursor().execute(
                "UPDATE reporting_report SET reader_study_id = %s WHERE id = %s", [study, key]
            )
