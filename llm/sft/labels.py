"""Whose labels train: the generator's, a large model's, or only those on which the two agree.

The generator knows the answer of every clause. A teacher (`python -m llm teach`) gives the values
of a whole conclusion with quotes; they become answers by editing the generator's (or, for a
conclusion that was not generated, empty ones) until the answers say what the teacher says. Where no
edit does, the conclusion is left out and counted. What agrees is told by `llm.teach.agreement`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from llm.answers import IllegalAnswer, read_answer
from llm.clauses import clauses_of
from llm.context import read_conclusion
from llm.evaluation.alignment import aligned_rows
from llm.grammar import ClauseGrammar
from llm.json_lines import read_objects
from llm.schema import ReportTemplate
from llm.sft.edit import Edit
from llm.synth.labels import LabelledClause
from llm.synth.pairs import ClauseData, Pair, merged_of
from llm.teach.agreement import AGREED, agreement, says_the_same
from llm.types import FieldData

Labels = Literal["generator", "teacher", "agreed"]
LABELS: tuple[Labels, ...] = get_args(Labels)
Values = Mapping[str, FieldData]
# Template and conclusion.
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Taught:
    """What a teacher says of a conclusion; `quotes` are its evidence by path.

    `of` is the id of the pair that the conclusion rewords. `is_whole` is False where some value of
    the teacher was rejected, so that what is left does not say all.
    """

    values: Values
    quotes: Mapping[str, str] = field(default_factory=dict)
    exam_side: str | None = None
    sex: str | None = None
    of: str | None = None
    is_whole: bool = True


@dataclass(slots=True)
class Labeller:
    """Chooses the labels of pairs; `left_out` counts, by reason, the conclusions without any.

    `threshold` is the agreement, in [0, 1], from which labels agree.
    """

    labels: Labels
    templates: Mapping[str, ReportTemplate]
    taught: dict[Key, Taught] = field(default_factory=dict)
    threshold: float = AGREED
    left_out: Counter[str] = field(default_factory=Counter)

    def pairs(self, pairs: Iterable[Pair]) -> Iterator[Pair]:
        """The pairs with the labels that are to train; those that only the teacher knows last."""
        if self.labels == "generator":
            yield from pairs
            return
        reworded = {taught.of for taught in self.taught.values()}
        originals: dict[tuple[str, str | None], Values] = {}
        seen: set[Key] = set()
        for pair in pairs:
            key = (pair["template"], pair["conclusion"])
            seen.add(key)
            if pair["id"] in reworded:
                originals[pair["template"], pair["id"]] = pair["values"]
            if key not in self.taught:
                self.left_out["no label of the teacher"] += 1
                continue
            yield from self._chosen(pair, self.taught[key])
        for key, taught in self.taught.items():
            if key not in seen:
                yield from self._only_taught(key, taught, originals.get((key[0], taught.of)))

    def _chosen(self, pair: Pair, taught: Taught) -> Iterator[Pair]:
        """The pair, or the teacher's version of it, or nothing."""
        template, sex = self.templates[pair["template"]], pair["sex"]
        if self.labels == "agreed":
            if agreement(template, pair["values"], taught.values, sex=sex) >= self.threshold:
                yield pair
            else:
                self.left_out["the teacher says otherwise"] += 1
        elif says_the_same(template, pair["values"], taught.values, sex=sex):
            yield pair
        else:
            yield from self._as_taught(pair, taught)

    def _only_taught(self, key: Key, taught: Taught, truth: Values | None) -> Iterator[Pair]:
        """A conclusion that is no pair: it agrees where it rewords one that says the same."""
        if self.labels == "agreed":
            if truth is None:
                self.left_out["no truth to agree with"] += 1
                return
            template = self.templates[key[0]]
            if agreement(template, truth, taught.values, sex=taught.sex) < self.threshold:
                self.left_out["the teacher says otherwise"] += 1
                return
        yield from self._as_taught(_unlabelled(key, taught), taught)

    def _as_taught(self, pair: Pair, taught: Taught) -> Iterator[Pair]:
        if not taught.is_whole:
            self.left_out["a value of the teacher was rejected"] += 1
        elif (edited := as_taught(self.templates[pair["template"]], pair, taught)) is not None:
            yield edited
        else:
            self.left_out["no answers give the teacher's values"] += 1


def read_taught(files: Sequence[Path]) -> dict[Key, Taught]:
    """What a teacher says by template and conclusion; raises ValueError with file and line."""
    taught: dict[Key, Taught] = {}
    for path in files:
        for where, line in read_objects(path):
            try:
                taught[line["template"], line["conclusion"]] = _taught(line)
            except (KeyError, TypeError, AttributeError) as error:
                raise ValueError(f"{where}: not a line of `teach`: {error!r}") from error
    return taught


def _taught(line: Mapping[str, Any]) -> Taught:
    return Taught(
        values=line["values"],
        quotes={path: one["quote"] for path, one in line.get("evidence", {}).items()},
        exam_side=line.get("exam_side"),
        sex=line.get("sex"),
        of=line.get("of"),
        is_whole=not line.get("rejected"),
    )


def as_taught(template: ReportTemplate, pair: Pair, taught: Taught) -> Pair | None:
    """The pair with answers that say what the teacher says, or None where none were found."""
    contexts = read_conclusion(
        template, pair["conclusion"], exam_side=pair["exam_side"], sex=pair["sex"]
    )
    grammars = [ClauseGrammar(template, context) for context in contexts]
    # The rows get the pair's own numbers, so that what is alike is not written anew.
    values = aligned_rows(template, taught.values, pair["values"])
    quotes = {
        new: taught.quotes[old]
        for old, new in zip(taught.values, values, strict=True)
        if old in taught.quotes
    }
    edit = Edit(template, grammars, pair["conclusion"], values, quotes)
    answers = edit.answers([clause["answer"] for clause in pair["clauses"]])
    try:
        labelled = [
            LabelledClause(clause["start"], clause["end"], read_answer(answer, grammar), grammar)
            for clause, answer, grammar in zip(pair["clauses"], answers, grammars, strict=True)
        ]
    except IllegalAnswer:
        return None
    merged = merged_of(template, labelled, sex=pair["sex"])
    given = {value.path: value.value for value in merged.values}
    if not says_the_same(template, given, taught.values, sex=pair["sex"]):
        return None
    clauses = [
        clause | {"answer": answer} for clause, answer in zip(pair["clauses"], answers, strict=True)
    ]
    return pair | {"values": given, "clauses": clauses}


def _unlabelled(key: Key, taught: Taught) -> Pair:
    """A conclusion that was not generated, as a pair that says nothing yet."""
    template, conclusion = key
    return Pair(
        id="",
        template=template,
        conclusion=conclusion,
        exam_side=taught.exam_side,
        sex=taught.sex,
        values={},
        conflicts=[],
        clauses=[
            ClauseData(start=clause.span.start, end=clause.span.end, answer="none")
            for clause in clauses_of(conclusion)
        ],
        tags=[],
    )
