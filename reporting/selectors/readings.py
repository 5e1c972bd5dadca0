"""What a reader sees of a study: the next reading, and nothing about the arms of others."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from reporting.models import Case, Reading, ReadingPause, Report, StudyReader
from reporting.services.readings import has_consented, reading_next, washout_until


@dataclass(frozen=True, slots=True)
class ReadingView:
    """A reading beside its report: the case under its number, and what there is to read."""

    study_id: UUID
    study_name: str
    case: str
    is_practice: bool
    material: str
    is_link: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """Where a reader stands: what is next, how much is done, and what stands against going on."""

    reader: StudyReader
    needs_consent: bool
    next: Reading | None
    done: int
    total: int
    opens_at: datetime | None
    paused_for: str

    @property
    def is_open(self) -> bool:
        """Whether the reading is under way."""
        return self.next is not None and self.next.status == Reading.Status.STARTED

    @property
    def is_paused(self) -> bool:
        """Whether the reading waits to be resumed."""
        return self.next is not None and self.next.status == Reading.Status.PAUSED


def reading_view(report: Report) -> ReadingView | None:
    """Return what belongs beside the report of a reading; None for a report of a patient."""
    if report.reader_study_id is None:
        return None
    reading = Reading.objects.select_related("case", "study").get(report=report)
    case = reading.case
    return ReadingView(
        study_id=reading.study_id,
        study_name=reading.study.name,
        case=str(case),
        is_practice=reading.is_practice,
        material=case.material,
        is_link=case.material_kind == Case.MaterialKind.LINK,
    )


def turn_of(reader: StudyReader) -> Turn:
    """Return where a reader stands in a study that runs."""
    reading = reading_next(reader)
    readings = reader.readings.filter(repeated_by__isnull=True)
    ended = (Reading.Status.COMPLETED, Reading.Status.FAILED)
    pause = None
    if reading is not None and reading.status == Reading.Status.PAUSED:
        pause = reading.pauses.filter(kind=ReadingPause.Kind.PAUSED).last()
    return Turn(
        reader=reader,
        needs_consent=not has_consented(reader),
        next=reading,
        done=readings.filter(status__in=ended).count(),
        total=readings.count(),
        opens_at=washout_until(reading) if reading else None,
        paused_for=pause.reason if pause else "",
    )
