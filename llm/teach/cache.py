"""Answers by the hash of what was asked: a request that was paid for is not sent again.

The hash is over the whole request: model, prompt, schema, conclusion and settings. Neither the key
nor the address of the server is part of it or of what is kept.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from llm.teach.replies import Completion


def request_hash(request: Mapping[str, Any]) -> str:
    """SHA-256 of a request, whatever the order of its keys."""
    text = json.dumps(request, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(slots=True)
class Cache:
    """A directory of answers; without one nothing is kept. For many threads of one process."""

    directory: Path | None
    _asking: set[str] = field(default_factory=set)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def get(self, key: str) -> Completion | None:
        """The answer to a request; None where there is none, or none that can be read."""
        if self.directory is None:
            return None
        try:
            return Completion(**json.loads(self._path(key).read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def put(self, key: str, answer: Completion) -> None:
        """Keeps an answer, whole or not at all; raises OSError."""
        if self.directory is None:
            return
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}.part")
        unfinished.write_text(json.dumps(asdict(answer), ensure_ascii=False), encoding="utf-8")
        unfinished.replace(path)

    @contextmanager
    def asking(self, key: str) -> Iterator[None]:
        """Holds back others who ask the same until the first has its answer."""
        with self._changed:
            self._changed.wait_for(lambda: key not in self._asking)
            self._asking.add(key)
        try:
            yield
        finally:
            with self._changed:
                self._asking.discard(key)
                self._changed.notify_all()

    def _path(self, key: str) -> Path:
        return (self.directory or Path()) / key[:2] / f"{key}.json"
