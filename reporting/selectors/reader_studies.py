"""What coordinators see of a study before it runs: exams to choose, the allocation, amendments."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from reporting import study_access
from reporting.models import ImagingStudy, ReaderStudy, User
from reporting.services.study_lock import allocation_of, readers_named
from reporting.study_designs import (
    BalanceReport,
    DesignInvalid,
    PlannedReading,
    allocate,
    balance,
)

EXAMS_SHOWN = 30
PREVIEW = 12


@dataclass(frozen=True, slots=True)
class ReaderOrder:
    """The beginning of one reader's order: period, case and arm of each reading."""

    reader: str
    name: str
    readings: tuple[PlannedReading, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Preview:
    """The allocation as it would be or is, or the reason why there is none."""

    balance: BalanceReport | None
    orders: tuple[ReaderOrder, ...]
    fault: str


def allocation_preview(study: ReaderStudy) -> Preview:
    """Allocate without storing anything; the lock stores exactly this."""
    given = allocation_of(study)
    try:
        readings = allocate(given)
    except DesignInvalid as error:
        return Preview(None, (), str(error))
    mine: defaultdict[str, list[PlannedReading]] = defaultdict(list)
    for reading in readings:
        mine[reading.reader].append(reading)
    orders = tuple(
        ReaderOrder(
            name,
            reader.user.display_name,
            tuple(mine[name][:PREVIEW]),
            max(0, len(mine[name]) - PREVIEW),
        )
        for name, reader in readers_named(study).items()
    )
    return Preview(balance(given, readings), orders, "")


def exams_found(study: ReaderStudy, text: str) -> list[ImagingStudy]:
    """Return the first exams of the site, not chosen yet, whose accession or description fits."""
    words = text.replace("\x00", "").strip()[:100]
    exams = study_access.exams_to_choose(study)
    if words:
        exams = exams.filter(
            Q(accession_number__istartswith=words)
            | Q(description__icontains=words)
            | Q(indication__icontains=words)
        )
    return list(exams.order_by("-performed_at", "-pk")[:EXAMS_SHOWN])


def study_lines(user: User) -> QuerySet[ReaderStudy]:
    """Return the user's studies with how many readings are done and planned."""
    ended = Q(readings__status="completed")
    return study_access.studies_for(user).annotate(
        planned=Count("readings", filter=Q(readings__repeat_of__isnull=True)),
        done=Count("readings", filter=ended),
    )
