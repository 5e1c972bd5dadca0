"""The bundle of a study with a million events: seconds, and the most memory of the process.

    python -m tests.benchmarks.export.bench [READINGS [EVENTS_PER_READING]]

Uses a throw-away PostgreSQL. The aim is 200 MB at 10,000 readings of 100 events.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.database import throw_away_database

if TYPE_CHECKING:
    from reporting.models import ReaderStudy

CASES = """
INSERT INTO reporting_case (study_id, imaging_study_id, number, stratum, material_kind, material,
  is_practice)
SELECT %s, id, row_number() OVER (ORDER BY id), '', 'brief', '', false FROM reporting_imagingstudy
"""
READINGS = """
INSERT INTO reporting_reading (id, study_id, reader_id, case_id, arm_id,
  report_template_version_id, period, position, status, report_id, washout_waived, started_at)
SELECT gen_random_uuid(), %s, %s, c.id, %s, r.report_template_version_id, 1, c.number, 'completed',
  r.id, false, r.opened_at
FROM reporting_report r JOIN reporting_case c ON c.imaging_study_id = r.imaging_study_id
"""


def main() -> int:
    """Fill a database and export it."""
    readings, events = (int(text) for text in [*sys.argv[1:], "10000", "100"][:2])
    with throw_away_database():
        run(readings, events)
    return 0


def run(readings: int, events: int) -> None:
    """Measure each kind of file by what the whole bundle takes."""
    from reporting.exports.study.bundle import bundle_write
    from reporting.exports.study.identities import identities
    from tests.benchmarks.ledger_rows import readings_fill

    readings_fill(readings, events)
    study = study_fill()
    before = peak()
    with tempfile.TemporaryDirectory() as place:
        began = time.perf_counter()
        bundle_write(study, Path(place), identities())
        took = time.perf_counter() - began
        size = sum(path.stat().st_size for path in Path(place).iterdir()) / 1e6
    sys.stdout.write(
        f"{readings * events} events, {readings} readings: {took:.0f} s, {size:.0f} MB of files,"
        f" at most {peak():.0f} MB of memory ({before:.0f} MB before)\n"
    )


def study_fill() -> ReaderStudy:
    """Store a study whose readings are all reports there are."""
    from django.db import connection

    from reporting.models import Arm, ReaderStudy, Site, StudyReader, User

    alice = User.objects.get(username="alice")
    study = ReaderStudy.objects.create(
        site=Site.objects.get(code="NORTH"), name="A million events", created_by=alice
    )
    arm = Arm.objects.create(study=study, position=1, name="Model", mode="sft")
    reader = StudyReader.objects.create(study=study, user=alice)
    with connection.cursor() as cursor:
        cursor.execute(CASES, [study.pk])
        cursor.execute(READINGS, [study.pk, reader.pk, arm.pk])
        cursor.execute("ANALYZE")
    return study


def peak() -> float:
    """Return the most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
