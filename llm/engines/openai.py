"""The model on a server that speaks OpenAI's protocol and decodes among given choices (vLLM).

Each decision is one request: the prompt with the answer so far, and the legal chunks as choices.
What comes back is checked against them all the same; anything else makes the clause abstain.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

from llm.engines.base import ClauseAnswer, ClauseTask, Decision, EngineError, never_stop
from llm.grammar import END
from llm.openai_client import Client, ServerError, client_from_environment
from llm.prompt import prompt_hash
from llm.types import EngineIdentity

# What stands for the end of an answer among the choices.
END_WORD = "\n"
TOGETHER = 16
ABSTAINS = "?"


class OpenAIEngine:
    """Answers clauses side by side; each walks its grammar by choices."""

    name = "openai"
    field_hashes_covered: frozenset[str] | None = None

    def __init__(self, client: Client) -> None:
        self.client = client
        self.identity = EngineIdentity(client.model, "", "", "", prompt_hash())

    def answer(
        self, tasks: Sequence[ClauseTask], *, should_stop: Callable[[], bool] = never_stop
    ) -> Iterator[tuple[int, ClauseAnswer]]:
        """Yields answers as they come; raises EngineError when the server cannot be used."""
        with ThreadPoolExecutor(TOGETHER) as pool:
            waiting = {
                pool.submit(self._answer, task, should_stop): index
                for index, task in enumerate(tasks)
            }
            try:
                for done in as_completed(waiting):
                    answer = done.result()
                    if answer is not None:
                        yield waiting[done], answer
            except ServerError as error:
                raise EngineError(str(error)) from error
            finally:
                for future in waiting:
                    future.cancel()

    def _answer(self, task: ClauseTask, should_stop: Callable[[], bool]) -> ClauseAnswer | None:
        state, used = task.grammar.start(), [0, 0]
        decisions: list[Decision] = []
        while not state.is_final:
            if should_stop():
                return None
            options = state.options()
            text = "".join(decision.text for decision in decisions)
            if len(options) == 1:
                chunk, probability = options[0], 1.0
            else:
                chunk, probability = self._choose(task.prompt + text, options, used)
            if chunk not in options:
                return self._abstained(task, used)
            decisions.append(Decision(chunk, probability))
            state = state.advance(chunk)
        text = "".join(d.text for d in decisions if d.text != END)
        return ClauseAnswer(text, tuple(decisions), *used)

    def _abstained(self, task: ClauseTask, used: list[int]) -> ClauseAnswer:
        chunks = task.grammar.path(ABSTAINS)
        return ClauseAnswer(ABSTAINS, tuple(Decision(chunk, 1.0) for chunk in chunks), *used)

    def _choose(self, prompt: str, options: tuple[str, ...], used: list[int]) -> tuple[str, float]:
        choices = [END_WORD if option == END else option for option in options]
        body = self.client.post(
            "completions",
            {
                "prompt": prompt,
                "max_tokens": 64,
                "temperature": 0,
                "logprobs": 1,
                "structured_outputs": {"choice": choices},
            },
        )
        try:
            choice = body["choices"][0]
            text = str(choice["text"])
            usage = body.get("usage") or {}
            used[0] = max(used[0], int(usage.get("prompt_tokens", 0)))
            used[1] += int(usage.get("completion_tokens", 0))
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise ServerError(f"{self.client.base_url} gave no completion.") from error
        return (END if text == END_WORD else text), _probability(choice)


def _probability(choice: dict[str, Any]) -> float:
    """The probability of a completion, 1 where the server does not say."""
    logs = (choice.get("logprobs") or {}).get("token_logprobs") or []
    known = [value for value in logs if isinstance(value, int | float)]
    return math.exp(min(0.0, sum(known))) if known else 1.0


def load() -> OpenAIEngine:
    """The engine that the environment names; raises EngineError."""
    try:
        return OpenAIEngine(client_from_environment())
    except ServerError as error:
        raise EngineError(str(error)) from error
