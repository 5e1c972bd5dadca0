"""Things that tests need, made by the services where there is one."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from reporting.models import (
    FillJob,
    ImagingStudy,
    Patient,
    Report,
    ReportTemplateVersion,
    Site,
    User,
)
from reporting.services import fill_requests, fills
from reporting.services.report_templates import report_template_import
from reporting.services.reports import report_open

TEMPLATE_FILE = Path(__file__).parent / "llm" / "small_template.json"
CONCLUSION = (
    "Mild emphysema. 8 mm nodule in the right upper lobe. Small left pleural effusion."
    " Follow-up in 3 months."
)
ANSWERS = {
    "Mild emphysema": "emphysema=mild",
    "8 mm nodule in the right upper lobe": "nodule[+]size=@1,location=rul",
    "Small left pleural effusion": "effusion[left]size=small",
}
_numbers = count(1)


def definition() -> dict[str, Any]:
    """Return the content of the tests' small template."""
    content: dict[str, Any] = json.loads(TEMPLATE_FILE.read_text(encoding="utf-8"))
    return content


def template_version(content: Mapping[str, object] | None = None) -> ReportTemplateVersion:
    """Return the stored version of a template, the small one by default."""
    return report_template_import(definition=content or definition())[0]


def exam(site: Site, **columns: Any) -> ImagingStudy:
    """Return a CT of the chest at a site; `columns` override."""
    number = next(_numbers)
    sex = columns.pop("sex", "female")
    patient = Patient.objects.create(
        site=site, identifier=f"P{number:06}", name=f"Test^Patient{number}", sex=sex
    )
    defaults: dict[str, Any] = {
        "patient_name": patient.name,
        "patient_identifier": patient.identifier,
        "accession_number": f"A{number:06}",
        "study_instance_uid": f"2.25.{number}",
        "modality": "CT",
        "body_part": "CHEST",
        "description": "CT chest",
        "performed_at": datetime(2026, 3, 2, 8, 30, tzinfo=UTC),
    }
    return ImagingStudy.objects.create(site=site, patient=patient, **{**defaults, **columns})


def report(reader: User, site: Site, *, mode: str = "sft", **columns: Any) -> Report:
    """Return an open report of a reader, as the app opens it."""
    template_version()
    return report_open(imaging_study=exam(site, **columns), reader=reader, mode=mode)


def fill(report: Report, reader: User, conclusion: str = CONCLUSION) -> FillJob:
    """Ask for a fill with a conclusion, and let the worker's code run it here and now."""
    report.refresh_from_db()
    job = fill_requests.fill_request(
        report=report, reader=reader, conclusion=conclusion, version=report.conclusion_version
    )
    fills.fill_run(worker="test")
    report.refresh_from_db()
    return FillJob.objects.get(pk=job.pk)
