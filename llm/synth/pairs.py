"""Synthetic pairs as they are stored: conclusion, values, and the answer of every clause."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from llm.disagreements import disagreements
from llm.engines.fake import FakeEngine
from llm.fill import fill_one
from llm.schema import ReportTemplate
from llm.synth.conclusions import conclusion
from llm.synth.labels import LabelledClause, Rejected, label
from llm.synth.splits import Part
from llm.types import FieldData, FillRequest

# A rejected draw is drawn again; this many in a row mean that the template cannot be written.
MAX_TRIES = 50


class ClauseData(TypedDict):
    """A clause of a pair; offsets are code points of the conclusion."""

    start: int
    end: int
    answer: str


class Pair(TypedDict):
    """One line of the data."""

    id: str
    template: str
    conclusion: str
    exam_side: str | None
    sex: str | None
    values: dict[str, FieldData]
    clauses: list[ClauseData]
    tags: list[str]


@dataclass(slots=True)
class Generator:
    """Makes pairs; the same seed, templates and part give the same pairs.

    `rejected` counts the draws thrown away, by reason: their truth could not be told.
    """

    templates: Sequence[ReportTemplate]
    seed: int
    part: Part
    rejected: Counter[str] = field(default_factory=Counter)

    def pairs(self, count: int) -> Iterator[Pair]:
        """`count` pairs, the templates in turn."""
        for number in range(count):
            yield self._pair(number, self.templates[number % len(self.templates)])

    def _pair(self, number: int, template: ReportTemplate) -> Pair:
        for attempt in range(MAX_TRIES):
            rng = random.Random(f"{self.seed}/{self.part}/{number}/{attempt}")
            try:
                return self._drawn(f"{self.part}-{self.seed}-{number}", template, rng)
            except Rejected as reason:
                self.rejected[str(reason)] += 1
            except LookupError:
                self.rejected["nothing left to say"] += 1
        raise RuntimeError(f"{template.key}: no conclusion could be written in {MAX_TRIES} tries")

    def _drawn(self, pair_id: str, template: ReportTemplate, rng: random.Random) -> Pair:
        drawn = conclusion(template, self.part, rng)
        clauses = label(template, drawn.written, sex=drawn.sex, exam_side=None)
        request = FillRequest(pair_id, template, drawn.written.text, sex=drawn.sex)
        return Pair(
            id=pair_id,
            template=template.key,
            conclusion=drawn.written.text,
            exam_side=None,
            sex=drawn.sex,
            values=values_of_answers(request, clauses),
            clauses=[ClauseData(start=c.start, end=c.end, answer=c.answer) for c in clauses],
            tags=sorted(drawn.tags),
        )


def values_of_answers(
    request: FillRequest, clauses: Sequence[LabelledClause]
) -> dict[str, FieldData]:
    """The values that the true answers give; raises Rejected where they contradict each other."""
    answers = iter([clause.answer for clause in clauses])
    result = fill_one(request, FakeEngine(lambda _task: next(answers)))
    if result.conflicts:
        raise Rejected("contradiction")
    values = {value.path: value.value for value in result.values}
    if disagreements(request.template, values):
        raise Rejected("disagreement")
    return values
