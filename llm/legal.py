"""Tells whether an answer is legal without listing what else would be: for checking very many."""

from __future__ import annotations

from llm.answers import Answer, IllegalAnswer
from llm.grammar import ClauseGrammar
from llm.grammar_usage import Usage


def check_answer(grammar: ClauseGrammar, answer: Answer) -> None:
    """Raises IllegalAnswer exactly where `grammar.path(write_answer(answer))` does."""
    if answer.kind == "other" and answer.section not in grammar.slots.sections:
        raise IllegalAnswer(f"there is no section {answer.section!r}")
    usage = Usage()
    for statement in answer.statements:
        usage = grammar.take(usage, statement)
