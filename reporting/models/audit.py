"""Who did what to which object. Append-only."""

from django.db import models

from reporting.clock import IsSimulated, Now
from reporting.models.users import User


class AuditEvent(models.Model):
    """One act of one person, with old and new values where they matter."""

    at = models.DateTimeField(db_default=Now(), editable=False)
    actor = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=64)
    details = models.JSONField(default=dict)
    simulated = models.BooleanField(db_default=IsSimulated(), editable=False)

    class Meta:
        indexes = (models.Index(fields=("object_type", "object_id", "at"), name="audit_by_object"),)

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}"
