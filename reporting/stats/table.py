"""Read a table of times, and say plainly what is wrong with it."""

import csv
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Whatever the unit, times beyond these are slips, and their squares may overflow.
SHORTEST, LONGEST = 1e-9, 1e12


class TableError(ValueError):
    """The file cannot be analysed; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of the columns to read."""

    time: str
    arm: str
    reader: str
    case: str | None = None
    period: str | None = None
    order: str | None = None

    @property
    def labels(self) -> dict[str, str]:
        """What a reading is labelled with, and in which column."""
        named = {"arm": self.arm, "reader": self.reader, "case": self.case, "period": self.period}
        return {what: column for what, column in named.items() if column is not None}


@dataclass(frozen=True, slots=True)
class Reading:
    """One time in seconds, with its arm, reader, case and period ("" without that column), and its
    place among the readings of its reader, from 1 (0 without that column)."""

    time: float
    arm: str
    reader: str
    case: str = ""
    period: str = ""
    order: int = 0


@dataclass(frozen=True, slots=True)
class Gap:
    """A row without a time."""

    reader: str
    case: str
    arm: str


@dataclass(frozen=True, slots=True)
class Excluded(Gap):
    """A row that a rule of the study leaves out, whatever its time."""

    rule: str


@dataclass(frozen=True, slots=True)
class Table:
    """The readings of a file, its rows without a time, and those that it says are left out."""

    readings: tuple[Reading, ...]
    gaps: tuple[Gap, ...]
    simulated: int
    excluded: tuple[Excluded, ...] = ()

    @property
    def missing(self) -> dict[str, int]:
        """The rows without a time, counted by arm."""
        return dict(Counter(gap.arm for gap in self.gaps))


def table_read(path: Path, columns: Columns) -> Table:
    """Read a CSV file with a header. Raises TableError.

    A row with a reason in a column `excluded_by`, as exports of studies have it, is left out and
    counted. An empty time is counted as missing; a time that is no number, or not above 0, and an
    empty label are errors that name line and column.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            _require_columns(path, reader.fieldnames or (), columns)
            return _collect(((reader.line_num, row) for row in reader), columns)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise TableError(f"{path} cannot be read: {why}") from error


def _require_columns(path: Path, present: Sequence[str], columns: Columns) -> None:
    wanted = [columns.time, *columns.labels.values()]
    wanted += [columns.order] if columns.order else []
    absent = [name for name in wanted if name not in present]
    if absent:
        raise TableError(
            f"{path} has no column {', '.join(absent)}. Its columns are:"
            f" {', '.join(present) or 'none'}."
        )
    for name in wanted:
        if present.count(name) > 1:
            raise TableError(f"{path} has more than one column {name}. Rename all but one.")
        if wanted.count(name) > 1:
            raise TableError(f"Column {name} is named for two things. Name one column for each.")


def _collect(rows: Iterable[tuple[int, dict[str | None, Any]]], columns: Columns) -> Table:
    readings: list[Reading] = []
    gaps: list[Gap] = []
    excluded: list[Excluded] = []
    simulated = 0
    for line, row in rows:
        _require_whole(line, row)
        labels = {what: (row[column] or "").strip() for what, column in columns.labels.items()}
        for what, label in labels.items():
            if not label:
                raise TableError(f"Line {line}: {columns.labels[what]} must be filled.")
        place = (labels["reader"], labels.get("case", ""), labels["arm"])
        if rule := (row.get("excluded_by") or "").strip():
            excluded.append(Excluded(*place, rule))
            continue
        simulated += (row.get("simulated") or "").strip().lower() == "true"
        text = (row[columns.time] or "").strip()
        if not text:
            gaps.append(Gap(*place))
            continue
        order = _place(row[columns.order], line, columns.order) if columns.order else 0
        readings.append(Reading(_seconds(text, line, columns.time), **labels, order=order))
    if not readings:
        raise TableError(f"There is no row with a value in {columns.time}.")
    return Table(tuple(readings), tuple(gaps), simulated, tuple(excluded))


def _require_whole(line: int, row: dict[str | None, Any]) -> None:
    if str(next(iter(row.values()), "")).startswith("#BROKEN"):
        raise TableError(f"Line {line}: the export broke off here. Export again.")
    if None in row:
        raise TableError(f"Line {line} has more values than the header has columns.")


def _place(text: str | None, line: int, column: str) -> int:
    text = (text or "").strip()
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 10**9):
        raise TableError(f"Line {line}: {column} is {text!r}; places are whole numbers from 1.")
    return int(text)


def _seconds(text: str, line: int, column: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise TableError(f"Line {line}: {column} is {text!r}, which is no number.") from error
    if not math.isfinite(value) or value <= 0:
        raise TableError(f"Line {line}: {column} is {text}; times are above 0.")
    if not SHORTEST <= value <= LONGEST:
        raise TableError(
            f"Line {line}: {column} is {text}; times are from {SHORTEST:g} to {LONGEST:g}."
        )
    return value
