"""`python -m reporting.stats analyse|report FILE.csv …` and `… power`."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from reporting.stats.analysis import Analysis, analyse
from reporting.stats.power_command import add_power, power_lines
from reporting.stats.report.command import add_report, make_report
from reporting.stats.table import Columns, Table, TableError, table_read
from reporting.stats.text import lines


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return 0, or 2 with a message on stderr when a file is unusable."""
    options = _parser().parse_args(argv)
    try:
        if options.seed < 0:
            raise TableError(f"The seed is {options.seed}; seeds are whole numbers from 0.")
        written: int | None = options.run(options)
    except TableError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"{error.filename} cannot be written or read: {error.strerror}\n")
        return 2
    return written or 0


def _analyse(options: argparse.Namespace) -> None:
    _, analysis = _analysed(options)
    sys.stdout.write("\n".join(lines(analysis)) + "\n")
    if options.json:
        text = json.dumps(asdict(analysis), indent=2, allow_nan=False)
        options.json.write_text(text + "\n", encoding="utf-8")


def _report(options: argparse.Namespace) -> None:
    table, analysis = _analysed(options)
    for line in make_report(options, table, analysis):
        sys.stdout.write(f"{line}\n")


def _power(options: argparse.Namespace) -> None:
    for line in power_lines(options):
        sys.stdout.write(f"{line}\n")


def _analysed(options: argparse.Namespace) -> tuple[Table, Analysis]:
    columns = Columns(
        options.time, options.arm, options.reader, options.case, options.period, options.order
    )
    table = table_read(options.file, columns)
    return table, analyse(table, seed=options.seed, margin=options.margin)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m reporting.stats")
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("analyse", help="compare times between arms")
    _add_table(command)
    command.add_argument("--json", type=Path, metavar="OUT", help="write the numbers as JSON too")
    command.set_defaults(run=_analyse)
    command = commands.add_parser("report", help="write the report of a study as HTML and PDF")
    _add_table(command)
    add_report(command)
    command.set_defaults(run=_report)
    command = commands.add_parser("power", help="simulate how many readers and cases are needed")
    add_power(command)
    command.set_defaults(run=_power)
    return parser


def _add_table(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", type=Path)
    command.add_argument("--time", required=True, help="column with the times in seconds")
    command.add_argument("--arm", required=True, help="column with the arm (the mode)")
    command.add_argument("--reader", required=True, help="column with the reader")
    command.add_argument("--case", help="column with the case, where cases were read repeatedly")
    command.add_argument("--period", help="column with the period (session) of the reading")
    command.add_argument("--order", help="column with the place of the reading among its reader's")
    command.add_argument(
        "--margin", type=float, help="ratio of times, above 1, below which arms count as equivalent"
    )
    command.add_argument("--seed", type=int, default=0, help="of the bootstrap and of samples")
