"""How a study goes: progress by reader, arm and day, and what looks wrong. One query of readings.

The elapsed time here is from start to signature by the one clock, for watching a study; what is
published is derived from the ledger of events.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from django.db.models import F, Min, Q

from reporting import clock
from reporting.models import ProtocolDeviation, ReaderStudy, Reading, StudyReader
from reporting.services.readings import has_consented

ODD_FACTOR = 5
ODD_LEAST = 5
LATE = timedelta(hours=12)
DAYS_SHOWN = 30
DEVIATIONS_SHOWN = 50
Status = Reading.Status


@dataclass(frozen=True, slots=True)
class ReadingFact:
    """What the dashboard knows of one reading; times in seconds, None where there is none."""

    reader: int
    arm: int
    case: int
    status: str
    period: int
    is_repeated: bool
    started_at: datetime | None
    finished_at: datetime | None
    latency: float | None

    @property
    def elapsed(self) -> float | None:
        """Seconds from start to signature of a completed reading."""
        if self.status != Status.COMPLETED or not self.started_at or not self.finished_at:
            return None
        return (self.finished_at - self.started_at).total_seconds()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a reader or an arm is; medians in seconds."""

    name: str
    planned: int
    done: int
    missing: int
    under_way: int
    elapsed: float | None
    latency: float | None
    last: datetime | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Odd:
    """A reading that should be looked at, and why."""

    reader: str
    case: int
    arm: str
    why: str


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Everything on the page."""

    at: datetime
    planned: int
    done: int
    by_reader: tuple[Progress, ...]
    by_arm: tuple[Progress, ...]
    by_day: tuple[tuple[date, int], ...]
    odd: tuple[Odd, ...]
    deviations: tuple[ProtocolDeviation, ...]


def reading_facts(study: ReaderStudy) -> list[ReadingFact]:
    """Read all readings of a study, each with the latency of its first successful fill."""
    success = Q(report__fill_jobs__status="success")
    wait = F("report__fill_jobs__finished_at") - F("report__fill_jobs__requested_at")
    rows = (
        study.readings.order_by()
        .annotate(latency=Min(wait, filter=success))
        .values_list(
            "reader_id", "arm_id", "case__number", "status", "period", "repeated_by__position",
            "started_at", "finished_at", "latency",
        )
    )  # fmt: skip
    return [
        ReadingFact(*row[:5], row[5] is not None, *row[6:8], row[8] and row[8].total_seconds())
        for row in rows
    ]


def study_dashboard(study: ReaderStudy) -> Dashboard:
    """Return how the study stands now. Practice counts for nothing."""
    now = clock.now()
    facts = [fact for fact in reading_facts(study) if fact.period]
    readers = list(study.readers.select_related("user"))
    names = {reader.pk: reader.user.display_name for reader in readers}
    arms = {arm.pk: arm.name for arm in study.arms.all()}
    of_reader: defaultdict[int, list[ReadingFact]] = defaultdict(list)
    of_arm: defaultdict[int, list[ReadingFact]] = defaultdict(list)
    for fact in facts:
        of_reader[fact.reader].append(fact)
        of_arm[fact.arm].append(fact)
    deviations = study.deviations.select_related("by", "reader__user").order_by("-pk")
    return Dashboard(
        at=now,
        planned=sum(not fact.is_repeated for fact in facts),
        done=sum(fact.status == Status.COMPLETED for fact in facts),
        by_reader=tuple(
            _progress(names[reader.pk], of_reader[reader.pk], _note(reader)) for reader in readers
        ),
        by_arm=tuple(_progress(name, of_arm[key]) for key, name in arms.items()),
        by_day=_days(facts),
        odd=tuple(_odd(facts, names, arms, now)),
        deviations=tuple(deviations[:DEVIATIONS_SHOWN]),
    )


def _note(reader: StudyReader) -> str:
    if reader.dropped_out_at:
        return "dropped out"
    return "" if has_consented(reader) else "no consent yet"


def _progress(name: str, facts: Sequence[ReadingFact], note: str = "") -> Progress:
    states = Counter(fact.status for fact in facts if not fact.is_repeated)
    return Progress(
        name=name,
        planned=sum(states.values()),
        done=states[Status.COMPLETED],
        missing=states[Status.FAILED],
        under_way=states[Status.STARTED] + states[Status.PAUSED],
        elapsed=_median(fact.elapsed for fact in facts),
        latency=_median(fact.latency for fact in facts),
        last=max((fact.finished_at for fact in facts if fact.finished_at), default=None),
        note=note,
    )


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _days(facts: Iterable[ReadingFact]) -> tuple[tuple[date, int], ...]:
    days = Counter(f.finished_at.date() for f in facts if f.finished_at and f.elapsed is not None)
    return tuple(sorted(days.items(), reverse=True)[:DAYS_SHOWN])


def _odd(
    facts: Sequence[ReadingFact], names: dict[int, str], arms: dict[int, str], now: datetime
) -> Iterable[Odd]:
    """Times far from the arm's median, readings left open for long, and times that are missing."""
    times: defaultdict[int, list[float]] = defaultdict(list)
    for fact in facts:
        if fact.elapsed is not None:
            times[fact.arm].append(fact.elapsed)
    medians = {arm: median(known) for arm, known in times.items() if len(known) >= ODD_LEAST}
    for fact in facts:
        why = _why(fact, medians.get(fact.arm), now)
        if why:
            yield Odd(names[fact.reader], fact.case, arms[fact.arm], why)


def _why(fact: ReadingFact, usual: float | None, now: datetime) -> str:
    if fact.status in Reading.OPEN_STATUSES and fact.started_at and now - fact.started_at > LATE:
        return f"open since {fact.started_at:%Y-%m-%d %H:%M} UTC"
    if fact.status == Status.FAILED and not fact.is_repeated:
        return "failed, not repeated"
    if fact.elapsed is None:
        return "no time" if fact.status == Status.COMPLETED else ""
    if usual and not usual / ODD_FACTOR <= fact.elapsed <= usual * ODD_FACTOR:
        return f"{fact.elapsed:.0f} s, the arm's median is {usual:.0f} s"
    return ""
