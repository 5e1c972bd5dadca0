"""The one place where a report's status changes, with its exam's and its history."""

from reporting.models import FillJob, ImagingStudy, Report, StatusChange, User
from reporting.services import fill_queue

EXAM_STATUS = {
    Report.Status.DRAFT: ImagingStudy.Status.IN_PROGRESS,
    Report.Status.PRELIMINARY: ImagingStudy.Status.PRELIMINARY,
    Report.Status.FINAL: ImagingStudy.Status.SIGNED,
    Report.Status.APPENDED: ImagingStudy.Status.SIGNED,
    Report.Status.CORRECTED: ImagingStudy.Status.SIGNED,
    Report.Status.CANCELLED: ImagingStudy.Status.WAITING,
}


def exam_follow(report: Report) -> None:
    """Give the exam the status that follows from its report's; a reading leaves it as it is."""
    if report.reader_study_id is not None:
        return
    status = EXAM_STATUS[Report.Status(report.status)]
    ImagingStudy.objects.filter(pk=report.imaging_study_id).update(status=status)


def status_set(
    report: Report, status: Report.Status, *, by: User, comment: str = ""
) -> StatusChange:
    """Move a locked report to a status, and note the step. Its signature is saved too."""
    before, report.status = report.status, status
    report.save(update_fields=["status", "signed_by", "signed_at"])
    exam_follow(report)
    return StatusChange.objects.create(
        report=report, before=before, after=status, by=by, comment=comment
    )


def cancelled_set(report: Report, *, by: User, comment: str) -> StatusChange:
    """End a locked report without a result, and the fills that are still under way."""
    for job in report.fill_jobs.filter(status__in=FillJob.UNFINISHED).select_for_update():
        fill_queue.end(job, status=FillJob.Status.REVOKED, reason_code="report_closed")
    return status_set(report, Report.Status.CANCELLED, by=by, comment=comment)
