"""What is missing, and what each analysis did about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from reporting.stats.primary import PrimaryModel
from reporting.stats.study import Blocks, Study
from reporting.stats.table import Table


@dataclass(frozen=True, slots=True)
class MissingCell:
    """A reading that is missing: `recorded` where the file has its row without a time."""

    reader: str
    case: str
    arm: str
    recorded: bool


@dataclass(frozen=True, slots=True)
class Treatment:
    """How many of what an analysis could use, and what it did with the rest."""

    analysis: str
    unit: str
    used: int
    of: int
    how: str


@dataclass(frozen=True, slots=True)
class MissingData:
    """The missing readings. `crossed` says whether every reader was taken to have been planned for
    every case in every arm; if not, only rows without a time count as missing.

    `planned` counts combinations of reader, case and arm; rows, where there are no cases.
    """

    crossed: bool
    planned: int
    cells: tuple[MissingCell, ...]
    treatments: tuple[Treatment, ...]

    @property
    def assumed(self) -> str:
        """What was taken to have been planned, in words."""
        if self.crossed:
            return "Every reader is taken to have been planned for every case in every arm."
        return "Which readings were planned beside the rows of the data is not known."


def missing_data(
    table: Table, study: Study, blocks: Blocks, primary: PrimaryModel | None
) -> MissingData:
    """Return what is missing from the table, and how the analyses of it treated that."""
    crossed = len(blocks.units) > 1
    recorded = [(g.reader, g.case, g.arm) for g in table.gaps]
    count = len(table.readings)
    absent: set[tuple[str, str, str]] = set()
    if study.case is not None:
        # A reading that was repeated with success is not missing.
        present = {(r.reader, r.case, r.arm) for r in table.readings}
        recorded, count = list(set(recorded) - present), len(present)
        known = present.union(recorded)
        absent = set(product(*map(set, zip(*known, strict=True)))) - known if crossed else set()
        absent -= {(out.reader, out.case, out.arm) for out in table.excluded}
    cells = tuple(
        MissingCell(*key, recorded=key not in absent) for key in sorted([*recorded, *absent])
    )
    treatments = tuple(_treatments(study, blocks, primary)) if cells else ()
    return MissingData(crossed, count + len(cells), cells, treatments)


def _treatments(study: Study, blocks: Blocks, primary: PrimaryModel | None) -> Iterator[Treatment]:
    count = len(study.times)
    yield Treatment("descriptives", "readings", count, count, "every time there is")
    if primary:
        yield Treatment(
            "primary model",
            "readings",
            count,
            count,
            "every time there is, by REML; sound if times are missing at random given arm, period,"
            " reader and case"
            if primary.method == "reml"
            else "every time there is; no cell of the crossing is empty",
        )
    what = " and ".join(blocks.units)
    for arms in study.pairs_of_arms():
        names = " and ".join(study.arm.labels[arm] for arm in arms)
        how = f"blocks of {what} without a time in both arms left out"
        used = len(blocks.within(arms).means)
        yield Treatment(f"paired tests, {names}", "blocks", used, len(blocks.means), how)
    if len(study.arm) > 2:
        used = len(blocks.within(range(len(study.arm))).means)
        how = f"blocks of {what} without a time in every arm left out"
        yield Treatment("Friedman's test", "blocks", used, len(blocks.means), how)
