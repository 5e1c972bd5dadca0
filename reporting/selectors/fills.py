"""How a fill stands, in words for the reader."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet

from reporting import clock
from reporting.models import FieldValue, FillJob, FillWorker
from reporting.services.fill_queue import REASONS

WORKER_SILENT = timedelta(seconds=20)
QUEUE_PATIENCE = timedelta(seconds=4)

UNUSED_REASONS = {
    "not_a_finding": "Read as advice, history or technique; not used.",
    "abstained": "The model was not sure; not used.",
    "partly_used": "Used in part.",
    "not_covered": "The model was not trained for this field; put under other findings.",
}


@dataclass(frozen=True, slots=True)
class UnusedClause:
    """Words of the conclusion that no field holds."""

    text: str
    start: int
    end: int
    reason: str
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FillProgress:
    """What the page shows of a fill; `is_finished` ends its polling."""

    job: FillJob
    status: str
    is_finished: bool
    message: str
    filled: int
    unused: tuple[UnusedClause, ...]
    is_stale: bool
    may_cancel: bool
    may_retry: bool


def fill_progress(job: FillJob) -> FillProgress:
    """Return how the fill stands now.

    A fill past its deadline counts as failed even when no worker is left to say so.
    """
    filled = FieldValue.objects.filter(fill_job=job, value__isnull=False).count()
    overdue = not job.is_finished and job.deadline_at <= clock.now()
    finished = job.is_finished or overdue
    status = str(FillJob.Status.FAILURE) if overdue else str(job.status)
    return FillProgress(
        job=job,
        status=status,
        is_finished=finished,
        message=REASONS["timeout"] if overdue else _message(job, filled),
        filled=filled,
        unused=tuple(unused_clauses(job)),
        is_stale=job.conclusion_version != job.report.conclusion_version,
        may_cancel=not finished,
        may_retry=finished and job.report.is_open and status != FillJob.Status.SUCCESS,
    )


def _message(job: FillJob, filled: int) -> str:
    if job.status == FillJob.Status.SUCCESS:
        if filled == 0:
            return "The model found nothing to fill."
        return f"{filled} {'field' if filled == 1 else 'fields'} filled. Check each one."
    if job.status == FillJob.Status.STARTED:
        return f"Filling… {filled} so far." if filled else "The model is reading the conclusion…"
    if job.status == FillJob.Status.PENDING:
        return _waiting_message(job)
    return job.reason or REASONS.get(job.reason_code, "The fill ended without a result.")


def _waiting_message(job: FillJob) -> str:
    if clock.now() - job.requested_at < QUEUE_PATIENCE:
        return "Waiting for the model…"
    if not workers_seen().exists():
        return (
            "No model process answers. The fill starts when one is back; you can go on by hand"
            " meanwhile."
        )
    return "The model is busy or starting; your fill is in the queue."


def workers_seen() -> QuerySet[FillWorker]:
    """Return the worker processes that reported themselves lately."""
    return FillWorker.objects.filter(last_seen_at__gt=clock.now() - WORKER_SILENT)


def unused_clauses(job: FillJob) -> list[UnusedClause]:
    """Return the words that no field holds, in the order of the conclusion."""
    return [_unused(clause) for clause in job.unused]


def _unused(clause: Mapping[str, Any]) -> UnusedClause:
    return UnusedClause(
        text=str(clause["text"]),
        start=int(clause["start"]),
        end=int(clause["end"]),
        reason=UNUSED_REASONS.get(str(clause["reason"]), "Not used."),
        details=tuple(str(detail) for detail in clause.get("details", ())),
    )
