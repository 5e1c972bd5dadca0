"""The history of a report's status. Append-only."""

from django.db import models

from reporting.clock import IsSimulated, Now
from reporting.models.reports import Report
from reporting.models.users import User


class StatusChange(models.Model):
    """One step of a report: from which status to which, by whom, when, with which words."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="status_changes")
    before = models.CharField(max_length=20, choices=Report.Status.choices)
    after = models.CharField(max_length=20, choices=Report.Status.choices)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now(), editable=False)
    comment = models.TextField(blank=True, default="")
    simulated = models.BooleanField(db_default=IsSimulated(), editable=False)

    class Meta:
        indexes = (models.Index(fields=("report", "at"), name="status_change_by_report"),)

    def __str__(self) -> str:
        return f"{self.report_id} {self.before} → {self.after}"

    @property
    def is_sent_back(self) -> bool:
        """Whether a preliminary report was returned to its author."""
        return (self.before, self.after) == (Report.Status.PRELIMINARY, Report.Status.DRAFT)
