"""The steps of a report beside its signature: submit, send back, cancel, hand over.

draft → preliminary → final → appended
  ↑________|   (sent back with a comment)
"""

from django.db import transaction

from reporting import access, clock
from reporting.models import (
    ImagingStudy,
    Report,
    StatusChange,
    TimingEvent,
    User,
)
from reporting.services.audit import audit_event_add
from reporting.services.drafts import report_lock
from reporting.services.errors import ActionBlocked, SignBlocked
from reporting.services.signing import require_password, sign_checks
from reporting.services.snapshots import Signature, snapshot_add
from reporting.services.status import cancelled_set, status_set
from reporting.services.timing import timing_event_add
from reporting.services.words import words_of

Status = Report.Status
Kind = TimingEvent.Kind


def report_submit(*, report: Report, reader: User, password: str = "") -> Report:
    """Make a draft preliminary: its author attests it, a radiologist reviews it.

    The snapshot of what was submitted is kept, so that the review can show what it changed.
    Raises SignBlocked with every reason, ActionBlocked when it is not a draft of the reader's.
    """
    require_password(reader, password)
    with transaction.atomic():
        locked = report_lock(report=report, reader=reader)
        _require_clinical(locked)
        if locked.status != Status.DRAFT:
            raise ActionBlocked("Only a draft can be submitted for review.")
        reasons = sign_checks(locked)
        if reasons:
            raise SignBlocked(reasons)
        status_set(locked, Status.PRELIMINARY, by=reader)
        signature = Signature(reader, clock.now(), "preliminary")
        snapshot = snapshot_add(report=locked, signature=signature)
        timing_event_add(report=locked, reader=reader, kind=Kind.SUBMITTED)
        details = {"sha256": snapshot.sha256}
        audit_event_add(actor=reader, action="report_submit", subject=locked, details=details)
    return locked


@transaction.atomic
def report_send_back(*, report: Report, reviewer: User, comment: str) -> StatusChange:
    """Return a preliminary report to its author, with what is to be done.

    Raises ActionBlocked unless the reviewer may sign it, TextInvalid without a comment.
    """
    words = words_of(comment, "Say what the author shall change.")
    locked = report_lock(report=report, reader=reviewer)
    if locked.status != Status.PRELIMINARY or not access.may_sign(reviewer):
        raise ActionBlocked("Only a radiologist sends back, and only a preliminary report.")
    change = status_set(locked, Status.DRAFT, by=reviewer, comment=words)
    author = locked.snapshots.order_by("-number").values_list("signed_by", flat=True).first()
    ImagingStudy.objects.filter(pk=locked.imaging_study_id).update(assigned_to=author)
    timing_event_add(report=locked, reader=reviewer, kind=Kind.SENT_BACK)
    audit_event_add(actor=reviewer, action="report_send_back", subject=locked)
    return change


@transaction.atomic
def report_cancel(*, report: Report, reader: User, reason: str) -> StatusChange:
    """End an open report without a result; its exam waits again, what was written is kept.

    Raises ActionBlocked when it is signed or not the reader's, TextInvalid without a reason.
    """
    words = words_of(reason, "Say why the report is cancelled.")
    locked = report_lock(report=report, reader=reader)
    _require_clinical(locked)
    change = cancelled_set(locked, by=reader, comment=words)
    audit_event_add(actor=reader, action="report_cancel", subject=locked, details={"reason": words})
    return change


@transaction.atomic
def exam_assign(*, exam: ImagingStudy, by: User, to: User | None) -> ImagingStudy:
    """Give an exam to a reader of its site. Raises ActionBlocked, also when nobody was chosen."""
    locked = (
        access.exams_for(by).select_for_update(of=("self",), no_key=True).filter(pk=exam.pk).first()
    )
    if locked is None or not access.may_sign(by):
        raise ActionBlocked("Only a radiologist hands over an exam of theirs.")
    if locked.status == ImagingStudy.Status.SIGNED:
        raise ActionBlocked("The report of this exam is signed.")
    if to is None:
        raise ActionBlocked("Choose who shall read this exam.")
    if not access.is_reader(to) or not to.sites.filter(pk=locked.site_id).exists():
        raise ActionBlocked("That person does not read at this site.")
    details = {"from": locked.assigned_to_id, "to": to.pk}
    ImagingStudy.objects.filter(pk=locked.pk).update(assigned_to=to)
    audit_event_add(actor=by, action="exam_assign", subject=locked, details=details)
    locked.refresh_from_db()
    return locked


def _require_clinical(report: Report) -> None:
    """Raise ActionBlocked for the report of a reading: its study says how it goes on."""
    if report.reader_study_id is not None:
        raise ActionBlocked("This report belongs to a reader study. Go back to the study's page.")
