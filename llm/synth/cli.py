"""`python -m llm synth --count N --seed S --out DIR [--split train|val|test]`."""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from tqdm import tqdm

from llm.schema import ReportTemplate, TemplateError, load_templates
from llm.synth.pairs import Generator, Pair
from llm.synth.splits import PARTS

SHARD_PAIRS = 5_000
TEMPLATES = Path("fixtures/report_templates")


def main(argv: Sequence[str]) -> int:
    """Writes shards `<split>-00000.jsonl` … and `manifest-<split>.json`; returns the exit code."""
    options = _parser().parse_args(argv)
    try:
        templates = _templates(options.templates, options.template)
    except (TemplateError, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    generator = Generator(templates, options.seed, options.split)
    options.out.mkdir(parents=True, exist_ok=True)
    pairs = tqdm(generator.pairs(options.count), total=options.count, unit="pair", disable=None)
    counts, digest = write_shards(pairs, options.out, options.split)
    manifest = {
        "split": options.split,
        "seed": options.seed,
        "pairs": options.count,
        "sha256": digest,
        "templates": {template.key: template.content_hash for template in templates},
        "clauses": counts.pop("clauses", 0),
        "tags": dict(sorted(counts.items())),
        "rejected": dict(sorted(generator.rejected.items())),
    }
    path = options.out / f"manifest-{options.split}.json"
    path.write_text(json.dumps(manifest, indent=2) + "\n")
    sys.stdout.write(f"{options.count} pairs in {options.out}, sha256 {digest}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="llm synth", description=main.__doc__)
    parser.add_argument("--count", type=_positive, required=True, help="pairs to write")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, required=True, help="directory for the shards")
    parser.add_argument("--split", choices=PARTS, default="train", help="whose phrasings to use")
    parser.add_argument("--templates", type=Path, default=TEMPLATES, help="directory of templates")
    parser.add_argument("--template", action="append", help="only this template; may be repeated")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _templates(directory: Path, keys: list[str] | None) -> list[ReportTemplate]:
    found = load_templates(directory)
    templates = {template.key: template for template in found.values()}
    if missing := set(keys or ()) - set(templates):
        raise ValueError(f"no template {sorted(missing)} in {directory}: {sorted(templates)}")
    return [templates[key] for key in keys or sorted(templates)]


def write_shards(pairs: Iterable[Pair], out: Path, name: str) -> tuple[Counter[str], str]:
    """Writes the pairs and returns the counts of tags and clauses, and the SHA-256 of all lines."""
    counts: Counter[str] = Counter()
    digest = hashlib.sha256()
    stream = iter(pairs)
    for number in itertools.count():
        shard = list(itertools.islice(stream, SHARD_PAIRS))
        if not shard:
            return counts, digest.hexdigest()
        with (out / f"{name}-{number:05}.jsonl").open("wb") as file:
            for pair in shard:
                line = json.dumps(pair, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
                digest.update(line)
                file.write(line)
                counts.update(pair["tags"])
                counts["clauses"] += len(pair["clauses"])
    raise AssertionError("unreachable")
