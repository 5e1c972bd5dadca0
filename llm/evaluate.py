"""`python -m llm evaluate --data FILE… --adapter DIR`: what a fill gets right on held-out pairs."""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jsonschema import Draft202012Validator
from tqdm import tqdm

from llm.base_model import BaseModelMissing, ensure_base_model
from llm.engines import NAMES, get_engine
from llm.engines.base import Engine, EngineError
from llm.fill import fill_many
from llm.json_schema import values_schema
from llm.schema import ReportTemplate, TemplateError, load_templates
from llm.scoring import Score, score_result, score_values
from llm.sft import card as card_file
from llm.sft.data import data_hash, read_pairs
from llm.synth.cli import TEMPLATES
from llm.synth.pairs import Pair
from llm.types import FillRequest, FillResult

# Conclusions that are filled in one batch.
TOGETHER = 16
SHOWN = (
    "conclusions",
    "positive_precision",
    "positive_recall",
    "positive_f1",
    "normal_precision",
    "normal_recall",
    "number_precision",
    "number_recall",
    "clause_exact",
    "whole_report",
    "schema_violations",
    "numbers_invented",
    "numbers_misassigned",
    "wrong_side",
    "clauses",
    "clauses_unused",
    "clauses_unused_true",
    "abstained",
    "conflicts",
)


@dataclass(slots=True)
class Evaluation:
    """Scores of all conclusions, by template and by what makes a conclusion hard."""

    total: Score = field(default_factory=Score)
    by_template: dict[str, Score] = field(default_factory=dict)
    by_tag: dict[str, Score] = field(default_factory=dict)

    def add(self, pair: Pair, score: Score) -> None:
        """Counts one conclusion everywhere it belongs."""
        self.total.add(score)
        self.by_template.setdefault(pair["template"], Score()).add(score)
        for tag in pair["tags"]:
            self.by_tag.setdefault(tag, Score()).add(score)

    def report(self) -> dict[str, object]:
        """Everything, for JSON."""
        return {
            "total": self.total.report(),
            "by_template": {k: s.report() for k, s in sorted(self.by_template.items())},
            "by_tag": {k: s.report() for k, s in sorted(self.by_tag.items())},
        }


def evaluate(
    pairs: Sequence[Pair], templates: dict[str, ReportTemplate], engine: Engine
) -> Evaluation:
    """Fills the conclusions of the pairs and compares the values with the true ones."""
    evaluation = Evaluation()
    schemas = {key: Draft202012Validator(values_schema(t)) for key, t in templates.items()}
    for chunk in _chunks(tqdm(pairs, unit="pair", disable=None)):
        requests = [_request(pair, templates[pair["template"]]) for pair in chunk]
        for pair, result in zip(chunk, fill_many(requests, engine), strict=True):
            template = templates[pair["template"]]
            score = _score(pair, template, result)
            values = {value.path: value.value for value in result.values}
            score.counts["schema_violations"] = sum(
                1 for _ in schemas[template.key].iter_errors(values)
            )
            evaluation.add(pair, score)
    return evaluation


def _chunks(pairs: tqdm[Pair]) -> Iterator[list[Pair]]:
    stream = iter(pairs)
    while chunk := list(itertools.islice(stream, TOGETHER)):
        yield chunk


def _request(pair: Pair, template: ReportTemplate) -> FillRequest:
    return FillRequest(
        pair["id"], template, pair["conclusion"], exam_side=pair["exam_side"], sex=pair["sex"]
    )


def _score(pair: Pair, template: ReportTemplate, result: FillResult) -> Score:
    filled = {value.path: value.value for value in result.values}
    score = score_values(template, filled, pair["values"])
    score.add(score_result(template, result, pair["conclusion"]))
    true = [clause["answer"] for clause in pair["clauses"]]
    right = sum(result.answers[n] == answer for n, answer in enumerate(true))
    unused = sum(answer in ("none", "?") for answer in true)
    score.add(Score(Counter(clause_right=right, clauses_unused_true=unused)))
    return score


def main(argv: Sequence[str]) -> int:
    """Prints a table and, with --out, writes everything as JSON; 2 for bad input."""
    options = _parser().parse_args(argv)
    try:
        templates = load_templates(options.templates)
        stream = itertools.chain.from_iterable(map(read_pairs, options.data))
        pairs = list(itertools.islice(stream, options.limit))
        engine = _engine(options.engine, options.adapter)
        report = evaluate(pairs, templates, engine).report()
    except (TemplateError, BaseModelMissing, EngineError, OSError, ValueError, KeyError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if options.record:
        card = card_file.read(options.adapter)
        digest = {"data_sha256": data_hash(options.data)}
        card_file.write(options.adapter, card | {"scores": {**digest, **report}})
    if options.out is not None:
        options.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(table(report))
    return 0


def _engine(name: str, adapter: Path | None) -> Engine:
    if name != "transformers":
        return get_engine(name)
    return get_engine(name, base_model_dir=ensure_base_model(), adapter_dir=adapter)


def table(report: dict[str, object]) -> str:
    """The main figures as text: one column for all, and one for each template."""
    by_template = report["by_template"]
    columns = {"all": report["total"], **(by_template if isinstance(by_template, dict) else {})}
    lines = ["".join(f"{name:>22}" for name in ("", *columns))]
    for name in SHOWN:
        cells = [column[name] for column in columns.values() if isinstance(column, dict)]
        lines.append(f"{name:>22}" + "".join(f"{_cell(cell):>22}" for cell in cells))
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m llm evaluate", description=__doc__)
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="held-out shards")
    parser.add_argument("--engine", choices=NAMES, default="transformers")
    parser.add_argument("--adapter", type=Path, default=Path("fixtures/adapter"))
    parser.add_argument("--limit", type=int, default=None, help="only the first N pairs")
    parser.add_argument("--out", type=Path, default=None, help="write the report as JSON")
    parser.add_argument("--record", action="store_true", help="write the scores into the card")
    parser.add_argument("--templates", type=Path, default=TEMPLATES)
    return parser
