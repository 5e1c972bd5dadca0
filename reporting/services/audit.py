"""The audit trail."""

from typing import Any

from django.db.models import Model

from reporting.models import AuditEvent, User


def audit_event_add(
    *, actor: User | None, action: str, subject: Model, details: dict[str, Any] | None = None
) -> AuditEvent:
    """Record that a person did something to an object."""
    return AuditEvent.objects.create(
        actor=actor,
        action=action,
        object_type=subject._meta.model_name or "",
        object_id=str(subject.pk),
        details=details or {},
    )
