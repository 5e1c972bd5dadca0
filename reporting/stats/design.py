"""What the models of log times are made of: fixed columns, and the random terms they can tell."""

from dataclasses import dataclass

import numpy as np

from reporting.stats import reml
from reporting.stats.study import Array, Factor, Study, crossing


@dataclass(frozen=True, slots=True)
class Design:
    """The columns of the fixed effects (intercept, arms but the first, periods) and the random
    terms that the data can tell apart."""

    columns: Array
    arms: int
    terms: tuple[reml.Term, ...]

    @property
    def has_period(self) -> bool:
        """Whether any period could be told from the arms."""
        return len(self.columns.T) > self.arms


def widened(columns: Array, more: Array) -> Array | None:
    """Return the columns with one more, or None where it is a sum of those."""
    wider = np.column_stack([columns, more])
    return wider if np.linalg.matrix_rank(wider) == wider.shape[1] else None


def design_of(study: Study, notes: list[str]) -> Design:
    """Return the design of the primary model; notes say what had to be left out."""
    columns = np.column_stack([np.ones(len(study.times)), study.arm.indicators()])
    if study.period is not None:
        columns = _with_period(columns, study.period, notes)
    terms = [reml.Term(name, factor.codes) for name, factor in study.units()]
    terms += [
        reml.Term(f"{name} x arm", crossing(factor, study.arm)) for name, factor in study.units()
    ]
    kept, dropped = reml.identifiable(columns, terms)
    if dropped:
        names = ", ".join(term.name for term in dropped)
        notes.append(f"Primary model: these data cannot tell {names} from other effects; left out.")
    if len(study.reader) == 1:
        notes.append("Primary model: there is one reader; the tests say nothing of other readers.")
    return Design(columns, len(study.arm), tuple(kept))


def _with_period(columns: Array, period: Factor, notes: list[str]) -> Array:
    """Add those periods that differ from the arms and the periods before."""
    for index, column in enumerate(period.indicators().T, start=1):
        wider = widened(columns, column)
        if wider is not None:
            columns = wider
        else:
            notes.append(
                f"Period {period.labels[index]} cannot be told from the arms and the other"
                " periods; a difference between arms may be one between periods."
            )
    return columns
