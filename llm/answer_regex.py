"""The legal answers to one clause as one regular expression, for servers that decode by one.

What a regular expression cannot count is left open: a row said twice, a quantity pointed at twice,
members out of order. So an answer that matches may still be illegal and must be read by the
grammar; an answer that does not match is never legal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from llm.grammar import MAX_STATEMENTS, ClauseGrammar, State

_SPECIAL = re.compile(r"[\\^$.|?*+()\[\]{}]")


def answer_regex(grammar: ClauseGrammar) -> str:
    """The expression, to be matched against the whole answer; it uses no look-around."""
    start = grammar.start()
    whole: list[str] = []
    statements: list[str] = []
    for chunk in grammar.chunks(start):
        state = grammar.after(start, chunk)
        if state.phase == "whole":
            whole.append(_literal(chunk))
        elif state.phase == "selector":
            statements += (f"{_literal(chunk)}{rows}" for rows in _rows(state, chunk[:-1]))
        elif state.phase == "value":
            statements.append(f"{_literal(chunk)}{_values(state)}{_companions(state)}")
        else:
            statements.append(_literal(chunk))
    statement = _any(statements)
    return f"(?:{_any(whole)}|(?:{statement};){{0,{MAX_STATEMENTS - 1}}}{statement})"


def _literal(text: str) -> str:
    """The text, with only those characters escaped that every dialect knows as special."""
    return _SPECIAL.sub(r"\\\g<0>", text)


def _any(parts: Iterable[str]) -> str:
    return f"(?:{'|'.join(parts)})"


def _rows(state: State, group: str) -> Iterator[str]:
    """For each set of members that selectors share: the selectors and what may follow."""
    usage = state.usage
    # A second row of an open group can be meant by selectors that the first cannot.
    later = replace(state, usage=usage._replace(new_rows=(*usage.new_rows, group)))
    sharing: dict[str, dict[str, None]] = {}
    for place in (state, later):
        for chunk in place.grammar.chunks(place):
            members = _pairs(place.grammar.after(place, chunk))
            sharing.setdefault(members, {})[_literal(chunk)] = None
    for members, selectors in sharing.items():
        yield f"{_any(selectors)}{members}(?:,{members})*"


def _pairs(state: State) -> str:
    """`member=value` of any member."""
    grammar = state.grammar
    return _any(
        f"{_literal(chunk)}{_values(grammar.after(state, chunk))}"
        for chunk in grammar.chunks(state)
    )


def _values(state: State) -> str:
    """The values of a field, joined by "+" where it takes several."""
    values = state.grammar.chunks(state)
    one = _any(map(_literal, values))
    several = any("+" in state.grammar.chunks(state.grammar.after(state, v)) for v in values)
    return f"{one}(?:\\+{one})*" if several else one


def _companions(state: State) -> str:
    """What may be added to the value of a plain field."""
    for value in state.grammar.chunks(state):
        after = state.grammar.after(state, value)
        if "," in state.grammar.chunks(after):
            return f"(?:,{_pairs(state.grammar.after(after, ','))})*"
    return ""
