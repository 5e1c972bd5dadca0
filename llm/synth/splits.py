"""Which phrasings train, which are held out: decided by a hash, never by a random draw."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from llm.phrases import Expansion, Slot, all_expansions, expand

Part = Literal["train", "val", "test"]
PARTS: tuple[Part, ...] = ("train", "val", "test")

# Too few phrasings to hold one out: they are shared by all parts.
MIN_TO_SPLIT = 5
_TRIES = 12


@lru_cache(maxsize=65536)
def phrasings(name: str, phrases: tuple[str, ...], part: Part) -> tuple[str, ...]:
    """The phrasings of one value that a part may use, in template order.

    A sixth (at least one) is held out for the test and, from eight on, a tenth for validation.
    """
    if len(phrases) < MIN_TO_SPLIT:
        return phrases
    ranked = sorted(phrases, key=lambda p: hashlib.sha256(f"{name}|{p}".encode()).digest())
    tests = max(1, len(ranked) // 6)
    vals = max(1, len(ranked) // 10) if len(ranked) >= 8 else 0
    chosen = {
        "test": set(ranked[:tests]),
        "val": set(ranked[tests : tests + vals]) or set(ranked[tests:]),
        "train": set(ranked[tests + vals :]),
    }[part]
    return tuple(phrase for phrase in phrases if phrase in chosen)


def is_held_out(phrases: tuple[str, ...]) -> bool:
    """True where the test part has phrasings of its own."""
    return len(phrases) >= MIN_TO_SPLIT


def draw(
    name: str, phrases: Sequence[str], part: Part, rng: random.Random, *, keep: float = 0.5
) -> Expansion:
    """One wording; in the test part never one that a phrasing of the training part also gives."""
    usable = phrasings(name, tuple(phrases), part)
    if part != "test" or not is_held_out(tuple(phrases)):
        return expand(rng.choice(usable), rng, keep=keep)
    trained = _trained(name, tuple(phrases))
    for _ in range(_TRIES):
        wording = expand(rng.choice(usable), rng, keep=keep)
        if _plain(wording) not in trained:
            return wording
    raise LookupError(f"every held-out wording of {name} is also trained on")


@lru_cache(maxsize=8192)
def _trained(name: str, phrases: tuple[str, ...]) -> frozenset[str]:
    return frozenset(
        _plain(wording)
        for phrase in phrasings(name, phrases, "train")
        for wording in all_expansions(phrase)
    )


def _plain(wording: Expansion) -> str:
    return "".join(f"{{{p.name}}}" if isinstance(p, Slot) else p for p in wording).casefold()
