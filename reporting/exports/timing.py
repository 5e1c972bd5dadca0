"""The timing export: one row per report, de-identified, with its data dictionary."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import QuerySet

from reporting import clock
from reporting.exports.csv import Column, csv_lines, dictionary_lines
from reporting.models import FieldValue, Report, User
from reporting.selectors.timing import Durations, durations

Attestation = FieldValue.Attestation


@dataclass(frozen=True, slots=True)
class TimingFilter:
    """Which reports to export: all where a part is None. The days are those of opening, UTC."""

    site: str | None = None
    mode: str | None = None
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class TimingRow:
    """A report with its durations and what became of the model's answers."""

    report: Report
    reader: User
    times: Durations
    attestations: Counter[str]
    fills: int


def timing_filter(reports: QuerySet[Report], chosen: TimingFilter) -> QuerySet[Report]:
    """Return the reports that the filter leaves, the oldest first."""
    if chosen.site:
        reports = reports.filter(imaging_study__site__code=chosen.site)
    if chosen.mode:
        reports = reports.filter(mode=chosen.mode)
    if chosen.start:
        reports = reports.filter(opened_at__gte=clock.midnight(chosen.start))
    if chosen.end:
        reports = reports.filter(opened_at__lt=clock.midnight(chosen.end + timedelta(days=1)))
    return reports.order_by("opened_at", "pk")


def rows(reports: QuerySet[Report]) -> Iterator[TimingRow]:
    """Yield the rows of the export."""
    reports = reports.select_related(
        "imaging_study__site", "report_template_version__report_template", "author", "signed_by"
    ).prefetch_related("field_values", "fill_jobs")
    for item in durations(reports):
        report = item.report
        values = list(report.field_values.all())
        for value in values:
            value.report = report
        yield TimingRow(
            report=report,
            reader=report.signed_by or report.author,
            times=item.durations,
            attestations=Counter(str(value.attestation) for value in values),
            fills=len(report.fill_jobs.all()),
        )


def _count(kind: Attestation) -> "Column[TimingRow]":
    meaning = f"Fields of the report that are {Attestation(kind).label.lower()}."
    return Column(f"fields_{kind}", meaning, lambda row: row.attestations[str(kind)], "count")


COLUMNS: tuple[Column[TimingRow], ...] = (
    Column("report", "The report, by a random identifier.", lambda row: row.report.pk),
    Column(
        "case",
        "The exam, by a random identifier; the same in all reports of one exam.",
        lambda row: row.report.imaging_study_id,
    ),
    Column(
        "reader",
        "The reader, by a random pseudonym; no names are exported.",
        lambda row: row.reader.pseudonym,
    ),
    Column("role", "The role of the reader.", lambda row: row.reader.role),
    Column("site", "The code of the site.", lambda row: row.report.imaging_study.site.code),
    Column("modality", "The modality of the exam.", lambda row: row.report.imaging_study.modality),
    Column(
        "template",
        "The key of the report template.",
        lambda row: row.report.report_template_version.report_template.key,
    ),
    Column(
        "template_version",
        "The number of the template's version.",
        lambda row: row.report.report_template_version.number,
    ),
    Column(
        "mode",
        "How the findings came about: free_text, structured (by hand) or sft (by the model).",
        lambda row: row.report.mode,
    ),
    Column("status", "The status of the report.", lambda row: row.report.status),
    Column(
        "total_s",
        "From the first opening of the report to the signature.",
        lambda row: row.times.total,
        "s",
    ),
    Column(
        "active_s",
        "total_s without the time hidden, paused or idle.",
        lambda row: row.times.active,
        "s",
    ),
    Column(
        "typing_s",
        "From the first to the last input before the signature.",
        lambda row: row.times.typing,
        "s",
    ),
    Column(
        "to_first_input_s",
        "From the first opening to the first input.",
        lambda row: row.times.to_first_input,
        "s",
    ),
    Column(
        "model_wait_s",
        "From request to end of each fill, overlaps counted once; 0 without a fill.",
        lambda row: row.times.model_wait,
        "s",
    ),
    Column(
        "to_first_field_s",
        "From the request of a fill to its first field.",
        lambda row: row.times.to_first_field,
        "s",
    ),
    Column("hidden_s", "Time with the page hidden.", lambda row: row.times.hidden, "s"),
    Column("paused_s", "Time paused by the reader.", lambda row: row.times.paused, "s"),
    Column(
        "idle_s",
        "Time without a sign of activity beyond the idle threshold of each gap"
        " (TIMING_IDLE_SECONDS).",
        lambda row: row.times.idle,
        "s",
    ),
    Column("fills", "Fills that were requested.", lambda row: row.fills, "count"),
    _count(Attestation.CONFIRMED),
    _count(Attestation.BULK_CONFIRMED),
    _count(Attestation.CORRECTED),
    _count(Attestation.REJECTED),
    _count(Attestation.ENTERED),
    _count(Attestation.NOT_ATTESTED),
    Column("events", "Events in the ledger of the report.", lambda row: row.times.events, "count"),
    Column(
        "skewed_events",
        "Events whose time of occurrence and of arrival differ by more than"
        " TIMING_SKEW_BOUND_SECONDS.",
        lambda row: row.times.skewed,
        "count",
    ),
    Column(
        "missing",
        "Events that are missing; the durations that need them are empty.",
        lambda row: " ".join(row.times.missing),
    ),
    Column(
        "simulated",
        "Whether any event was made under a simulated clock: such rows are no measurement.",
        lambda row: row.times.simulated,
    ),
)


def timing_csv(reports: QuerySet[Report]) -> Iterator[str]:
    """Yield the lines of the export."""
    return csv_lines(COLUMNS, rows(reports))


def dictionary_csv() -> Iterator[str]:
    """Yield the lines of the data dictionary."""
    return dictionary_lines(COLUMNS)
