"""The bundle: every file of a study, and the manifest that vouches for them."""

import json
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from django.db import connection, transaction

from reporting import clock
from reporting.exports.csv import Column, csv_line, csv_lines
from reporting.exports.study import formats, tables
from reporting.exports.study.files import LineFile, Written, describe, write_lines
from reporting.exports.study.identities import Identities, identities
from reporting.exports.study.ledger import ledger_lines
from reporting.models import Arm, Case, ReaderStudy, ReportTemplateVersion
from reporting.selectors.study_readings import study_readings, study_rules
from reporting.timing_definitions import DEFINITIONS
from reporting.timing_definitions import clock as clock_definition
from reporting.timing_definitions.exclusions import Flow, Rule, flow

FORMAT, VERSION = "concludo-study", 1
MANIFEST = "manifest.json"
# What of the protocol goes out, in the coordinator's own words. The consent stays here: it names
# whom to ask.
PROTOCOL = (
    "name",
    "question",
    "hypotheses",
    "primary_outcome",
    "analysis_plan",
    "exclusion_rules",
    "idle_threshold_seconds",
    "washout_days",
    "technical_repeats",
    "instructions",
    "design",
    "seed",
    "status",
    "lock_sha256",
)
PRIMARY = "open_to_sign_s"


@dataclass(frozen=True, slots=True)
class FlowRow:
    """One line of the flow of readings."""

    arm: str
    step: str
    readings: int


FLOW_COLUMNS: tuple[Column[FlowRow], ...] = (
    Column("arm", "The arm.", lambda line: line.arm),
    Column("step", "allocated, excluded by a rule, or analysed.", lambda line: line.step),
    Column("readings", "How many readings.", lambda line: line.readings, "count"),
)


@dataclass(frozen=True, slots=True)
class DictionaryRow:
    """One column of one table."""

    table: str
    column: Column[Any]


DICTIONARY_COLUMNS: tuple[Column[DictionaryRow], ...] = (
    Column("table", "The table.", lambda row: row.table),
    Column("column", "The column.", lambda row: row.column.name),
    Column("unit", "Its unit.", lambda row: row.column.unit),
    Column("meaning", "What it means.", lambda row: row.column.meaning),
)


@contextmanager
def one_moment() -> Iterator[None]:
    """Let all queries see the database as it is now, whatever is written meanwhile."""
    inside = connection.in_atomic_block
    with transaction.atomic():
        if not inside:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def bundle_write(study: ReaderStudy, out: Path, names: Identities) -> Path:
    """Write the bundle of a study into an empty directory; return the manifest's path.

    The files are of one moment. Raises RuleInvalid where the study's exclusion rules cannot be
    used, and OSError.
    """
    with one_moment():
        written, listed, counted = _tables_write(study, out, names)
        written.append(write_lines(out / "events.jsonl", ledger_lines(study, names), header=0))
        written.append(_study_write(study, out, names))
    flow_table = _write(out, "flow", FLOW_COLUMNS, _flow_rows(counted))
    written.append(flow_table[0])
    listed.append(flow_table[1])
    described = [DictionaryRow(table.name, column) for table in listed for column in table.columns]
    dictionary = _write(out, "data_dictionary", DICTIONARY_COLUMNS, described)
    written.append(dictionary[0])
    written += _formats_write(study, out, [*listed, dictionary[1]])
    manifest = _manifest(study, written, names)
    path = out / MANIFEST
    path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return path


def _write(
    out: Path, name: str, columns: tuple[Column[Any], ...], rows: Iterable[Any]
) -> tuple[Written, formats.TableFile]:
    path = out / f"{name}.csv"
    return write_lines(path, csv_lines(columns, rows)), formats.TableFile(name, path, columns)


def _tables_write(
    study: ReaderStudy, out: Path, names: Identities
) -> tuple[list[Written], list[formats.TableFile], Flow]:
    arms: Iterable[Arm] = study.arms.all()
    cases: Iterable[Case] = study.cases.select_related("imaging_study")
    readers = study.readers.select_related("user")
    pairs = [
        _write(out, "arms", tables.arm_columns(), arms),
        _write(out, "cases", tables.case_columns(), cases),
        _write(out, "readers", tables.reader_columns(names), readers),
    ]
    made, counted = _readings_write(study, out, names)
    pairs += made
    return [written for written, _ in pairs], [table for _, table in pairs], counted


def _readings_write(
    study: ReaderStudy, out: Path, names: Identities
) -> tuple[list[tuple[Written, formats.TableFile]], Flow]:
    """Write the tables of readings in one pass, for the ledger is long."""
    excluded: dict[str, Rule | None] = {}
    arm_of: dict[str, str] = {}
    open_files = [(table, LineFile(out / f"{table.name}.csv")) for table in READING_TABLES]
    try:
        for table, file in open_files:
            file.add(csv_line(column.name for column in table.columns))
        for item in study_readings(study):
            row = tables.Row(item, names)
            excluded[str(item.reading.pk)] = item.rule
            arm_of[str(item.reading.pk)] = item.reading.arm.name
            for table, file in open_files:
                for line in table.lines(row):
                    file.add(csv_line(column.value(line) for column in table.columns))
    finally:
        written = [file.close() for _, file in open_files]
    listed = [formats.TableFile(table.name, file.path, table.columns) for table, file in open_files]
    return list(zip(written, listed, strict=True)), flow(excluded, arm_of, study_rules(study))


@dataclass(frozen=True, slots=True)
class ReadingTable:
    """A table of which each reading gives some lines."""

    name: str
    columns: tuple[Column[Any], ...]
    lines: Callable[[tables.Row], Iterable[Any]]


READING_TABLES = (
    ReadingTable("readings", tables.READING_COLUMNS, lambda row: (row,)),
    ReadingTable("durations", tables.DURATION_COLUMNS, tables.duration_rows),
    ReadingTable("fields", tables.FIELD_COLUMNS, tables.field_rows),
    ReadingTable("fills", tables.FILL_COLUMNS, tables.fill_rows),
)


def _flow_rows(counted: Flow) -> Iterator[FlowRow]:
    for arm in counted.arms:
        yield FlowRow(arm.arm, "allocated", arm.readings)
        for rule, count in arm.excluded:
            yield FlowRow(arm.arm, rule.text, count)
        yield FlowRow(arm.arm, "analysed", arm.analysed)


def _study_write(study: ReaderStudy, out: Path, names: Identities) -> Written:
    versions = ReportTemplateVersion.objects.filter(
        pk__in=study.readings.values("report_template_version")
    ).select_related("report_template")
    content = {
        "id": names.uid("study", study.pk),
        "site": names.name("S", study.site.code),
        "protocol": {name: getattr(study, name) for name in PROTOCOL},
        "templates": [
            {
                "key": version.report_template.key,
                "number": version.number,
                "hash": version.content_hash,
                "status": version.status,
                "definition": version.definition,
            }
            for version in versions.order_by("report_template__key", "number")
        ],
    }
    return write_lines(out / "study.json", [json.dumps(content, indent=1) + "\n"], header=1)


def _formats_write(study: ReaderStudy, out: Path, listed: list[formats.TableFile]) -> list[Written]:
    readings, columns = out / "readings.csv", tables.READING_COLUMNS
    workbook = out / "study.xlsx"
    formats.xlsx_write(workbook, listed)
    return [
        describe(workbook),
        write_lines(out / "redcap_dictionary.csv", formats.redcap_dictionary(columns)),
        write_lines(out / "redcap_records.csv", formats.redcap_records(readings, columns)),
        write_lines(
            out / "readings.imrmc", formats.imrmc_lines(study.name, readings, PRIMARY), header=0
        ),
    ]


def _manifest(study: ReaderStudy, written: list[Written], names: Identities) -> dict[str, object]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "written_at": clock.now().isoformat(),
        "de_identified": names.salt is not None,
        "study": names.uid("study", study.pk),
        "lock_sha256": study.lock_sha256,
        "definitions": {what.key: what.version for what in DEFINITIONS},
        "clock_corrected": {"version": clock_definition.VERSION, "text": clock_definition.TEXT},
        "files": [asdict(file) for file in sorted(written, key=lambda file: file.name)],
    }


def bundle_file(study: ReaderStudy) -> IO[bytes]:
    """Return the de-identified bundle as an open zip file that is gone when it is closed."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  The response closes it.
    with tempfile.TemporaryDirectory() as place:
        bundle_write(study, Path(place), identities())
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(Path(place).iterdir()):
                archive.write(path, path.name)
    file.seek(0)
    return file
