"""Whether a confidence of 0.9 is right nine times in ten, and how to make it so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from llm.confidence import Calibration

BINS = 10
# Values that are not marked for a closer look shall be right this often …
TARGET = 0.95
# … and no more than this share may be marked: a mark on everything is read as a mark on nothing.
MOST_MARKED = 0.5
_TEMPERATURES = (0.1, 10.0)


@dataclass(frozen=True, slots=True)
class Judged:
    """A stated value: how sure the system was, and whether the value is true."""

    confidence: float
    right: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """The values whose confidence lies in one bin: mean confidence and share that is right."""

    count: int
    confidence: float
    right: float


def reliability(judged: Sequence[Judged]) -> list[Bin]:
    """The bins of equal width that hold any value, from low to high."""
    held: dict[int, list[Judged]] = {}
    for one in judged:
        held.setdefault(min(int(one.confidence * BINS), BINS - 1), []).append(one)
    return [
        Bin(
            len(values),
            sum(value.confidence for value in values) / len(values),
            sum(value.right for value in values) / len(values),
        )
        for _, values in sorted(held.items())
    ]


def expected_calibration_error(judged: Sequence[Judged]) -> float | None:
    """Mean distance of confidence and share right over the bins, weighted by count; in [0, 1]."""
    if not judged:
        return None
    distances = (one.count * abs(one.confidence - one.right) for one in reliability(judged))
    return sum(distances) / len(judged)


def fit(judged: Sequence[Judged]) -> Calibration:
    """Temperature and threshold from values of the validation split; raises ValueError if few.

    The temperature is the one with the least log loss. The threshold is the lowest at which the
    values that are not marked are right with a share of TARGET; if none that marks at most
    MOST_MARKED reaches it, the one that comes nearest.
    """
    if len(judged) < 2 * BINS:
        raise ValueError(f"{len(judged)} values are too few to fit a calibration.")
    confidence = numpy.array([one.confidence for one in judged])
    right = numpy.array([one.right for one in judged], dtype=float)

    def loss(temperature: float) -> float:
        scaled = Calibration(temperature).scaled
        p = numpy.clip([scaled(c) for c in confidence], 1e-9, 1 - 1e-9)
        return -float(numpy.mean(right * numpy.log(p) + (1 - right) * numpy.log(1 - p)))

    best = float(minimize_scalar(loss, bounds=_TEMPERATURES, method="bounded").x)
    scaled = Calibration(best).scaled
    return Calibration(best, _threshold(numpy.array([scaled(c) for c in confidence]), right))


def _threshold(confidence: NDArray[numpy.float64], right: NDArray[numpy.float64]) -> float:
    best, reached = 0.0, -1.0
    for threshold in numpy.linspace(0, 1, 101):
        kept = confidence >= threshold
        if kept.mean() < 1 - MOST_MARKED:
            break
        share = float(right[kept].mean())
        if share >= TARGET:
            return float(threshold)
        if share > reached:
            best, reached = float(threshold), share
    return best
