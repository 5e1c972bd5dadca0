"""How sure the model was of each value: the product of the decisions that chose it, calibrated."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from llm.engines.base import Decision, Engine, EngineError
from llm.grammar import ClauseGrammar, Phase

# Below this a value is marked for a closer look, where no calibration says otherwise.
LOW_CONFIDENCE = 0.5
# Nobody is surer than this, or surer of the contrary: a certainty has no logarithm of its odds.
_SUREST = 1 - 1e-6


@dataclass(frozen=True, slots=True)
class Calibration:
    """How raw confidences become shares of right values, and from where on one is low.

    It is fitted on the validation split (`python -m llm calibrate`) and kept in the adapter's card.
    """

    temperature: float = 1.0
    threshold: float = LOW_CONFIDENCE

    def scaled(self, confidence: float) -> float:
        """The confidence with its log odds divided by the temperature; in [0, 1], monotone."""
        if self.temperature == 1.0 or confidence <= 0.0:
            return confidence
        sure = min(max(confidence, 1 - _SUREST), _SUREST)
        return 1 / (1 + math.exp(-math.log(sure / (1 - sure)) / self.temperature))


def card_calibration(card: Mapping[str, Any]) -> Calibration:
    """The calibration in a card; the raw one where the card has none."""
    kept = card.get("calibration") or {}
    raw = Calibration()
    return Calibration(
        float(kept.get("temperature", raw.temperature)), float(kept.get("threshold", raw.threshold))
    )


def calibration_of(engine: Engine) -> Calibration:
    """The calibration that an engine brings with its adapter; most engines have none."""
    found: Calibration = getattr(engine, "calibration", None) or Calibration()
    return found


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
