"""The one place where a report's status changes, with its exam's and its history."""

from reporting.models import ImagingStudy, Report, StatusChange, User

EXAM_STATUS = {
    Report.Status.DRAFT: ImagingStudy.Status.IN_PROGRESS,
    Report.Status.PRELIMINARY: ImagingStudy.Status.PRELIMINARY,
    Report.Status.FINAL: ImagingStudy.Status.SIGNED,
    Report.Status.APPENDED: ImagingStudy.Status.SIGNED,
    Report.Status.CORRECTED: ImagingStudy.Status.SIGNED,
    Report.Status.CANCELLED: ImagingStudy.Status.WAITING,
}


def exam_follow(report: Report) -> None:
    """Give the exam the status that follows from its report's."""
    status = EXAM_STATUS[Report.Status(report.status)]
    if report.status == Report.Status.CANCELLED and report.corrects_id is not None:
        # Without its correction the version before it counts again.
        status = ImagingStudy.Status.SIGNED
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
