"""JSON over HTTP for servers that speak the OpenAI protocol: time-outs, retries, no redirects."""

from __future__ import annotations

import email.utils
import http.client
import json
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from llm.json_lines import parsed

# Answers of the server that may be different the next time.
RETRIED = frozenset({408, 429, 500, 502, 503, 504})
# Of these some come from a gateway, behind which the work may have gone on.
GATEWAY_FAULTS = frozenset({408, 502, 504})
FIRST_PAUSE_SECONDS = 0.5
# No answer that is asked for here is nearly as long.
MAX_BYTES = 8_000_000
T = TypeVar("T")


class RemoteError(Exception):
    """The server cannot be reached or refuses; the message says why and never holds the key.

    `maybe_done` is True where the server may have done the work although no answer can be used.
    """

    def __init__(self, message: str, *, maybe_done: bool = False) -> None:
        super().__init__(message)
        self.maybe_done = maybe_done


class PassingFault(RemoteError):
    """A fault that may pass; `pause` is what the server asks to wait, in seconds."""

    def __init__(self, message: str, *, pause: float = 0.0, maybe_done: bool = False) -> None:
        super().__init__(message, maybe_done=maybe_done)
        self.pause = pause


@dataclass(frozen=True, slots=True)
class Remote:
    """A server by the URL that its paths begin with, e.g. http://localhost:8000/v1.

    `attempts` counts the first try. Pauses between tries double, are shortened at random by up to
    a half, so that many clients do not come back at once, and are at least what the server asks
    for, but never longer than `longest_pause_seconds`. One object may be used by many threads.
    """

    url: str
    key: str = field(default="", repr=False)
    timeout_seconds: float = 20.0
    attempts: int = 3
    longest_pause_seconds: float = 10.0
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise RemoteError(f"{self.url!r} is not an http:// or https:// URL.")
        if parts.username or parts.password:
            raise RemoteError("The URL holds a password; put the key into LLM_OPENAI_API_KEY.")

    def get(self, path: str) -> dict[str, Any]:
        """The JSON object at a path; raises RemoteError."""
        return self.retried(lambda: self._once("GET", path, None))

    def post(self, path: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """What the server answers to a JSON object; raises RemoteError."""
        return self.retried(lambda: self.post_once(path, data))

    def post_once(self, path: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """`post` with one try; raises PassingFault where another may do."""
        return self._once("POST", path, json.dumps(data).encode())

    def retried(self, once: Callable[[], T]) -> T:
        """The result of `once`, called again after each PassingFault; raises RemoteError."""
        pause, attempt = FIRST_PAUSE_SECONDS, 1
        while True:
            try:
                return once()
            except PassingFault as fault:
                if attempt >= self.attempts:
                    tries = f"{attempt} tries" if attempt > 1 else "one try"
                    raise RemoteError(
                        f"{fault} (after {tries})", maybe_done=fault.maybe_done
                    ) from fault
                jittered = pause * random.uniform(0.5, 1.0)  # noqa: S311
                self.sleep(min(max(jittered, fault.pause), self.longest_pause_seconds))
                pause, attempt = pause * 2, attempt + 1

    def _once(self, method: str, path: str, body: bytes | None) -> dict[str, Any]:
        connection = self._connection()
        try:
            connection.request(method, self._path(path), body, self._headers())
            response = connection.getresponse()
            content = response.read(MAX_BYTES + 1)
            if response.length and len(content) <= MAX_BYTES:
                raise http.client.IncompleteRead(content, response.length)
        except (OSError, http.client.HTTPException) as error:
            # A refused connection did no work; of one that broke later nobody knows.
            said = str(error) or type(error).__name__
            maybe_done = not isinstance(error, ConnectionRefusedError)
            raise PassingFault(f"{self.url}{path}: {said}", maybe_done=maybe_done) from error
        finally:
            connection.close()
        content = self._without_key(content)
        self._check(path, response, content)
        return self._object(path, content)

    def _without_key(self, content: bytes) -> bytes:
        """The content as it came, without the key if the server repeats it."""
        return content.replace(self.key.encode(), b"...") if self.key else content

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
        said = " ".join(content[:500].decode("utf-8", "replace").split())
        message = f"{self.url}{path}: status {response.status}: {said}"
        if response.status in RETRIED:
            pause = asked_pause(response.getheader("Retry-After"))
            raise PassingFault(message, pause=pause, maybe_done=response.status in GATEWAY_FAULTS)
        if response.status != 200:
            raise RemoteError(message)
        if len(content) > MAX_BYTES:
            raise RemoteError(
                f"{self.url}{path}: an answer of more than {MAX_BYTES} bytes", maybe_done=True
            )

    def _object(self, path: str, content: bytes) -> dict[str, Any]:
        try:
            data = parsed(content)
        except ValueError as error:
            message = f"{self.url}{path}: the answer is not JSON"
            raise RemoteError(message, maybe_done=True) from error
        if not isinstance(data, dict):
            raise RemoteError(f"{self.url}{path}: the answer is not a JSON object", maybe_done=True)
        return data


def asked_pause(header: str | None) -> float:
    """The seconds that a Retry-After header asks to wait: a number or a date; 0 if unreadable."""
    if header and re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]*)?", header.strip()):
        return float(header)
    try:
        until = email.utils.parsedate_to_datetime(header or "")
    except ValueError:
        return 0.0
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max((until - datetime.now(UTC)).total_seconds(), 0.0)
