"""The readings of a table as arrays: log times, and numbered arms, readers, cases and periods."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from reporting.stats.table import Reading

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

# Log times that differ by less are alike but for rounding.
SAME = 1e-12


@dataclass(frozen=True, slots=True)
class Factor:
    """The levels of a column in the order of their names, and the level of each reading."""

    labels: tuple[str, ...]
    codes: Codes

    def __len__(self) -> int:
        return len(self.labels)

    def indicators(self) -> Array:
        """Return a column for each level but the first: 1 where a reading has it, else 0."""
        levels = np.arange(1, len(self))
        return np.asarray(self.codes[:, None] == levels, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Study:
    """One row a reading; `case`, `period` and `order` are None where the table has no such column.

    `order` is the place of a reading among those of its reader.
    """

    times: Array
    arm: Factor
    reader: Factor
    case: Factor | None
    period: Factor | None
    order: Codes | None = None

    @property
    def logs(self) -> Array:
        """The natural logarithms of the times."""
        return np.asarray(np.log(self.times))

    def units(self) -> Iterator[tuple[str, Factor]]:
        """Yield what a study draws from a population, by name: readers, and cases."""
        yield "reader", self.reader
        if self.case is not None:
            yield "case", self.case

    def pairs_of_arms(self) -> Iterator[tuple[int, int]]:
        """Yield each two arms once."""
        return combinations(range(len(self.arm)), 2)


def study_of(readings: Sequence[Reading]) -> Study:
    """Return the readings as arrays, sorted, so that the order of rows changes no number."""
    rows = sorted(readings, key=lambda r: (r.reader, r.case, r.arm, r.period, r.time))
    return Study(
        times=np.array([row.time for row in rows]),
        arm=_factor([row.arm for row in rows]),
        reader=_factor([row.reader for row in rows]),
        case=_factor([row.case for row in rows]) if any(row.case for row in rows) else None,
        period=_factor([row.period for row in rows]) if any(row.period for row in rows) else None,
        order=np.array([r.order for r in rows], np.intp) if any(r.order for r in rows) else None,
    )


def _factor(values: Sequence[str]) -> Factor:
    labels, codes = np.unique(np.array(values, dtype=object), return_inverse=True)
    return Factor(tuple(str(label) for label in labels), codes.astype(np.intp))


def crossing(first: Factor, second: Factor) -> Codes:
    """Return the combination of two factors that each reading has, numbered from 0."""
    pairs = first.codes * len(second) + second.codes
    return np.asarray(np.unique(pairs, return_inverse=True)[1], dtype=np.intp)


def complete_cells(study: Study, values: Array) -> Array | None:
    """Return the values of the readings by reader, arm and case when each cell has exactly one
    reading; else None."""
    if study.case is None:
        return None
    shape = (len(study.reader), len(study.arm), len(study.case))
    where = np.ravel_multi_index((study.reader.codes, study.arm.codes, study.case.codes), shape)
    if not np.array_equal(np.sort(where), np.arange(np.prod(shape))):
        return None
    cells = np.empty(len(where))
    cells[where] = values
    return cells.reshape(shape)


@dataclass(frozen=True, slots=True)
class Blocks:
    """Mean log times by block (one row each) and arm (one column each); NaN where none was read.

    Blocks are what `units` names: the readings of one reader, or of one case by one reader.
    """

    units: tuple[str, ...]
    codes: dict[str, Codes]
    means: Array

    def within(self, arms: Sequence[int]) -> "Blocks":
        """Return the blocks that were read in all of these arms, and those arms alone."""
        kept = np.isfinite(self.means[:, arms]).all(axis=1)
        codes = {name: column[kept] for name, column in self.codes.items()}
        return Blocks(self.units, codes, self.means[kept][:, arms])

    def by(self, unit: str) -> "Blocks":
        """Return the means over the blocks of each level of a unit; all blocks are complete."""
        levels, codes = np.unique(self.codes[unit], return_inverse=True)
        sums = np.zeros((len(levels), self.means.shape[1]))
        np.add.at(sums, codes, self.means)
        return Blocks((unit,), {unit: levels}, sums / np.bincount(codes)[:, None])

    @property
    def differences(self) -> Array:
        """The first arm's means less the second's."""
        return np.asarray(self.means[:, 0] - self.means[:, 1])


def blocks_by(study: Study, factors: Mapping[str, Factor]) -> Blocks:
    """Return the blocks that the given factors make."""
    block = np.zeros(len(study.times), dtype=np.intp)
    for factor in factors.values():
        block = block * len(factor) + factor.codes
    numbers, rows, codes = np.unique(block, return_index=True, return_inverse=True)
    sums = np.zeros((len(numbers), len(study.arm)))
    counts = np.zeros_like(sums)
    np.add.at(sums, (codes, study.arm.codes), study.logs)
    np.add.at(counts, (codes, study.arm.codes), 1)
    means = np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
    return Blocks(
        units=tuple(factors),
        codes={name: factor.codes[rows] for name, factor in factors.items()},
        means=means,
    )


def blocks_of(study: Study) -> Blocks:
    """Return the blocks that pair readings: by reader and case, or by reader where no reader read
    a case in more than one arm."""
    blocks = blocks_by(study, dict(study.units()))
    if len(blocks.units) > 1 and not np.any(np.isfinite(blocks.means).sum(axis=1) > 1):
        return blocks_by(study, {"reader": study.reader})
    return blocks
