"""Who reads which case in which arm and in which order. Pure: no Django, no clock, no chance.

Everything follows from the design, the readers, the cases, the arms and the seed; the same input
gives the same allocation on every machine and in every version of Python.
"""

from reporting.study_designs.allocation import (
    DESIGNS,
    Allocation,
    DesignInvalid,
    PlannedCase,
    PlannedReader,
    PlannedReading,
    allocate,
)
from reporting.study_designs.balance import BalanceReport, balance
from reporting.study_designs.squares import latin_square, williams_sequences

__all__ = [
    "DESIGNS",
    "Allocation",
    "BalanceReport",
    "DesignInvalid",
    "PlannedCase",
    "PlannedReader",
    "PlannedReading",
    "allocate",
    "balance",
    "latin_square",
    "williams_sequences",
]
