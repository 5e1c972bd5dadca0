"""One column of the benchmark in a process of its own, driven line by line.

Reads a JSON list of numbers of conclusions from standard input and writes one JSON line for each:
seconds, passes and answers of filling them together; at the end of the input, its peak memory.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from tests.benchmarks.fill.conclusions import pairs_of, requests_of
from tests.benchmarks.fill.other_runtimes import LlamaCpp, OpenVino
from tests.benchmarks.fill.systems import (
    Llguidance,
    Ours,
    ShortFormat,
    System,
    WholeForm,
    Xgrammar,
)

# By name: what makes the system in a directory, and the package that it needs beside the project's.
COLUMNS: dict[str, tuple[Callable[[Path], System], str]] = {
    "generate, whole form": (WholeForm, ""),
    "generate, short format": (ShortFormat, ""),
    "xgrammar": (Xgrammar, "xgrammar"),
    "llguidance": (Llguidance, "llguidance"),
    "openvino-genai": (OpenVino, "openvino_genai"),
    "llama.cpp, GBNF": (LlamaCpp, "xllamacpp"),
    "ours": (Ours, ""),
}


def main() -> int:
    """Answers on what was standard output; what libraries print goes to standard error."""
    name, place, count, seed = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    system = COLUMNS[name][0](place)
    requests = requests_of(pairs_of(count, seed))
    system.fill(requests_of(pairs_of(1, seed + 1)))
    say(out, ready=True)
    for line in sys.stdin:
        wanted = [requests[number] for number in json.loads(line)]
        began = time.perf_counter()
        filled = system.fill(wanted)
        seconds = time.perf_counter() - began
        say(out, seconds=seconds, passes=filled.passes, answers=filled.answers)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(out, peak_mb=peak, threads=torch.get_num_threads())
    # Some runtimes hang when their threads are taken down in the wrong order.
    out.close()
    os._exit(0)


def say(out: Any, **what: object) -> None:
    """Writes one line."""
    out.write(json.dumps(what) + "\n")
    out.flush()


if __name__ == "__main__":
    sys.exit(main())
