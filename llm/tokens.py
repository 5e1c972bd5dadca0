"""Prompt and answer as token ids: training and decoding cut an answer at the same places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from llm.grammar import END


class Tokenizer(Protocol):
    """What is needed of a tokenizer."""

    eos_token_id: int

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        """The ids of a text."""
        ...


def prompt_ids(tokenizer: Tokenizer, prompt: str) -> list[int]:
    """The ids of a rendered prompt, as one text."""
    return tokenizer.encode(prompt, add_special_tokens=False)


def shared_ids(tokenizer: Tokenizer, prompt: str, ids: Sequence[int]) -> int:
    """How many of a prompt's ids its first line has alone, so that they can be computed once.

    0 where the tokenizer cuts the line otherwise when text follows.
    """
    line = prompt[: prompt.find("\n") + 1]
    head = tokenizer.encode(line, add_special_tokens=False)
    alike = head == list(ids[: len(head)]) and len(head) < len(ids)
    return len(head) if alike else 0


def chunk_ids(tokenizer: Tokenizer, chunk: str) -> list[int]:
    """The ids of one chunk of an answer; END is the end-of-text token."""
    if chunk == END:
        return [tokenizer.eos_token_id]
    return tokenizer.encode(chunk, add_special_tokens=False)


def answer_ids(tokenizer: Tokenizer, chunks: Sequence[str]) -> list[int]:
    """The ids of an answer, chunk by chunk."""
    return [token for chunk in chunks for token in chunk_ids(tokenizer, chunk)]
