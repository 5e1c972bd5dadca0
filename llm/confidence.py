"""How sure the model was of each value: the product of the decisions that chose it."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from llm.engines.base import Decision, EngineError
from llm.grammar import ClauseGrammar, Phase

# Below this a value is marked for a closer look. Set per call in `fill_many`.
LOW_CONFIDENCE = 0.5


def pair_confidences(
    grammar: ClauseGrammar, text: str, decisions: Sequence[Decision]
) -> tuple[tuple[float, ...], ...]:
    """For each statement, for each of its pairs: slot × selector × member × value.

    The separators between them chose nothing. Raises EngineError if the decisions are not those of
    the text.
    """
    chunks = grammar.path(text)
    if [decision.text for decision in decisions] != chunks:
        raise EngineError(f"the decisions do not spell the answer {text!r}")
    reading = _Reading()
    state = grammar.start()
    for decision in decisions:
        reading.note(state.phase_of(decision.text), decision)
        state = state.advance(decision.text)
    return tuple(tuple(prod(pair) for pair in pairs) for pairs in reading.statements)


class _Reading:
    """Collects the probabilities of each pair while the answer is walked along."""

    def __init__(self) -> None:
        self.statements: list[list[list[float]]] = []
        self._head: list[float] = []
        self._fresh = True

    def note(self, phase: Phase, decision: Decision) -> None:
        if phase in ("start", "head"):
            self._note_head(decision)
        elif phase == "selector":
            self._head.append(decision.probability)
        elif phase == "member":
            self._start_pair(decision.probability)
        elif phase == "value":
            self._note_value(decision.probability)
        elif decision.text == ";":
            self._fresh = True

    def _note_head(self, decision: Decision) -> None:
        if self._fresh:
            self.statements.append([])
            self._head, self._fresh = [], False
        self._head.append(decision.probability)
        carries_value = not decision.text.endswith(("=", "["))
        self.statements[-1] = [[*self._head]] if carries_value else []

    def _start_pair(self, probability: float) -> None:
        self.statements[-1].append([*self._head, probability])

    def _note_value(self, probability: float) -> None:
        if not self.statements[-1]:
            self._start_pair(1.0)
        self.statements[-1][-1].append(probability)
