"""Answers that were given before: a clause that is asked again costs nothing.

A conclusion that is posted again after an edit, and the sentences that many reports share, are
asked word for word as before. Decoding is greedy, so the same question has the same answer.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import fields, is_dataclass

from llm.engines.base import ClauseAnswer, ClauseTask

KEPT = 20_000


def task_key(task: ClauseTask) -> bytes:
    """A hash of all that decides the answer: the prompt, the template and what the grammar reads.

    Where a clause stands in its conclusion decides nothing. A hash, so that no text of a patient
    is kept longer than its fill.
    """
    grammar = task.grammar
    parts = (task.prompt, grammar.template.content_hash, _without_places(grammar.context))
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).digest()


def _without_places(item: object) -> object:
    """The fields of a context, nested, without spans and without the number of the clause."""
    if is_dataclass(item):
        names = [field.name for field in fields(item) if field.name not in ("span", "index")]
        return tuple((name, _without_places(getattr(item, name))) for name in names)
    if isinstance(item, tuple):
        return tuple(map(_without_places, item))
    return sorted(item) if isinstance(item, frozenset) else item


class AnswerCache:
    """The last answers of one engine; for one thread at a time."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._answers: OrderedDict[bytes, ClauseAnswer] = OrderedDict()

    def get(self, key: bytes) -> ClauseAnswer | None:
        """The answer to a question that was put before, if it is still known."""
        if key in self._answers:
            self._answers.move_to_end(key)
        return self._answers.get(key)

    def put(self, key: bytes, answer: ClauseAnswer) -> None:
        """Keeps an answer, and forgets the one that was not asked for longest."""
        self._answers[key] = answer
        self._answers.move_to_end(key)
        if len(self._answers) > self._kept:
            self._answers.popitem(last=False)
