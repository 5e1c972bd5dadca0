"""Legal chunks as a tree of tokens: where only one token is legal, no model is asked."""

from __future__ import annotations

from dataclasses import dataclass, field

from llm.tokens import Tokenizer, chunk_ids


@dataclass(slots=True)
class Node:
    """What may follow; `chunk` is set where a chunk is complete."""

    children: dict[int, Node] = field(default_factory=dict)
    chunk: str | None = None


class Tries:
    """The trees of option lists; options come again and again, so they are kept."""

    KEPT = 4096

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._ids: dict[str, list[int]] = {}
        self._tries: dict[tuple[str, ...], Node] = {}

    def ids(self, chunk: str) -> list[int]:
        """The token ids of a chunk."""
        if chunk not in self._ids:
            self._ids[chunk] = chunk_ids(self._tokenizer, chunk)
        return self._ids[chunk]

    def of(self, options: tuple[str, ...]) -> Node:
        """The tree of the options."""
        if options not in self._tries:
            if len(self._tries) >= self.KEPT:
                self._tries.clear()
            self._tries[options] = self._grown(options)
        return self._tries[options]

    def _grown(self, options: tuple[str, ...]) -> Node:
        root = Node()
        for chunk in options:
            node = root
            for token in self.ids(chunk):
                node = node.children.setdefault(token, Node())
            node.chunk = chunk
        return root
