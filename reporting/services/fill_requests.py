"""Requests for a fill: a reader asks, cancels, and asks again."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction

from reporting import clock
from reporting.models import FillJob, Report, TimingEvent, User
from reporting.services import doorbell, fill_queue
from reporting.services.audit import audit_event_add
from reporting.services.drafts import CONCLUSION, report_lock, report_lock_any, text_write
from reporting.services.errors import ActionBlocked
from reporting.services.holds import hold_require
from reporting.services.timing import timing_event_add

Kind = TimingEvent.Kind
Status = FillJob.Status


@transaction.atomic
def fill_request(*, report: Report, reader: User, conclusion: str, version: int) -> FillJob:
    """Save the conclusion and ask the model for the findings, all or nothing.

    An unfinished fill of the same conclusion is returned as it is; of an older one it is
    revoked. A broker that is away does not matter: the worker finds the fill by itself.
    Raises VersionConflict, TextInvalid, ActionBlocked.
    """
    locked = report_lock(report=report, reader=reader)
    if locked.mode != Report.Mode.SFT:
        raise ActionBlocked("In this mode the findings are written by hand.")
    text_write(report=locked, reader=reader, slot=CONCLUSION, text=conclusion, version=version)
    if not locked.conclusion.strip():
        raise ActionBlocked("Write the conclusion first, then fill.")
    waiting = locked.fill_jobs.filter(status__in=FillJob.UNFINISHED).select_for_update()
    for job in waiting:
        if job.conclusion_version == locked.conclusion_version:
            return job
        fill_queue.end(job, status=Status.REVOKED, reason_code="superseded")
    return _job_create(locked, reader)


def _job_create(report: Report, reader: User) -> FillJob:
    job = FillJob.objects.create(
        report=report,
        requested_by=reader,
        conclusion=report.conclusion,
        conclusion_version=report.conclusion_version,
        deadline_at=clock.now() + timedelta(seconds=settings.FILL_TIMEOUT_SECONDS),
        template_hash=report.report_template_version.content_hash,
    )
    details = {"fill_job": str(job.pk)}
    timing_event_add(report=report, reader=reader, kind=Kind.CONCLUSION_POSTED)
    timing_event_add(report=report, reader=reader, kind=Kind.FILL_REQUESTED, details=details)
    transaction.on_commit(doorbell.ring)
    return job


@transaction.atomic
def fill_cancel(*, job: FillJob, reader: User) -> FillJob:
    """End a fill that is still unfinished; what it has written so far stays, unattested.

    Raises ReportHeld when another page writes in the report.
    """
    hold_require(report_lock_any(job.report), reader)
    locked = FillJob.objects.select_for_update().get(pk=job.pk)
    if not locked.is_finished:
        FillJob.objects.filter(pk=job.pk).update(cancel_requested_at=clock.Now())
        fill_queue.end(locked, status=Status.REVOKED, reason_code="cancelled")
        audit_event_add(actor=reader, action="fill_cancel", subject=locked)
    return FillJob.objects.get(pk=job.pk)


def fill_retry(*, job: FillJob, reader: User) -> FillJob:
    """Ask again with the conclusion as it stands now."""
    report = Report.objects.get(pk=job.report_id)
    text, version = report.conclusion, report.conclusion_version
    return fill_request(report=report, reader=reader, conclusion=text, version=version)
