"""`python -m llm evaluate --data FILE… [--systems sft,prompted,rules,normal,openai:MODEL]`

Scores fills on held-out synthetic pairs, or with --labels on conclusions that were labelled by
their id. The first system is compared with each of the others on the same conclusions. --record
writes the figures of `sft` into the card of its adapter, where `python -m llm promote` reads them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from llm.base_model import BaseModelMissing
from llm.engines import NAMES as ENGINES
from llm.engines.adapter import read_card
from llm.engines.base import EngineError
from llm.evaluation.cases import Case, read_cases
from llm.evaluation.labels import read_labels
from llm.evaluation.plots import plot_all
from llm.evaluation.report import report
from llm.evaluation.runs import TIMED, run_system
from llm.evaluation.systems import Wanted, check_name, get_system
from llm.evaluation.table import table
from llm.fill import ConclusionError
from llm.http_client import RemoteError
from llm.schema import TemplateError, load_templates
from llm.sft import card as card_file
from llm.sft.data import data_hash
from llm.shipped import ADAPTER, TEMPLATES

# What goes wrong with what the user gave; the message says it all.
FAULTS = (
    TemplateError,
    BaseModelMissing,
    EngineError,
    RemoteError,
    ConclusionError,
    OSError,
    ValueError,
)


def main(argv: Sequence[str]) -> int:
    """Prints a table and, with --out, writes everything as JSON; 2 for bad input."""
    options = _parser().parse_args(argv)
    try:
        found = _evaluate(options)
        if options.record:
            record(options.adapter, found, labelled=options.labels is not None)
    except FAULTS as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if options.out is not None:
        options.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    if options.plots is not None:
        plot_all(found, options.plots)
    sys.stdout.write(table(found))
    return 0


def _evaluate(options: argparse.Namespace) -> dict[str, Any]:
    templates = load_templates(options.templates)
    labels = None if options.labels is None else read_labels(options.labels)
    read = read_cases(options.data, templates, labels=labels, limit=options.limit)
    names = options.systems.split(",")
    if options.record and ("sft" not in names or options.limit is not None):
        raise ValueError("--record needs the system sft and all of the data: leave out --limit.")
    # Runs take long: what cannot be done is said before the first.
    for name in names:
        check_name(name)
    left_out = _left_out(options, read.cases, names)
    used = {case.template.key: case.template for case in read.cases}
    # Nothing was written for conclusions that are labelled, so that all wording is fair there.
    wanted = Wanted(used, options.engine, options.adapter, "train" if labels is None else None)
    runs = [run_system(get_system(n, wanted), read.cases, timed=options.timed) for n in names]
    head: dict[str, Any] = {"data": [path.name for path in options.data]}
    head["data_sha256"] = data_hash(options.data)
    if options.labels is not None:
        head["labels_sha256"] = data_hash([options.labels])
        head["unlabelled"] = len(read.unlabelled)
    if read.unlabelled:
        sys.stderr.write(f"{len(read.unlabelled)} conclusions have no label and are left out.\n")
    return {**head, **report(runs, left_out=left_out)}


def _left_out(
    options: argparse.Namespace, cases: Sequence[Case], names: Collection[str]
) -> frozenset[str]:
    """The templates that are reported apart: named, or not filled by the adapter."""
    named = frozenset(options.left_out or ())
    if "sft" not in names or options.engine == "fake":
        return named
    filled = card_file.filled_templates(read_card(options.adapter))
    return named | {case.template.key for case in cases if case.template.key not in filled}


def record(adapter: Path, found: dict[str, Any], *, labelled: bool) -> None:
    """Writes the figures of `sft` into the card: under `scores`, or under `label_scores`."""
    card = card_file.read(adapter)
    kept = ("total", "intervals", "by_template", "by_tag", "left_out")
    scores = {
        "data_sha256": found["data_sha256"],
        **{name: found["systems"]["sft"][name] for name in kept},
    }
    if not labelled:
        card_file.write(adapter, card | {"scores": scores})
        return
    scores["labels_sha256"] = found["labels_sha256"]
    name = " ".join(found["data"])
    label_scores = {**card.get("label_scores", {}), name: scores}
    card_file.write(adapter, card | {"label_scores": label_scores})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m llm evaluate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--data", type=Path, nargs="+", required=True, metavar="FILE")
    add("--labels", type=Path, metavar="FILE", help="the truth, by id, where the data hold none")
    add("--systems", default="sft", help="separated by commas; the first is compared with the rest")
    add("--adapter", type=Path, default=ADAPTER, metavar="DIR")
    add("--engine", choices=ENGINES, default="transformers", help="what runs the adapter")
    add("--left-out", action="append", metavar="TEMPLATE", help="report this template apart")
    add("--limit", type=int, metavar="N", help="only the first N conclusions")
    add("--timed", type=int, default=TIMED, metavar="N", help="time the first N alone")
    add("--out", type=Path, metavar="FILE", help="write everything as JSON")
    add("--plots", type=Path, metavar="DIR", help="write pictures")
    add("--record", action="store_true", help="write the figures of sft into the adapter's card")
    add("--templates", type=Path, default=TEMPLATES, metavar="DIR")
    return parser
