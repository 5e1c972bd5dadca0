"""A database full of readings with their ledgers, made by SQL."""

from __future__ import annotations

# A reading: opened, then an input every two seconds, a fill, signed.
REPORTS = """
INSERT INTO reporting_report (id, imaging_study_id, report_template_version_id, mode, status,
  conclusion, conclusion_version, findings_text, findings_text_version, correction_reason,
  author_id, opened_at)
SELECT gen_random_uuid(), s.id, %s, 'sft', 'draft', '', 0, '', 0, '', %s,
  timestamptz '2026-01-01' + s.n * interval '10 minutes'
FROM (SELECT id, row_number() OVER (ORDER BY performed_at) AS n FROM reporting_imagingstudy) s
"""
EXAMS = """
INSERT INTO reporting_imagingstudy (id, site_id, patient_id, patient_name, patient_identifier,
  accession_number, study_instance_uid, modality, body_part, description, laterality, indication,
  comparison, priority, performed_at, status)
SELECT gen_random_uuid(), %s, %s, 'Name', 'P', 'A' || n, '2.25.' || n, 'CT', 'CHEST', 'CT chest',
  '', '', '', 0, timestamptz '2025-01-01' + n * interval '3 minutes', 'in_progress'
FROM generate_series(1, %s) n
"""
EVENTS = """
INSERT INTO reporting_timingevent (report_id, reader_id, kind, client_id, occurred_at, received_at,
  page_loaded_at, offset_ms, skew_ms, is_skewed, details, simulated)
SELECT r.id, r.author_id,
  CASE n WHEN 0 THEN 'opened' WHEN 1 THEN 'first_input' WHEN 20 THEN 'fill_requested'
    WHEN 21 THEN 'fill_first_field' WHEN 22 THEN 'fill_finished' WHEN %s THEN 'signed'
    ELSE CASE WHEN n %% 3 = 0 THEN 'field_confirmed' ELSE 'input' END END,
  gen_random_uuid(), r.opened_at + n * interval '2 seconds', r.opened_at + n * interval '2 seconds',
  CASE WHEN n %% 3 = 1 THEN r.opened_at END, n * 2000, 0, false,
  CASE WHEN n BETWEEN 20 AND 22 THEN jsonb_build_object('fill_job', 'a', 'status', 'success')
    ELSE '{}'::jsonb END, false
FROM reporting_report r CROSS JOIN generate_series(0, %s) n
"""


def readings_fill(readings: int, events: int) -> None:
    """Store open reports of one reader with `events` events each."""
    from django.db import connection

    from reporting.models import Patient
    from tests.cast import cast_new
    from tests.factories import template_version

    cast = cast_new()
    patient = Patient.objects.create(site=cast.north, identifier="P", name="Name")
    with connection.cursor() as cursor:
        cursor.execute(EXAMS, [cast.north.pk, patient.pk, readings])
        cursor.execute(REPORTS, [template_version().pk, cast.alice.pk])
        cursor.execute(EVENTS, [events - 1, events - 1])
        cursor.execute("ANALYZE")
