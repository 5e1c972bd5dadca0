"""Rank and learning rate: short runs of the recipe with each, and the validation loss they reach.

    python -m tests.benchmarks.train_trials.bench --run [--pairs 2000] [--out var/trials]

A trial of 2,000 pairs takes about twenty minutes on two CPU cores, all of them hours; without
`--run` it only says so. Trials that are done are not made again, one that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from llm.sft import train
from llm.synth.cli import main as synth

RECIPE = "smollm2-135m-r16"
RANKS = (8, 16, 32)
RATES = ("5.0e-4", "1.0e-3", "2.0e-3")
SEED = "21"


def data(out: Path, pairs: int) -> tuple[Path, Path]:
    """Training and validation pairs, written once."""
    for split, count in (("train", pairs), ("val", 200)):
        if not (out / f"{split}-00000.jsonl").is_file():
            options = ["--count", str(count), "--seed", SEED, "--split", split, "--out", str(out)]
            synth(options)
    return out / "train-00000.jsonl", out / "val-00000.jsonl"


def trial(out: Path, files: tuple[Path, Path], rank: int, rate: str) -> Path:
    """Trains one adapter, twice as strong as its rank; returns its directory."""
    place = out / f"r{rank}-lr{rate}"
    changes = (f"rank={rank}", f"alpha={2 * rank}", f"learning_rate={rate}")
    options = [RECIPE, "--data", str(files[0]), "--validation", str(files[1]), "--out", str(place)]
    status = train.main([*options, *(part for c in changes for part in ("--set", c))])
    if status != train.DONE:
        raise SystemExit(status)
    return place


def main() -> int:
    """Make the trials and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", action="store_true", help="make the trials; they take hours")
    parser.add_argument("--pairs", type=int, default=2000)
    parser.add_argument("--out", type=Path, default=Path("var/trials"))
    options = parser.parse_args()
    out = sys.stdout.write
    if not options.run:
        out(f"{len(RANKS) * len(RATES)} trials that take hours: name --run to make them\n")
        return 0
    files = data(options.out / f"data-{options.pairs}", options.pairs)
    out("| rank | learning rate | validation loss | best step | hours |\n|---|---|---|---|---|\n")
    for rank in RANKS:
        for rate in RATES:
            place = trial(options.out / f"trials-{options.pairs}", files, rank, rate)
            lines = (place / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
            made = [json.loads(line) for line in lines]
            best = min((m for m in made if "validation_loss" in m), key=_loss)
            hours = sum(line["seconds"] for line in made) / 3600
            out(f"| {rank} | {rate} | {_loss(best):.4f} | {best['step']} | {hours:.2f} |\n")
    return 0


def _loss(line: dict[str, float]) -> float:
    return line["validation_loss"]


if __name__ == "__main__":
    sys.exit(main())
