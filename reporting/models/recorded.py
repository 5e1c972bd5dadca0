"""What the append-only records of people's acts have in common."""

from django.db import models

from reporting.clock import IsSimulated, Now
from reporting.models.users import User


class Recorded(models.Model):
    """Who did it, and when by the one clock."""

    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now(), editable=False)
    simulated = models.BooleanField(db_default=IsSimulated(), editable=False)

    class Meta:
        abstract = True
