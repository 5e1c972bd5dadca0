"""An engine that answers from a script and records what it was asked; for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from llm.engines.base import ClauseAnswer, ClauseTask, Decision, never_stop
from llm.prompt import prompt_hash
from llm.types import EngineIdentity

Script = Mapping[str, str] | Callable[[ClauseTask], str]


class FakeEngine:
    """Answers each clause by its text, or by a function of its task; otherwise "none".

    A scripted answer that the grammar of its clause forbids raises IllegalAnswer: a script must
    not be able to say what a model cannot. `asked` holds every task, in order.
    """

    name = "fake"
    identity = EngineIdentity(
        base_model="fake", base_hash="", adapter="", adapter_hash="", prompt_hash=prompt_hash()
    )
    field_hashes_covered: frozenset[str] | None = None

    def __init__(
        self, answers: Script | None = None, *, default: str = "none", probability: float = 1.0
    ) -> None:
        self._answers: Script = {} if answers is None else answers
        self._default = default
        self._probability = probability
        self.asked: list[ClauseTask] = []

    def answer(
        self, tasks: Sequence[ClauseTask], *, should_stop: Callable[[], bool] = never_stop
    ) -> Iterator[tuple[int, ClauseAnswer]]:
        """Answers in order; free chunks get the probability of the script, forced ones 1."""
        self.asked += tasks
        for index, task in enumerate(tasks):
            if should_stop():
                return
            yield index, self._answered(task)

    def _answered(self, task: ClauseTask) -> ClauseAnswer:
        text = self._text(task)
        state, decisions = task.grammar.start(), []
        for chunk in task.grammar.path(text):
            forced = len(state.options()) == 1
            decisions.append(Decision(chunk, 1.0 if forced else self._probability))
            state = state.advance(chunk)
        return ClauseAnswer(text, tuple(decisions), len(task.prompt.split()), len(decisions))

    def _text(self, task: ClauseTask) -> str:
        if callable(self._answers):
            return self._answers(task)
        return self._answers.get(task.grammar.context.clause.text, self._default)


def load(*, default: str = "none") -> FakeEngine:
    """An engine that gives every clause the same answer."""
    return FakeEngine(default=default)
