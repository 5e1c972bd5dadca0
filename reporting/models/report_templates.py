"""Report templates: what the form, the narrative and the model's answers are made from."""

from django.db import models

from reporting.clock import Now
from reporting.models.users import User


class ReportTemplate(models.Model):
    """A template by its key; its content lives in immutable versions."""

    key = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    modality = models.CharField(max_length=16)
    body_parts = models.JSONField(default=list)

    class Meta:
        ordering = ("key",)

    def __str__(self) -> str:
        return self.name


class ReportTemplateVersion(models.Model):
    """One version of a template, found by the hash of its content; never changed."""

    class Status(models.TextChoices):
        PUBLISHED = "published", "Published"
        RETIRED = "retired", "Retired"
        VARIANT = "variant", "Variant of a reader study"

    report_template = models.ForeignKey(
        ReportTemplate, on_delete=models.PROTECT, related_name="versions"
    )
    number = models.PositiveIntegerField()
    content_hash = models.CharField(max_length=64, unique=True)
    definition = models.JSONField()
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PUBLISHED)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    created_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("report_template", "number"), name="template_version_number_unique"
            ),
        )

    def __str__(self) -> str:
        return f"{self.report_template.key} v{self.number}"
