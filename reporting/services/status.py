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


def status_set(
    report: Report, status: Report.Status, *, by: User, comment: str = ""
) -> StatusChange:
    """Move a locked report to a status, and note the step. Fields set on it are saved too."""
    before = Report.objects.values_list("status", flat=True).get(pk=report.pk)
    report.status = status
    report.save(update_fields=["status", "signed_by", "signed_at"])
    ImagingStudy.objects.filter(pk=report.imaging_study_id).update(status=EXAM_STATUS[status])
    return StatusChange.objects.create(
        report=report, before=before, after=status, by=by, comment=comment
    )
