"""The first line of the prompt names template and side: it is computed once for all clauses."""

from __future__ import annotations

from collections.abc import Sequence

from llm.engines.llama import Cache, Llama


class Prefixes:
    """Keys and values of the first tokens that prompts share."""

    KEPT = 64

    def __init__(self, llama: Llama) -> None:
        self._llama = llama
        self._caches: dict[tuple[int, ...], Cache] = {}

    def begin(self, cache: Cache, row: int, shared: Sequence[int]) -> None:
        """Lets a row of a cache begin with the shared tokens (at least one)."""
        key = tuple(shared)
        if key not in self._caches:
            if len(self._caches) >= self.KEPT:
                self._caches.clear()
            made = self._llama.cache(1, len(key))
            self._llama.forward([key], made)
            self._caches[key] = made
        cache.begin(row, self._caches[key])
