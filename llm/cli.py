"""The command line: `fill` is here, the other commands are imported only when they are asked for.

    python -m llm fill --template ct_chest < conclusions.jsonl > filled.jsonl

reads `{"id", "conclusion"}` and writes, one line for each line and in order, `{"id", "values",
"evidence", "support", "findings", "unused", "conflicts"}` or, for a line that cannot be filled,
`{"id" or null, "error"}`.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import select
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from llm.base_model import BaseModelMissing, ensure_base_model
from llm.engines import NAMES, get_engine
from llm.engines.base import Engine, EngineError
from llm.fill import ConclusionError, check_conclusion, fill_many, tasks_of
from llm.json_lines import parsed
from llm.narrative import as_text, render
from llm.schema import ReportTemplate, TemplateError, load_templates
from llm.shipped import ADAPTER, TEMPLATES
from llm.types import FillRequest, FillResult

BATCH_LINES = 8
_CHUNK_BYTES = 1 << 16

# Command -> the module whose `main(argv) -> exit status` runs it.
_ELSEWHERE = {
    "synth": "llm.synth.cli",
    "teach": "llm.teach.cli",
    "train": "llm.sft.train",
    "evaluate": "llm.evaluation.cli",
    "calibrate": "llm.evaluation.calibrate",
    "label-sheet": "llm.evaluation.label_sheet",
    "label-agreement": "llm.evaluation.label_agreement",
    "promote": "llm.adapters.promote",
    "rollback": "llm.adapters.rollback",
    "withhold": "llm.adapters.withhold",
    "base-model": "llm.base_model",
}
USAGE = f"usage: python -m llm {{fill,{','.join(_ELSEWHERE)}}} …"


def main(argv: Sequence[str]) -> int:
    """Runs one command; returns the exit status."""
    command, rest = (argv[0], list(argv[1:])) if argv else ("", [])
    if command == "fill":
        return fill_main(rest)
    if command in _ELSEWHERE:
        module = importlib.import_module(_ELSEWHERE[command])
        return cast(Callable[[list[str]], int], module.main)(rest)
    asked_for_help = command in {"-h", "--help"}
    (sys.stdout if asked_for_help else sys.stderr).write(f"{USAGE}\n")
    return 0 if asked_for_help else 2


def fill_main(argv: Sequence[str]) -> int:
    """The `fill` command: standard input to standard output."""
    arguments = _parser().parse_args(argv)
    try:
        templates = load_templates(arguments.templates)
    except TemplateError as error:
        return _failed(str(error))
    template = templates.get(arguments.template)
    if template is None:
        known = ", ".join(sorted(templates)) or f"none in {arguments.templates}"
        return _failed(f"There is no template {arguments.template!r}. Known: {known}")
    try:
        engine = _engine(arguments)
        filler = LineFiller(template, engine, side=arguments.side, sex=arguments.sex)
        filler.run(sys.stdin.buffer, sys.stdout, batch_lines=arguments.batch)
    except EngineError as error:
        return _failed(str(error))
    return 0


def _failed(message: str) -> int:
    sys.stderr.write(f"{message}\n")
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m llm fill", description=__doc__)
    parser.add_argument("--template", required=True, metavar="KEY")
    parser.add_argument("--templates", type=Path, default=TEMPLATES, metavar="DIR")
    parser.add_argument("--side", choices=("left", "right"), help="the side of the exam")
    parser.add_argument("--sex", choices=("female", "male"))
    parser.add_argument("--engine", choices=NAMES, default="transformers")
    parser.add_argument("--adapter", type=Path, default=ADAPTER, metavar="DIR")
    parser.add_argument("--base-model", type=Path, metavar="DIR")
    parser.add_argument("--batch", type=int, default=BATCH_LINES, metavar="LINES")
    return parser


def _engine(arguments: argparse.Namespace) -> Engine:
    if arguments.engine != "transformers":
        return get_engine(arguments.engine)
    try:
        base = ensure_base_model(arguments.base_model)
    except BaseModelMissing as error:
        raise EngineError(str(error)) from error
    return get_engine("transformers", base_model_dir=base, adapter_dir=arguments.adapter)


class LineError(ValueError):
    """A line that cannot be filled, with its id if that could be read."""

    def __init__(self, message: str, line_id: str | int | None = None) -> None:
        super().__init__(message)
        self.line_id = line_id


class LineFiller:
    """Fills one JSON line after another with one template."""

    def __init__(
        self,
        template: ReportTemplate,
        engine: Engine,
        *,
        side: str | None = None,
        sex: str | None = None,
    ) -> None:
        self._template = template
        self._engine = engine
        self._side = side
        self._sex = sex

    def run(self, lines: BinaryIO, out: TextIO, *, batch_lines: int = BATCH_LINES) -> None:
        """Writes one line for each line read, in order; a batch is what is there to be read."""
        for batch in line_batches(lines, max(1, batch_lines)):
            for answer in self.filled(batch):
                out.write(json.dumps(answer, ensure_ascii=False, allow_nan=False) + "\n")
            out.flush()

    def filled(self, lines: Iterable[bytes]) -> Iterator[dict[str, object]]:
        """The output objects of some lines, decoded as one batch."""
        outcomes = [self._read(line, number) for number, line in enumerate(lines)]
        good = [outcome for outcome in outcomes if isinstance(outcome, tuple)]
        results = iter(fill_many([request for _, request in good], self._engine))
        for outcome in outcomes:
            if isinstance(outcome, tuple):
                yield result_object(outcome[0], outcome[1], next(results))
            else:
                yield {"id": outcome.line_id, "error": str(outcome)}

    def _read(self, line: bytes, number: int) -> tuple[str | int, FillRequest] | LineError:
        try:
            line_id, conclusion = read_line(line)
        except LineError as error:
            return error
        request = FillRequest(
            id=str(number),
            template=self._template,
            conclusion=conclusion,
            exam_side=self._side,
            sex=self._sex,
            field_hashes_covered=self._engine.field_hashes_covered,
        )
        try:
            tasks_of(request)
        except ConclusionError as error:
            return LineError(str(error), line_id)
        return line_id, request


def line_batches(lines: BinaryIO, size: int) -> Iterator[list[bytes]]:
    """At most `size` lines at a time, without waiting for more than one while some are there."""
    try:
        descriptor = lines.fileno()
    except OSError:
        source = iter(lines)
        while batch := list(islice(source, size)):
            yield batch
        return
    rest, batch = b"", []
    while chunk := os.read(descriptor, _CHUNK_BYTES):
        *whole, rest = (rest + chunk).split(b"\n")
        batch += whole
        while len(batch) >= size or (batch and not _has_more(descriptor)):
            yield batch[:size]
            batch = batch[size:]
    batch += [rest] if rest else []
    for start in range(0, len(batch), size):
        yield batch[start : start + size]


def _has_more(descriptor: int) -> bool:
    return bool(select.select([descriptor], [], [], 0)[0])


def read_line(line: bytes) -> tuple[str | int, str]:
    """The id and the conclusion of an input line; raises LineError."""
    try:
        data = parsed(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise LineError(f"The line is not UTF-8: {error.reason} at byte {error.start}.") from error
    except ValueError as error:
        raise LineError(f"The line is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise LineError("The line is not a JSON object with id and conclusion.")
    line_id = _line_id(data.get("id"))
    if line_id is None:
        raise LineError("The id is missing or is neither a text nor a whole number.")
    conclusion = data.get("conclusion")
    if not isinstance(conclusion, str):
        problem = "is not a text" if "conclusion" in data else "is missing"
        raise LineError(f"The conclusion {problem}.", line_id)
    try:
        check_conclusion(conclusion)
    except ConclusionError as error:
        raise LineError(str(error), line_id) from error
    return line_id, conclusion


def _line_id(value: object) -> str | int | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
        return None
    return value


def result_object(
    line_id: str | int, request: FillRequest, result: FillResult
) -> dict[str, object]:
    """The output object of one conclusion."""
    values = {value.path: value.value for value in result.values}
    evidence: dict[str, object] = {}
    for value in result.values:
        spans = [asdict(span) for span in (value.evidence, *value.more_evidence) if span]
        more = {"more": spans[1:]} if len(spans) > 1 else {}
        evidence[value.path] = {**spans[0], **more} if spans else None
    return {
        "id": line_id,
        "values": values,
        "evidence": evidence,
        "support": {value.path: value.support for value in result.values},
        "findings": as_text(render(request.template, values)),
        "unused": [
            {
                "quote": u.text,
                "start": u.start,
                "end": u.end,
                "reason": u.reason,
                "details": list(u.details),
            }
            for u in result.unused
        ],
        "conflicts": [
            {
                "path": conflict.path,
                "candidates": [
                    {"path": c.path, "value": c.value, "evidence": asdict(c.evidence)}
                    for c in conflict.candidates
                    if c.evidence is not None
                ],
            }
            for conflict in result.conflicts
        ],
    }
