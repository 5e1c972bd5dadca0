"""Pairs a second by the number of processes, beside the generator as it was before.

    python -m tests.benchmarks.synth.bench [PAIRS]

Writes PAIRS (5,000) pairs of the templates of commit BEFORE: with one process and with every core
by this generator, and a tenth of them by the one of that commit, which knew one process. Wall time
of the whole command, start included, and CPU time of all its processes; the projected time of
50,000 pairs leaves the start out. On a machine with other work, read the CPU time.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BEFORE = "2cb85a7"
TARGET = 50_000
# Fewer pairs measure the start alone.
_SMALL = 10


@dataclass(frozen=True, slots=True)
class Run:
    """What one command took, in seconds."""

    pairs: int
    wall: float
    cpu: float

    def line(self, name: str, start: Run) -> str:
        """The figures of a run, less those of the start."""
        pairs = self.pairs - start.pairs
        wall, cpu = self.wall - start.wall, self.cpu - start.cpu
        return (
            f"{name:28}{pairs / wall:8.0f} pairs/s{pairs / cpu:8.0f} pairs per CPU s   "
            f"{TARGET:,} in {TARGET * wall / pairs + start.wall:6.0f} s\n"
        )


def main() -> int:
    """Prints a line for each number of processes, and one for the commit before."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    with tempfile.TemporaryDirectory(prefix="synth-bench-") as place:
        old = checked_out(Path(place) / "before")
        templates = (old or ROOT) / "fixtures" / "report_templates"
        for processes in sorted({1, os.cpu_count() or 1}):
            more = ["--processes", str(processes)]
            small, whole = (timed(ROOT, n, templates, more) for n in (_SMALL, count))
            sys.stdout.write(whole.line(f"{processes} process(es)", small))
        if old is None:
            sys.stdout.write(f"before: not measured, git does not know {BEFORE}\n")
            return 0
        small, whole = (timed(old, n, templates, []) for n in (_SMALL, count // 10))
        sys.stdout.write(whole.line(f"before ({BEFORE}), 1 process", small))
    return 0


def checked_out(place: Path) -> Path | None:
    """The package and the templates of BEFORE; None without that commit."""
    command = ["git", "archive", BEFORE, "llm", "fixtures/report_templates"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        return None
    with tarfile.open(fileobj=BytesIO(done.stdout)) as archive:
        archive.extractall(place, filter="data")
    return place


def timed(tree: Path, count: int, templates: Path, more: list[str]) -> Run:
    """One run of the command of a tree."""
    with tempfile.TemporaryDirectory(prefix="synth-bench-") as out:
        command = [sys.executable, "-m", "llm", "synth", "--count", str(count), "--out", out]
        used, began = _cpu(), time.perf_counter()
        subprocess.run(
            [*command, "--templates", str(templates), *more],
            cwd=tree,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        return Run(count, time.perf_counter() - began, _cpu() - used)


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    sys.exit(main())
