"""Macros: texts that a typed trigger stands for."""

from django.core.validators import RegexValidator
from django.db import models

from reporting.clock import Now
from reporting.models.imaging import Patient
from reporting.models.report_templates import ReportTemplate
from reporting.models.users import Site, User

TRIGGER = r"[a-z0-9][a-z0-9_-]{1,31}"


class Macro(models.Model):
    """A text by its trigger, a reader's own or a site's, for some exams or for all.

    The same trigger may stand for several texts with different limits; the narrowest that fits
    the exam counts, and a reader's own before the site's.
    """

    SEXES = tuple((sex.value, sex.label) for sex in (Patient.Sex.FEMALE, Patient.Sex.MALE))

    owner = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, blank=True, related_name="macros"
    )
    site = models.ForeignKey(
        Site, on_delete=models.CASCADE, null=True, blank=True, related_name="macros"
    )
    trigger = models.CharField(
        max_length=32,
        validators=[
            RegexValidator(
                rf"^{TRIGGER}\Z", "Two or more small letters, digits, - or _; no dot before them."
            )
        ],
    )
    text = models.TextField(max_length=10_000)
    report_template = models.ForeignKey(
        ReportTemplate, on_delete=models.PROTECT, null=True, blank=True, related_name="macros"
    )
    sex = models.CharField(
        max_length=10,
        choices=SEXES,
        blank=True,
        default="",
    )
    age_min = models.PositiveSmallIntegerField(null=True, blank=True)
    age_max = models.PositiveSmallIntegerField(null=True, blank=True)
    is_default = models.BooleanField(default=False)
    changed_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ("trigger", "pk")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(owner__isnull=False) ^ models.Q(site__isnull=False),
                name="macro_of_owner_or_site",
            ),
            models.UniqueConstraint(
                fields=(
                    "owner", "site", "trigger", "report_template", "sex", "age_min", "age_max",
                ),
                name="macro_unique",
                nulls_distinct=False,
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f".{self.trigger}"

    @property
    def limits(self) -> int:
        """How many limits it has: of several that fit an exam the narrowest counts."""
        limits = (self.report_template_id, self.sex or None, self.age_min, self.age_max)
        return sum(limit is not None for limit in limits)
