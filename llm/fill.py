"""Fills forms from conclusions: clauses, one batch for the engine, values with their evidence.

    results = fill_many(requests, engine)

Knows no Django and no database; the caller decides what to keep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from llm.answers import Answer, IllegalAnswer, read_answer
from llm.confidence import Calibration, calibration_of, pair_confidences
from llm.context import read_conclusion
from llm.engines.base import ClauseAnswer, ClauseTask, Engine, never_stop
from llm.grammar import ClauseGrammar
from llm.merge import filled, merge
from llm.prompt import prompt_for
from llm.schema import ReportTemplate
from llm.statements import ClauseReading, StatementReader
from llm.types import FilledValue, FillRequest, FillResult, FillTokens, UnusedClause
from llm.unused import unused_part

MAX_CHARACTERS = 20_000
MAX_CLAUSES = 400

OnClause = Callable[[str, tuple[FilledValue, ...]], None]


class ConclusionError(ValueError):
    """A conclusion that cannot be filled; the message says why and what to do."""


class ConclusionTooLong(ConclusionError):
    """More text than a conclusion has."""


class FillStopped(Exception):
    """The fill ended before every clause had its answer, because it was asked to stop."""


def check_conclusion(conclusion: str) -> None:
    """Raises ConclusionError for text that no clause can be cut from safely."""
    if len(conclusion) > MAX_CHARACTERS:
        raise ConclusionTooLong(
            f"The conclusion has {len(conclusion)} characters; at most {MAX_CHARACTERS} are filled."
        )
    if "\0" in conclusion:
        raise ConclusionError("The conclusion holds a null byte; remove it.")
    if any("\ud800" <= character <= "\udfff" for character in conclusion):
        raise ConclusionError("The conclusion holds half a character (a lone surrogate).")


def tasks_of(request: FillRequest) -> list[ClauseTask]:
    """The clause tasks of one conclusion, in order; raises ConclusionError."""
    check_conclusion(request.conclusion)
    contexts = read_conclusion(
        request.template, request.conclusion, exam_side=request.exam_side, sex=request.sex
    )
    if len(contexts) > MAX_CLAUSES:
        raise ConclusionTooLong(
            f"The conclusion has {len(contexts)} clauses; at most {MAX_CLAUSES} are filled."
        )
    return [
        ClauseTask(
            prompt=prompt_for(request.template.prompt_name, context),
            grammar=ClauseGrammar(request.template, context),
        )
        for context in contexts
    ]


def fill_one(request: FillRequest, engine: Engine) -> FillResult:
    """`fill_many` for one request."""
    return fill_many([request], engine)[0]


def fill_many(
    requests: Sequence[FillRequest],
    engine: Engine,
    *,
    should_stop: Callable[[], bool] = never_stop,
    on_clause: OnClause | None = None,
    threshold: float | None = None,
) -> list[FillResult]:
    """The results in the order of the requests; all clauses are decoded in one batch.

    `on_clause(request.id, values)` is called for the clauses of a request in order, as early as
    possible, with what the clause states. That is provisional: a later clause may contradict it,
    and only the result has what follows from rules. Request ids must differ. Values surer than
    `threshold` (that of the engine's calibration where it is None) are not marked as low.

    Raises ConclusionError before anything is decoded, EngineError, and FillStopped if
    `should_stop()` ended the work.
    """
    calibration = calibration_of(engine)
    works = [_Work(request, tasks_of(request), calibration) for request in requests]
    places = [(work, index) for work in works for index in range(len(work.tasks))]
    tasks = [work.tasks[index] for work, index in places]
    for number, answer in engine.answer(tasks, should_stop=should_stop) if tasks else ():
        work, index = places[number]
        for values in work.take(index, answer):
            if on_clause is not None:
                on_clause(work.request.id, values)
    if any(len(work.readings) < len(work.tasks) for work in works):
        raise FillStopped("The fill was stopped before all clauses were answered.")
    low = calibration.threshold if threshold is None else threshold
    return [work.result(engine, low) for work in works]


@dataclass(slots=True)
class _Work:
    """One conclusion while its clauses are being answered."""

    request: FillRequest
    tasks: list[ClauseTask]
    calibration: Calibration
    answers: dict[int, ClauseAnswer] = field(default_factory=dict)
    readings: list[ClauseReading] = field(default_factory=list)
    seen: dict[str, FilledValue] = field(default_factory=dict)
    _reader: StatementReader | None = None

    def take(self, index: int, answer: ClauseAnswer) -> Iterator[tuple[FilledValue, ...]]:
        """Keeps an answer and yields the values of every clause whose turn has come."""
        self.answers[index] = answer
        while len(self.readings) in self.answers:
            position = len(self.readings)
            reading = self._read(self.tasks[position].grammar, self.answers[position])
            self.readings.append(reading)
            yield tuple(self._fresh(reading))

    def _read(self, grammar: ClauseGrammar, given: ClauseAnswer) -> ClauseReading:
        if self._reader is None:
            covered = self.request.field_hashes_covered
            self._reader = StatementReader(self.request.template, covered)
        try:
            answer = read_answer(given.text, grammar)
        except IllegalAnswer as error:
            # A remote engine without the grammar may answer anything; the reader is told, and
            # the other clauses are not lost.
            reading = ClauseReading(grammar.context.clause, Answer("abstain"))
            reading.not_placed.append(f"The model's answer was not legal: {error}"[:300])
            return reading
        sure = [
            [self.calibration.scaled(one) for one in statement]
            for statement in pair_confidences(grammar, given.text, given.decisions)
        ]
        return self._reader.read(grammar, answer, sure)

    def _fresh(self, reading: ClauseReading) -> Iterator[FilledValue]:
        for said in reading.said:
            if said.path not in self.seen:
                self.seen[said.path] = filled(said)
                yield self.seen[said.path]

    def result(self, engine: Engine, threshold: float) -> FillResult:
        """The merged result, once every clause has its answer."""
        template = self.request.template
        merged = merge(template, self.readings, sex=self.request.sex, threshold=threshold)
        return FillResult(
            values=merged.values,
            unused=tuple(self._unused(template)),
            conflicts=merged.conflicts,
            clauses=tuple(task.grammar.context.clause for task in self.tasks),
            tokens=_tokens(self.answers.values()),
            identity=engine.identity,
            answers={index: answer.text for index, answer in sorted(self.answers.items())},
        )

    def _unused(self, template: ReportTemplate) -> Iterator[UnusedClause]:
        for task, reading in zip(self.tasks, self.readings, strict=True):
            unused = unused_part(template, task.grammar, reading)
            if unused is not None:
                yield unused


def _tokens(answers: Iterable[ClauseAnswer]) -> FillTokens:
    answers = list(answers)
    return FillTokens(
        prompt=sum(answer.prompt_tokens for answer in answers),
        output=sum(answer.output_tokens for answer in answers),
    )
