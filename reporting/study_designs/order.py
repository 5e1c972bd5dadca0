"""A seeded order that no version of a random generator can change."""

import hashlib
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")
Key = TypeVar("Key", bound=Hashable)


def digest(seed: int, *labels: object) -> bytes:
    """Return 32 bytes that follow from the seed and the labels, and look like chance."""
    text = "\x1f".join(str(label) for label in (seed, *labels))
    return hashlib.sha256(text.encode()).digest()


def shuffled(items: Iterable[T], seed: int, *labels: object) -> list[T]:
    """Return the items in the order that the seed gives them under these labels."""
    return sorted(items, key=lambda item: digest(seed, *labels, item))


def share_of(seed: int, *labels: object) -> float:
    """Return a number in [0, 1) that follows from the seed and the labels."""
    return int.from_bytes(digest(seed, *labels)[:7], "big") / 2**56


def dealt(groups: Mapping[Key, Sequence[T]], hands: int) -> list[list[T]]:
    """Deal the items of all groups to hands, in turn, going on where the last group ended.

    So the hands differ by at most one item in all, and by at most one within each group.
    """
    piles: list[list[T]] = [[] for _ in range(hands)]
    turn = 0
    for items in groups.values():
        for item in items:
            piles[turn % hands].append(item)
            turn += 1
    return piles
