"""`python -m reporting.stats analyse FILE.csv --time COL --arm COL --reader COL [--case COL]`."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from reporting.stats.analysis import Analysis, ArmSummary, analyse
from reporting.stats.table import Columns, TableError, table_read


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return 0, or 2 with a message on stderr when the file is unusable."""
    options = _parser().parse_args(argv)
    columns = Columns(options.time, options.arm, options.reader, options.case)
    try:
        analysis = analyse(table_read(options.file, columns), seed=options.seed)
    except TableError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write("\n".join(lines(analysis)) + "\n")
    if options.json:
        text = json.dumps(asdict(analysis), indent=2, allow_nan=False)
        options.json.write_text(text + "\n", encoding="utf-8")
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
    command.add_argument("--json", type=Path, metavar="OUT", help="write the numbers as JSON too")
    command.add_argument("--seed", type=int, default=0, help="of the bootstrap")
    return parser


def lines(analysis: Analysis) -> list[str]:
    """Return the analysis as text."""
    text = ["Times in seconds. Intervals are 95 %, by bootstrap.", ""]
    text += [_arm_line(arm) for arm in analysis.arms]
    text += ["", f"Ratios of geometric means; paired by {analysis.block}:"]
    for ratio in analysis.ratios:
        how = "paired" if ratio.paired else "not paired"
        text.append(
            f"  {ratio.arm} / {ratio.reference}: {ratio.ratio:.3f}"
            f" [{ratio.ci.low:.3f}, {ratio.ci.high:.3f}] ({how}, n={ratio.n})"
        )
    if analysis.friedman:
        result = analysis.friedman
        text += [
            "",
            f"Friedman: chi2={result.statistic:.3f}, p={_p(result.p)}, blocks={result.blocks}",
        ]
    if analysis.wilcoxon:
        text += ["", "Wilcoxon signed rank:"]
    for test in analysis.wilcoxon:
        text.append(
            f"  {test.arm} - {test.reference}: median difference {test.median_difference:.1f} s,"
            f" n={test.n}, p={_p(test.p)}, Holm {_p(test.p_holm)}"
        )
    return text + ([""] if analysis.notes else []) + [f"Note: {note}" for note in analysis.notes]


def _arm_line(arm: ArmSummary) -> str:
    spread = f"{arm.sd:.1f}" if arm.sd is not None else "-"
    return (
        f"{arm.arm}: n={arm.n}, missing={arm.missing}, readers={arm.readers},"
        f" mean {arm.mean:.1f} [{arm.mean_ci.low:.1f}, {arm.mean_ci.high:.1f}], SD {spread},"
        f" median {arm.median:.1f} [{arm.median_ci.low:.1f}, {arm.median_ci.high:.1f}],"
        f" IQR {arm.q1:.1f}-{arm.q3:.1f}, range {arm.minimum:.1f}-{arm.maximum:.1f},"
        f" geometric mean {arm.geometric_mean:.1f}"
    )


def _p(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"
