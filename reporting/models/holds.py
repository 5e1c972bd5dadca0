"""Which page may write in a report."""

from django.db import models

from reporting.clock import Now
from reporting.models.reports import Report
from reporting.models.users import User


class ReportHold(models.Model):
    """One page (a tab of one browser) writes in a report; others read it, or take it over.

    `seen_at` is when the page last said that it is there. A hold that was not seen for
    REPORT_HOLD_SECONDS has ended, whether or not its row is still there.
    """

    report = models.OneToOneField(
        Report, primary_key=True, on_delete=models.CASCADE, related_name="hold"
    )
    page = models.UUIDField()
    holder = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.report_id} {self.holder_id}"
