"""The untuned base model with solved examples in its prompt: what tuning is compared to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from llm.answers import parse_answer, read_answer
from llm.context import read_conclusion
from llm.engines.base import ClauseAnswer, ClauseTask, Engine, never_stop
from llm.grammar import ClauseGrammar
from llm.prompt import prompt_for
from llm.schema import ReportTemplate
from llm.slots import TemplateKey
from llm.synth.labels import LabelledClause
from llm.synth.pairs import Generator, Pair, merged_of
from llm.teach.chats import Example
from llm.teach.schema import entry_of

# One solved clause of each kind, as far as the drawn pairs have them.
EXAMPLES = 8
DRAWN = 60
SEED = 1
# The end-of-text token of the base model: without it the examples would not show where to stop.
END_MARK = "<|im_end|>"
TASK = "Each clause of a radiology conclusion is answered with the values that it states.\n\n"


class PromptedEngine:
    """Puts the examples of the template before every prompt; the grammar stays the same."""

    name = "prompted"
    field_hashes_covered: frozenset[str] | None = None

    def __init__(self, engine: Engine, examples: Mapping[str, str]) -> None:
        self._engine = engine
        self._examples = examples
        self.identity = engine.identity

    def answer(
        self, tasks: Sequence[ClauseTask], *, should_stop: Callable[[], bool] = never_stop
    ) -> Iterator[tuple[int, ClauseAnswer]]:
        """As the engine behind it."""
        longer = [
            replace(task, prompt=self._examples[task.grammar.template.key] + task.prompt)
            for task in tasks
        ]
        return self._engine.answer(longer, should_stop=should_stop)


def clause_examples(template: ReportTemplate) -> str:
    """The head of the prompt: the task, and solved clauses of the training part, of many kinds."""
    chosen: dict[str, str] = {}
    for pair in _pairs(TemplateKey(template)):
        contexts = read_conclusion(
            template, pair["conclusion"], exam_side=pair["exam_side"], sex=pair["sex"]
        )
        for context, clause in zip(contexts, pair["clauses"], strict=True):
            solved = f"{prompt_for(template.prompt_name, context)}{clause['answer']}{END_MARK}\n\n"
            chosen.setdefault(_kind(clause["answer"]), solved)
    return TASK + "".join(list(chosen.values())[:EXAMPLES])


def _kind(answer: str) -> str:
    """What an example shows: its form, not its content."""
    parsed = parse_answer(answer)
    if parsed.kind != "statements":
        return parsed.kind
    first = parsed.statements[0]
    several = "several " if len(parsed.statements) > 1 else ""
    number = "number " if "@" in answer else ""
    return f"{several}{number}{first.selector or ''}{'normal' if _denies(first.pairs) else ''}"


def _denies(pairs: Sequence[tuple[str, str]]) -> bool:
    return any(value in {"none", "normal"} for _, value in pairs)


def chat_examples(template: ReportTemplate, count: int = 4) -> list[Example]:
    """Whole conclusions of the training part with their replies, for a model that is chatted with.

    Those with the most tags are taken, for they show the most at once.
    """
    pairs = sorted(_pairs(TemplateKey(template)), key=lambda pair: -len(pair["tags"]))
    return [_chat_example(template, pair) for pair in pairs[:count]]


def _chat_example(template: ReportTemplate, pair: Pair) -> Example:
    """The pair with each stated value and its clause as quote."""
    contexts = read_conclusion(
        template, pair["conclusion"], exam_side=pair["exam_side"], sex=pair["sex"]
    )
    clauses = []
    for context, clause in zip(contexts, pair["clauses"], strict=True):
        grammar = ClauseGrammar(template, context)
        answer = read_answer(clause["answer"], grammar)
        clauses.append(LabelledClause(clause["start"], clause["end"], answer, grammar))
    entries = [
        entry_of(value.path, value.value, value.evidence.quote)
        for value in merged_of(template, clauses, sex=pair["sex"]).values
        if value.support == "stated" and value.evidence is not None
        if template.field_at(value.path).kind != "text"
    ]
    return Example(pair["conclusion"], {"values": entries})


@lru_cache(maxsize=32)
def _pairs(key: TemplateKey) -> tuple[Pair, ...]:
    return tuple(Generator([key.template], SEED, "train").pairs(DRAWN))
