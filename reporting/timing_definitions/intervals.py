"""Sets of time as lists of intervals."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

Interval = tuple[datetime, datetime]


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """Return the same time as disjoint intervals in order."""
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            if end > merged[-1][1]:
                merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def clip(intervals: Iterable[Interval], span: Interval) -> list[Interval]:
    """Return what of the intervals lies within the span."""
    first, last = span
    clipped = ((max(start, first), min(end, last)) for start, end in intervals)
    return [(start, end) for start, end in clipped if start < end]


def without(intervals: Iterable[Interval], away: Iterable[Interval]) -> list[Interval]:
    """Return the time that is in the intervals and not in `away`."""
    holes = union(away)
    left: list[Interval] = []
    for start, end in union(intervals):
        for hole_start, hole_end in holes:
            if hole_end <= start or hole_start >= end:
                continue
            if hole_start > start:
                left.append((start, hole_start))
            start = max(start, hole_end)
        if start < end:
            left.append((start, end))
    return left


def seconds(intervals: Sequence[Interval]) -> float:
    """Return the length of the union of the intervals."""
    return sum((end - start for start, end in union(intervals)), timedelta()).total_seconds()
