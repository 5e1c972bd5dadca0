"""Tells whether an answer is legal without listing what else would be: for checking very many."""

from __future__ import annotations

from collections.abc import Iterator

from llm.answers import Answer, IllegalAnswer, Statement, write_answer
from llm.grammar import END, ClauseGrammar


def check_answer(grammar: ClauseGrammar, answer: Answer) -> None:
    """Raises IllegalAnswer exactly where `grammar.path(write_answer(answer))` does."""
    state = grammar.start()
    for chunk in (*_chunks(grammar, answer), END):
        if not grammar.takes(state, chunk):
            raise IllegalAnswer(f"{write_answer(answer)!r}: {chunk!r} is not allowed")
        state = grammar.after(state, chunk)


def _chunks(grammar: ClauseGrammar, answer: Answer) -> Iterator[str]:
    """The whole chunks of an answer, END left out."""
    if answer.kind != "statements":
        yield write_answer(answer)
    for index, statement in enumerate(answer.statements):
        if index:
            yield ";"
        yield from _statement(grammar, statement)


def _statement(grammar: ClauseGrammar, statement: Statement) -> Iterator[str]:
    first, *others = statement.pairs
    if statement.selector is not None:
        yield f"{statement.slot}["
        yield f"{statement.selector}]"
        yield f"{first[0]}="
        yield from _values(first[1])
    elif statement.slot in grammar.slots.fields:
        yield f"{statement.slot}="
        yield from _values(first[1])
    else:
        yield f"{statement.slot}={first[1]}"
    for name, value in others:
        yield ","
        yield f"{name}="
        yield from _values(value)


def _values(value: str) -> Iterator[str]:
    for index, part in enumerate(value.split("+")):
        if index:
            yield "+"
        yield part
