"""The queue of fills in the database: claims, leases, and how a fill ends.

The order of locks is always report, then job, so that a reader who cancels and a worker that
writes never wait for each other in a circle.
"""

import logging
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType
from uuid import UUID

from django.conf import settings
from django.db import Error, connection, models, transaction
from django.db.models import Q

from reporting import clock
from reporting.models import FillJob, TimingEvent
from reporting.services.timing import timing_event_add

logger = logging.getLogger(__name__)

Kind = TimingEvent.Kind
Status = FillJob.Status

REASONS = {
    "cancelled": "Cancelled by the reader.",
    "superseded": "A newer fill took its place.",
    "conclusion_changed": "The conclusion was changed while the model read it. Fill again.",
    "report_closed": "The report was signed before the fill ended.",
    "timeout": "The model took too long. The findings can be written by hand, or filled again.",
    "worker_lost": "The model's process stopped several times at this conclusion.",
    "engine_unavailable": "No model is ready.",
    "engine_failed": "The model failed. The findings can be written by hand, or filled again.",
    "conclusion_refused": "The model cannot read this conclusion.",
}


def claim(*, worker: str, limit: int) -> list[FillJob]:
    """Take up to `limit` waiting fills, the oldest first, for the length of a lease.

    A fill waits when it is pending, or when the lease of whoever had it has expired. Fills past
    their deadline, and those that took the worker down too often, fail here with their reason.
    """
    with transaction.atomic():
        now = clock.now()
        jobs = list(
            FillJob.objects.filter(
                Q(status=Status.PENDING) | Q(status=Status.STARTED, lease_expires_at__lt=now)
            )
            .order_by("requested_at")
            .select_for_update(of=("self",), skip_locked=True)
            .select_related("report__imaging_study__patient", "report__report_template_version")
            .select_related("requested_by")[:limit]
        )
        return [job for job in jobs if _start(job, worker=worker, now=now)]


def _start(job: FillJob, *, worker: str, now: datetime) -> bool:
    if job.deadline_at <= now:
        end(job, status=Status.FAILURE, reason_code="timeout")
        return False
    if job.attempt >= settings.FILL_MAX_ATTEMPTS:
        end(job, status=Status.FAILURE, reason_code="worker_lost")
        return False
    job.status = Status.STARTED
    job.attempt += 1
    job.started_at = now
    job.lease_expires_at = now + timedelta(seconds=settings.FILL_LEASE_SECONDS)
    job.worker = worker
    job.save(update_fields=["status", "attempt", "started_at", "lease_expires_at", "worker"])
    timing_event_add(
        report=job.report,
        reader=job.requested_by,
        kind=Kind.FILL_STARTED,
        details={"fill_job": str(job.pk), "attempt": job.attempt},
    )
    return True


def end(job: FillJob, *, status: Status, reason_code: str = "", reason: str = "") -> bool:
    """End a fill that is still unfinished at this attempt; return whether this call ended it."""
    changed = FillJob.objects.filter(
        pk=job.pk, attempt=job.attempt, status__in=FillJob.UNFINISHED
    ).update(
        status=status,
        reason_code=reason_code,
        reason=reason or REASONS.get(reason_code, ""),
        finished_at=clock.Now(),
        lease_expires_at=None,
    )
    if not changed:
        return False
    timing_event_add(
        report=job.report,
        reader=job.requested_by,
        kind=Kind.FILL_FINISHED,
        details={"fill_job": str(job.pk), "status": str(status), "reason": reason_code},
    )
    return True


@transaction.atomic
def end_safely(job: FillJob, *, reason_code: str, reason: str = "") -> bool:
    """Let a fill of this worker fail with its reason."""
    return end(job, status=Status.FAILURE, reason_code=reason_code, reason=reason)


@transaction.atomic
def revoke_safely(job: FillJob, *, reason_code: str) -> bool:
    """End a fill of this worker that nobody wants any more."""
    return end(job, status=Status.REVOKED, reason_code=reason_code)


@transaction.atomic
def recover() -> int:
    """Give back the fills of dead workers and end those past their deadline; return how many."""
    now = clock.now()
    stuck = list(
        FillJob.objects.filter(status__in=FillJob.UNFINISHED)
        .filter(Q(lease_expires_at__lt=now) | Q(deadline_at__lte=now))
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("report", "requested_by")
    )
    for job in stuck:
        if job.deadline_at <= now:
            end(job, status=Status.FAILURE, reason_code="timeout")
        elif job.attempt >= settings.FILL_MAX_ATTEMPTS:
            end(job, status=Status.FAILURE, reason_code="worker_lost")
        else:
            FillJob.objects.filter(pk=job.pk).update(status=Status.PENDING, lease_expires_at=None)
            logger.warning("Fill %s is taken back from %s", job.pk, job.worker)
    return len(stuck)


def extend(jobs: Iterable[FillJob]) -> set[UUID]:
    """Extend the leases of the fills that are still this worker's; return those."""
    mine = Q()
    for job in jobs:
        mine |= Q(pk=job.pk, attempt=job.attempt)
    if not mine:
        return set()
    with transaction.atomic():
        now = clock.now()
        alive = (
            FillJob.objects.filter(mine, status=Status.STARTED, deadline_at__gt=now)
            .filter(conclusion_version=models.F("report__conclusion_version"))
            .select_for_update(of=("self",))
        )
        ids = set(alive.values_list("pk", flat=True))
        until = now + timedelta(seconds=settings.FILL_LEASE_SECONDS)
        FillJob.objects.filter(pk__in=ids).update(lease_expires_at=until)
    return ids


@dataclass(slots=True)
class Heartbeat:
    """A thread that keeps the leases of a batch while it decodes, and knows who still waits.

    A fill that was cancelled, superseded, taken by another worker, or whose deadline passed,
    is no longer awaited; `nobody_waits` is true when that holds for the whole batch.
    """

    jobs: Sequence[FillJob]
    seconds: float = 0.5
    _alive: set[UUID] = field(default_factory=set)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> "Heartbeat":
        self._alive = {job.pk for job in self.jobs}
        self._thread = threading.Thread(target=self._beat, name="fill-heartbeat", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def drop(self, job: FillJob) -> None:
        """Note that nobody waits for this fill any more."""
        self._alive.discard(job.pk)

    def waits(self, job: FillJob) -> bool:
        """Whether the result of this fill is still wanted."""
        return job.pk in self._alive

    def nobody_waits(self) -> bool:
        """Whether the whole batch may stop."""
        return not self._alive

    def _beat(self) -> None:
        try:
            while not self._stop.wait(self.seconds):
                try:
                    self._alive &= extend(self.jobs)
                except Error as error:
                    # The writes will meet the same fault and end the attempt with it.
                    logger.warning("The lease could not be extended: %s", error)
                    connection.close()
        finally:
            connection.close()
