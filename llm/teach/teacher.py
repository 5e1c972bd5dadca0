"""A large model on a server that speaks OpenAI's protocol, asked within a budget and with a cache.

It is named by the same settings as the engine: LLM_OPENAI_URL, LLM_OPENAI_MODEL and, for the key,
LLM_OPENAI_API_KEY (or the file in LLM_OPENAI_API_KEY_FILE) alone.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from llm.engines.openai import server_key, server_setting
from llm.http_client import Remote, RemoteError
from llm.schema import ReportTemplate
from llm.teach.budget import Budget, Use
from llm.teach.cache import Cache, request_hash
from llm.teach.chats import Example, Settings, label_request, paraphrase_request
from llm.teach.replies import Completion, Label, read_label, read_paraphrases

TIMEOUT_SECONDS = 120.0
ATTEMPTS = 6
LONGEST_PAUSE_SECONDS = 120.0


@dataclass(slots=True)
class Teacher:
    """Asks a server; `asked` and `cached` count the questions it and the cache answered."""

    remote: Remote
    settings: Settings
    budget: Budget = field(default_factory=Budget)
    cache: Cache = field(default_factory=lambda: Cache(None))
    asked: int = 0
    cached: int = 0
    _counting: threading.Lock = field(default_factory=threading.Lock)

    def label(
        self, template: ReportTemplate, conclusion: str, *, examples: Sequence[Example] = ()
    ) -> Label:
        """The label of one conclusion; raises RemoteError, UnfitReply, BudgetSpent, OSError."""
        request = label_request(self.settings, template, conclusion, examples)
        return read_label(template, conclusion, self._answer(request))

    def paraphrases(self, conclusion: str, count: int) -> list[str]:
        """At most `count` paraphrases, not checked; raises as `label`."""
        request = paraphrase_request(self.settings, conclusion, count)
        return read_paraphrases(self._answer(request), count)

    def _answer(self, request: dict[str, Any]) -> Completion:
        key = request_hash(request)
        with self.cache.asking(key):
            kept = self.cache.get(key)
            if kept is None:
                most = Use(1, most_prompt_tokens(request), self.settings.max_answer_tokens)
                kept = self.remote.retried(lambda: self._once(request, most))
                self.cache.put(key, kept)
                with self._counting:
                    self.asked += 1
            else:
                with self._counting:
                    self.cached += 1
        return kept

    def _once(self, request: Mapping[str, Any], most: Use) -> Completion:
        """One try; what it may have cost although no answer came counts as spent."""
        self.budget.reserve(most)
        used = Use(1)
        try:
            answer = Completion.of(self.remote.post_once("/chat/completions", request))
            used = _use(answer, most)
        except RemoteError as error:
            used = most if error.maybe_done else used
            raise
        finally:
            self.budget.settle(most, used)
        return answer


def most_prompt_tokens(request: Mapping[str, Any]) -> int:
    """More tokens than a request can have: each stands for at least one byte."""
    return len(json.dumps(request, ensure_ascii=False).encode("utf-8", "replace"))


def _use(answer: Completion, most: Use) -> Use:
    """What the server says it used, or the most possible where it says nothing."""
    read, written = answer.prompt_tokens, answer.answer_tokens
    return Use(
        1,
        most.prompt_tokens if read is None else read,
        most.answer_tokens if written is None else written,
    )


def remote_from_environment(
    *,
    timeout_seconds: float = TIMEOUT_SECONDS,
    attempts: int = ATTEMPTS,
    sleep: Callable[[float], None] = time.sleep,
) -> Remote:
    """The server that the settings name; raises EngineError, RemoteError, OSError."""
    return Remote(
        server_setting("LLM_OPENAI_URL"),
        server_key(),
        timeout_seconds=timeout_seconds,
        attempts=attempts,
        longest_pause_seconds=LONGEST_PAUSE_SECONDS,
        sleep=sleep,
    )
