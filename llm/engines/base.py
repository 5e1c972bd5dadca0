"""What an engine is: it answers clauses under a grammar, many at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from llm.grammar import ClauseGrammar
from llm.types import EngineIdentity


@dataclass(frozen=True, slots=True)
class ClauseTask:
    """One clause to answer."""

    prompt: str
    grammar: ClauseGrammar


@dataclass(frozen=True, slots=True)
class Decision:
    """One chunk of the answer and its probability among the options the grammar allowed.

    The last chunk of an answer is `grammar.END`. Forced chunks have probability 1.
    """

    text: str
    probability: float


@dataclass(frozen=True, slots=True)
class ClauseAnswer:
    """The answer of one clause: `text` without the end mark, one decision per chunk."""

    text: str
    decisions: tuple[Decision, ...]
    prompt_tokens: int
    output_tokens: int


class EngineError(Exception):
    """The engine cannot load or cannot answer; the message says why and what to do."""


def never_stop() -> bool:
    """The default of `should_stop`."""
    return False


class Engine(Protocol):
    """Anything that answers clause tasks; one instance may be used by one thread at a time.

    `field_hashes_covered` are the fields its adapter was trained on; None: it does not matter.
    """

    name: str
    identity: EngineIdentity
    field_hashes_covered: frozenset[str] | None

    def answer(
        self, tasks: Sequence[ClauseTask], *, should_stop: Callable[[], bool] = never_stop
    ) -> Iterator[tuple[int, ClauseAnswer]]:
        """Yield (task index, answer) as each clause finishes, in any order.

        Ends early, without an error, once `should_stop()` is true. Raises EngineError.
        """
        ...
