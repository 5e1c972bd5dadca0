"""The answer of one clause: its parts, its text, and the way back.

emphysema=mild,change=unchanged;nodule[+]size=@1,location=rul+lul
lungs=normal      other=pleura      none      ?
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from llm.grammar import ClauseGrammar

# Slots that are not fields: a field of this name could not be told from them.
RESERVED = frozenset({"none", "other", "report"})


@dataclass(frozen=True, slots=True)
class Statement:
    """One slot with what is said of it.

    `slot` is a field, a group, a section (said to be normal) or "report" (said to be normal).
    `selector` is None except for rows of a group: "+", "^", "*", "left", "right", "#1".
    `pairs` are (member, value) in template order. The value of a plain field, of a section or of an
    open group said to be absent has the member name "".
    """

    slot: str
    selector: str | None
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a clause says: `section` only with kind "other", `statements` only with that kind."""

    kind: Literal["statements", "none", "other", "abstain"]
    section: str | None = None
    statements: tuple[Statement, ...] = ()


class IllegalAnswer(ValueError):
    """A text that the grammar of its clause does not allow."""


def write_answer(answer: Answer) -> str:
    """The text of an answer, as the model is trained to write it."""
    if answer.kind == "none":
        return "none"
    if answer.kind == "abstain":
        return "?"
    if answer.kind == "other":
        return f"other={answer.section}"
    if not answer.statements:
        raise ValueError("an answer of kind 'statements' needs at least one statement")
    return ";".join(_write_statement(statement) for statement in answer.statements)


def _write_statement(statement: Statement) -> str:
    if not statement.pairs:
        raise ValueError(f"the statement on {statement.slot!r} says nothing")
    pairs = [f"{name}={value}" if name else f"={value}" for name, value in statement.pairs]
    selector = f"[{statement.selector}]" if statement.selector is not None else ""
    return f"{statement.slot}{selector}{','.join(pairs)}"


def parse_answer(text: str) -> Answer:
    """Reads the form alone, without asking whether a template has these fields."""
    if text == "none":
        return Answer("none")
    if text == "?":
        return Answer("abstain")
    if text.startswith("other="):
        return Answer("other", section=text.removeprefix("other="))
    return Answer("statements", statements=tuple(map(_parse_statement, text.split(";"))))


def _parse_statement(text: str) -> Statement:
    first, *rest = text.split(",")
    head, equals, value = first.partition("=")
    slot, bracket, behind = head.partition("[")
    selector, closed, member = behind.partition("]")
    if not slot or not equals or not value or bool(bracket) != bool(closed):
        raise IllegalAnswer(f"{text!r} is not a statement")
    pairs = [(member if bracket else "", value)]
    for part in rest:
        name, equals, value = part.partition("=")
        if not name or not equals or not value:
            raise IllegalAnswer(f"{part!r} in {text!r} is not member=value")
        pairs.append((name, value))
    return Statement(slot, selector if bracket else None, tuple(pairs))


def read_answer(text: str, grammar: ClauseGrammar) -> Answer:
    """The answer, if the grammar of the clause allows it; raises IllegalAnswer if not."""
    grammar.path(text)
    return parse_answer(text)
