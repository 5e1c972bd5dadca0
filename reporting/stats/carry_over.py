"""Carry-over: whether a time depends on the arm that its reader worked in before.

Where each reader kept to one arm in each period, the arm before is that of the last period before
in which this reader read; else, with an order of readings, that of the reading before. The model is
the primary one with the arm before as a further factor, and then its interaction with the arm; a
reader's first period or reading has a level of its own. Both tests say little in small studies:
they are checks, no gate.
"""

import re
from dataclasses import dataclass

import numpy as np

from reporting.stats import reml
from reporting.stats.design import Design, design_of, widened
from reporting.stats.reml import CannotFit, FTest
from reporting.stats.study import Array, Codes, Factor, Study

FIRST = -1


@dataclass(frozen=True, slots=True)
class AfterArm:
    """The times of one arm after another (`before` is None for a reader's first)."""

    arm: str
    before: str | None
    n: int
    geometric_mean: float


@dataclass(frozen=True, slots=True)
class CarryOver:
    """`by` says whose arm comes before, "period" or "reading". `before` tests whether the arm
    before matters, `interaction` whether it matters otherwise in each arm; None where the data
    cannot tell."""

    by: str
    cells: tuple[AfterArm, ...]
    before: FTest | None
    interaction: FTest | None


def carry_over(study: Study, notes: list[str]) -> CarryOver | None:
    """Return the tests; None where nothing tells which arm came before."""
    by, before = "period", _by_period(study)
    if before is None:
        by, before = "reading", _by_reading(study)
    if before is None or not np.any(before != FIRST):
        return None
    design = design_of(study, [])
    base, main, crossed = _columns(study, design, before)
    tests = [_test(study, design, columns, start) for columns, start in (
        (main, base.shape[1]),
        (crossed, main.shape[1]),
    )]  # fmt: skip
    if tests[0] is None:
        notes.append("Carry-over: the arms before cannot be told from arms and periods.")
    return CarryOver(by, _cells(study, before), *tests)


def _by_period(study: Study) -> Codes | None:
    """Return the arm of each reading's period before, where periods have one arm a reader."""
    if study.period is None or len(study.period) < 2:
        return None
    rank = _in_sequence(study.period)
    arms = np.full((len(study.reader), len(study.period)), FIRST)
    arms[study.reader.codes, rank] = study.arm.codes
    if not np.array_equal(arms[study.reader.codes, rank], study.arm.codes):
        return None
    shifted = np.column_stack([np.full(len(arms), FIRST), arms[:, :-1]])
    for place in range(1, len(study.period)):
        # Who was absent in a period comes from the one before it.
        absent = shifted[:, place] == FIRST
        shifted[absent, place] = shifted[absent, place - 1]
    return np.asarray(shifted[study.reader.codes, rank], dtype=np.intp)


def _in_sequence(period: Factor) -> Codes:
    """Return the period of each reading, numbered as they followed each other: by the numbers in
    their names, "session 10" after "session 2"."""
    order = sorted(range(len(period)), key=lambda index: _natural(period.labels[index]))
    return np.asarray(np.argsort(order)[period.codes], dtype=np.intp)


def _natural(label: str) -> list[tuple[int, str]]:
    parts = re.split(r"(\d+)", label)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _by_reading(study: Study) -> Codes | None:
    if study.order is None:
        return None
    rows = np.lexsort((study.order, study.reader.codes))
    reader, arm = study.reader.codes[rows], study.arm.codes[rows]
    before = np.concatenate([[FIRST], np.where(reader[1:] == reader[:-1], arm[:-1], FIRST)])
    found = np.empty(len(rows), dtype=np.intp)
    found[rows] = before
    return found


def _columns(study: Study, design: Design, before: Codes) -> tuple[Array, Array, Array]:
    """Return the columns without the arm before, with it, and with its interaction too."""
    base = _added(design.columns, [(before == FIRST).astype(float)])
    levels = [(before == arm).astype(float) for arm in range(1, len(study.arm))]
    main = _added(base, levels)
    products = [level * column for level in levels for column in study.arm.indicators().T]
    return base, main, _added(main, products)


def _added(columns: Array, more: list[Array]) -> Array:
    for column in more:
        wider = widened(columns, column)
        columns = columns if wider is None else wider
    return columns


def _test(study: Study, design: Design, columns: Array, start: int) -> FTest | None:
    """Test the columns from `start` on."""
    tested = np.eye(columns.shape[1])[start:]
    if not len(tested):
        return None
    terms, _ = reml.identifiable(columns, design.terms)
    if not terms:
        return None
    try:
        return reml.f_test(reml.fit(study.logs, columns, terms), tested)
    except CannotFit:
        return None


def _cells(study: Study, before: Codes) -> tuple[AfterArm, ...]:
    found = []
    for arm, name in enumerate(study.arm.labels):
        for earlier in (FIRST, *range(len(study.arm))):
            logs = study.logs[(study.arm.codes == arm) & (before == earlier)]
            if len(logs):
                label = None if earlier == FIRST else study.arm.labels[earlier]
                found.append(AfterArm(name, label, len(logs), float(np.exp(logs.mean()))))
    return tuple(found)
