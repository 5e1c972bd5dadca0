"""The ledger of when things happened. Durations are always derived from it, never stored."""

import uuid

from django.db import models

from reporting.clock import IsSimulated, Now
from reporting.models.reports import Report
from reporting.models.users import User


class TimingEvent(models.Model):
    """One fact about one report. Append-only: the database refuses change and removal.

    `occurred_at` is the server's time at page load plus the browser's monotonic offset, or the
    clock for events of the server; `received_at` is the clock when it was stored.
    """

    class Kind(models.TextChoices):
        OPENED = "opened", "Opened"
        FIRST_INPUT = "first_input", "First input"
        INPUT = "input", "Input"
        CONCLUSION_POSTED = "conclusion_posted", "Conclusion posted"
        FILL_REQUESTED = "fill_requested", "Fill requested"
        FILL_STARTED = "fill_started", "Fill started"
        FILL_FIRST_FIELD = "fill_first_field", "First field filled"
        FILL_FINISHED = "fill_finished", "Fill finished"
        FIELD_EDITED = "field_edited", "Field edited"
        FIELD_CONFIRMED = "field_confirmed", "Field confirmed"
        FIELD_REJECTED = "field_rejected", "Field rejected"
        ROW_ADDED = "row_added", "Row added"
        ROW_REMOVED = "row_removed", "Row removed"
        REST_NORMAL = "rest_normal", "Rest normal"
        TAKEN_BACK = "taken_back", "Taken back"
        HIDDEN = "hidden", "Page hidden"
        VISIBLE = "visible", "Page visible"
        PAUSED = "paused", "Paused"
        RESUMED = "resumed", "Resumed"
        SIGN_PRESSED = "sign_pressed", "Sign pressed"
        SUBMITTED = "submitted", "Submitted for review"
        SENT_BACK = "sent_back", "Sent back"
        SIGNED = "signed", "Signed"
        ADDENDUM_SIGNED = "addendum_signed", "Addendum signed"

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="timing_events")
    reader = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=30, choices=Kind.choices)
    client_id = models.UUIDField(default=uuid.uuid4)
    occurred_at = models.DateTimeField(db_default=Now())
    received_at = models.DateTimeField(db_default=Now(), editable=False)
    page_loaded_at = models.DateTimeField(null=True, blank=True)
    offset_ms = models.FloatField(null=True, blank=True)
    skew_ms = models.FloatField(default=0)
    is_skewed = models.BooleanField(default=False)
    details = models.JSONField(default=dict)
    simulated = models.BooleanField(db_default=IsSimulated(), editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("report", "client_id"), name="timing_event_client_id_unique"
            ),
        )
        indexes = (models.Index(fields=("report", "occurred_at"), name="event_by_report"),)

    def __str__(self) -> str:
        return f"{self.report_id} {self.kind}"
