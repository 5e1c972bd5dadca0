"""Bootstrap of what the study drew from populations: whole readers and whole cases, not rows.

A reading counts as often as its reader was drawn times as often as its case was drawn. Intervals
are percentiles: they hold for ratios and logarithms alike, and BCa would need the jackknife over
one kind of unit where there are two.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reporting.stats.interval import LEVEL, Interval
from reporting.stats.study import Array, Codes, Factor, Study

RESAMPLES = 5000
# Weights held at a time; 8 bytes each.
_AT_A_TIME = 4_000_000
FEW = 5


@dataclass(frozen=True, slots=True)
class Resamples:
    """How often each level of each unit was drawn: one row a resample, one column a level."""

    drawn: dict[str, Array]
    codes: dict[str, Codes]

    @property
    def units(self) -> str:
        """What was drawn, in words."""
        return " and ".join(f"{name}s" for name in self.drawn)

    def values(
        self, codes: dict[str, Codes], length: int, statistic: Callable[[Array], Array]
    ) -> Array:
        """Return a statistic of how often each of `length` rows counts, in every resample.

        `codes` has the level of each row in those units that the rows belong to.
        """
        return np.concatenate(
            [statistic(self._weights(codes, length, chunk)) for chunk in self._chunks(length)],
            axis=-1,
        )

    def _weights(self, codes: dict[str, Codes], length: int, chunk: slice) -> Array:
        weights = np.ones((chunk.stop - chunk.start, length))
        for name, drawn in self.drawn.items():
            if name in codes:
                weights *= drawn[chunk][:, codes[name]]
        return weights

    def _chunks(self, length: int) -> Iterator[slice]:
        size = max(1, _AT_A_TIME // max(length, 1))
        for start in range(0, RESAMPLES, size):
            yield slice(start, min(start + size, RESAMPLES))


def resamples(study: Study, rng: np.random.Generator, notes: list[str]) -> Resamples:
    """Draw readers and cases; single readings where there is only one of each."""
    units = {name: factor for name, factor in study.units() if len(factor) > 1}
    if not units:
        every = np.arange(len(study.times), dtype=np.intp)
        units = {"reading": Factor(tuple(map(str, every)), every)}
        notes.append("There is one reader and one case at most: readings were resampled.")
    elif len(study.reader) == 1:
        notes.append("There is one reader: only cases were resampled; other readers may differ.")
    elif len(study.reader) < FEW:
        notes.append(f"Bootstrap intervals from {len(study.reader)} readers are too narrow.")
    return Resamples(
        drawn={name: _drawn(factor, study.arm, rng) for name, factor in units.items()},
        codes={name: factor.codes for name, factor in units.items()},
    )


def _drawn(factor: Factor, arm: Factor, rng: np.random.Generator) -> Array:
    """Draw levels; within each arm where no level is in two arms, as the study did."""
    drawn = np.zeros((RESAMPLES, len(factor)))
    for levels in _strata(factor, arm):
        shares = np.full(len(levels), 1 / len(levels))
        drawn[:, levels] = rng.multinomial(len(levels), shares, size=RESAMPLES)
    return drawn


def _strata(factor: Factor, arm: Factor) -> list[NDArray[np.intp]]:
    seen = np.zeros((len(factor), len(arm)), dtype=bool)
    seen[factor.codes, arm.codes] = True
    if np.any(seen.sum(axis=1) > 1):
        return [np.arange(len(factor))]
    return [np.flatnonzero(seen[:, index]) for index in range(len(arm))]


def percentiles(values: Array) -> Interval:
    """Return the middle 95 %; resamples without any reading of the arm do not count."""
    values = values[np.isfinite(values)]
    tail = (1 - LEVEL) / 2 * 100
    low, high = np.percentile(values, [tail, 100 - tail])
    return Interval(float(low), float(high))
