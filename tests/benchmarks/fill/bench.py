"""Seconds per report of all ways to decode it, side by side, and through the running app.

    python -m tests.benchmarks.fill.bench [--count 32] [--batches 1,4,16] [--columns ours,…]

Every column is a process of its own with the same merged weights; they take turns, conclusion by
conclusion, so that other work on the machine slows all of them alike. Each conclusion is filled
once. A column whose package is not installed says what to install, and the others run.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.fill.agreement import alike
from tests.benchmarks.fill.column import COLUMNS
from tests.benchmarks.fill.conclusions import ROOT, pairs_of
from tests.benchmarks.fill.other_runtimes import LlamaCpp, OpenVino, merged_gguf
from tests.benchmarks.fill.through_the_app import DESCRIPTIONS, measure_app

# What takes a minute for a report is asked for a few only, one at a time.
SLOW = {"generate, whole form": 2}
SEED = 77


@dataclass(slots=True)
class Column:
    """A running column and what it measured, by batch size: seconds and passes for each report."""

    name: str
    process: subprocess.Popen[str]
    log: Path
    seconds: dict[int, list[float]] = field(default_factory=dict)
    passes: dict[int, list[float]] = field(default_factory=dict)
    answers: dict[int, list[str]] = field(default_factory=dict)
    peak_mb: float = 0.0

    def hear(self) -> dict[str, Any]:
        """The next line; raises RuntimeError where the process has ended."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            last = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
            raise RuntimeError(f"{self.name} ended: {''.join(last)}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def fill(self, numbers: list[int], batch: int) -> None:
        """Fills some conclusions together."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(numbers) + "\n")
        self.process.stdin.flush()
        heard = self.hear()
        self.seconds.setdefault(batch, []).append(heard["seconds"] / len(numbers))
        if heard["passes"] is not None:
            self.passes.setdefault(batch, []).append(heard["passes"] / len(numbers))
        self.answers.setdefault(batch, []).extend(heard["answers"])

    def finish(self) -> None:
        """Ends the process."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.peak_mb = self.hear()["peak_mb"]
        self.process.wait(timeout=60)


def start(name: str, place: Path, count: int) -> Column | None:
    """The column, loaded; None, with a word why, where its package is missing."""
    package = COLUMNS[name][1]
    if package and importlib.util.find_spec(package) is None:
        sys.stdout.write(
            f"{name}: left out, needs {package}: pip install -r requirements-bench.txt\n"
        )
        return None
    command = [sys.executable, "-m", "tests.benchmarks.fill.column", name, str(place)]
    log = place / f"{name}.log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [*command, str(count), str(SEED)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    column = Column(name, process, log)
    column.hear()
    return column


def run(columns: list[Column], count: int, batches: list[int]) -> None:
    """All batch sizes on conclusions of their own, the columns in turns."""
    for part, batch in enumerate(batches):
        first, last = part * count, (part + 1) * count
        for begin in range(first, last, batch):
            for column in columns:
                done = len(column.seconds.get(batch, []))
                if column.name not in SLOW or (batch == 1 and done < SLOW[column.name]):
                    column.fill(list(range(begin, min(begin + batch, last))), batch)


def table(columns: list[Column], batches: list[int]) -> str:
    """Figures by column; ratios are of the sums over the same conclusions."""
    ours = next((column for column in columns if column.name == "ours"), None)
    lines = [
        f"{'':24}{'batch':>6}{'median s':>10}{'mean s':>9}{'min s':>8}{'passes':>8}"
        f"{'x ours':>8}{'same':>7}{'peak MB':>9}"
    ]
    for column in columns:
        for batch in batches:
            if batch not in column.seconds:
                continue
            seconds, passes = column.seconds[batch], column.passes.get(batch)
            ratio = same = "-"
            if ours is not None:
                ratio = f"{sum(seconds) / sum(ours.seconds[batch][: len(seconds)]):.2f}"
                if column.name not in SLOW:
                    same = f"{alike(ours.answers[batch], column.answers[batch]):.3f}"
            lines.append(
                f"{column.name:24}{batch:6}{statistics.median(seconds):10.2f}"
                f"{statistics.mean(seconds):9.2f}{min(seconds):8.2f}"
                f"{statistics.mean(passes) if passes else float('nan'):8.1f}"
                f"{ratio:>8}{same:>7}{column.peak_mb:9.0f}"
            )
    return "\n".join(lines) + "\n"


def main() -> int:
    """Print the figures."""
    options = _parser().parse_args()
    say = sys.stdout.write
    batches = [int(batch) for batch in options.batches.split(",")]
    wanted = options.columns.split(",") if options.columns else list(COLUMNS)
    names = [name for name in COLUMNS if any(name.startswith(start) for start in wanted)]
    say(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        if any(COLUMNS[name][0] in (LlamaCpp, OpenVino) for name in names):
            # Here and not in a column, whose peak memory would hold the whole model.
            merged_gguf(Path(place))
        started = [start(name, Path(place), options.count * len(batches)) for name in names]
        columns = [column for column in started if column is not None]
        run(columns, options.count, batches)
        for column in columns:
            column.finish()
    say(table(columns, batches))
    say(f"load average {os.getloadavg()[0]:.1f}\n")
    if options.app:
        pairs = pairs_of(options.app, SEED, DESCRIPTIONS)
        say(measure_app(pairs))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=32, help="conclusions for each batch size")
    parser.add_argument("--batches", default="1,4,16")
    parser.add_argument("--columns", help="starts of their names, with commas; all without it")
    parser.add_argument("--app", type=int, default=50, help="conclusions through the app; 0: none")
    return parser


if __name__ == "__main__":
    sys.exit(main())
