"""Synthetic pairs as they are stored: conclusion, values, and the answer of every clause."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from llm.answers import Answer
from llm.merge import Merged, merge
from llm.paths import split_path
from llm.schema import ReportTemplate
from llm.statements import StatementReader
from llm.synth.catalog import catalog_of
from llm.synth.conclusions import Conclusion, conclusion
from llm.synth.difficulty import MIXED, Difficulty
from llm.synth.labels import LabelledClause, Rejected, label
from llm.synth.results import agree
from llm.synth.sampler import NothingLeft
from llm.synth.splits import Part, findings_of, is_held_out
from llm.types import FieldData

# A draw that is thrown away is drawn again; after this many a template cannot be written.
MAX_TRIES = 1_000


class ClauseData(TypedDict):
    """A clause of a pair; offsets are code points of the conclusion."""

    start: int
    end: int
    answer: str


class Pair(TypedDict):
    """One line of the data; `conflicts` are the paths that two clauses contradict each other on."""

    id: str
    template: str
    conclusion: str
    exam_side: str | None
    sex: str | None
    values: dict[str, FieldData]
    conflicts: list[str]
    clauses: list[ClauseData]
    tags: list[str]


@dataclass(slots=True)
class Generator:
    """Makes pairs; the same seed, templates, part and difficulty give the same pairs.

    A pair depends on its number alone, so any range of them can be made anywhere. `rejected` counts
    the draws thrown away by (template, reason): their truth could not be told, or their combination
    of findings belongs to another part.
    """

    templates: Sequence[ReportTemplate]
    seed: int
    part: Part
    difficulty: Difficulty = MIXED
    rejected: Counter[tuple[str, str]] = field(default_factory=Counter)

    def pairs(self, count: int, *, start: int = 0) -> Iterator[Pair]:
        """`count` pairs from the number `start` on, the templates in turn."""
        for number in range(start, start + count):
            yield self._pair(number, self.templates[number % len(self.templates)])

    def _pair(self, number: int, template: ReportTemplate) -> Pair:
        for attempt in range(MAX_TRIES):
            rng = random.Random(f"{self.seed}/{self.part}/{number}/{attempt}")
            try:
                return self._drawn(f"{self.part}-{self.seed}-{number}", template, rng)
            except Rejected as reason:
                self.rejected[template.key, str(reason)] += 1
            except NothingLeft:
                self.rejected[template.key, "nothing left to say"] += 1
        raise RuntimeError(f"{template.key}: no conclusion could be written in {MAX_TRIES} tries")

    def _drawn(self, pair_id: str, template: ReportTemplate, rng: random.Random) -> Pair:
        drawn = conclusion(template, self.part, rng, self.difficulty)
        self._check_combination(template, drawn)
        clauses = label(template, drawn.written, sex=drawn.sex, exam_side=drawn.exam_side)
        merged = merged_of(template, clauses, sex=drawn.sex)
        _check_conflicts(drawn, merged)
        values = {value.path: value.value for value in merged.values}
        if not agree(catalog_of(template, drawn.sex), values):
            raise Rejected("disagreement")
        return Pair(
            id=pair_id,
            template=template.key,
            conclusion=drawn.written.text,
            exam_side=drawn.exam_side,
            sex=drawn.sex,
            values=values,
            conflicts=[conflict.path for conflict in merged.conflicts],
            clauses=[ClauseData(start=c.start, end=c.end, answer=c.answer) for c in clauses],
            tags=sorted(drawn.tags),
        )

    def _check_combination(self, template: ReportTemplate, drawn: Conclusion) -> None:
        """Raises Rejected for a combination of findings that is not one of this part's."""
        if self.part == "test":
            return
        says = (say for draft, _, _ in drawn.written.drafts for say in draft.says)
        if is_held_out(findings_of(template, says)) != (self.part == "test_seen"):
            raise Rejected("a combination of another part")


def merged_of(
    template: ReportTemplate, clauses: Sequence[LabelledClause], *, sex: str | None
) -> Merged:
    """The values and conflicts that the true answers of the clauses give."""
    reader = StatementReader(template, None)
    readings = [reader.read(c.grammar, c.parsed, _sure(c.parsed)) for c in clauses]
    return merge(template, readings, sex=sex, threshold=0.0)


def _sure(answer: Answer) -> list[list[float]]:
    return [[1.0] * len(statement.pairs) for statement in answer.statements] or [[1.0]]


def _check_conflicts(drawn: Conclusion, merged: Merged) -> None:
    """Raises Rejected where clauses contradict each other and should not, or should and do not."""
    found = {split_path(conflict.path).key for conflict in merged.conflicts}
    if found - {drawn.contradicted}:
        raise Rejected("contradiction")
    if drawn.contradicted is not None and not found:
        raise Rejected("no contradiction")
