"""Compare times between arms: descriptives, ratios, simple tests and the primary model."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from reporting.stats.bootstrap import resamples
from reporting.stats.carry_over import CarryOver, carry_over
from reporting.stats.descriptives import ArmSummary, Ratio, arm_summary, ratio
from reporting.stats.effects import EffectSize, effect_sizes
from reporting.stats.equivalence import Equivalence, equivalence, require_margin
from reporting.stats.learning import Learning, learning
from reporting.stats.missing import MissingData, missing_data
from reporting.stats.pairwise import (
    Friedman,
    UnitTests,
    Wilcoxon,
    block_friedman,
    block_wilcoxon,
    unit_tests,
)
from reporting.stats.primary import PrimaryModel, primary_model
from reporting.stats.reader_ratios import ReaderRatio, reader_ratios
from reporting.stats.study import Study, blocks_of, study_of
from reporting.stats.table import Table, TableError


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything about one table; `notes` says what was not computed, and why, and `simulated` how
    many rows were made under a simulated clock.

    `friedman` and `wilcoxon` are over blocks (`block` says of what), `by_unit` over units.
    """

    arms: tuple[ArmSummary, ...]
    ratios: tuple[Ratio, ...]
    friedman: Friedman | None
    wilcoxon: tuple[Wilcoxon, ...]
    by_unit: tuple[UnitTests, ...]
    primary: PrimaryModel | None
    equivalence: tuple[Equivalence, ...]
    effects: tuple[EffectSize, ...]
    by_reader: tuple[ReaderRatio, ...]
    learning: Learning | None
    carry_over: CarryOver | None
    missing: MissingData
    simulated: int
    block: str
    resampled: str
    notes: tuple[str, ...]


def analyse(table: Table, *, seed: int = 0, margin: float | None = None) -> Analysis:
    """Return the analysis; the same table and seed give the same numbers. Raises TableError.

    Equivalence is tested where a margin is given: a ratio of times above 1.

    Readings are paired within a block: the same reader and case, or, without cases or where no
    case was read in more than one arm, the same reader, by the mean of their log times.
    """
    require_margin(margin)
    study = study_of(table.readings)
    if len(study.arm) < 2:
        raise TableError(f"There is one arm only ({study.arm.labels[0]}); nothing to compare.")
    blocks = blocks_of(study)
    notes: list[str] = []
    resampled = resamples(study, np.random.default_rng(seed), notes)
    every = range(len(study.arm))
    if table.excluded:
        notes.append(f"{len(table.excluded)} rows are left out: the file says by which rule.")
    by_unit = unit_tests(study, blocks, notes)
    primary = primary_model(study, notes, seed=seed)
    contrasts = primary.contrasts if primary and margin else ()
    missing = missing_data(table, study, blocks, primary)
    return Analysis(
        arms=tuple(arm_summary(study, arm, table.missing, resampled) for arm in every),
        ratios=tuple(ratio(study, arms, blocks, resampled) for arms in study.pairs_of_arms()),
        friedman=block_friedman(study, blocks, notes),
        wilcoxon=block_wilcoxon(study, blocks, notes),
        by_unit=by_unit,
        primary=primary,
        equivalence=tuple(equivalence(item, margin) for item in contrasts if margin),
        effects=effect_sizes(study, blocks, primary, next(iter(by_unit), None)),
        by_reader=reader_ratios(study, blocks),
        learning=learning(study, notes),
        carry_over=carry_over(study, notes),
        missing=missing,
        simulated=table.simulated,
        block=" and ".join(blocks.units),
        resampled=resampled.units,
        notes=(*_of_rows(table, study, missing), *dict.fromkeys(notes)),
    )


def _of_rows(table: Table, study: Study, missing: MissingData) -> Iterator[str]:
    """Say what is simulated, what is missing and what is there more than once."""
    if table.simulated:
        yield f"{table.simulated} rows were made under a simulated clock."
    if table.gaps:
        yield f"{len(table.gaps)} rows have no time; they count as missing at random."
    if study.case is None:
        return
    if missing.cells:
        yield (
            f"{len(missing.cells)} of {missing.planned} combinations of reader, case and arm have"
            " no time."
        )
    cells = missing.planned - len(missing.cells)
    if repeated := len(study.times) - cells:
        yield f"{repeated} readings repeat a combination of reader, case and arm."
