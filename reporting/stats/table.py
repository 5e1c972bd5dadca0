"""Read a table of times, and say plainly what is wrong with it."""

import csv
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class TableError(ValueError):
    """The file cannot be analysed; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of the columns to read."""

    time: str
    arm: str
    reader: str
    case: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One time in seconds, with its arm, reader and case."""

    time: float
    arm: str
    reader: str
    case: str


@dataclass(frozen=True, slots=True)
class Table:
    """The readings of a file, and the rows without a time, counted by arm."""

    readings: tuple[Reading, ...]
    missing: dict[str, int]
    simulated: int


def table_read(path: Path, columns: Columns) -> Table:
    """Read a CSV file with a header. Raises TableError.

    An empty time is counted as missing; a time that is no number, or not above 0, is an error
    that names its line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            _require_columns(path, reader.fieldnames or (), columns)
            return _collect(enumerate(reader, start=2), columns)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TableError(f"{path} cannot be read: {error}") from error


def _require_columns(path: Path, present: Sequence[str], columns: Columns) -> None:
    wanted = [columns.time, columns.arm, columns.reader, columns.case]
    absent = [name for name in wanted if name is not None and name not in present]
    if absent:
        raise TableError(
            f"{path} has no column {', '.join(absent)}. Its columns are:"
            f" {', '.join(present) or 'none'}."
        )


def _collect(rows: "enumerate[dict[str, str]]", columns: Columns) -> Table:
    readings: list[Reading] = []
    missing: defaultdict[str, int] = defaultdict(int)
    simulated = 0
    for line, row in rows:
        if next(iter(row.values()), "") and str(next(iter(row.values()))).startswith("#BROKEN"):
            raise TableError(f"Line {line}: the export broke off here. Export again.")
        arm, who = (row[columns.arm] or "").strip(), (row[columns.reader] or "").strip()
        if not arm or not who:
            raise TableError(f"Line {line}: {columns.arm} and {columns.reader} must be filled.")
        simulated += (row.get("simulated") or "").strip().lower() == "true"
        text = (row[columns.time] or "").strip()
        if not text:
            missing[arm] += 1
            continue
        case = (row[columns.case] or "").strip() if columns.case else ""
        readings.append(Reading(_seconds(text, line, columns.time), arm, who, case))
    if not readings:
        raise TableError(f"There is no row with a value in {columns.time}.")
    return Table(tuple(readings), dict(missing), simulated)


def _seconds(text: str, line: int, column: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise TableError(f"Line {line}: {column} is {text!r}, which is no number.") from error
    if not math.isfinite(value) or value <= 0:
        raise TableError(f"Line {line}: {column} is {text}; times are above 0.")
    return value
