"""The dashboard of a study with 10,000 readings, each with a report and a third with a fill.

    python -m tests.benchmarks.study_dashboard.bench [READERS] [CASES]

Three arms in full crossover, two thirds read. Uses a throw-away PostgreSQL. Prints the plan of the
one query of readings with its time in the database, and the milliseconds of processor time of this
process for reading the facts and for the whole selector.
"""

from __future__ import annotations

import sys
import time

from tests.benchmarks.database import throw_away_database

ARMS = (("Text", "free_text"), ("Form", "structured"), ("Model", "sft"))
EXAMS = """
INSERT INTO reporting_imagingstudy (id, site_id, patient_id, patient_name, patient_identifier,
  accession_number, study_instance_uid, modality, body_part, description, laterality, indication,
  comparison, priority, performed_at, status)
SELECT gen_random_uuid(), %s, %s, 'Name', 'P', 'A' || n, '2.25.' || n, 'CT', 'CHEST', 'CT chest',
  '', '', '', 0, timestamptz '2026-01-01', 'waiting' FROM generate_series(1, %s) n
"""
READ = """
WITH planned AS (
  SELECT r.id, r.reader_id, a.mode, r.report_template_version_id AS version, c.imaging_study_id,
    gen_random_uuid() AS report, timestamptz '2026-02-01' + r.position * interval '2 hours' AS at
  FROM reporting_reading r JOIN reporting_arm a ON a.id = r.arm_id
  JOIN reporting_case c ON c.id = r.case_id WHERE r.period <= 2),
reports AS (
  INSERT INTO reporting_report (id, imaging_study_id, report_template_version_id, mode, status,
    conclusion, conclusion_version, findings_text, findings_text_version, correction_reason,
    author_id, reader_study_id)
  SELECT report, imaging_study_id, version, mode, 'final', 'Normal.', 1, '', 0, '', u.user_id,
    u.study_id
  FROM planned JOIN reporting_studyreader u ON u.id = planned.reader_id RETURNING id),
fills AS (
  INSERT INTO reporting_filljob (id, report_id, requested_by_id, status, conclusion,
    conclusion_version, requested_at, deadline_at, finished_at, attempt, worker, reason_code,
    reason, result, unused, conflicts, not_covered, engine, base_model, base_hash, adapter,
    adapter_hash,
    template_hash, prompt_hash, prompt_tokens, output_tokens, clause_count)
  SELECT gen_random_uuid(), report, u.user_id, 'success', 'Normal.', 1, at,
    at + interval '1 minute', at + interval '1.5 seconds', 1, '', '', '', '[]', '[]', '[]', '[]',
    '', '', '', '', '', '', '', 0, 0, 0
  FROM planned JOIN reporting_studyreader u ON u.id = planned.reader_id WHERE mode = 'sft'
  RETURNING id)
UPDATE reporting_reading r SET status = 'completed', report_id = planned.report,
  started_at = planned.at, finished_at = planned.at + interval '90 seconds'
FROM planned WHERE planned.id = r.id
"""


def main() -> int:
    """Fill the tables and time the page's selector."""
    readers = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    cases = int(sys.argv[2]) if len(sys.argv) > 2 else 167
    with throw_away_database():
        run(readers, cases)
    return 0


def run(readers: int, cases: int) -> None:
    """Print the figures."""
    from django.db import connection, reset_queries

    from reporting.selectors.study_dashboard import reading_facts, study_dashboard

    study = prepared(readers, cases)
    with connection.cursor() as cursor:
        cursor.execute(READ)
        cursor.execute("ANALYZE")
    connection.force_debug_cursor = True
    reset_queries()
    count = len(reading_facts(study))
    query = connection.queries[-1]["sql"]
    connection.force_debug_cursor = False
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE) {query}")
        sys.stdout.write("\n".join(row[0] for row in cursor.fetchall()) + "\n")
    for name, work in (("facts", reading_facts), ("whole page's selector", study_dashboard)):
        times = []
        for _ in range(5):
            began = time.process_time()
            work(study)
            times.append((time.process_time() - began) * 1000)
        sys.stdout.write(f"{count} readings, {name}: {min(times):.0f} ms of processor\n")


def prepared(readers: int, cases: int):  # type: ignore[no-untyped-def]
    """A locked study."""
    from django.db import connection

    from reporting.models import ImagingStudy, Patient
    from reporting.models import User as Person
    from reporting.services import reader_studies, study_lock
    from tests import factories, studies
    from tests.cast import cast_new

    cast = cast_new()
    factories.template_version()
    study = reader_studies.study_create(site=cast.north, by=cast.carol, protocol=studies.PROTOCOL)
    for name, mode in ARMS:
        data = {"name": name, "mode": mode, "left_out": [], "planted_error_share": 0}
        reader_studies.arm_save(study=study, by=cast.carol, data=data)
    patient = Patient.objects.create(site=cast.north, identifier="P", name="Name")
    with connection.cursor() as cursor:
        cursor.execute(EXAMS, [cast.north.pk, patient.pk, cases])
    for exam in ImagingStudy.objects.all():
        case = reader_studies.case_add(study=study, by=cast.carol, exam=exam)
        shown = {"stratum": "", "material_kind": "brief", "material": "Read.", "is_practice": False}
        reader_studies.case_change(case=case, by=cast.carol, data=shown)
    for number in range(readers):
        person = Person.objects.create(username=f"r{number}", role="radiologist")
        about = {"user": person, "experience": "expert", "experience_years": 9, "training": ""}
        reader_studies.reader_save(study=study, by=cast.carol, data=about)
    return study_lock.study_lock(study=study, by=cast.carol)


if __name__ == "__main__":
    sys.exit(main())
