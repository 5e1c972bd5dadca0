"""Signing: what must hold before, and the one transaction that makes a report final."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from reporting import access, clock
from reporting.models import (
    Addendum,
    AuditEvent,
    Report,
    TimingEvent,
    User,
)
from reporting.selectors.report_checks import report_checked
from reporting.services.audit import audit_event_add
from reporting.services.drafts import report_lock, report_lock_any, text_clean
from reporting.services.errors import ActionBlocked, Check, SignBlocked, TextInvalid
from reporting.services.readings import reading_complete
from reporting.services.snapshots import Signature, snapshot_add
from reporting.services.status import status_set
from reporting.services.timing import timing_event_add

ADDENDUM_MAX = 20_000
PASSWORD_FAILURES_MAX = 5
PASSWORD_WINDOW = timedelta(minutes=10)


def sign_checks(report: Report) -> list[Check]:
    """Return why the report cannot be signed yet, what stops first; empty when it can.

    The reasons are what the checks of `reporting.report_checks` find and nobody has overridden.
    """
    return [
        Check(one.finding.rule, one.finding.found.place or None, one.finding.found.sentence, True)
        for one in report_checked(report)
        if one.blocks
    ]


def _require_signer(signer: User, report: Report, password: str) -> None:
    """Raise SignBlocked unless the signer may sign and, where asked for, knows the password."""
    if not access.signs(signer, report):
        message = "Your role drafts reports; a radiologist signs them."
        raise SignBlocked([Check("role", None, message)])
    require_password(signer, password)


def require_password(signer: User, password: str) -> None:
    """Raise SignBlocked unless the password is the signer's, where one is asked for."""
    if not settings.SIGN_REQUIRES_PASSWORD:
        return
    recent = AuditEvent.objects.filter(
        object_type="user",
        object_id=str(signer.pk),
        action="sign_password_wrong",
        at__gt=clock.now() - PASSWORD_WINDOW,
    )
    if recent.count() >= PASSWORD_FAILURES_MAX:
        message = "Too many wrong passwords. Wait ten minutes; the draft is kept."
        raise SignBlocked([Check("password_locked", None, message)])
    if not signer.check_password(password):
        audit_event_add(actor=signer, action="sign_password_wrong", subject=signer)
        raise SignBlocked([Check("password", None, "The password is not right.")])


def report_sign(*, report: Report, signer: User, password: str = "") -> Report:
    """Make the report final: status, snapshot, timing event and audit in one transaction.

    That of a reading also completes the reading. Raises SignBlocked with every reason,
    ActionBlocked when it is signed already or not theirs.
    """
    _require_signer(signer, report, password)
    with transaction.atomic():
        locked = report_lock(report=report, reader=signer)
        reasons = sign_checks(locked)
        if reasons:
            raise SignBlocked(reasons)
        at = clock.now()
        reviewed = locked.status == Report.Status.PRELIMINARY
        signature = Signature(signer, at, "attending" if reviewed else "author")
        locked.signed_by, locked.signed_at = signer, at
        status_set(locked, Report.Status.FINAL, by=signer)
        snapshot = snapshot_add(report=locked, signature=signature)
        timing_event_add(report=locked, reader=signer, kind=TimingEvent.Kind.SIGNED)
        audit_event_add(
            actor=signer,
            action="report_sign",
            subject=locked,
            details={"sha256": snapshot.sha256},
        )
        if locked.reader_study_id is not None:
            reading_complete(report=locked, reader=signer)
    return locked


def addendum_add(*, report: Report, author: User, text: str, password: str = "") -> Addendum:
    """Add signed text to a signed report. Raises SignBlocked, TextInvalid, ActionBlocked."""
    clean = text_clean(text, what="The addendum", maximum=ADDENDUM_MAX)
    if not clean.strip():
        raise TextInvalid("The addendum is empty.")
    _require_signer(author, report, password)
    with transaction.atomic():
        locked = report_lock_any(report)
        if not locked.is_signed or not access.may_write(author, locked):
            raise ActionBlocked("An addendum can only be added to a signed report of yours.")
        at = clock.now()
        last = locked.addenda.aggregate(last=Max("number"))["last"] or 0
        addendum = Addendum.objects.create(
            report=locked, number=last + 1, text=clean, author=author, signed_at=at
        )
        status_set(locked, Report.Status.APPENDED, by=author)
        signature = Signature(author, at, "addendum")
        snapshot = snapshot_add(report=locked, signature=signature, addendum=addendum)
        timing_event_add(report=locked, reader=author, kind=TimingEvent.Kind.ADDENDUM_SIGNED)
        audit_event_add(
            actor=author,
            action="addendum_add",
            subject=locked,
            details={"number": addendum.number, "sha256": snapshot.sha256},
        )
    return addendum
