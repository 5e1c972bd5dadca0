"""Readings: which reader reads which case in which arm, and what happened on the way."""

import uuid

from django.db import models

from reporting.clock import IsSimulated, Now
from reporting.models.fills import FillJob
from reporting.models.reader_studies import Arm, Case, ReaderStudy, StudyReader
from reporting.models.recorded import Recorded
from reporting.models.report_templates import ReportTemplateVersion
from reporting.models.reports import Report


class Reading(models.Model):
    """One reader, one case, one arm. What was allocated never changes; the status moves on.

    `period` is 0 for practice, else from 1. `position` is the reader's order over all periods. A
    reading that failed for a technical reason is repeated by another one at the same position.
    """

    class Status(models.TextChoices):
        PLANNED = "planned", "Planned"
        STARTED = "started", "Started"
        PAUSED = "paused", "Paused"
        COMPLETED = "completed", "Completed"
        FAILED = "failed", "Failed"

    OPEN_STATUSES = (Status.STARTED, Status.PAUSED)
    TO_READ = (Status.PLANNED, Status.STARTED, Status.PAUSED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    study = models.ForeignKey(ReaderStudy, on_delete=models.PROTECT, related_name="readings")
    reader = models.ForeignKey(StudyReader, on_delete=models.PROTECT, related_name="readings")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="readings")
    arm = models.ForeignKey(Arm, on_delete=models.PROTECT, related_name="readings")
    report_template_version = models.ForeignKey(
        ReportTemplateVersion, on_delete=models.PROTECT, related_name="+"
    )
    period = models.PositiveSmallIntegerField()
    position = models.PositiveIntegerField()
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PLANNED)
    report = models.OneToOneField(
        Report, on_delete=models.PROTECT, null=True, blank=True, related_name="reading"
    )
    repeat_of = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="repeated_by"
    )
    washout_waived = models.BooleanField(default=False)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("reader_id", "position")
        constraints = (
            models.UniqueConstraint(
                fields=("reader", "case", "arm"),
                condition=models.Q(repeat_of__isnull=True),
                name="reading_allocated_once",
            ),
            models.UniqueConstraint(
                fields=("reader", "position"),
                condition=models.Q(repeat_of__isnull=True),
                name="reading_position_unique",
            ),
            models.UniqueConstraint(
                fields=("reader",),
                condition=models.Q(status__in=("started", "paused")),
                name="one_open_reading_per_reader",
            ),
        )
        indexes = (
            models.Index(fields=("study", "reader", "position"), name="reading_by_reader"),
            models.Index(fields=("study", "finished_at"), name="reading_by_day"),
        )

    def __str__(self) -> str:
        return f"{self.reader_id} {self.case_id} {self.arm_id}"

    @property
    def is_practice(self) -> bool:
        """Whether it is for practice and counts for nothing."""
        return self.period == 0


class ReadingPause(Recorded):
    """That a reading was paused, and why, or resumed. Append-only."""

    class Kind(models.TextChoices):
        PAUSED = "paused", "Paused"
        RESUMED = "resumed", "Resumed"

    reading = models.ForeignKey(Reading, on_delete=models.PROTECT, related_name="pauses")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    reason = models.TextField(blank=True, default="")

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.reading_id} {self.kind}"


class ProtocolDeviation(Recorded):
    """Something that was not as the protocol says. Append-only: recorded, never hidden."""

    class Kind(models.TextChoices):
        TECHNICAL_FAILURE = "technical_failure", "Technical failure"
        NOT_REPEATED = "not_repeated", "Failed and not repeated"
        WASHOUT_WAIVED = "washout_waived", "Read before the washout ended"
        MODEL_UNAVAILABLE = "model_unavailable", "No fill in an arm with the model"
        DROPOUT = "dropout", "Reader dropped out"
        OTHER = "other", "Other"

    study = models.ForeignKey(ReaderStudy, on_delete=models.PROTECT, related_name="deviations")
    reader = models.ForeignKey(
        StudyReader, on_delete=models.PROTECT, null=True, blank=True, related_name="deviations"
    )
    reading = models.ForeignKey(
        Reading, on_delete=models.PROTECT, null=True, blank=True, related_name="deviations"
    )
    kind = models.CharField(max_length=30, choices=Kind.choices)
    description = models.TextField()

    class Meta:
        ordering = ("pk",)
        indexes = (models.Index(fields=("study", "at"), name="deviation_by_study"),)

    def __str__(self) -> str:
        return f"{self.study_id} {self.kind}"


class PlantedError(models.Model):
    """An error that was put into a fill of a reading, to see whether it is caught. Append-only."""

    class Kind(models.TextChoices):
        WRONG_SIDE = "wrong_side", "Wrong side"
        SEVERITY = "severity", "Wrong severity"
        DROPPED = "dropped", "Dropped finding"
        ADDED = "added", "Added finding"

    reading = models.ForeignKey(Reading, on_delete=models.PROTECT, related_name="planted_errors")
    fill_job = models.ForeignKey(FillJob, on_delete=models.PROTECT, related_name="planted_errors")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    path = models.CharField(max_length=200)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    at = models.DateTimeField(db_default=Now(), editable=False)
    simulated = models.BooleanField(db_default=IsSimulated(), editable=False)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.reading_id} {self.kind} {self.path}"
