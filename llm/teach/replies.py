"""Reads what a teacher replied: values with verbatim quotes, or paraphrases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from llm.http_client import RemoteError
from llm.json_lines import parsed
from llm.schema import ReportTemplate
from llm.teach.schema import entry_path, entry_validators, paraphrase_schema
from llm.types import Evidence, FieldData

Unfitness = Literal["refused", "cut off", "invalid"]


class UnfitReply(RemoteError):
    """The server answers, but with nothing that can be used; `kind` says in what way."""

    def __init__(self, kind: Unfitness, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Completion:
    """What a server answered to one chat; `content` is what the model wrote.

    The counts of tokens are None where the server tells none.
    """

    content: str
    refusal: str
    finish: str
    prompt_tokens: int | None
    answer_tokens: int | None

    @classmethod
    def of(cls, body: dict[str, Any]) -> Completion:
        """Reads the body of an answer; raises RemoteError where it is something else."""
        try:
            choice, usage = body["choices"][0], body.get("usage") or {}
            message = choice["message"]
            return cls(
                content=str(message.get("content") or ""),
                refusal=str(message.get("refusal") or ""),
                finish=str(choice.get("finish_reason") or ""),
                prompt_tokens=_count(usage.get("prompt_tokens")),
                answer_tokens=_count(usage.get("completion_tokens")),
            )
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            message = f"The server's answer is not a chat completion: {error!r}"
            raise RemoteError(message, maybe_done=True) from error

    def data(self, validator: Draft202012Validator) -> Any:
        """The JSON that the model wrote, as the schema has it; raises UnfitReply."""
        if self.refusal or self.finish == "content_filter":
            raise UnfitReply("refused", f"The teacher refused: {self.refusal or self.finish}")
        if self.finish == "length":
            raise UnfitReply("cut off", "The answer was cut off; raise --max-answer-tokens.")
        try:
            data = parsed(self.content)
        except ValueError as error:
            raise UnfitReply("invalid", "The teacher's answer is not JSON.") from error
        check_fit(data, validator, "The teacher's answer")
        return data


def check_fit(data: Any, validator: Draft202012Validator, what: str) -> None:
    """Raises UnfitReply for what is not as the schema has it."""
    fault = best_match(validator.iter_errors(data))
    if fault is not None:
        raise UnfitReply("invalid", f"{what} does not fit the template: {fault.message[:300]}")


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A value that was not taken, with what the teacher quoted, and why."""

    path: str
    value: FieldData
    quote: str
    reason: str


@dataclass(frozen=True, slots=True)
class Label:
    """The values of one conclusion with their evidence, and those that were rejected."""

    values: dict[str, FieldData]
    evidence: dict[str, Evidence]
    rejected: tuple[Rejected, ...]

    def whatever_quoted(self) -> dict[str, FieldData]:
        """The values, also those whose quote is not in the conclusion."""
        unfound = {r.path: r.value for r in self.rejected if r.reason == NOT_VERBATIM}
        return unfound | self.values


NOT_VERBATIM = "the quote is not in the conclusion"
TWO_VALUES = "the field has two values"


def read_label(template: ReportTemplate, conclusion: str, completion: Completion) -> Label:
    """The label in a reply; raises UnfitReply.

    A value is taken if its quote is in the conclusion word for word. A field with two different
    values has neither.
    """
    entries = completion.data(_ENTRIES)["values"]
    validators = entry_validators(template)
    for entry in entries:
        name = entry["field"]
        if name not in validators:
            raise UnfitReply("invalid", f"The template has no field {name[:100]!r}.")
        check_fit(entry, validators[name], f"The value of {name}")
    given = [(entry_path(entry), entry["value"], entry["quote"]) for entry in entries]
    doubled = {path for path, value, _ in given for p, v, _ in given if p == path and v != value}
    values: dict[str, FieldData] = {}
    evidence: dict[str, Evidence] = {}
    rejected: list[Rejected] = []
    for path, value, quote in given:
        start = conclusion.find(quote) if quote.strip() else -1
        if path in doubled or start < 0:
            reason = TWO_VALUES if path in doubled else NOT_VERBATIM
            rejected.append(Rejected(path, value, quote, reason))
            continue
        values[path] = value
        evidence[path] = Evidence(quote, start, start + len(quote))
    return Label(values, evidence, tuple(rejected))


def read_paraphrases(completion: Completion, count: int) -> list[str]:
    """The first `count` different paraphrases in a reply; raises UnfitReply."""
    texts = completion.data(_PARAPHRASES)["paraphrases"]
    return list(dict.fromkeys(text.strip() for text in texts if text.strip()))[:count]


_ENTRIES = Draft202012Validator(
    {
        "type": "object",
        "required": ["values"],
        "additionalProperties": False,
        "properties": {
            "values": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["field"],
                    "properties": {"field": {"type": "string"}},
                },
            }
        },
    }
)
_PARAPHRASES = Draft202012Validator(paraphrase_schema())
