"""The same tables for other programs: XLSX, REDCap and iMRMC, made from the tidy CSV files."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any

import xlsxwriter

from reporting.exports.csv import Column, csv_lines
from reporting.exports.study.tables import NUMERIC

SHEET_ROWS = 1_048_576
REDCAP_HEADER = (
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
)
FORM = "reading"


@dataclass(frozen=True, slots=True)
class TableFile:
    """A table that was written as CSV, with its columns."""

    name: str
    path: Path
    columns: Sequence[Column[Any]]


def table_rows(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a CSV file of a bundle; what kept a text from being a formula is gone."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield {key: re.sub(r"^'(?=[=+\-@\t\r\n])", "", text) for key, text in row.items()}


def xlsx_write(path: Path, tables: Iterable[TableFile]) -> None:
    """Write a workbook with one sheet per table; a table beyond a sheet's rows goes on in another.

    Rows go to disk as they come; texts are never formulas.
    """
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, options) as book:
        for table in tables:
            _sheets_write(book, table)


def _sheets_write(book: Any, table: TableFile) -> None:
    names = [column.name for column in table.columns]
    numeric = [column.unit in NUMERIC for column in table.columns]
    sheet: Any = None
    line, part = SHEET_ROWS, 0
    for row in table_rows(table.path):
        if line >= SHEET_ROWS:
            part += 1
            sheet, line = _sheet_new(book, table.name, part, names), 1
        for place, (name, is_number) in enumerate(zip(names, numeric, strict=True)):
            text = row[name]
            if is_number and text:
                sheet.write_number(line, place, float(text))
            elif text:
                sheet.write_string(line, place, text)
        line += 1
    if sheet is None:
        _sheet_new(book, table.name, 1, names)


def _sheet_new(book: Any, name: str, part: int, names: Sequence[str]) -> Any:
    sheet = book.add_worksheet(name if part == 1 else f"{name} {part}")
    sheet.write_row(0, 0, names)
    sheet.freeze_panes(1, 0)
    return sheet


def redcap_dictionary(columns: Sequence[Column[Any]]) -> Iterator[str]:
    """Yield a REDCap data dictionary: one instrument whose record is a reading."""
    fields = [Column[Any]("record_id", "The reading.", lambda row: None), *columns]
    described = tuple(
        Column[Column[Any]](head, "", partial(_redcap_cell, place))
        for place, head in enumerate(REDCAP_HEADER)
    )
    return csv_lines(described, (field for field in fields if field.name != "reading"))


def _redcap_cell(place: int, column: Column[Any]) -> str:
    validation = {"s": "number", "number": "number", "count": "integer"}.get(column.unit, "")
    cells = {0: redcap_name(column.name), 1: FORM, 3: "text", 4: column.meaning, 7: validation}
    if place == 6 and column.unit == "s":
        return "seconds"
    return cells.get(place, "")


def redcap_name(name: str) -> str:
    """Return a name as REDCap takes it: small letters, digits and underscores, a letter first."""
    return re.sub(r"[^a-z0-9_]", "_", name.lower())


def redcap_records(readings: Path, columns: Sequence[Column[Any]]) -> Iterator[str]:
    """Yield the records for that dictionary, with its instrument marked complete."""
    names = [column.name for column in columns if column.name != "reading"]
    described = (
        Column[dict[str, str]]("record_id", "", lambda row: row["reading"]),
        *(Column[dict[str, str]](redcap_name(name), "", itemgetter(name)) for name in names),
        Column[dict[str, str]](f"{FORM}_complete", "", lambda row: 2),
    )
    return csv_lines(described, table_rows(readings))


def imrmc_lines(title: str, readings: Path, measure: str) -> Iterator[str]:
    """Yield an iMRMC input file with the seconds of a duration as scores.

    Only analysed readings with a value are in it. Times have no truth, which the format wants for
    every case: it is given as 0 throughout, so the file serves analyses of agreement and variance,
    and no ROC.
    """
    scored = _scored(readings, measure)
    readers = {row["reader"] for row in _scored(readings, measure)}
    arms = {row["arm"] for row in _scored(readings, measure)}
    cases = sorted({int(row["case"]) for row in _scored(readings, measure)})
    yield f"{re.sub(r'[^ -~]', ' ', title)}: {measure} as score, truth not defined\n"
    yield f"NR: {len(readers)}\nN0: {len(cases)}\nN1: 0\nNM: {len(arms)}\n\nBEGIN DATA:\n"
    for case in cases:
        yield f"-1,{case},0,0\n"
    for row in scored:
        arm = row["arm"].replace(",", " ")
        yield f"{row['reader']},{row['case']},{arm},{row[measure]}\n"


def _scored(readings: Path, measure: str) -> Iterator[dict[str, str]]:
    for row in table_rows(readings):
        if row[measure] and not row["excluded_by"]:
            yield row
