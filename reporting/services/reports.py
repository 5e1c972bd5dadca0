"""Reports: opening, the long texts, addenda. Fields and signing have their own modules.

Every write of the app is reachable here, so that a view needs one import.
"""

from django.db import transaction

from reporting import access
from reporting.models import ImagingStudy, Report, TimingEvent, User
from reporting.services.audit import audit_event_add
from reporting.services.drafts import CONCLUSION, FINDINGS, TextSlot, report_lock, text_write
from reporting.services.errors import ActionBlocked
from reporting.services.fields import (
    field_confirm,
    field_reject,
    field_set,
    field_value_parse,
    group_row_add,
    group_row_remove,
    rest_normal,
)
from reporting.services.report_templates import report_template_for
from reporting.services.signing import addendum_add, report_sign, sign_checks
from reporting.services.status import exam_follow
from reporting.services.timing import timing_event_add
from reporting.services.undo import act_undo

__all__ = [
    "act_undo",
    "addendum_add",
    "field_confirm",
    "field_reject",
    "field_set",
    "field_value_parse",
    "group_row_add",
    "group_row_remove",
    "report_conclusion_set",
    "report_findings_text_set",
    "report_open",
    "report_sign",
    "rest_normal",
    "sign_checks",
]


@transaction.atomic
def report_open(*, imaging_study: ImagingStudy, reader: User, mode: str) -> Report:
    """Return the report of an exam, begun in the given mode if there is none yet.

    An unassigned exam becomes the reader's. A report that nobody has written in takes the new
    mode; one that holds anything keeps its own. Raises ActionBlocked when the exam is not the
    reader's, and when no template fits it.
    """
    if mode not in Report.Mode.values:
        raise ActionBlocked(f"There is no mode {mode[:40]!r}.")
    exam = (
        access.exams_for(reader)
        .select_for_update(of=("self",), no_key=True)
        .filter(pk=imaging_study.pk)
        .first()
    )
    if exam is None:
        raise ActionBlocked("Another reader has taken this exam.")
    report = exam.reports.clinical().exclude(status=Report.Status.CANCELLED).first()
    if report is None:
        report = _report_create(exam, reader, mode)
    elif report.is_open and report.mode != mode and _is_untouched(report):
        Report.objects.filter(pk=report.pk).update(mode=mode)
        report.mode = mode
    if exam.assigned_to_id is None:
        ImagingStudy.objects.filter(pk=exam.pk).update(assigned_to=reader)
    return report


def _report_create(exam: ImagingStudy, reader: User, mode: str) -> Report:
    report = Report.objects.create(
        imaging_study=exam,
        report_template_version=report_template_for(exam),
        mode=mode,
        author=reader,
    )
    exam_follow(report)
    audit_event_add(actor=reader, action="report_open", subject=report, details={"mode": str(mode)})
    return report


def _is_untouched(report: Report) -> bool:
    return not (
        report.conclusion
        or report.findings_text
        or report.field_values.exists()
        or report.group_rows.exists()
    )


def report_conclusion_set(*, report: Report, reader: User, text: str, version: int) -> int:
    """Save the conclusion as typed; return its new version.

    Raises VersionConflict, TextInvalid, ActionBlocked; then nothing was saved.
    """
    return _text_set(report, reader, CONCLUSION, text, version)


def report_findings_text_set(*, report: Report, reader: User, text: str, version: int) -> int:
    """Save the findings of a free-text report as typed; return their new version.

    Raises VersionConflict, TextInvalid, ActionBlocked; then nothing was saved.
    """
    if report.mode != Report.Mode.FREE_TEXT:
        raise ActionBlocked("In this mode the findings are fields, not text.")
    return _text_set(report, reader, FINDINGS, text, version)


@transaction.atomic
def _text_set(report: Report, reader: User, slot: TextSlot, text: str, version: int) -> int:
    locked = report_lock(report=report, reader=reader)
    if text_write(report=locked, reader=reader, slot=slot, text=text, version=version):
        timing_event_add(
            report=locked,
            reader=reader,
            kind=TimingEvent.Kind.INPUT,
            details={"in": slot.name, "by": "server"},
        )
    return int(getattr(locked, f"{slot.name}_version"))
