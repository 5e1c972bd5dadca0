"""JSON over HTTP for servers that speak the OpenAI protocol: time-outs, retries, no redirects."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

# Answers of the server that may be different the next time.
RETRIED = frozenset({408, 429, 500, 502, 503, 504})
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 10.0
# No answer that is asked for here is nearly as long.
MAX_BYTES = 8_000_000


class RemoteError(Exception):
    """The server cannot be reached or refuses; the message says why and never holds the key."""


class _Passing(Exception):
    """A fault that may pass; `pause` is what the server asks to wait, in seconds."""

    def __init__(self, message: str, pause: float = 0.0) -> None:
        super().__init__(message)
        self.pause = pause


@dataclass(frozen=True, slots=True)
class Remote:
    """A server by the URL that its paths begin with, e.g. http://localhost:8000/v1.

    `attempts` counts the first try. One object may be used by many threads.
    """

    url: str
    key: str = field(default="", repr=False)
    timeout_seconds: float = 20.0
    attempts: int = 3
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise RemoteError(f"{self.url!r} is not an http:// or https:// URL.")

    def get(self, path: str) -> dict[str, Any]:
        """The JSON object at a path; raises RemoteError."""
        return self._retried("GET", path, None)

    def post(self, path: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """What the server answers to a JSON object; raises RemoteError."""
        return self._retried("POST", path, json.dumps(data).encode())

    def _retried(self, method: str, path: str, body: bytes | None) -> dict[str, Any]:
        pause = FIRST_PAUSE_SECONDS
        for attempt in range(1, self.attempts + 1):
            try:
                return self._once(method, path, body)
            except _Passing as fault:
                if attempt == self.attempts:
                    tries = f"{attempt} tries" if attempt > 1 else "one try"
                    raise RemoteError(f"{self.url}{path}: {fault} (after {tries})") from fault
                self.sleep(min(max(pause, fault.pause), LONGEST_PAUSE_SECONDS))
                pause *= 2
        raise RemoteError(f"{self.url}{path}: not tried")

    def _once(self, method: str, path: str, body: bytes | None) -> dict[str, Any]:
        connection = self._connection()
        try:
            connection.request(method, self._path(path), body, self._headers())
            response = connection.getresponse()
            content = response.read(MAX_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            raise _Passing(str(error) or type(error).__name__) from error
        finally:
            connection.close()
        self._check(path, response, content)
        return self._object(path, content)

    def _connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        return kind(parts.hostname or "", parts.port, timeout=self.timeout_seconds)

    def _path(self, path: str) -> str:
        return urlsplit(self.url).path.rstrip("/") + path

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        return headers | ({"Authorization": f"Bearer {self.key}"} if self.key else {})

    def _check(self, path: str, response: http.client.HTTPResponse, content: bytes) -> None:
        if response.status in RETRIED:
            asked = response.getheader("Retry-After") or ""
            raise _Passing(f"status {response.status}", float(asked) if asked.isdigit() else 0.0)
        if response.status != 200:
            said = " ".join(content[:500].decode("utf-8", "replace").split())
            said = said.replace(self.key, "…") if self.key else said
            raise RemoteError(f"{self.url}{path}: status {response.status}: {said}")
        if len(content) > MAX_BYTES:
            raise RemoteError(f"{self.url}{path}: an answer of more than {MAX_BYTES} bytes")

    def _object(self, path: str, content: bytes) -> dict[str, Any]:
        try:
            data = json.loads(content)
        except ValueError as error:
            raise RemoteError(f"{self.url}{path}: the answer is not JSON") from error
        if not isinstance(data, dict):
            raise RemoteError(f"{self.url}{path}: the answer is not a JSON object")
        return data
