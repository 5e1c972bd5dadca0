"""People, their roles and the sites they belong to."""

import secrets

from django.contrib.auth.models import AbstractUser
from django.db import models

PSEUDONYM_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def pseudonym_new() -> str:
    """Return a random name for exports that is derived from nothing about the person."""
    return "R-" + "".join(secrets.choice(PSEUDONYM_ALPHABET) for _ in range(8))


class Site(models.Model):
    """A hospital or practice; exams and people belong to sites."""

    code = models.SlugField(max_length=20, unique=True)
    name = models.CharField(max_length=200)
    text_width = models.PositiveSmallIntegerField(
        default=0, help_text="Characters in a line of copied text; 0 breaks no lines."
    )
    text_upper_headings = models.BooleanField(
        default=True, help_text="Headings of copied text in capitals."
    )
    text_conclusion_first = models.BooleanField(
        default=False, help_text="The conclusion before the findings in copied text."
    )

    sign_gate = models.JSONField(default=dict, blank=True, editable=False)

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.code


class User(AbstractUser):
    """A person who signs in. The role says what they do, the sites say where."""

    class Role(models.TextChoices):
        RADIOLOGIST = "radiologist", "Radiologist"
        RESIDENT = "resident", "Resident"
        COORDINATOR = "coordinator", "Study coordinator"
        RATER = "rater", "Rater"
        TEMPLATE_AUTHOR = "template_author", "Template author"
        ADMIN = "admin", "Administrator"

    class Theme(models.TextChoices):
        AUTO = "auto", "As the system"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    role = models.CharField(max_length=20, choices=Role.choices, default=Role.RATER)
    sites = models.ManyToManyField(Site, related_name="users", blank=True)
    theme = models.CharField(max_length=10, choices=Theme.choices, default=Theme.AUTO)
    pseudonym = models.CharField(max_length=20, unique=True, default=pseudonym_new, editable=False)

    @property
    def display_name(self) -> str:
        """The full name, or the user name when there is none."""
        return self.get_full_name() or self.username
