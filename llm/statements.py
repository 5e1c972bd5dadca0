"""Turns the answer of a clause into values for paths; keeps count of the rows of open groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from llm.answers import Answer, Statement
from llm.grammar import ClauseGrammar
from llm.pointing import further_fields, number_value
from llm.schema import Field, Group, ReportTemplate
from llm.types import Clause, FieldData, Quantity


@dataclass(frozen=True, slots=True)
class Said:
    """One value that one clause states for one path.

    `of_all` is true where the clause spoke of all rows, or of none being there: such a value may
    yield to one said of a single row.
    """

    path: str
    field: Field
    value: FieldData
    clause: Clause
    confidence: float
    of_all: bool = False
    source: Quantity | None = None


@dataclass(frozen=True, slots=True)
class SaidNormal:
    """A clause that calls a section normal, or (None) the whole report."""

    section: str | None
    clause: Clause
    confidence: float


@dataclass(slots=True)
class ClauseReading:
    """What one clause gave: values, normals, text for a section; and what could not be placed."""

    clause: Clause
    answer: Answer
    said: list[Said] = field(default_factory=list)
    normals: list[SaidNormal] = field(default_factory=list)
    other_section: str | None = None
    other_confidence: float = 1.0
    not_covered: list[str] = field(default_factory=list)
    not_placed: list[str] = field(default_factory=list)
    unused_dimensions: list[str] = field(default_factory=list)


class StatementReader:
    """Reads the answers of one conclusion, in the order of its clauses."""

    def __init__(
        self, template: ReportTemplate, field_hashes_covered: frozenset[str] | None
    ) -> None:
        self._template = template
        self._covered = _covered(template, field_hashes_covered)
        self._rows: dict[str, int] = {}

    def read(
        self, grammar: ClauseGrammar, answer: Answer, confidences: Sequence[Sequence[float]]
    ) -> ClauseReading:
        """The values of one clause; clauses must come in order, for rows are counted."""
        reading = ClauseReading(grammar.context.clause, answer)
        if answer.kind == "other":
            reading.other_section = answer.section
            reading.other_confidence = confidences[0][0]
        for statement, sure in zip(answer.statements, confidences, strict=False):
            self._read_statement(reading, grammar, statement, sure)
        return reading

    def _read_statement(
        self,
        reading: ClauseReading,
        grammar: ClauseGrammar,
        statement: Statement,
        confidences: Sequence[float],
    ) -> None:
        section = None if statement.slot == "report" else statement.slot
        if section is None or any(s.key == section for s in self._template.sections):
            reading.normals.append(SaidNormal(section, reading.clause, confidences[0]))
            return
        item = self._template.item(statement.slot)
        if self._covered is not None and statement.slot not in self._covered:
            reading.other_section = self._template.section_of(statement.slot).key
            reading.not_covered.append(item.label)
            return
        if isinstance(item, Field):
            paths = [_plain_paths(item, statement)]
        elif statement.selector is None:
            paths = [[(item.key, self._template.field_at(item.key))]]
        else:
            rows = self._rows_of(reading, grammar, item, statement.selector)
            paths = [_row_paths(item, row, statement) for row in rows]
        of_all = isinstance(item, Group) and statement.selector in (None, "*")
        for row in paths:
            for (path, where), (_, value), sure in zip(
                row, statement.pairs, confidences, strict=True
            ):
                pair = _Pair(path, where, value, sure, of_all)
                reading.said.extend(self._values(reading, grammar, item, pair))

    def _rows_of(
        self, reading: ClauseReading, grammar: ClauseGrammar, group: Group, selector: str
    ) -> list[str]:
        if group.row_kind != "open":
            return list(grammar.rows(group.key, selector))
        count = self._rows.get(group.key, 0)
        if selector == "+":
            if count >= group.max_rows:
                reading.not_placed.append(
                    f"The form has room for {group.max_rows} rows of {group.label}; "
                    "this one was not filled."
                )
                return []
            self._rows[group.key] = count + 1
            return [str(count + 1)]
        if count == 0:
            reading.not_placed.append(f"No row of {group.label} came before this clause.")
            return []
        return [str(count)] if selector == "^" else [str(n + 1) for n in range(count)]

    def _values(
        self, reading: ClauseReading, grammar: ClauseGrammar, item: Field | Group, pair: _Pair
    ) -> Iterator[Said]:
        if pair.field.kind != "number":
            yield pair.said(reading.clause, _choice_value(pair))
            return
        quantity = grammar.context.quantities[int(pair.text.removeprefix("@")) - 1]
        siblings = (
            {member.key: member for member in item.fields}
            if isinstance(item, Group)
            else {f.key: f for f in self._template.items() if isinstance(f, Field)}
        )
        targets = [pair.field, *further_fields(quantity, pair.field, siblings)]
        for dimension, target in enumerate(targets):
            value = number_value(quantity, target, dimension=dimension)
            if value is None:
                raise ValueError(f"{quantity.text!r} cannot stand in {target.key}")
            yield pair.at(target).said(reading.clause, value, quantity)
        if len(quantity.dims) > len(targets):
            reading.unused_dimensions.append(quantity.text)


def _covered(template: ReportTemplate, hashes: frozenset[str] | None) -> set[str] | None:
    """The keys of the covered fields; None means all."""
    if hashes is None:
        return None
    return {key for key, digest in template.field_hashes().items() if digest in hashes}


@dataclass(frozen=True, slots=True)
class _Pair:
    path: str
    field: Field
    text: str
    confidence: float
    of_all: bool

    def at(self, target: Field) -> _Pair:
        """The same pair at a sibling, for a further dimension."""
        path = self.path.removesuffix(self.field.key) + target.key
        return _Pair(path, target, self.text, self.confidence, self.of_all)

    def said(self, clause: Clause, value: FieldData, source: Quantity | None = None) -> Said:
        return Said(self.path, self.field, value, clause, self.confidence, self.of_all, source)


def _plain_paths(item: Field, statement: Statement) -> list[tuple[str, Field]]:
    companions = {companion.key: companion for companion in item.companions}
    return [
        (f"{item.key}.{name}", companions[name]) if name else (item.key, item)
        for name, _ in statement.pairs
    ]


def _row_paths(group: Group, row: str, statement: Statement) -> list[tuple[str, Field]]:
    return [(f"{group.key}[{row}].{name}", group.member(name)) for name, _ in statement.pairs]


def _choice_value(pair: _Pair) -> FieldData:
    return pair.text.split("+") if pair.field.kind == "multi_choice" else pair.text
