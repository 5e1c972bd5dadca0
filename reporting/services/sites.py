"""What administrators decide for a site."""

from django.db import transaction

from reporting.models import Site, User
from reporting.services.audit import audit_event_add
from reporting.sign_gate import SignGate


@transaction.atomic
def sign_gate_set(*, site: Site, by: User, gate: SignGate) -> None:
    """Set what may be signed passively at a site, and record what it was before."""
    before = Site.objects.select_for_update().get(pk=site.pk).sign_gate
    if before == gate.as_json():
        return
    site.sign_gate = gate.as_json()
    site.save(update_fields=["sign_gate"])
    details = {"before": before, "after": gate.as_json()}
    audit_event_add(actor=by, action="sign_gate_set", subject=site, details=details)
