"""Report templates: what the form, the narrative and the model's answers are made from."""

from django.db import models

from reporting.clock import Now
from reporting.models.users import Site, User


class ReportTemplate(models.Model):
    """A template by its key, of one site or of all; its content lives in immutable versions."""

    key = models.SlugField(max_length=64)
    site = models.ForeignKey(
        Site, on_delete=models.PROTECT, null=True, blank=True, related_name="report_templates"
    )
    name = models.CharField(max_length=200)
    modality = models.CharField(max_length=16)
    body_parts = models.JSONField(default=list)

    class Meta:
        ordering = ("key",)
        constraints = (
            models.UniqueConstraint(
                fields=("key", "site"), name="report_template_unique", nulls_distinct=False
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.site.code})" if self.site else self.name


class ReportTemplateVersion(models.Model):
    """One published version of a template, found by its hash; only its status ever changes."""

    class Status(models.TextChoices):
        PUBLISHED = "published", "Published"
        RETIRED = "retired", "Retired"
        VARIANT = "variant", "Variant of a reader study"

    report_template = models.ForeignKey(
        ReportTemplate, on_delete=models.PROTECT, related_name="versions"
    )
    number = models.PositiveIntegerField()
    content_hash = models.CharField(max_length=64)
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
            models.UniqueConstraint(
                fields=("report_template", "content_hash"), name="template_version_content_unique"
            ),
        )

    def __str__(self) -> str:
        return f"{self.report_template.key} v{self.number}"


class TemplateDraft(models.Model):
    """A template being written: it may hold faults, and no report can be opened with it.

    `report_template` is None for a template that is not published yet, `site` None for one of all
    sites. `revision` counts changes; `previous` is the definition before the last one.
    """

    report_template = models.OneToOneField(
        ReportTemplate, on_delete=models.PROTECT, null=True, blank=True, related_name="draft"
    )
    site = models.ForeignKey(
        Site, on_delete=models.PROTECT, null=True, blank=True, related_name="template_drafts"
    )
    base = models.ForeignKey(
        ReportTemplateVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    definition = models.JSONField()
    previous = models.JSONField(null=True, blank=True)
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(db_default=Now(), editable=False)
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        name = self.definition.get("name") or self.definition.get("key") or "Template"
        return f"{name} (draft)"
