"""The chats that a teacher is sent: the task, the fields of the template, the conclusion."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from llm.schema import Field, Group, ReportTemplate
from llm.slots import TemplateKey
from llm.teach.schema import Schema, members, paraphrase_schema, reply_schema

LABEL_TASK = """\
You fill a structured radiology report from its conclusion. List only values that the conclusion \
states or entails, each with its field, its value and its quote: the words of the conclusion that \
state it, copied letter by letter.
- Leave out every field that the conclusion does not mention. List a normal only where it is said.
- Never give a number that is not written there. Convert it to the unit of the field.
- Rows of findings that may come several times are numbered from 1, in the order of the text.
- A certainty or a change is listed only where a word says so.
- Where the text leaves open which of two findings it is, or contradicts itself, list neither.
- What fits no field is left out."""
PARAPHRASE_TASK = """\
You reword conclusions of radiology reports as another radiologist would dictate them: other \
words, other order, other style, the same content. Keep every finding and every detail. Keep every \
number with its unit, every side, every level, every grade and every denial exactly; add none."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a teacher is asked; `strict` is OpenAI's strict mode of JSON Schema."""

    model: str
    strict: bool = True
    max_answer_tokens: int = 4096


@dataclass(frozen=True, slots=True)
class Example:
    """A conclusion and the reply to it, shown as an earlier turn of the chat."""

    conclusion: str
    reply: dict[str, object]


def label_request(
    settings: Settings, template: ReportTemplate, conclusion: str, examples: Sequence[Example] = ()
) -> dict[str, Any]:
    """The chat that asks for the label of one conclusion."""
    task, schema = _task_and_schema(TemplateKey(template), settings.strict)
    turns = [*_shown(examples), {"role": "user", "content": conclusion}]
    return _request(settings, task, turns, schema, temperature=0.0)


def paraphrase_request(settings: Settings, conclusion: str, count: int) -> dict[str, Any]:
    """The chat that asks for some paraphrases of one conclusion."""
    turn = {"role": "user", "content": f"{count} paraphrases of:\n{conclusion}"}
    return _request(settings, PARAPHRASE_TASK, [turn], paraphrase_schema(), temperature=0.9)


def _request(
    settings: Settings,
    task: str,
    turns: Sequence[dict[str, str]],
    schema: Schema,
    *,
    temperature: float,
) -> dict[str, Any]:
    form: dict[str, object] = {"name": "reply", "schema": schema}
    return {
        "model": settings.model,
        "temperature": temperature,
        "max_tokens": settings.max_answer_tokens,
        "messages": [{"role": "system", "content": task}, *turns],
        "response_format": {
            "type": "json_schema",
            "json_schema": form | ({"strict": True} if settings.strict else {}),
        },
    }


def _shown(examples: Sequence[Example]) -> Iterator[dict[str, str]]:
    for example in examples:
        yield {"role": "user", "content": example.conclusion}
        yield {"role": "assistant", "content": json.dumps(example.reply)}


@lru_cache(maxsize=64)
def _task_and_schema(key: TemplateKey, strict: bool) -> tuple[str, Schema]:
    """What all conclusions of a template are asked with: the task explains the schema's keys."""
    lines = [LABEL_TASK, "", f"Fields of the template {key.template.name}:"]
    for item in key.template.items():
        lines += [f"{name}: {_meaning(item, field)}" for name, field in members(item)]
    return "\n".join(lines), reply_schema(key.template, strict=strict)


def _meaning(item: Field | Group, field: Field) -> str:
    label = f"{item.label}, {field.label}" if field is not item else field.label
    unit = f" in {field.unit}" if field.unit else ""
    prior = ", as it was before" if field.time == "prior" else ""
    options = [
        f"{option.value} = {option.label}"
        for option in field.options
        if option.label.lower() != option.value
    ]
    shown = f" ({'; '.join(options)})" if options else ""
    return f"{label}{unit}{prior}{shown}"
