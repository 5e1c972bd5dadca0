"""The readings of a study with everything that is measured of them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from django.db.models import F, QuerySet

from reporting.models import FieldValue, FillJob, ProtocolDeviation, ReaderStudy, Reading
from reporting.selectors.timing import CHUNK, events_by_report
from reporting.timing_definitions import DEFINITIONS, Event, Ledger, ledger_of, measure
from reporting.timing_definitions.exclusions import ReadingFacts, Rule, exclusions, rules_read

Kind = ProtocolDeviation.Kind
PRACTICE = Rule("practice")


@dataclass(frozen=True, slots=True)
class StudyReading:
    """A reading with its ledger; durations in seconds at the threshold of its study."""

    reading: Reading
    events: tuple[Event, ...]
    ledger: Ledger
    durations: dict[str, float | None]
    fields: tuple[FieldValue, ...]
    fills: tuple[FillJob, ...]
    is_interrupted: bool
    is_technical_failure: bool
    rule: Rule | None

    @property
    def attestations(self) -> Counter[str]:
        """The fields by what was made of them."""
        return Counter(str(value.attestation) for value in self.fields)


def study_rules(study: ReaderStudy) -> tuple[Rule, ...]:
    """Return the exclusion rules of a study; practice never counts. Raises RuleInvalid."""
    rules = rules_read(study.exclusion_rules)
    return rules if PRACTICE in rules else (PRACTICE, *rules)


def study_readings(study: ReaderStudy) -> Iterator[StudyReading]:
    """Yield the readings by reader and position, reading in chunks. Raises RuleInvalid."""
    rules = study_rules(study)
    stream = iter(_readings(study).iterator(chunk_size=CHUNK))
    while chunk := list(islice(stream, CHUNK)):
        reports = [reading.report_id for reading in chunk if reading.report_id is not None]
        events = events_by_report(reports)
        for reading in chunk:
            found = events.pop(reading.report_id, ()) if reading.report_id else ()
            yield _study_reading(study, reading, found, rules)


def _readings(study: ReaderStudy) -> QuerySet[Reading]:
    return (
        study.readings.select_related(
            "arm",
            "case",
            "reader__user",
            "report",
            "report_template_version__report_template",
        )
        .prefetch_related("pauses", "deviations", "report__field_values", "report__fill_jobs")
        .order_by("reader_id", "position", F("started_at").asc(nulls_last=True), "pk")
    )


def _study_reading(
    study: ReaderStudy, reading: Reading, events: tuple[Event, ...], rules: tuple[Rule, ...]
) -> StudyReading:
    ledger = ledger_of(events)
    report = reading.report
    fields = tuple(sorted(report.field_values.all(), key=lambda f: f.path)) if report else ()
    for value in fields:
        if report is not None:
            value.report = report
    fills = sorted(report.fill_jobs.all(), key=lambda f: (f.requested_at, f.pk)) if report else []
    idle = float(study.idle_threshold_seconds)
    durations = {what.key: measure(what, ledger, idle=idle).seconds for what in DEFINITIONS}
    failed = any(deviation.kind == Kind.TECHNICAL_FAILURE for deviation in reading.deviations.all())
    facts = ReadingFacts(
        reading=str(reading.pk),
        is_practice=reading.is_practice,
        is_started=report is not None,
        is_signed=report is not None and report.signed_at is not None,
        technical_failure=failed or reading.status == Reading.Status.FAILED,
        interrupted=bool(reading.pauses.all()),
        skewed_events=ledger.skewed,
        durations=durations,
    )
    return StudyReading(
        reading=reading,
        events=events,
        ledger=ledger,
        durations=durations,
        fields=fields,
        fills=tuple(fills),
        is_interrupted=facts.interrupted,
        is_technical_failure=facts.technical_failure,
        rule=exclusions([facts], rules)[facts.reading],
    )
