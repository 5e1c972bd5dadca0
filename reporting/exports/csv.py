"""CSV that streams, that no spreadsheet executes, and whose broken end can be seen."""

import csv
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

logger = logging.getLogger(__name__)

Row = TypeVar("Row")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
BROKEN = "#BROKEN: the export stopped here; rows are missing. Do not use this file."


# Without slots: Python 3.11 cannot set the type argument of a frozen generic that has them.
@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column of an export: its name, what it means, its unit, and how to get it."""

    name: str
    meaning: str
    value: Callable[[Row], object]
    unit: str = ""


class _Echo:
    """A file that hands back each line that is written to it."""

    def write(self, line: str) -> str:
        return line


def safe(value: object) -> object:
    """Return the value as a cell: numbers as they are, text never as a formula, None empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, int):
        return value
    text = str(value).replace("\x00", "")
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def csv_lines(columns: Iterable[Column[Row]], rows: Iterable[Row]) -> Iterator[str]:
    """Yield the lines of a CSV file, the header first.

    When a row fails, a last line says that the file is broken, and the error goes on.
    """
    writer = csv.writer(_Echo())
    listed = tuple(columns)
    yield writer.writerow([column.name for column in listed])
    try:
        for row in rows:
            yield writer.writerow([safe(column.value(row)) for column in listed])
    except Exception:
        logger.exception("An export stopped before its end")
        yield writer.writerow([BROKEN])
        raise


def csv_line(cells: Iterable[object]) -> str:
    """Return one line of a CSV file."""
    line: str = csv.writer(_Echo()).writerow([safe(cell) for cell in cells])
    return line


def dictionary_lines(columns: Iterable[Column[Row]]) -> Iterator[str]:
    """Yield the lines of the data dictionary of an export."""
    described: tuple[Column[Column[Row]], ...] = (
        Column("column", "", lambda column: column.name),
        Column("unit", "", lambda column: column.unit),
        Column("meaning", "", lambda column: column.meaning),
    )
    return csv_lines(described, columns)
