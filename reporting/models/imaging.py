"""Patients and their imaging exams."""

import uuid

from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models.functions import Collate, Lower

from reporting.clock import Now
from reporting.models.users import Site, User


class Patient(models.Model):
    """A patient as known at one site."""

    class Sex(models.TextChoices):
        FEMALE = "female", "Female"
        MALE = "male", "Male"
        OTHER = "other", "Other"
        UNKNOWN = "unknown", "Unknown"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="patients")
    identifier = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    birth_date = models.DateField(null=True, blank=True)
    sex = models.CharField(max_length=10, choices=Sex.choices, default=Sex.UNKNOWN)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("site", "identifier"), name="patient_identifier_unique_in_site"
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.identifier})"


class ImagingStudy(models.Model):
    """One imaging exam, waiting for or holding its report. The UI calls it an exam.

    The patient's name and identifier are repeated here so that one index serves the worklist.
    """

    class Priority(models.IntegerChoices):
        ROUTINE = 0, "Routine"
        URGENT = 1, "Urgent"
        STAT = 2, "Stat"

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        IN_PROGRESS = "in_progress", "In progress"
        PRELIMINARY = "preliminary", "Preliminary"
        SIGNED = "signed", "Signed"

    class Laterality(models.TextChoices):
        NONE = "", "None"
        LEFT = "left", "Left"
        RIGHT = "right", "Right"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="imaging_studies")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="imaging_studies")
    patient_name = models.CharField(max_length=200)
    patient_identifier = models.CharField(max_length=64)
    accession_number = models.CharField(max_length=64)
    study_instance_uid = models.CharField(max_length=64, unique=True)
    modality = models.CharField(max_length=16)
    body_part = models.CharField(max_length=64)
    description = models.CharField(max_length=200)
    laterality = models.CharField(
        max_length=10, choices=Laterality.choices, blank=True, default=Laterality.NONE
    )
    indication = models.TextField(blank=True, default="")
    comparison = models.TextField(blank=True, default="")
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.ROUTINE)
    performed_at = models.DateTimeField()
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.WAITING)
    assigned_to = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="imaging_studies"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = "exam"
        constraints = (
            models.UniqueConstraint(
                fields=("site", "accession_number"), name="accession_number_unique_in_site"
            ),
        )
        # One index per order of the worklist, with and without the filters that are used most.
        indexes = (
            models.Index(
                fields=("site", "-priority", "-performed_at", "-id"), name="exam_by_priority"
            ),
            models.Index(
                fields=("site", "status", "-priority", "-performed_at", "-id"),
                name="exam_by_status_priority",
            ),
            models.Index(fields=("site", "-performed_at", "-id"), name="exam_by_date"),
            models.Index(
                fields=("site", "status", "-performed_at", "-id"), name="exam_by_status_date"
            ),
            models.Index(
                fields=("site", "modality", "-priority", "-performed_at", "-id"),
                name="exam_by_modality",
            ),
            models.Index(
                "site",
                Collate(Lower("patient_name"), "C").asc(),
                models.F("id").desc(),
                name="exam_by_name",
            ),
            models.Index(
                OpClass(Lower("patient_name"), "text_pattern_ops"), name="exam_name_prefix"
            ),
            models.Index(
                OpClass(Lower("patient_identifier"), "text_pattern_ops"),
                name="exam_identifier_prefix",
            ),
            models.Index(
                OpClass(Lower("accession_number"), "text_pattern_ops"),
                name="exam_accession_prefix",
            ),
        )

    def __str__(self) -> str:
        return f"{self.accession_number} {self.description}"

    @property
    def patient_display_name(self) -> str:
        """The patient's DICOM name (PS3.5 6.2: Family^Given^Middle^Prefix^Suffix) as written."""
        # Other groups after "=" spell the same name in another script.
        family, _, rest = self.patient_name.partition("=")[0].partition("^")
        given = " ".join(part for part in rest.split("^") if part)
        return f"{family}, {given}" if family and given else family or given
