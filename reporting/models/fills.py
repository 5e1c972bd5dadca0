"""Requests to the model. This table is the queue; the Celery message is only a doorbell."""

import uuid

from django.db import models

from reporting.clock import Now
from reporting.models.reports import Report
from reporting.models.users import User


class FillJob(models.Model):
    """One request to fill a report from its conclusion, with everything that came of it.

    A worker claims it for the length of a lease; whoever claims it again raises `attempt`, and
    the writes of an earlier attempt are refused from then on.
    """

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting"
        STARTED = "started", "Running"
        SUCCESS = "success", "Done"
        FAILURE = "failure", "Failed"
        REVOKED = "revoked", "Cancelled"

    UNFINISHED = (Status.PENDING, Status.STARTED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="fill_jobs")
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PENDING)
    conclusion = models.TextField()
    conclusion_version = models.PositiveIntegerField()
    requested_at = models.DateTimeField(db_default=Now(), editable=False)
    deadline_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    first_field_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    attempt = models.PositiveIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=200, blank=True, default="")
    reason_code = models.CharField(max_length=40, blank=True, default="")
    reason = models.TextField(blank=True, default="")
    result = models.JSONField(default=list)
    unused = models.JSONField(default=list)
    conflicts = models.JSONField(default=list)
    not_covered = models.JSONField(default=list)
    engine = models.CharField(max_length=40, blank=True, default="")
    base_model = models.CharField(max_length=200, blank=True, default="")
    base_hash = models.CharField(max_length=64, blank=True, default="")
    adapter = models.CharField(max_length=200, blank=True, default="")
    adapter_hash = models.CharField(max_length=64, blank=True, default="")
    template_hash = models.CharField(max_length=64, blank=True, default="")
    prompt_hash = models.CharField(max_length=64, blank=True, default="")
    prompt_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    clause_count = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = (
            models.Index(
                fields=("requested_at",),
                condition=models.Q(status__in=("pending", "started")),
                name="fill_unfinished",
            ),
        )

    def __str__(self) -> str:
        return f"{self.id} {self.status}"

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status not in self.UNFINISHED


class FillWorker(models.Model):
    """A worker process that fills, as it last reported itself."""

    name = models.CharField(max_length=200, unique=True)
    engine = models.CharField(max_length=40)
    is_ready = models.BooleanField(default=False)
    state = models.TextField(blank=True, default="")
    last_seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
