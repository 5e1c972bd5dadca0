"""Reader studies: the protocol, its arms, cases and readers. Locked, only amendments change it."""

import uuid

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from reporting.clock import Now
from reporting.models.imaging import ImagingStudy
from reporting.models.recorded import Recorded
from reporting.models.reports import Report
from reporting.models.users import Site, User


class ReaderStudy(models.Model):
    """A research study at one site: readers read the same cases in different ways.

    While it is a draft everything may change. Locking fixes the protocol, the arms, the cases, the
    readers and who reads what in which order, by a hash over `locked_content`.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        LOCKED = "locked", "Locked"
        RUNNING = "running", "Running"
        CLOSED = "closed", "Closed"

    class Design(models.TextChoices):
        CROSSOVER = "crossover", "Full crossover: every case in every arm"
        LATIN = "latin", "Latin square over blocks of cases"
        WILLIAMS = "williams", "Williams square over blocks of cases"
        INCOMPLETE = "incomplete", "Balanced incomplete: each case once per reader"
        PARALLEL = "parallel", "Parallel: each reader in one arm"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="reader_studies")
    name = models.CharField(max_length=200)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.DRAFT)
    question = models.TextField(blank=True, default="")
    hypotheses = models.TextField(blank=True, default="")
    primary_outcome = models.TextField(blank=True, default="")
    analysis_plan = models.TextField(blank=True, default="")
    exclusion_rules = models.JSONField(default=list)
    idle_threshold_seconds = models.PositiveSmallIntegerField(
        default=30, validators=[MinValueValidator(1)]
    )
    washout_days = models.PositiveSmallIntegerField(default=14)
    technical_repeats = models.PositiveSmallIntegerField(default=1)
    instructions = models.TextField(blank=True, default="")
    consent_text = models.TextField(blank=True, default="")
    design = models.CharField(max_length=20, choices=Design.choices, default=Design.CROSSOVER)
    seed = models.PositiveBigIntegerField(default=1)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    # Text and not jsonb: the hash is over these very bytes.
    locked_content = models.TextField(blank=True, default="")
    lock_sha256 = models.CharField(max_length=64, blank=True, default="")
    locked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "reader studies"
        constraints = (
            models.UniqueConstraint(fields=("site", "name"), name="study_name_unique_in_site"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_draft(self) -> bool:
        """Whether it may still be changed without an amendment."""
        return self.status == self.Status.DRAFT

    @property
    def is_running(self) -> bool:
        """Whether its readings may be read."""
        return self.status == self.Status.RUNNING


class Arm(models.Model):
    """A way to report: a mode, and the form as it is or built without some of its items.

    `left_out` names what the arm's form is built without, as `template:item`. `left_out` items do
    not exist in the arm, they are not hidden. `planted_error_share` is the share of its fills, 0
    to 1, into which an error is planted.
    """

    study = models.ForeignKey(ReaderStudy, on_delete=models.CASCADE, related_name="arms")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=100)
    mode = models.CharField(max_length=20, choices=Report.Mode.choices)
    left_out = models.JSONField(default=list, blank=True)
    planted_error_share = models.FloatField(
        default=0.0, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)]
    )

    class Meta:
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(fields=("study", "position"), name="arm_position_unique"),
            models.UniqueConstraint(fields=("study", "name"), name="arm_name_unique"),
            models.CheckConstraint(
                condition=models.Q(planted_error_share__gte=0, planted_error_share__lte=1),
                name="arm_share_in_range",
            ),
            models.CheckConstraint(
                condition=models.Q(planted_error_share=0) | models.Q(mode="sft"),
                name="arm_errors_need_fills",
            ),
        )

    def __str__(self) -> str:
        return self.name


class Case(models.Model):
    """An exam as a case of a study, under a number; the same material in all arms."""

    class MaterialKind(models.TextChoices):
        LINK = "link", "Link to a viewer"
        BRIEF = "brief", "Brief in words"

    study = models.ForeignKey(ReaderStudy, on_delete=models.CASCADE, related_name="cases")
    imaging_study = models.ForeignKey(
        ImagingStudy, on_delete=models.PROTECT, related_name="study_cases"
    )
    number = models.PositiveIntegerField()
    stratum = models.CharField(max_length=60, blank=True, default="")
    material_kind = models.CharField(
        max_length=10, choices=MaterialKind.choices, default=MaterialKind.BRIEF
    )
    material = models.TextField(blank=True, default="", max_length=10_000)
    is_practice = models.BooleanField(default=False)

    class Meta:
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(fields=("study", "number"), name="case_number_unique"),
            models.UniqueConstraint(fields=("study", "imaging_study"), name="case_exam_unique"),
        )

    def __str__(self) -> str:
        return f"Case {self.number}"


class StudyReader(models.Model):
    """A person who reads in a study, with what matters about them, and their consent."""

    class Experience(models.TextChoices):
        NOVICE = "novice", "Resident or novice"
        INTERMEDIATE = "intermediate", "Board certified"
        EXPERT = "expert", "Expert of the field"

    study = models.ForeignKey(ReaderStudy, on_delete=models.CASCADE, related_name="readers")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="study_readers")
    experience = models.CharField(
        max_length=20, choices=Experience.choices, default=Experience.INTERMEDIATE
    )
    experience_years = models.PositiveSmallIntegerField(null=True, blank=True)
    training = models.TextField(blank=True, default="")
    consented_at = models.DateTimeField(null=True, blank=True)
    consent_sha256 = models.CharField(max_length=64, blank=True, default="")
    dropped_out_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("study", "user"), name="study_reader_unique"),
        )

    def __str__(self) -> str:
        return f"{self.study_id} {self.user_id}"


class StudyAmendment(Recorded):
    """A change of a locked study: what it said, what it says now, and why. Append-only."""

    study = models.ForeignKey(ReaderStudy, on_delete=models.PROTECT, related_name="amendments")
    number = models.PositiveIntegerField()
    reason = models.TextField()
    before = models.JSONField()
    after = models.JSONField()
    previous_sha256 = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(fields=("study", "number"), name="amendment_number_unique"),
        )

    def __str__(self) -> str:
        return f"{self.study_id} amendment {self.number}"
