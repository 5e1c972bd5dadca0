"""Requests to a server that speaks OpenAI's protocol (vLLM, OpenAI), by the standard library.

OPENAI_BASE_URL (".../v1"), OPENAI_MODEL and OPENAI_API_KEY come from the environment; the key is
never written anywhere.
"""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

RETRIED = frozenset({408, 409, 429, 500, 502, 503, 504})


class ServerError(Exception):
    """The server refused, failed for good, or answered nonsense; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Client:
    """Where to ask, as whom, how long and how often."""

    base_url: str
    model: str
    key: str = field(default="", repr=False)
    timeout: float = 60.0
    tries: int = 4
    pause: Callable[[float], None] = time.sleep

    def post(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        """The answer to a request, asked again with growing pauses; raises ServerError."""
        said = ""
        for attempt in range(self.tries):
            if attempt:
                self.pause(min(30.0, 0.5 * 2**attempt))
            try:
                return self._once(path, body)
            except urllib.error.HTTPError as error:
                said = f"{error.code} {error.read(400).decode(errors='replace')}"
                if error.code not in RETRIED:
                    break
            except (OSError, ValueError) as error:
                said = str(error) or type(error).__name__
        raise ServerError(f"{self.base_url} does not answer as it should: {said}")

    def _once(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310
            f"{self.base_url.rstrip('/')}/{path}",
            json.dumps({"model": self.model, **body}).encode(),
            {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"},
        )
        with urllib.request.urlopen(request, timeout=self.timeout) as answer:  # noqa: S310
            read: object = json.loads(answer.read())
        if not isinstance(read, dict):
            raise ValueError("the answer is no JSON object")
        return read


def client_from_environment() -> Client:
    """The client that the environment names; raises ServerError with what is missing."""
    names = ("OPENAI_BASE_URL", "OPENAI_MODEL")
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        raise ServerError(f"Set {' and '.join(missing)} to use an OpenAI-compatible server.")
    url, model = (os.environ[name] for name in names)
    if not url.startswith(("http://", "https://")):
        raise ServerError(f"OPENAI_BASE_URL={url!r}: use an http or https address.")
    return Client(url, model, os.environ.get("OPENAI_API_KEY", ""))
