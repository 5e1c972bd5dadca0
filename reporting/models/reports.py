"""Reports: the conclusion, the values of the form, and what was signed."""

import uuid

from django.db import models

from reporting.clock import Now
from reporting.models.imaging import ImagingStudy
from reporting.models.report_templates import ReportTemplateVersion
from reporting.models.users import User


class ReportQuerySet(models.QuerySet["Report"]):
    """Reports, with the border between patients' care and reader studies."""

    def clinical(self) -> "ReportQuerySet":
        """Leave out the reports of readings: they belong to their study and go nowhere else."""
        return self.filter(reader_study__isnull=True)

    def timed(self) -> "ReportQuerySet":
        """Leave out readings and corrections: the rest are reports of exams read for care."""
        return self.clinical().filter(corrects__isnull=True)


class Report(models.Model):
    """The report of one exam. Once signed, its content never changes; addenda are added.

    A report with a `reader_study` is that of a reading: an exam may have many of these, and none
    is ever shown, exported or counted as a report of the exam. Whoever reads reports for patients'
    care asks for `clinical()`.

    A correction is a report of its own that begins as a copy of the signed one, which it
    `corrects`: the newest version of an exam's report counts, the others stay as they were.
    """

    class Mode(models.TextChoices):
        FREE_TEXT = "free_text", "Free text"
        STRUCTURED = "structured", "Structured"
        SFT = "sft", "Filled by the model"

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        PRELIMINARY = "preliminary", "Preliminary"
        FINAL = "final", "Final"
        APPENDED = "appended", "Appended"
        CORRECTED = "corrected", "Corrected"
        CANCELLED = "cancelled", "Cancelled"

    OPEN_STATUSES = (Status.DRAFT, Status.PRELIMINARY)
    SIGNED_STATUSES = (Status.FINAL, Status.APPENDED, Status.CORRECTED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    imaging_study = models.ForeignKey(
        ImagingStudy, on_delete=models.PROTECT, related_name="reports"
    )
    report_template_version = models.ForeignKey(
        ReportTemplateVersion, on_delete=models.PROTECT, related_name="reports"
    )
    compared_with = models.ForeignKey(
        ImagingStudy, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    mode = models.CharField(max_length=20, choices=Mode.choices)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.DRAFT)
    conclusion = models.TextField(blank=True, default="")
    conclusion_version = models.PositiveIntegerField(default=0)
    conclusion_edited_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    conclusion_edited_at = models.DateTimeField(null=True, blank=True)
    findings_text = models.TextField(blank=True, default="")
    findings_text_version = models.PositiveIntegerField(default=0)
    findings_text_edited_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    findings_text_edited_at = models.DateTimeField(null=True, blank=True)
    reader_study = models.ForeignKey(
        "reporting.ReaderStudy",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="reports",
    )
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="reports")
    opened_at = models.DateTimeField(db_default=Now(), editable=False)
    signed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="signed_reports"
    )
    signed_at = models.DateTimeField(null=True, blank=True)
    corrects = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrections"
    )
    correction_reason = models.TextField(blank=True, default="")

    objects = ReportQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("imaging_study",),
                condition=~models.Q(status="cancelled")
                & models.Q(reader_study__isnull=True)
                & models.Q(corrects__isnull=True),
                name="one_report_per_exam",
            ),
            models.UniqueConstraint(
                fields=("corrects",),
                condition=~models.Q(status="cancelled"),
                name="one_correction_per_report",
            ),
        )
        indexes = (models.Index(fields=("-opened_at",), name="report_by_opened"),)

    def __str__(self) -> str:
        return f"{self.imaging_study_id} {self.status}"

    @property
    def is_open(self) -> bool:
        """Whether its content may still change."""
        return self.status in self.OPEN_STATUSES

    @property
    def is_signed(self) -> bool:
        """Whether it was signed."""
        return self.status in self.SIGNED_STATUSES

    @property
    def versions(self) -> "list[Report]":
        """The report behind those that it corrects, the first one first."""
        return [*(self.corrects.versions if self.corrects is not None else ()), self]


def current_report(exam: ImagingStudy) -> Report | None:
    """Return the newest version of an exam's report that was not cancelled, or None."""
    versions = exam.reports.clinical().exclude(status=Report.Status.CANCELLED)
    return versions.filter(~models.Exists(versions.filter(corrects=models.OuterRef("pk")))).first()


class GroupRow(models.Model):
    """A row of an open group (a nodule, a lesion). Its identity is its UUID, never an index."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="group_rows")
    group = models.CharField(max_length=64)
    position = models.PositiveIntegerField()
    created_by_source = models.CharField(max_length=20)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        indexes = (models.Index(fields=("report", "group", "position"), name="row_order"),)

    def __str__(self) -> str:
        return f"{self.group}[{self.id}]"


class FieldValue(models.Model):
    """One field of a report: its value, where it came from, and what the model said.

    `value` is None when the field has no value. `suggested_value` keeps the model's own answer
    whatever a person makes of it. `prior_report` is where a copied value (source `prior`) came
    from. `version` rises with every change.
    """

    class Source(models.TextChoices):
        READER = "reader", "Reader"
        MODEL = "model", "Model"
        IMPLIED = "implied", "Implied"
        DERIVED = "derived", "Derived"
        REST_NORMAL = "rest_normal", "Rest normal"
        PRIOR = "prior", "Prior"
        MACRO = "macro", "Macro"

    class Support(models.TextChoices):
        STATED = "stated", "Stated"
        IMPLIED = "implied", "Implied"
        NOT_STATED = "not_stated", "Not stated"

    class Attestation(models.TextChoices):
        NOT_ATTESTED = "not_attested", "Not attested"
        CONFIRMED = "confirmed", "Confirmed"
        BULK_CONFIRMED = "bulk_confirmed", "Confirmed as rest normal"
        CORRECTED = "corrected", "Corrected"
        REJECTED = "rejected", "Rejected"
        PASSIVELY_ACCEPTED = "passively_accepted", "Passively accepted"
        ENTERED = "entered", "Entered"

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="field_values")
    path = models.CharField(max_length=200)
    group = models.CharField(max_length=64, blank=True, default="")
    row = models.ForeignKey(
        GroupRow, on_delete=models.CASCADE, null=True, blank=True, related_name="field_values"
    )
    row_key = models.CharField(max_length=64, blank=True, default="")
    member = models.CharField(max_length=64, blank=True, default="")
    value = models.JSONField(null=True, blank=True)
    source = models.CharField(max_length=20, choices=Source.choices)
    suggested_value = models.JSONField(null=True, blank=True)
    suggested_source = models.CharField(
        max_length=20, choices=Source.choices, blank=True, default=""
    )
    support = models.CharField(max_length=20, choices=Support.choices, default=Support.NOT_STATED)
    evidence_quote = models.TextField(blank=True, default="")
    evidence_start = models.PositiveIntegerField(null=True, blank=True)
    evidence_end = models.PositiveIntegerField(null=True, blank=True)
    conclusion_version = models.PositiveIntegerField(null=True, blank=True)
    source_text = models.TextField(blank=True, default="")
    source_unit = models.CharField(max_length=32, blank=True, default="")
    confidence = models.FloatField(null=True, blank=True)
    low_confidence = models.BooleanField(default=False)
    rule = models.TextField(blank=True, default="")
    fill_job = models.ForeignKey(
        "reporting.FillJob",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="field_values",
    )
    prior_report = models.ForeignKey(
        Report, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(db_default=Now())
    edited_at = models.DateTimeField(null=True, blank=True)
    edited_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    rejected_at = models.DateTimeField(null=True, blank=True)
    bulk_confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("report", "path"), name="field_path_unique"),
        )

    def __str__(self) -> str:
        return self.path

    @property
    def is_touched(self) -> bool:
        """Whether a person set, confirmed or rejected it; the model then leaves it alone."""
        moments = (self.edited_at, self.confirmed_at, self.rejected_at, self.bulk_confirmed_at)
        return any(moment is not None for moment in moments)

    @property
    def is_open_copy(self) -> bool:
        """Whether it was copied from a prior report and nobody has confirmed that it still holds.

        Copying touches the field, so that the model leaves it alone, but attests nothing.
        """
        copied = self.source == self.Source.PRIOR and self.value is not None
        return copied and self.confirmed_at is None

    @property
    def is_open_answer(self) -> bool:
        """Whether it holds an answer of the model that nobody has touched."""
        return self.value is not None and not self.is_touched

    @property
    def is_open_suggestion(self) -> bool:
        """Whether it holds an answer, of the model or of a prior, that nobody has attested."""
        return self.is_open_answer or self.is_open_copy

    @property
    def is_implied(self) -> bool:
        """Whether it is an open answer of the model that the conclusion only implies."""
        return self.is_open_answer and self.support == self.Support.IMPLIED

    @property
    def attestation(self) -> "FieldValue.Attestation":
        """What a person made of it, derived from the suggestion, the value and the times."""
        kinds = FieldValue.Attestation
        if not self.is_touched or self.is_open_copy:
            signed = self.value is not None and self.report.is_signed
            return kinds.PASSIVELY_ACCEPTED if signed else kinds.NOT_ATTESTED
        if self.rejected_at is not None and self.value is None:
            return kinds.REJECTED
        if self.bulk_confirmed_at is not None:
            return kinds.BULK_CONFIRMED
        if self.suggested_value is None:
            copied = self.source == self.Source.PRIOR and self.value is not None
            return kinds.CONFIRMED if copied else kinds.ENTERED
        same = self.value == self.suggested_value and self.rejected_at is None
        return kinds.CONFIRMED if same else kinds.CORRECTED


class ReportSnapshot(models.Model):
    """What was signed, word for word. Append-only; each names the hash of the one before."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="snapshots")
    number = models.PositiveIntegerField()
    # Text and not jsonb: the hash is over these very bytes.
    content = models.TextField()
    sha256 = models.CharField(max_length=64)
    previous_sha256 = models.CharField(max_length=64, blank=True, default="")
    meaning = models.CharField(max_length=40)
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("report", "number"), name="snapshot_number_unique"),
        )

    def __str__(self) -> str:
        return f"{self.report_id} #{self.number}"


class Addendum(models.Model):
    """Text added to a signed report, itself signed. Append-only."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="addenda")
    number = models.PositiveIntegerField()
    text = models.TextField()
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "addenda"
        constraints = (
            models.UniqueConstraint(fields=("report", "number"), name="addendum_number_unique"),
        )

    def __str__(self) -> str:
        return f"{self.report_id} addendum {self.number}"
