"""Whose labels train: the generator's, a large model's, or only those on which the two agree.

The generator knows the answer of every clause. A teacher (`python -m llm teach`) gives the values
of a whole conclusion; they become answers by editing the generator's (or, for a conclusion that was
not generated, empty ones) until the answers give exactly the teacher's values. Where no edit does,
the conclusion is left out and counted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast, get_args

from llm.answers import (
    Answer,
    IllegalAnswer,
    Statement,
    parse_answer,
    read_answer,
    write_answer,
)
from llm.clauses import clauses_of
from llm.context import read_conclusion
from llm.grammar import ClauseGrammar
from llm.lexicon import find_terms
from llm.paths import FieldPath, split_path
from llm.pointing import number_value
from llm.schema import Field, Group, ReportTemplate
from llm.statements import StatementReader
from llm.synth.labels import LabelledClause
from llm.synth.pairs import Pair, merged_of
from llm.types import FieldData

Labels = Literal["generator", "teacher", "agreed"]
LABELS: tuple[Labels, ...] = get_args(Labels)
Values = Mapping[str, FieldData]


@dataclass(slots=True)
class Labeller:
    """Chooses the labels of pairs; `left_out` counts, by reason, the conclusions without any.

    `taught` are a teacher's values by template and conclusion.
    """

    labels: Labels
    templates: Mapping[str, ReportTemplate]
    taught: dict[tuple[str, str], Values] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)

    def pairs(self, pairs: Iterable[Pair]) -> Iterator[Pair]:
        """The pairs with the labels that are to train; those that only the teacher knows last."""
        if self.labels == "generator":
            yield from pairs
            return
        seen: set[tuple[str, str]] = set()
        for pair in pairs:
            key = (pair["template"], pair["conclusion"])
            seen.add(key)
            if key not in self.taught:
                self.left_out["no label of the teacher"] += 1
                continue
            yield from self._chosen(pair, self.taught[key])
        if self.labels == "teacher":
            for key, values in self.taught.items():
                if key not in seen:
                    yield from self._chosen(_unlabelled(*key), values)

    def _chosen(self, pair: Pair, values: Values) -> Iterator[Pair]:
        template = self.templates[pair["template"]]
        if content(template, pair["values"]) == content(template, values):
            yield pair
        elif self.labels == "agreed":
            self.left_out["the teacher says otherwise"] += 1
        elif (taught := as_taught(template, pair, values)) is not None:
            yield taught
        else:
            self.left_out["no answers give the teacher's values"] += 1


def read_taught(files: Sequence[Path]) -> dict[tuple[str, str], Values]:
    """The values of a teacher by template and conclusion; raises ValueError with file and line."""
    taught: dict[tuple[str, str], Values] = {}
    for path in files:
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                line: dict[str, Any] = json.loads(text)
                taught[line["template"], line["conclusion"]] = line["values"]
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{path}:{number}: not a line of `teach`: {error}") from error
    return taught


def content(template: ReportTemplate, values: Values) -> Counter[object]:
    """What values say, whatever the numbers of open rows; without text and calculated values."""
    rows: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for path, value in values.items():
        where, parts = template.field_at(path), split_path(path)
        if where.kind == "text" or where.derived is not None:
            continue
        item = template.item(parts.key)
        is_open = isinstance(item, Group) and item.row_kind == "open" and bool(parts.row)
        key = (parts.key, parts.row if is_open else "")
        name = parts.member if is_open else path
        shown = json.dumps(sorted(map(str, value)) if isinstance(value, list) else value)
        rows.setdefault(key, set()).add((name, shown))
    return Counter((key, frozenset(row)) for (key, _), row in rows.items())


def as_taught(template: ReportTemplate, pair: Pair, values: Values) -> Pair | None:
    """The pair with answers that give the teacher's values, or None where none were found."""
    contexts = read_conclusion(
        template, pair["conclusion"], exam_side=pair["exam_side"], sex=pair["sex"]
    )
    grammars = [ClauseGrammar(template, context) for context in contexts]
    before = [clause["answer"] for clause in pair["clauses"]]
    answers = _Edit(template, grammars, values).answers(before)
    try:
        labelled = [
            LabelledClause(clause["start"], clause["end"], read_answer(answer, grammar), grammar)
            for clause, answer, grammar in zip(pair["clauses"], answers, grammars, strict=True)
        ]
    except IllegalAnswer:
        return None
    merged = merged_of(template, labelled, sex=pair["sex"])
    given = {value.path: value.value for value in merged.values}
    if content(template, given) != content(template, values):
        return None
    clauses = [
        clause | {"answer": answer} for clause, answer in zip(pair["clauses"], answers, strict=True)
    ]
    return pair | {"values": given, "clauses": clauses}


def _unlabelled(template: str, conclusion: str) -> Pair:
    """A conclusion that was not generated, as a pair that says nothing yet."""
    clauses = [
        {"start": clause.span.start, "end": clause.span.end, "answer": "none"}
        for clause in clauses_of(conclusion)
    ]
    pair = {"id": "", "template": template, "conclusion": conclusion, "exam_side": None}
    return cast(Pair, pair | {"sex": None, "values": {}, "clauses": clauses, "tags": []})


class _Edit:
    """Changes answers so that they give other values: nothing more, nothing less."""

    def __init__(
        self, template: ReportTemplate, grammars: Sequence[ClauseGrammar], values: Values
    ) -> None:
        self.template = template
        self.grammars = grammars
        self.values = values
        self.given: set[str] = set()

    def answers(self, texts: Sequence[str]) -> list[str]:
        """The answers after all edits; whether they give the values is still to be checked."""
        reader = StatementReader(self.template, None)
        kept = [
            self._kept(reader, grammar, parse_answer(text))
            for grammar, text in zip(self.grammars, texts, strict=True)
        ]
        for path in self.values:
            if path not in self.given:
                self._add(kept, path)
        return [
            write_answer(Answer("statements", statements=tuple(statements)))
            if statements
            else ("none" if parse_answer(text).kind == "statements" else text)
            for statements, text in zip(kept, texts, strict=True)
        ]

    def _kept(
        self, reader: StatementReader, grammar: ClauseGrammar, answer: Answer
    ) -> list[Statement]:
        statements = []
        for statement in answer.statements:
            alone = Answer("statements", statements=(statement,))
            reading = reader.read(grammar, alone, [[1.0] * len(statement.pairs)])
            if reading.normals:
                statements.append(statement)
                continue
            paths: dict[str, list[str]] = {}
            for said in reading.said:
                name = split_path(said.path).member
                paths.setdefault(name, []).append(said.path)
            pairs = [
                (name, text)
                for name, _ in statement.pairs
                if (text := self._text(grammar, paths.get(name, []))) is not None
            ]
            self.given.update(path for name, _ in pairs for path in paths[name])
            if pairs:
                statements.append(Statement(statement.slot, statement.selector, tuple(pairs)))
        return statements

    def _text(self, grammar: ClauseGrammar, paths: Sequence[str]) -> str | None:
        """The value that all paths have, as an answer writes it."""
        wanted = [self.values[path] for path in paths if path in self.values]
        if not wanted or len(wanted) < len(paths) or any(value != wanted[0] for value in wanted):
            return None
        return _written(self.template.field_at(paths[0]), wanted[0], grammar)

    def _add(self, kept: list[list[Statement]], path: str) -> None:
        """States one more value in the first clause that names its field and may say it."""
        parts, where = split_path(path), self.template.field_at(path)
        if where.kind == "text" or where.derived is not None:
            return
        for grammar, statements in zip(self.grammars, kept, strict=True):
            terms = find_terms(self.template, grammar.context.clause.text)
            text = _written(where, self.values[path], grammar)
            if text is None or not any(term.item == parts.key for term in terms):
                continue
            statement = Statement(
                parts.key, _selector(self.template, grammar, parts), ((parts.member, text),)
            )
            if _is_legal(grammar, [*statements, statement]):
                statements.append(statement)
                self.given.add(path)
                return


def _written(where: Field, value: FieldData, grammar: ClauseGrammar) -> str | None:
    if where.kind != "number":
        return "+".join(map(str, value)) if isinstance(value, list) else str(value)
    for quantity in grammar.context.quantities:
        if number_value(quantity, where) == value:
            return f"@{quantity.id}"
    return None


def _selector(template: ReportTemplate, grammar: ClauseGrammar, parts: FieldPath) -> str | None:
    item = template.item(parts.key)
    if not isinstance(item, Group) or not parts.row:
        return None
    if item.row_kind == "open":
        return "+"
    if item.row_kind == "side":
        return parts.row
    for mention in grammar.context.legal_levels:
        if grammar.rows(item.key, f"#{mention.id}") == (parts.row,):
            return f"#{mention.id}"
    return None


def _is_legal(grammar: ClauseGrammar, statements: Sequence[Statement]) -> bool:
    try:
        grammar.path(write_answer(Answer("statements", statements=tuple(statements))))
    except IllegalAnswer:
        return False
    return True
