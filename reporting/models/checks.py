"""What people decided about the checks before signing. Append-only."""

from django.db import models

from reporting.models.recorded import Recorded
from reporting.models.reports import Report


class CheckOverride(Recorded):
    """A finding of a check that a reader let stand, word for word, with the reason.

    It holds for this sentence at this place only: when the report changes so that the check says
    something else, the reader is asked again.
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="check_overrides")
    rule = models.CharField(max_length=40)
    place = models.CharField(max_length=200)
    sentence = models.TextField()
    reason = models.TextField()

    class Meta:
        indexes = (models.Index(fields=("report", "at"), name="check_override_by_report"),)

    def __str__(self) -> str:
        return f"{self.report_id} {self.rule} {self.place}"


class CriticalCommunication(Recorded):
    """That somebody was told of a critical result: who, when, and whether they read it back."""

    report = models.ForeignKey(
        Report, on_delete=models.PROTECT, related_name="critical_communications"
    )
    result = models.CharField(max_length=64)
    label = models.CharField(max_length=200)
    told_to = models.CharField(max_length=200)
    told_at = models.DateTimeField()
    read_back = models.BooleanField()

    class Meta:
        indexes = (models.Index(fields=("report", "at"), name="communication_by_report"),)

    def __str__(self) -> str:
        return f"{self.report_id} {self.result}"
