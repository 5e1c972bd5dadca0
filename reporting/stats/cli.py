"""`python -m reporting.stats analyse FILE.csv --time COL --arm COL --reader COL [--case COL] …`."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from reporting.stats.analysis import analyse
from reporting.stats.table import Columns, TableError, table_read
from reporting.stats.text import lines


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return 0, or 2 with a message on stderr when a file is unusable."""
    options = _parser().parse_args(argv)
    columns = Columns(
        options.time, options.arm, options.reader, options.case, options.period, options.order
    )
    try:
        table = table_read(options.file, columns)
        analysis = analyse(table, seed=options.seed, margin=options.margin)
    except TableError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write("\n".join(lines(analysis)) + "\n")
    if options.json:
        text = json.dumps(asdict(analysis), indent=2, allow_nan=False)
        try:
            options.json.write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            sys.stderr.write(f"{options.json} cannot be written: {error}\n")
            return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m reporting.stats")
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("analyse", help="compare times between arms")
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
    command.add_argument("--json", type=Path, metavar="OUT", help="write the numbers as JSON too")
    command.add_argument("--seed", type=int, default=0, help="of the bootstrap and of samples")
    return parser
