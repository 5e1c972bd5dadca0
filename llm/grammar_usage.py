"""What a statement under way, and those before it, have taken; and how chunks are kept apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

T = TypeVar("T")


# Both are made anew at every step of a walk, which named tuples are three times as quick at.
class Usage(NamedTuple):
    """What the statements before have taken."""

    statements: int = 0
    quantities: frozenset[int] = frozenset()
    slots: frozenset[str] = frozenset()
    rows: frozenset[tuple[str, str]] = frozenset()
    cells: frozenset[tuple[str, str, str]] = frozenset()
    star_normals: frozenset[tuple[str, str]] = frozenset()
    new_rows: tuple[str, ...] = ()


class Open(NamedTuple):
    """The statement being written; `member` "" is the value of a plain field itself."""

    slot: str
    selector: str | None = None
    member: str = ""
    last: int = -1
    taken: frozenset[str] = frozenset()
    chosen: tuple[str, ...] = ()
    is_normal: bool = False


def with_cell(usage: Usage, statement: Open, *, is_normal: bool) -> Usage:
    if statement.selector is None:
        return usage
    cell = (statement.slot, statement.selector, statement.member)
    usage = usage._replace(cells=usage.cells | {cell})
    if statement.selector == "*" and is_normal:
        said = (statement.slot, statement.member)
        return usage._replace(star_normals=usage.star_normals | {said})
    return usage


def said_of_all(usage: Usage, statement: Open) -> bool:
    """True where `[*]` has said this member of all rows, and not as their normal."""
    return (
        statement.selector != "*"
        and (statement.slot, "*", statement.member) in usage.cells
        and (statement.slot, statement.member) not in usage.star_normals
    )


def said_of_one(usage: Usage, statement: Open) -> bool:
    """True where this member has been said of a single row."""
    wanted = (statement.slot, statement.member)
    return any((slot, m) == wanted and row != "*" for slot, row, m in usage.cells)


def extends(chunk: str, start: str) -> bool:
    return chunk != start and chunk.startswith(start)


def prefix_free(chunks: Sequence[str]) -> tuple[str, ...]:
    """The chunks without those that a shorter chunk begins."""
    kept: set[str] = set()
    last: str | None = None
    for chunk in sorted(chunks):
        if last is None or not chunk.startswith(last):
            kept.add(chunk)
            last = chunk
    return tuple(chunk for chunk in chunks if chunk in kept)


def picked(slots: Mapping[str, T], only: str | None) -> Iterable[tuple[str, T]]:
    """All slots, or only the one of a name."""
    if only is None:
        return slots.items()
    return [(only, slots[only])] if only in slots else []
