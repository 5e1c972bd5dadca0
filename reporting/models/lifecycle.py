"""The history of a report's status. Append-only."""

from django.db import models

from reporting.models.recorded import Recorded
from reporting.models.reports import Report


class StatusChange(Recorded):
    """One step of a report: from which status to which, by whom, when, with which words."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="status_changes")
    before = models.CharField(max_length=20, choices=Report.Status.choices)
    after = models.CharField(max_length=20, choices=Report.Status.choices)
    comment = models.TextField(blank=True, default="")

    class Meta:
        indexes = (models.Index(fields=("report", "at"), name="status_change_by_report"),)

    def __str__(self) -> str:
        return f"{self.report_id} {self.before} → {self.after}"

    @property
    def is_sent_back(self) -> bool:
        """Whether a preliminary report was returned to its author."""
        return (self.before, self.after) == (Report.Status.PRELIMINARY, Report.Status.DRAFT)
