"""A model on another machine: any server that speaks the OpenAI protocol, such as vLLM.

Each clause is one completion request, held to the answers of its grammar by a regular expression.
The expression allows a little more than the grammar, so every answer is read by the grammar again;
one that is not legal is handed on without decisions, and `llm.fill` abstains and tells the reader.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

from llm.answer_regex import answer_regex
from llm.answers import IllegalAnswer
from llm.confidence import Calibration, card_calibration
from llm.engines.adapter import covered_fields, read_card
from llm.engines.base import ClauseAnswer, ClauseTask, Decision, EngineError, never_stop
from llm.grammar import END
from llm.http_client import Remote, RemoteError
from llm.prompt import prompt_hash
from llm.types import EngineIdentity

# How the server takes the expression: vLLM now, vLLM before 0.12, or not at all.
Guide = Literal["structured_outputs", "guided_regex", "none"]
MAX_TOKENS = 256
# How often a stop is looked for while the server works.
STOP_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Server:
    """Where the model is, its name there, and how many requests may be under way."""

    remote: Remote
    model: str
    guide: Guide = "structured_outputs"
    parallel: int = 16


class OpenAIEngine:
    """Answers clauses by a server; see the module."""

    name = "openai"

    def __init__(
        self,
        server: Server,
        identity: EngineIdentity,
        field_hashes_covered: frozenset[str] | None = None,
        calibration: Calibration | None = None,
    ) -> None:
        self.server = server
        self.identity = identity
        self.field_hashes_covered = field_hashes_covered
        self.calibration = calibration or Calibration()

    def answer(
        self, tasks: Sequence[ClauseTask], *, should_stop: Callable[[], bool] = never_stop
    ) -> Iterator[tuple[int, ClauseAnswer]]:
        """Yields answers as they come; a request under way when it stops is left to time out."""
        pool = ThreadPoolExecutor(max_workers=self.server.parallel)
        try:
            asked = {pool.submit(self._asked, task): index for index, task in enumerate(tasks)}
            waiting: set[Future[ClauseAnswer]] = set(asked)
            while waiting and not should_stop():
                done, waiting = wait(waiting, STOP_SECONDS, FIRST_COMPLETED)
                for future in done:
                    yield asked[future], future.result()
        except RemoteError as error:
            raise EngineError(str(error)) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _asked(self, task: ClauseTask) -> ClauseAnswer:
        data = self.server.remote.post("/completions", self._request(task))
        try:
            return read_completion(data, task)
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise RemoteError(f"The server's answer is not a completion: {error!r}") from error

    def _request(self, task: ClauseTask) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": self.server.model,
            "prompt": task.prompt,
            "max_tokens": MAX_TOKENS,
            "temperature": 0,
            "logprobs": 1,
        }
        if self.server.guide == "structured_outputs":
            request["structured_outputs"] = {"regex": answer_regex(task.grammar)}
        elif self.server.guide == "guided_regex":
            request["guided_regex"] = answer_regex(task.grammar)
        return request


def read_completion(data: dict[str, Any], task: ClauseTask) -> ClauseAnswer:
    """The answer in a completion; raises KeyError and the like where it is something else."""
    choice, usage = data["choices"][0], data.get("usage") or {}
    raw: str = choice["text"]
    text = raw.strip()
    tokens = _tokens(choice.get("logprobs"), len(raw.lstrip()) - len(raw))
    try:
        decisions = _decisions(text, task, tokens)
    except IllegalAnswer:
        decisions = ()
    return ClauseAnswer(
        text,
        decisions,
        prompt_tokens=int(usage.get("prompt_tokens") or 0),
        output_tokens=int(usage.get("completion_tokens") or 0),
    )


@dataclass(frozen=True, slots=True)
class _Token:
    """A token of the answer: where it stands, and the logarithm of its probability."""

    start: int
    end: int
    log: float


def _tokens(logprobs: Any, start: int) -> list[_Token] | None:
    """The tokens of an answer whose first letter is number `start`; None if none are told."""
    if not logprobs:
        return None
    tokens: list[_Token] = []
    for text, log in zip(logprobs["tokens"], logprobs["token_logprobs"], strict=True):
        tokens.append(_Token(start, start + len(text), float(log)))
        start += len(text)
    return tokens


def _decisions(
    text: str, task: ClauseTask, tokens: Sequence[_Token] | None
) -> tuple[Decision, ...]:
    """The chunks, each with the product of its tokens' probabilities; raises IllegalAnswer.

    A server that reports no probabilities leaves each choice at 0: nothing is known of it, so
    every value is marked for a closer look.
    """
    state, position, decisions = task.grammar.start(), 0, []
    for chunk in task.grammar.path(text):
        end = position if chunk == END else position + len(chunk)
        if len(state.options()) == 1:
            probability = 1.0
        elif tokens is None:
            probability = 0.0
        else:
            logs = [t.log for t in tokens if t.start < end and t.end > position]
            probability = math.exp(min(sum(logs), 0.0))
        decisions.append(Decision(chunk, probability))
        state, position = state.advance(chunk), end
    return tuple(decisions)


def load(
    *,
    url: str | None = None,
    model: str | None = None,
    adapter_dir: Path | None = None,
    guide: str | None = None,
) -> OpenAIEngine:
    """An engine on a server that answers and has the model; raises EngineError.

    What is not given comes from the environment: LLM_OPENAI_URL, LLM_OPENAI_MODEL,
    LLM_OPENAI_GUIDE. The key comes from LLM_OPENAI_API_KEY (or the file in LLM_OPENAI_API_KEY_FILE)
    alone. `adapter_dir` holds the card of the adapter that the server runs, so that the fields it
    knows are known here.
    """
    url = url or server_setting("LLM_OPENAI_URL")
    model = model or server_setting("LLM_OPENAI_MODEL")
    guide = guide or os.environ.get("LLM_OPENAI_GUIDE") or "structured_outputs"
    if guide not in get_args(Guide):
        raise EngineError(f"LLM_OPENAI_GUIDE={guide!r}: use one of {', '.join(get_args(Guide))}.")
    try:
        remote = Remote(url, server_key())
        known = [entry["id"] for entry in remote.get("/models")["data"]]
    except (RemoteError, OSError, KeyError, TypeError) as error:
        raise EngineError(f"The model server cannot be used: {error}") from error
    if model not in known:
        raise EngineError(f"{url} has no model {model!r}; it has {', '.join(known)}.")
    server = Server(remote, model, cast(Guide, guide))
    return OpenAIEngine(server, *_known(model, adapter_dir))


def server_setting(name: str) -> str:
    """A setting that must be there; raises EngineError."""
    value = os.environ.get(name, "")
    if not value:
        raise EngineError(f"{name} is not set: the engine 'openai' needs it.")
    return value


def server_key() -> str:
    """The key, from the environment or from a file; empty where a server needs none."""
    file = os.environ.get("LLM_OPENAI_API_KEY_FILE")
    if file:
        return Path(file).read_text(encoding="utf-8").strip()
    return os.environ.get("LLM_OPENAI_API_KEY", "")


def _known(
    model: str, adapter_dir: Path | None
) -> tuple[EngineIdentity, frozenset[str] | None, Calibration]:
    """What is known of what answers; a server does not tell the hashes of its weights."""
    if adapter_dir is None:
        return EngineIdentity(model, "", "", "", prompt_hash()), None, Calibration()
    card = read_card(adapter_dir)
    identity = EngineIdentity(
        model, card["base_sha256"], adapter_dir.name, card["adapter_sha256"], prompt_hash()
    )
    return identity, covered_fields(card), card_calibration(card)
