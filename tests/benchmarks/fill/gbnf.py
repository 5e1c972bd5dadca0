"""The legal answers to a clause as a grammar in llama.cpp's notation."""

from __future__ import annotations

import json
import re

from llm.answer_regex import answer_regex
from llm.grammar import MAX_STATEMENTS, ClauseGrammar

# What `answer_regex` writes: groups, alternatives, repetitions, escaped and plain characters.
_PARTS = re.compile(r"(\(\?:)|(\)|\*)|(\|)|((?:\\.|[^\\()|*])+)")
_REPEATED = f";){{0,{MAX_STATEMENTS - 1}}}"


def gbnf(grammar: ClauseGrammar) -> str:
    """Matches what `answer_regex` matches, and any number of statements.

    The parser of llama.cpp refuses large rules that are repeated a counted number of times.
    """
    before, statement = answer_regex(grammar)[:-1].rsplit(_REPEATED, 1)
    whole = before[len("(?:") : -len(f"|(?:{statement}")]
    return (
        f'root ::= {_rule(whole)} | statement (";" statement)*\nstatement ::= {_rule(statement)}\n'
    )


def _rule(expression: str) -> str:
    parts, position = [], 0
    while position < len(expression):
        found = _PARTS.match(expression, position)
        if found is None:
            raise ValueError(f"not of the form of answer_regex: {expression[position:][:40]!r}")
        opening, mark, bar, text = found.groups()
        parts.append("(" if opening else mark or (" | " if bar else _quoted(text)))
        position = found.end()
    return "".join(parts)


def _quoted(text: str) -> str:
    plain = re.sub(r"\\(.)", r"\1", text)
    return f" {json.dumps(plain)} "
