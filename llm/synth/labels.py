"""Gives every real clause of a written conclusion the answer that its drafts say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from llm.answers import Answer, IllegalAnswer, Statement, write_answer
from llm.context import ClauseContext, read_conclusion
from llm.grammar import ClauseGrammar
from llm.schema import ReportTemplate
from llm.slots import answer_order
from llm.synth.drafts import Draft, Mark, Say
from llm.synth.pages import Written


class Rejected(Exception):
    """A conclusion that came out so that its truth cannot be told; `str` is the reason."""


@dataclass(frozen=True, slots=True)
class LabelledClause:
    """A clause with its answer, checked against the grammar of the clause."""

    start: int
    end: int
    parsed: Answer
    grammar: ClauseGrammar

    @property
    def answer(self) -> str:
        """The answer as the model writes it."""
        return write_answer(self.parsed)


def label(
    template: ReportTemplate, written: Written, *, sex: str | None, exam_side: str | None
) -> tuple[LabelledClause, ...]:
    """The clauses of a conclusion with their answers; raises Rejected."""
    contexts = read_conclusion(template, written.text, exam_side=exam_side, sex=sex)
    shared = _drafts_of(contexts, written)
    return tuple(
        _labelled(template, context, drafts, written)
        for context, drafts in zip(contexts, shared, strict=True)
    )


def _drafts_of(contexts: Sequence[ClauseContext], written: Written) -> list[list[Draft]]:
    """The drafts of each clause; a draft that was cut in two has lost its truth."""
    found: list[list[Draft]] = [[] for _ in contexts]
    spans = [context.clause.span for context in contexts]
    for draft, start, end in written.drafts:
        inside = [i for i, span in enumerate(spans) if span.start < end and start < span.end]
        if len(inside) != 1:
            raise Rejected("cut")
        found[inside[0]].append(draft)
    if not all(found):
        raise Rejected("stray clause")
    return found


def _labelled(
    template: ReportTemplate, context: ClauseContext, drafts: Sequence[Draft], written: Written
) -> LabelledClause:
    grammar = ClauseGrammar(template, context)
    answer = _answer(template, context, drafts, written)
    try:
        grammar.check(answer)
    except IllegalAnswer as error:
        raise Rejected(f"illegal: {answer.statements[0].slot}") from error
    span = context.clause.span
    return LabelledClause(span.start, span.end, answer, grammar)


def _answer(
    template: ReportTemplate, context: ClauseContext, drafts: Sequence[Draft], written: Written
) -> Answer:
    kinds = {draft.kind for draft in drafts} - {"none"}
    if not kinds:
        return Answer("none")
    if len(kinds) > 1:
        raise Rejected("mixed kinds")
    if kinds == {"abstain"}:
        return Answer("abstain")
    if kinds == {"other"}:
        sections = {draft.section for draft in drafts if draft.kind == "other"}
        if len(sections) > 1:
            raise Rejected("two sections of other findings")
        return Answer("other", section=sections.pop())
    says = [say for draft in drafts for say in draft.says]
    return Answer("statements", statements=_merged(template, context, says, written))


def _merged(
    template: ReportTemplate, context: ClauseContext, says: Sequence[Say], written: Written
) -> tuple[Statement, ...]:
    statements: list[Statement] = []
    for say in says:
        selector = say.selector
        if isinstance(selector, Mark):
            selector = _level(context, _place(written, selector))
        pairs = [
            (name, _quantity(context, _place(written, v)) if isinstance(v, Mark) else v)
            for name, v in say.pairs
        ]
        statements.append(Statement(say.slot, selector, tuple(pairs)))
    return tuple(_one_per_row(template, statements))


def _one_per_row(template: ReportTemplate, statements: Sequence[Statement]) -> list[Statement]:
    """Statements on one side or level are made in one go; members in template order."""
    kept: dict[tuple[str, str | None, int], Statement] = {}
    for index, statement in enumerate(statements):
        fixed = statement.selector not in (None, "+", "^")
        key = (statement.slot, statement.selector, -1 if fixed else index)
        before = kept.get(key)
        pairs = (*before.pairs, *statement.pairs) if before else statement.pairs
        kept[key] = Statement(
            statement.slot, statement.selector, _ordered(template, statement, pairs)
        )
    return list(kept.values())


def _ordered(
    template: ReportTemplate, statement: Statement, pairs: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, str], ...]:
    if len(pairs) < 2:
        return pairs
    order = answer_order(template.item(statement.slot))
    return tuple(sorted(pairs, key=lambda pair: order.index(pair[0])))


def _place(written: Written, mark: Mark) -> tuple[int, int]:
    if mark not in written.marks:
        raise Rejected("a row without its words")
    return written.marks[mark]


def _quantity(context: ClauseContext, place: tuple[int, int]) -> str:
    for quantity in context.quantities:
        if quantity.span.start < place[1] and place[0] < quantity.span.end:
            return f"@{quantity.id}"
    raise Rejected("a quantity was not found")


def _level(context: ClauseContext, place: tuple[int, int]) -> str:
    for mention in context.legal_levels:
        if mention.span.start <= place[0] and place[1] <= mention.span.end:
            return f"#{mention.id}"
    raise Rejected("a level was not found")
