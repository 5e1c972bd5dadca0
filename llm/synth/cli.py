"""`python -m llm synth --count N --seed S --out DIR [--split train|val|test|test_seen]`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from tqdm import tqdm

from llm.schema import ReportTemplate, TemplateError, load_templates
from llm.shipped import TEMPLATES
from llm.synth.difficulty import DIFFICULTIES
from llm.synth.shards import Job, write_shards
from llm.synth.splits import PARTS


def main(argv: Sequence[str]) -> int:
    """Writes shards `<split>-00000.jsonl` … and `manifest-<split>.json`; returns the exit code."""
    options = _parser().parse_args(argv)
    try:
        templates = _templates(options.templates, options.template)
    except (TemplateError, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    job = Job(templates, options.seed, options.split, options.count, options.difficulty)
    try:
        with tqdm(total=job.count, unit="pair", disable=None) as bar:
            manifest = write_shards(
                job, options.out, processes=options.processes, on_pairs=bar.update
            )
    except BrokenProcessPool:
        sys.stderr.write("A process ended unexpectedly. Is there memory for --processes?\n")
        return 1
    except (OSError, RuntimeError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{job.count} pairs in {options.out}, sha256 {manifest['sha256']}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="llm synth", description=main.__doc__)
    parser.add_argument("--count", type=_positive, required=True, help="pairs to write")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, required=True, help="directory for the shards")
    parser.add_argument(
        "--split",
        choices=PARTS,
        default="train",
        help="test has phrasings, test_seen combinations of findings that are never trained on",
    )
    parser.add_argument("--difficulty", choices=DIFFICULTIES, default="mixed")
    parser.add_argument("--templates", type=Path, default=TEMPLATES, help="directory of templates")
    parser.add_argument("--template", action="append", help="only this template; may be repeated")
    parser.add_argument(
        "--processes", type=_positive, default=os.cpu_count() or 1, help="all cores by default"
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _templates(directory: Path, keys: list[str] | None) -> tuple[ReportTemplate, ...]:
    templates = load_templates(directory)
    if missing := set(keys or ()) - set(templates):
        raise ValueError(f"no template {sorted(missing)} in {directory}: {sorted(templates)}")
    if not templates:
        raise ValueError(f"no templates in {directory}")
    return tuple(templates[key] for key in dict.fromkeys(keys or sorted(templates)))
