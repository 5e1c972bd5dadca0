"""The command that writes the report of a file."""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from reporting.stats.analysis import Analysis
from reporting.stats.report.content import Protocol, protocol_of
from reporting.stats.report.make import provenance_of, study_report, write_figures
from reporting.stats.report.page import page
from reporting.stats.report.pdf import PdfUnavailable, pdf_of
from reporting.stats.table import Table, TableError


def add_report(command: argparse.ArgumentParser) -> None:
    """Add the options that only the report has."""
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="where to write")
    command.add_argument(
        "--protocol", type=Path, help="JSON with the protocol's texts; others are left open"
    )
    command.add_argument(
        "--model", action="append", default=[], metavar="NAME=HASH", help="a model that was used"
    )


def make_report(options: argparse.Namespace, table: Table, analysis: Analysis) -> Iterator[str]:
    """Write report.html, report.pdf and the figures; yield what was written. Raises TableError."""
    protocol = _protocol(options.protocol)
    provenance = provenance_of(options.file, _models(options.model))
    report, figures = study_report(table, analysis, protocol, provenance)
    options.out.mkdir(parents=True, exist_ok=True)
    text = page(report)
    (options.out / "report.html").write_text(text, encoding="utf-8")
    yield str(options.out / "report.html")
    try:
        (options.out / "report.pdf").write_bytes(pdf_of(text))
        yield str(options.out / "report.pdf")
    except PdfUnavailable as error:
        yield f"No PDF: {error}"
    write_figures(figures, options.out / "figures")
    yield str(options.out / "figures")


def _protocol(path: Path | None) -> Protocol:
    if path is None:
        return Protocol()
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise TableError(f"{path} is no JSON: {error}") from error
    return protocol_of(given)


def _models(given: Sequence[str]) -> dict[str, str]:
    found = {}
    for item in given:
        name, sign, value = item.partition("=")
        if not (name and sign and value):
            raise TableError(f"--model {item} must be NAME=HASH.")
        found[name] = value
    return found
