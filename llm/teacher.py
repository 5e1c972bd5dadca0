"""`python -m llm teach --template KEY --out FILE < conclusions.jsonl`: labels by a large model.

Any server that speaks OpenAI's protocol and takes a JSON Schema as response format; it is named by
the same settings as the engine (LLM_OPENAI_URL, LLM_OPENAI_MODEL, LLM_OPENAI_API_KEY). Lines that
are in FILE already are not asked again, so a run that stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from jsonschema import Draft202012Validator

from llm.engines.base import EngineError
from llm.engines.openai import server_key, server_setting
from llm.fill import ConclusionError, check_conclusion
from llm.http_client import Remote, RemoteError
from llm.json_schema import values_schema
from llm.schema import ReportTemplate, TemplateError, load_templates
from llm.shipped import TEMPLATES

TOGETHER = 8
TASK = (
    "You fill a structured radiology report from its conclusion. Give only values that the"
    " conclusion states or entails, by field path. Never give a number that is not written there."
    " Leave out every field that the conclusion does not mention."
)


@dataclass(frozen=True, slots=True)
class Teacher:
    """A server and the name of the model there."""

    remote: Remote
    model: str


class UnfitAnswer(RemoteError):
    """The server answers, but with a refusal or with what is no form of the template."""


def teacher_from_environment() -> Teacher:
    """The teacher that the settings name; raises EngineError, RemoteError."""
    return Teacher(
        Remote(server_setting("LLM_OPENAI_URL"), server_key(), timeout_seconds=120.0),
        server_setting("LLM_OPENAI_MODEL"),
    )


def label(
    teacher: Teacher,
    template: ReportTemplate,
    conclusion: str,
    *,
    examples: Sequence[tuple[str, Mapping[str, Any]]] = (),
) -> dict[str, Any]:
    """The values of one conclusion, checked against the schema; raises RemoteError, UnfitAnswer.

    `examples` are conclusions with their values, shown as earlier turns of the chat.
    """
    schema = values_schema(template)
    body = teacher.remote.post(
        "/chat/completions",
        {
            "model": teacher.model,
            "temperature": 0,
            "messages": [
                {"role": "system", "content": f"{TASK} The template is {template.name}."},
                *_shown(examples),
                {"role": "user", "content": conclusion},
            ],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "values", "schema": schema},
            },
        },
    )
    try:
        message = body["choices"][0]["message"]
        if message.get("refusal"):
            raise UnfitAnswer(f"The teacher refused: {message['refusal']}")
        values: dict[str, Any] = json.loads(message["content"])
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise UnfitAnswer("The teacher's answer is no JSON object of values.") from error
    faults = [error.message for error in Draft202012Validator(schema).iter_errors(values)]
    if faults:
        raise UnfitAnswer(f"The teacher's answer does not fit the template: {faults[0]}")
    return values


def _shown(examples: Sequence[tuple[str, Mapping[str, Any]]]) -> Iterator[dict[str, str]]:
    for question, values in examples:
        yield {"role": "user", "content": question}
        yield {"role": "assistant", "content": json.dumps(values)}


def main(argv: Sequence[str]) -> int:
    """Labels every line; 1 where some could not be labelled, 2 for bad input."""
    options = _parser().parse_args(argv)
    try:
        template = load_templates(options.templates)[options.template]
        teacher = teacher_from_environment()
    except (TemplateError, EngineError, RemoteError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyError:
        sys.stderr.write(f"There is no template {options.template!r} in {options.templates}.\n")
        return 2
    known = _labelled(options.out)
    lines = [line for line in _lines(sys.stdin) if str(line.get("id")) not in known]
    with options.out.open("a", encoding="utf-8") as out, ThreadPoolExecutor(TOGETHER) as pool:
        failed = 0
        for done in pool.map(lambda line: _one(teacher, template, line), lines):
            if "error" in done:
                failed += 1
                sys.stderr.write(f"{done['id']}: {done['error']}\n")
                continue
            out.write(json.dumps(done, ensure_ascii=False) + "\n")
            out.flush()
    sys.stderr.write(f"{len(lines) - failed} labelled, {failed} failed, {len(known)} known\n")
    return 1 if failed else 0


def _one(teacher: Teacher, template: ReportTemplate, line: dict[str, Any]) -> dict[str, Any]:
    conclusion = line.get("conclusion")
    try:
        if not isinstance(conclusion, str):
            raise ConclusionError("The line has no conclusion.")
        check_conclusion(conclusion)
        values = label(teacher, template, conclusion)
    except (ConclusionError, RemoteError) as error:
        return {"id": line.get("id"), "error": str(error)}
    return {
        "id": line.get("id"),
        "template": template.key,
        "conclusion": conclusion,
        "values": values,
        "teacher": teacher.model,
    }


def _lines(stream: TextIO) -> Iterator[dict[str, Any]]:
    for number, text in enumerate(stream, start=1):
        try:
            line = json.loads(text)
        except ValueError:
            line = None
        yield line if isinstance(line, dict) else {"id": f"line {number}"}


def _labelled(path: Path) -> set[str]:
    """The ids that a file holds; a last line that was cut off is asked again."""
    if not path.is_file():
        return set()
    with path.open(encoding="utf-8") as file:
        return {str(line["id"]) for line in _lines(file) if "values" in line}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m llm teach", description=__doc__)
    parser.add_argument("--template", required=True, metavar="KEY")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    parser.add_argument("--templates", type=Path, default=TEMPLATES)
    return parser
