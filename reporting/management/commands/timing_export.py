"""Export the timing of reports as CSV, or its data dictionary."""

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from reporting.exports.timing import TimingFilter, dictionary_csv, timing_csv, timing_filter
from reporting.models import Report


class Command(BaseCommand):
    """manage.py timing_export [--site CODE] [--mode MODE] [--from DAY] [--to DAY] [--out FILE]."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the filters; days are of opening, in UTC, both included."""
        parser.add_argument("--site")
        parser.add_argument("--mode", choices=Report.Mode.values)
        parser.add_argument("--from", dest="start", type=date.fromisoformat, metavar="DAY")
        parser.add_argument("--to", dest="end", type=date.fromisoformat, metavar="DAY")
        parser.add_argument("--out", type=Path, metavar="FILE")
        parser.add_argument(
            "--dictionary", action="store_true", help="write the data dictionary instead"
        )

    def handle(self, *, dictionary: bool, out: Path | None, **options: Any) -> None:
        """Write the lines as they are made."""
        chosen = TimingFilter(options["site"], options["mode"], options["start"], options["end"])
        reports = timing_filter(Report.objects.timed(), chosen)
        lines = dictionary_csv() if dictionary else timing_csv(reports)
        if out is None:
            sys.stdout.writelines(lines)
            return
        _write(out, lines)
        self.stdout.write(f"Written to {out}")


def _write(path: Path, lines: Iterator[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(lines)
