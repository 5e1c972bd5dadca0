"""How balanced an allocation is: counts that a coordinator and a reviewer can read."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from reporting.study_designs.allocation import Allocation, PlannedReading


@dataclass(frozen=True, slots=True)
class Table:
    """Counts with a row per thing and a column per arm. `spread` is the largest difference between
    the arms within a row: 0 is perfect balance."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]

    @property
    def spread(self) -> int:
        """The largest difference within a row."""
        return max((max(counts) - min(counts) for _, counts in self.rows if counts), default=0)


@dataclass(frozen=True, slots=True)
class BalanceReport:
    """Counts of the readings that count; `case_spread` is the worst case's difference between the
    numbers of its readings in two arms. `notes` say what is not balanced, in sentences."""

    readings: int
    practice: int
    by_reader: Table
    by_period: Table
    by_stratum: Table
    following: Table
    case_spread: int
    notes: tuple[str, ...]


def balance(given: Allocation, readings: Iterable[PlannedReading]) -> BalanceReport:
    """Count an allocation by reader, period, stratum and what came before."""
    every = list(readings)
    real = [reading for reading in every if reading.period > 0]
    stratum = {case.id: case.stratum or "(none)" for case in given.cases}
    arms = tuple(given.arms)
    by_reader = _table("Reader", arms, ((r.reader, r.arm) for r in real))
    by_period = _table("Period", arms, ((str(r.period), r.arm) for r in real))
    by_stratum = _table("Stratum", arms, ((stratum[r.case], r.arm) for r in real))
    by_case = _table("Case", arms, ((r.case, r.arm) for r in real))
    following = _table("After", arms, _following(real))
    tables = {"periods": by_period, "strata": by_stratum}
    notes = [
        f"The arms are not equally often in all {name}: they differ by up to {table.spread}."
        for name, table in tables.items()
        if table.spread > 0
    ]
    if given.design != "parallel" and by_reader.spread > 0:
        notes.append(
            f"A reader's arms differ by up to {by_reader.spread} cases: the cases do not divide"
            " evenly by the arms."
        )
    if by_case.spread > 0:
        notes.append(
            "A case is not read equally often in every arm: the readers do not divide evenly by"
            " the arms."
        )
    return BalanceReport(
        len(real),
        len(every) - len(real),
        by_reader,
        by_period,
        by_stratum,
        following,
        by_case.spread,
        tuple(notes),
    )


def _following(real: Sequence[PlannedReading]) -> Iterable[tuple[str, str]]:
    """The arm of the period before, with the arm of a period; nothing where arms are mixed."""
    for _, group in groupby(real, key=lambda reading: reading.reader):
        periods: dict[int, set[str]] = {}
        for reading in group:
            periods.setdefault(reading.period, set()).add(reading.arm)
        for earlier, later in pairwise(sorted(periods)):
            if len(periods[earlier]) == len(periods[later]) == 1:
                yield next(iter(periods[earlier])), next(iter(periods[later]))


def _table(name: str, arms: tuple[str, ...], pairs: Iterable[tuple[str, str]]) -> Table:
    counts = Counter(pairs)
    rows = dict.fromkeys(row for row, _ in counts)
    return Table(name, arms, tuple((row, tuple(counts[row, arm] for arm in arms)) for row in rows))
