"""The command for the sample size."""

import argparse
from collections.abc import Iterator

from reporting.stats.power import Spread, assumed, power


def add_power(command: argparse.ArgumentParser) -> None:
    """Add the options."""
    add = command.add_argument
    add("--mean", type=float, nargs="+", required=True, help="mean seconds of each arm")
    add("--sd", type=float, nargs="+", required=True, help="SD of the seconds of each arm")
    add("--readers", type=int, nargs="+", required=True, help="numbers of readers to try")
    add("--cases", type=int, nargs="+", required=True, help="numbers of cases to try")
    given = Spread()
    for name in ("reader", "case", "reader_arm", "case_arm"):
        words = name.replace("_", " x ")
        option = f"--sd-{name.replace('_', '-')}"
        add(option, type=float, default=getattr(given, name), help=f"SD of log times of {words}")
    add("--studies", type=int, default=2000, help="how many to simulate for each size")
    add("--seed", type=int, default=0)


def power_lines(options: argparse.Namespace) -> Iterator[str]:
    """Yield a line for each size. Raises TableError."""
    spread = Spread(options.sd_reader, options.sd_case, options.sd_reader_arm, options.sd_case_arm)
    given = assumed(options.mean, options.sd, spread)
    yield (
        f"Power at 5 %, complete crossover, {options.studies} simulated studies a size; pairs with"
        " Holm's correction. SDs of log times:"
        f" reader {spread.reader:g}, case {spread.case:g}, reader x arm {spread.reader_arm:g},"
        f" case x arm {spread.case_arm:g}, residual"
        f" {', '.join(f'{sd:.3f}' for sd in given.residuals)}."
    )
    for readers in options.readers:
        for cases in options.cases:
            found = power(
                given, spread, (readers, cases), studies=options.studies, seed=options.seed
            )
            pairs = ", ".join(
                f"{options.mean[i]:g} s / {options.mean[j]:g} s {100 * share:.1f} %"
                for (i, j), share in found.pairs.items()
            )
            yield (
                f"{readers} readers x {cases} cases: arms {100 * found.arms:.1f} %, {pairs}"
                f"  (+/- {100 * found.margin:.1f})"
            )
