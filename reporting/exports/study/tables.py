"""The tidy tables of a study: their columns, which are also the data dictionary."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from reporting.exports.csv import Column
from reporting.exports.study.identities import Identities, moment
from reporting.models import Arm, Case, FieldValue, FillJob, Reading, StudyReader
from reporting.selectors.study_readings import StudyReading
from reporting.timing_definitions import DEFINITIONS, Definition, Measured, corrected, measure
from reporting.timing_definitions import ledger_of as in_order

Attestation = FieldValue.Attestation
NUMERIC = frozenset({"s", "count", "number"})


@dataclass(frozen=True, slots=True)
class Row:
    """A reading as the tables see it."""

    item: StudyReading
    names: Identities

    @property
    def reading(self) -> Reading:
        """The reading itself."""
        return self.item.reading

    @property
    def shift(self) -> timedelta:
        """By how much its times are moved."""
        return self.names.shift(self.reading.reader.user.pseudonym)

    @property
    def uid(self) -> str:
        """Its exported identifier."""
        return self.names.uid("reading", self.reading.pk)


@dataclass(frozen=True, slots=True)
class DurationRow:
    """One duration of one reading by one definition."""

    row: Row
    what: Definition
    idle: float | None
    clock: str
    measured: Measured


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field of the report of a reading."""

    row: Row
    field: FieldValue


@dataclass(frozen=True, slots=True)
class FillRow:
    """One fill of a reading."""

    row: Row
    fill: FillJob


def duration_rows(row: Row) -> Iterator[DurationRow]:
    """Yield every definition at every threshold, by the clock as recorded and as corrected."""
    ledgers = {"recorded": row.item.ledger, "corrected": in_order(corrected(row.item.events))}
    for clock, ledger in ledgers.items():
        for what in DEFINITIONS:
            for idle in what.thresholds:
                yield DurationRow(row, what, idle, clock, measure(what, ledger, idle=idle))


def field_rows(row: Row) -> Iterator[FieldRow]:
    """Yield the fields of a reading's report."""
    return (FieldRow(row, field) for field in row.item.fields)


def fill_rows(row: Row) -> Iterator[FillRow]:
    """Yield the fills of a reading."""
    return (FillRow(row, fill) for fill in row.item.fills)


def arm_columns() -> tuple[Column[Arm], ...]:
    """The arms of the study."""
    return (
        Column("arm", "The arm.", lambda arm: arm.name),
        Column("position", "Its place among the arms.", lambda arm: arm.position, "number"),
        Column("mode", "How its reports come about.", lambda arm: arm.mode),
        Column("left_out", "Items its form is built without.", lambda arm: " ".join(arm.left_out)),
        Column(
            "planted_error_share",
            "Share of its fills with a planted error.",
            lambda arm: arm.planted_error_share,
            "number",
        ),
    )


def case_columns() -> tuple[Column[Case], ...]:
    """The cases of the study; nothing of the exam but its kind."""
    return (
        Column("case", "The number of the case.", lambda case: case.number, "number"),
        Column("stratum", "Its stratum.", lambda case: case.stratum),
        Column("modality", "Modality of the exam.", lambda case: case.imaging_study.modality),
        Column("practice", "Whether it is for practice.", lambda case: case.is_practice),
    )


def reader_columns(names: Identities) -> tuple[Column[StudyReader], ...]:
    """The readers of the study."""
    return (
        Column("reader", "The reader.", lambda reader: names.name("R", reader.user.pseudonym)),
        Column("experience", "Level of experience.", lambda reader: reader.experience),
        Column(
            "experience_years",
            "Years of experience.",
            lambda reader: reader.experience_years,
            "number",
        ),
        Column(
            "dropped_out",
            "Whether the reader dropped out.",
            lambda reader: reader.dropped_out_at is not None,
        ),
    )


def _duration(what: Definition) -> Column[Row]:
    text = what.text
    if what.uses_idle:
        text += " Idle threshold: idle_threshold_seconds of the study."
    return Column(
        f"{what.key}_s",
        f"{what.label}, definition {what.key} {what.version}: {text}",
        lambda row: row.item.durations[what.key],
        "s",
    )


def _count(kind: Attestation) -> Column[Row]:
    meaning = f"Fields of the report that are {Attestation(kind).label.lower()}."
    return Column(f"fields_{kind}", meaning, lambda row: row.item.attestations[str(kind)], "count")


READING_COLUMNS: tuple[Column[Row], ...] = (
    Column("reading", "The reading.", lambda row: row.uid),
    Column(
        "reader",
        "The reader.",
        lambda row: row.names.name("R", row.reading.reader.user.pseudonym),
    ),
    Column("case", "The number of the case.", lambda row: row.reading.case.number, "number"),
    Column("stratum", "The stratum of the case.", lambda row: row.reading.case.stratum),
    Column("arm", "The arm.", lambda row: row.reading.arm.name),
    Column("mode", "How the report came about.", lambda row: row.reading.arm.mode),
    Column("period", "The period; 0 is practice.", lambda row: row.reading.period, "number"),
    Column(
        "position",
        "The place in the reader's order over all periods.",
        lambda row: row.reading.position,
        "number",
    ),
    Column("practice", "Whether it is for practice.", lambda row: row.reading.is_practice),
    Column("status", "The status of the reading.", lambda row: row.reading.status),
    Column(
        "repeat_of",
        "The failed reading that this one repeats.",
        lambda row: row.names.uid("reading", row.reading.repeat_of_id),
    ),
    Column("washout_waived", "Whether washout was waived.", lambda row: row.reading.washout_waived),
    Column(
        "template",
        "The key of the report template.",
        lambda row: row.reading.report_template_version.report_template.key,
    ),
    Column(
        "template_hash",
        "The hash of the template's content.",
        lambda row: row.reading.report_template_version.content_hash,
    ),
    Column(
        "started_at",
        "When it began, shifted.",
        lambda row: moment(row.reading.started_at, row.shift),
    ),
    Column(
        "finished_at",
        "When it ended, shifted.",
        lambda row: moment(row.reading.finished_at, row.shift),
    ),
    Column(
        "report",
        "The report of the reading.",
        lambda row: row.names.uid("report", row.reading.report_id),
    ),
    Column(
        "opened_at",
        "When its report was opened, shifted.",
        lambda row: moment(row.reading.report.opened_at if row.reading.report else None, row.shift),
    ),
    Column(
        "signed_at",
        "When its report was signed, shifted.",
        lambda row: moment(row.reading.report.signed_at if row.reading.report else None, row.shift),
    ),
    Column(
        "report_status",
        "The status of the report.",
        lambda row: row.reading.report.status if row.reading.report else "",
    ),
    Column("interrupted", "Whether it was paused.", lambda row: row.item.is_interrupted),
    Column(
        "technical_failure",
        "Whether it failed for a technical reason.",
        lambda row: row.item.is_technical_failure,
    ),
    Column(
        "excluded_by",
        "The first exclusion rule that holds; empty: it is analysed.",
        lambda row: row.item.rule.text if row.item.rule else "",
    ),
    *(_duration(what) for what in DEFINITIONS),
    Column("fills", "Fills that were requested.", lambda row: len(row.item.fills), "count"),
    *(_count(kind) for kind in Attestation),
    Column("events", "Events in the ledger.", lambda row: row.item.ledger.size, "count"),
    Column(
        "skewed_events", "Events with a skewed clock.", lambda row: row.item.ledger.skewed, "count"
    ),
    Column(
        "simulated",
        "Whether any event was made under a simulated clock: such rows are no measurement.",
        lambda row: row.item.ledger.simulated,
    ),
)
DURATION_COLUMNS: tuple[Column[DurationRow], ...] = (
    Column("reading", "The reading.", lambda line: line.row.uid),
    Column("definition", "The key of the definition.", lambda line: line.what.key),
    Column("version", "The version of the definition.", lambda line: line.what.version, "number"),
    Column(
        "idle_threshold_s",
        "Seconds without activity that count as work; none: any.",
        lambda line: "none" if line.idle is None else int(line.idle),
    ),
    Column("clock", "recorded, or corrected as the manifest says.", lambda line: line.clock),
    Column("seconds", "The duration.", lambda line: line.measured.seconds, "s"),
    Column("reason", "Why there is no duration.", lambda line: line.measured.reason),
)
FIELD_COLUMNS: tuple[Column[FieldRow], ...] = (
    Column("reading", "The reading.", lambda line: line.row.uid),
    Column(
        "path",
        "The path of the field; values are not exported.",
        lambda line: line.row.names.path(line.field.path),
    ),
    Column("source", "Where the value came from.", lambda line: line.field.source),
    Column("attestation", "What was made of it.", lambda line: line.field.attestation),
)
FILL_COLUMNS: tuple[Column[FillRow], ...] = (
    Column("reading", "The reading.", lambda line: line.row.uid),
    Column("fill", "The fill.", lambda line: line.row.names.uid("fill", line.fill.pk)),
    Column("status", "How it ended.", lambda line: line.fill.status),
    Column(
        "requested_at",
        "When it was requested, shifted.",
        lambda line: moment(line.fill.requested_at, line.row.shift),
    ),
    Column("engine", "The engine.", lambda line: line.fill.engine),
    Column("base_model", "The base model.", lambda line: line.fill.base_model),
    Column("base_hash", "Its hash.", lambda line: line.fill.base_hash),
    Column("adapter_hash", "The adapter's hash.", lambda line: line.fill.adapter_hash),
    Column("prompt_hash", "The prompt's hash.", lambda line: line.fill.prompt_hash),
)
