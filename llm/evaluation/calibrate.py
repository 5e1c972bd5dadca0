"""`python -m llm calibrate --data FILE… --adapter DIR`: fits what confidences mean.

Temperature and threshold come from the validation split; they are written into the card, where
every engine that loads the adapter finds them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from llm.confidence import Calibration
from llm.engines import NAMES as ENGINES
from llm.engines.base import Engine
from llm.evaluation.calibration import Judged, expected_calibration_error, fit
from llm.evaluation.cases import read_cases
from llm.evaluation.cli import FAULTS
from llm.evaluation.runs import run_system
from llm.evaluation.systems import Wanted, adapter_engine, engine_system
from llm.schema import load_templates
from llm.sft import card as card_file
from llm.sft.data import data_hash
from llm.shipped import TEMPLATES


def main(argv: Sequence[str]) -> int:
    """Fits, writes the card and prints what changed; 2 for bad input."""
    options = _parser().parse_args(argv)
    try:
        templates = load_templates(options.templates)
        cases = read_cases(options.data, templates, limit=options.limit).cases
        card = card_file.read(options.adapter)
        engine = Uncalibrated(adapter_engine(Wanted(templates, options.engine, options.adapter)))
        run = run_system(engine_system("sft", engine, has_confidence=True), cases, timed=0)
        judged = [one for case in run.cases for one in case.judged]
        found = facts(judged, fit(judged))
    except FAULTS as error:
        sys.stderr.write(f"{error}\n")
        return 2
    found["data_sha256"] = data_hash(options.data)
    card_file.write(options.adapter, card | {"calibration": found})
    sys.stdout.write("".join(f"{name}: {value}\n" for name, value in found.items()))
    return 0


class Uncalibrated:
    """An engine without the calibration that its card holds: what is fitted must be raw."""

    def __init__(self, engine: Engine) -> None:
        self.name = engine.name
        self.identity = engine.identity
        self.field_hashes_covered = engine.field_hashes_covered
        self.answer = engine.answer


def facts(
    judged: Sequence[Judged], calibration: Calibration
) -> dict[str, float | int | str | None]:
    """A calibration with what it does to the values that it was fitted on."""
    scaled = [replace(one, confidence=calibration.scaled(one.confidence)) for one in judged]
    kept = [one for one in scaled if one.confidence >= calibration.threshold]
    return {
        **asdict(calibration),
        "values": len(judged),
        "ece_raw": expected_calibration_error(judged),
        "ece": expected_calibration_error(scaled),
        "marked": 1 - len(kept) / len(scaled),
        "right_unmarked": sum(one.right for one in kept) / len(kept) if kept else None,
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m llm calibrate", description=__doc__)
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="validation shards")
    parser.add_argument("--adapter", type=Path, required=True, metavar="DIR")
    parser.add_argument("--engine", choices=ENGINES, default="transformers")
    parser.add_argument("--limit", type=int, default=None, metavar="N")
    parser.add_argument("--templates", type=Path, default=TEMPLATES)
    return parser
