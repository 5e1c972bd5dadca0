"""The patient's earlier exams, and the line that says which of them a report was compared with."""

from django.db.models import QuerySet

from reporting.models import ImagingStudy, Report


def earlier_exams(exam: ImagingStudy) -> QuerySet[ImagingStudy]:
    """Return the patient's exams before this one, the newest first; a patient is of one site."""
    before = ImagingStudy.objects.filter(
        patient=exam.patient_id, performed_at__lt=exam.performed_at
    )
    return before.order_by("-performed_at", "-pk")


def comparable_exam(exam: ImagingStudy) -> ImagingStudy | None:
    """Return the last exam before of the same modality and body part."""
    alike = earlier_exams(exam).filter(modality=exam.modality, body_part=exam.body_part)
    return alike.first()


def days_between(earlier: ImagingStudy, exam: ImagingStudy) -> int:
    """Return the days from one exam to a later one, by their dates."""
    return (exam.performed_at.date() - earlier.performed_at.date()).days


def days_text(days: int) -> str:
    """Return "1 day", "265 days"."""
    return f"{days} day" if days == 1 else f"{days} days"


def comparison_line(report: Report) -> str:
    """Return "CT chest of 2026-03-04 (265 days)."; empty where the reader compared with none."""
    earlier = report.compared_with
    if earlier is None:
        return ""
    days = days_text(days_between(earlier, report.imaging_study))
    return f"{earlier.description} of {earlier.performed_at:%Y-%m-%d} ({days})."
