"""Changes the answers of clauses so that they give other values: nothing more, nothing less."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from llm.answers import Answer, Statement, parse_answer, write_answer
from llm.grammar import ClauseGrammar
from llm.lexicon import find_terms
from llm.paths import FieldPath, split_path
from llm.pointing import number_value
from llm.schema import Field, Group, ReportTemplate
from llm.slots import answer_order, is_offered
from llm.statements import StatementReader
from llm.types import FieldData


@dataclass(frozen=True, slots=True)
class _Placed:
    """A statement and the row it speaks of: "" without rows, "*" for all of them."""

    statement: Statement
    row: str = ""

    def with_pairs(self, template: ReportTemplate, more: Mapping[str, str]) -> _Placed:
        """The statement with further pairs, in the order of the template."""
        pairs = {**dict(self.statement.pairs), **more}
        names = answer_order(template.item(self.statement.slot))
        ordered = tuple((name, pairs[name]) for name in names if name in pairs)
        return _Placed(Statement(self.statement.slot, self.statement.selector, ordered), self.row)


class Edit:
    """Turns answers into answers with the given values.

    What an answer states stays where the values have it and goes where they do not. What is missing
    is stated in the first clause that its quote (without one: a word for its field) stands in and
    whose grammar allows it.
    """

    def __init__(
        self,
        template: ReportTemplate,
        grammars: Sequence[ClauseGrammar],
        conclusion: str,
        values: Mapping[str, FieldData],
        quotes: Mapping[str, str],
    ) -> None:
        self.template = template
        self.grammars = grammars
        self.conclusion = conclusion
        self.values = values
        self.quotes = quotes
        self._given: set[str] = set()

    def answers(self, texts: Sequence[str]) -> list[str]:
        """The answers after all edits; whether they are legal and give all must be checked."""
        reader = StatementReader(self.template, None)
        clauses = [
            list(self._kept(reader, grammar, parse_answer(text)))
            for grammar, text in zip(self.grammars, texts, strict=True)
        ]
        for row, members in self._missing().items():
            self._add(clauses, row, members)
        return [
            _text_of(clause) or ("none" if parse_answer(text).kind == "statements" else text)
            for clause, text in zip(clauses, texts, strict=True)
        ]

    def _kept(
        self, reader: StatementReader, grammar: ClauseGrammar, answer: Answer
    ) -> Iterator[_Placed]:
        """The statements of an answer without the pairs that the values do not have."""
        for statement in answer.statements:
            alone = Answer("statements", statements=(statement,))
            reading = reader.read(grammar, alone, [[1.0] * len(statement.pairs)])
            if reading.normals:
                yield _Placed(statement)
                continue
            paths: dict[str, list[str]] = {}
            for said in reading.said:
                paths.setdefault(split_path(said.path).member, []).append(said.path)
            pairs = tuple(
                (name, text)
                for name, _ in statement.pairs
                if (text := self._text(grammar, paths.get(name, []))) is not None
            )
            self._given.update(path for name, _ in pairs for path in paths[name])
            rows = {split_path(said.path).row for said in reading.said}
            if pairs:
                kept = Statement(statement.slot, statement.selector, pairs)
                yield _Placed(kept, rows.pop() if len(rows) == 1 else "*")

    def _text(self, grammar: ClauseGrammar, paths: Sequence[str]) -> str | None:
        """The value that all paths have, as an answer writes it."""
        wanted = [self.values[path] for path in paths if path in self.values]
        if not wanted or len(wanted) < len(paths) or any(value != wanted[0] for value in wanted):
            return None
        return _written(self.template.field_at(paths[0]), wanted[0], grammar)

    def _missing(self) -> dict[tuple[str, str], list[str]]:
        """The paths that no answer gives yet, by field or group and row, in the order of the text.

        What is the same on both sides is also there under the row "*", before the single sides.
        """
        missing: dict[tuple[str, str], list[str]] = {}
        for path in sorted(self.values, key=self._place):
            parts = split_path(path)
            if path not in self._given and is_offered(self.template.field_at(path), None):
                if self._is_on_all_sides(parts):
                    missing.setdefault((parts.key, "*"), []).append(path)
                missing.setdefault((parts.key, parts.row), []).append(path)
        return missing

    def _place(self, path: str) -> int:
        """Where the quote of a path begins."""
        return self.conclusion.find(self.quotes.get(path, ""))

    def _is_on_all_sides(self, parts: FieldPath) -> bool:
        item = self.template.item(parts.key)
        if not isinstance(item, Group) or item.row_kind != "side":
            return False
        paths = [str(FieldPath(item.key, row, parts.member)) for row in item.row_keys]
        wanted = [self.values.get(path) for path in paths]
        return all(value == wanted[0] for value in wanted) and self._given.isdisjoint(paths)

    def _add(
        self, clauses: list[list[_Placed]], row: tuple[str, str], paths: Sequence[str]
    ) -> None:
        """States values of one field or row, in as few clauses as their quotes allow."""
        for grammar, clause in zip(self.grammars, clauses, strict=True):
            texts = {
                path: text
                for path in paths
                if path not in self._given and self._may_state(grammar, path)
                if (text := _written(self.template.field_at(path), self.values[path], grammar))
            }
            # Of both sides at once is said only what the clause says of both.
            if not texts or (row[1] == "*" and texts.keys() != set(paths) - self._given):
                continue
            pairs = {split_path(path).member: text for path, text in texts.items()}
            changed = self._with_row(grammar, clause, row, pairs)
            if grammar.allows(_text_of(changed)):
                clause[:] = changed
                self._given.update(texts)

    def _may_state(self, grammar: ClauseGrammar, path: str) -> bool:
        clause = grammar.context.clause
        quote = self.quotes.get(path)
        if quote is None:
            terms = find_terms(self.template, clause.text)
            return any(term.item == split_path(path).key for term in terms)
        places = re.finditer(re.escape(quote), self.conclusion)
        return any(m.start() < clause.span.end and m.end() > clause.span.start for m in places)

    def _with_row(
        self,
        grammar: ClauseGrammar,
        clause: Sequence[_Placed],
        row: tuple[str, str],
        pairs: Mapping[str, str],
    ) -> list[_Placed]:
        """The clause with the pairs in its statement of the row, or in a new one."""
        for place, placed in enumerate(clause):
            if (placed.statement.slot, placed.row) == row:
                longer = placed.with_pairs(self.template, pairs)
                return [*clause[:place], longer, *clause[place + 1 :]]
        is_known = any(path.startswith(f"{row[0]}[{row[1]}]") for path in self._given)
        selector = _selector(self.template, grammar, FieldPath(*row), is_known=is_known)
        new = _Placed(Statement(row[0], selector, ()), row[1])
        return [*clause, new.with_pairs(self.template, pairs)]


def _written(where: Field, value: FieldData, grammar: ClauseGrammar) -> str | None:
    if where.kind != "number":
        return "+".join(map(str, value)) if isinstance(value, list) else str(value)
    for quantity in grammar.context.quantities:
        if number_value(quantity, where) == value:
            return f"@{quantity.id}"
    return None


def _selector(
    template: ReportTemplate, grammar: ClauseGrammar, parts: FieldPath, *, is_known: bool
) -> str | None:
    """How a clause names a row; an open one that is known is the one before."""
    item = template.item(parts.key)
    if not isinstance(item, Group) or not parts.row:
        return None
    if item.row_kind == "open":
        return "^" if is_known else "+"
    if item.row_kind == "side":
        return parts.row
    for mention in grammar.context.legal_levels:
        if grammar.rows(item.key, f"#{mention.id}") == (parts.row,):
            return f"#{mention.id}"
    return None


def _text_of(clause: Sequence[_Placed]) -> str:
    statements = tuple(placed.statement for placed in clause)
    return write_answer(Answer("statements", statements=statements)) if statements else ""
