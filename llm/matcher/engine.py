"""The baseline without a model: finds the template's own wording in each clause.

Longest wording first; what stands in the scope of a denial is absent; sides, levels, properties,
hedges and quantities go to the nearest finding that they fit. Answers are legal by the same grammar
and merged by the same code as those of the model; a statement that the grammar refuses loses the
part that it refuses. Its confidences mean nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from llm.answers import Answer, Statement, write_answer
from llm.engines.base import ClauseAnswer, ClauseTask, Decision, never_stop
from llm.grammar import ClauseGrammar
from llm.matcher.cues import is_unclear, normality_of
from llm.matcher.findings import Finding, FoundInClause
from llm.matcher.lexicon import lexicon_of
from llm.matcher.mentions import mentions_of
from llm.prompt import prompt_hash
from llm.schema import ReportTemplate
from llm.slots import answer_order
from llm.synth.splits import Part
from llm.types import EngineIdentity


class RulesEngine:
    """Answers every clause by rules; `part` "train" knows only the wording of the training."""

    name = "rules"
    identity = EngineIdentity("rules", "", "", "", prompt_hash())
    field_hashes_covered: frozenset[str] | None = None

    def __init__(self, part: Part | None = "train") -> None:
        self._part = part

    def answer(
        self, tasks: Sequence[ClauseTask], *, should_stop: Callable[[], bool] = never_stop
    ) -> Iterator[tuple[int, ClauseAnswer]]:
        """Answers in order, for a clause may go on about the open row of the one before."""
        row: str | None = None
        for index, task in enumerate(tasks):
            if should_stop():
                return
            grammar = task.grammar
            row = row if grammar.context.clause.index else None
            text, row = clause_answer(grammar, self._part, row)
            decisions = tuple(Decision(chunk, 1.0) for chunk in grammar.path(text))
            yield index, ClauseAnswer(text, decisions, 0, 0)


def clause_answer(
    grammar: ClauseGrammar, part: Part | None, row: str | None
) -> tuple[str, str | None]:
    """The answer to a clause, and the open group that a next clause may go on about.

    `row` is the open group that the clauses before spoke of last.
    """
    template, text = grammar.template, grammar.context.clause.text
    normal = normality_of(template).of(text)
    if normal is not None:
        statement = Statement(normal[0], None, (("", normal[1]),))
        if legal := legal_statements(grammar, [statement]):
            return write_answer(Answer("statements", statements=legal)), row
    mentions = mentions_of(grammar.context, lexicon_of(template, part))
    findings = FoundInClause(grammar, row).read(mentions)
    new = [f.slot for f in findings if f.selector == "+"]
    row = new[-1] if new else row
    if is_unclear(text) and sum(not finding.absent for finding in findings) > 1:
        return "?", row
    wanted = [_statement(template, finding) for finding in findings]
    legal = legal_statements(grammar, [statement for statement in wanted if statement.pairs])
    if legal:
        return write_answer(Answer("statements", statements=legal)), row
    sections = [r.item for m in mentions for r in m.readings if r.role == "other"]
    if sections:
        other = f"other={sections[0]}"
        return other if grammar.allows(other) else "?", row
    return "?" if findings else "none", row


def _statement(template: ReportTemplate, finding: Finding) -> Statement:
    """The finding with its members, and the options of a list, in the order of the template."""
    names = [name for name in answer_order(template.item(finding.slot)) if name in finding.pairs]
    pairs = tuple((name, finding.value(template, name)) for name in names)
    return Statement(finding.slot, finding.selector, pairs)


def legal_statements(grammar: ClauseGrammar, wanted: Sequence[Statement]) -> tuple[Statement, ...]:
    """As much of the statements as the grammar allows, in their order."""
    kept: tuple[Statement, ...] = ()
    for statement in wanted:
        for shorter in _shorter(statement):
            answer = Answer("statements", statements=(*kept, shorter))
            if grammar.allows(write_answer(answer)):
                kept = (*kept, shorter)
                break
    return kept


def _shorter(statement: Statement) -> Iterator[Statement]:
    """The statement, then without each of its pairs in turn, then with each of them alone."""
    pairs = statement.pairs
    tried = [pairs]
    if len(pairs) > 1:
        tried += [pairs[:i] + pairs[i + 1 :] for i in reversed(range(len(pairs)))]
        tried += [(pair,) for pair in pairs]
    for some in tried:
        yield Statement(statement.slot, statement.selector, some)
