"""The values that cross the borders inside `llm`: spans, clauses, quantities, fills.

All offsets are code points of the raw conclusion, so that `conclusion[start:end]` is the quote.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from llm.schema import ReportTemplate

# "change" is a difference ("grown by 2 mm"): it is neither size, so no field may point at it.
QuantityTime = Literal["current", "prior", "change"]
Support = Literal["stated", "implied"]
UnusedReason = Literal["not_a_finding", "abstained", "partly_used", "not_covered"]
Side = Literal["left", "right"]

# JSON values of the flat mapping path -> value.
NumberValue = int | float
FieldData = str | NumberValue | list[str] | dict[str, NumberValue | str]


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of code points."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the conclusion: a clause, or the gap (separator, bullet) between two."""

    kind: Literal["clause", "gap"]
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause; `index` counts clauses, not gaps, from 0."""

    index: int
    span: Span
    text: str

    @property
    def evidence(self) -> Evidence:
        """The clause, word for word."""
        return Evidence(self.text, self.span.start, self.span.end)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A written quantity, numbered from 1 within its clause.

    `dims` are the written numbers in `unit` (canonical spelling of the unit as written: "cm" stays
    "cm"); a range has `low` and `high` and no dims. `unit` is None where none was written or where
    the writing could not be read with certainty; such a quantity is never offered to a field that
    has a unit.
    """

    id: int
    span: Span
    text: str
    dims: tuple[Decimal, ...]
    unit: str | None
    low: Decimal | None = None
    high: Decimal | None = None
    comparator: str | None = None
    time: QuantityTime = "current"


@dataclass(frozen=True, slots=True)
class SideMention:
    """Words that name a side, or both ("bilateral")."""

    span: Span
    text: str
    sides: frozenset[Side]


@dataclass(frozen=True, slots=True)
class LevelMention:
    """Words that name spinal levels; mentions of the same rows share an `id` within a clause.

    `discs` and `bodies` are the two readings in row keys ("L4/5", "L5/S1"; "L4", "S1"); an empty
    reading is not possible for these words.
    """

    id: int
    span: Span
    text: str
    discs: tuple[str, ...]
    bodies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Words of the conclusion, verbatim: `quote == conclusion[start:end]`."""

    quote: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class FilledValue:
    """A value for one path, with the clause it comes from.

    `more_evidence` holds further clauses where a list or a text was gathered from several.
    `source_text` and `source_unit` are the quantity as written. `rule` says why an implied value
    follows.
    """

    path: str
    value: FieldData
    support: Support
    evidence: Evidence | None
    clause_index: int
    confidence: float
    low_confidence: bool
    source_text: str | None = None
    source_unit: str | None = None
    rule: str | None = None
    more_evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class UnusedClause:
    """A clause, or part of it, that no field holds; `details` are sentences for the reader."""

    clause_index: int
    start: int
    end: int
    text: str
    reason: UnusedReason
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """Different values for one path; none of them was filled."""

    path: str
    candidates: tuple[FilledValue, ...]


@dataclass(frozen=True, slots=True)
class EngineIdentity:
    """What answered: names and content hashes, stored with every fill."""

    base_model: str
    base_hash: str
    adapter: str
    adapter_hash: str
    prompt_hash: str


@dataclass(frozen=True, slots=True)
class FillTokens:
    """Token counts summed over the clauses of one conclusion."""

    prompt: int
    output: int


@dataclass(frozen=True, slots=True)
class FillRequest:
    """One conclusion to fill; `field_hashes_covered` None means that every field is covered."""

    id: str
    template: ReportTemplate
    conclusion: str
    exam_side: str | None = None
    sex: str | None = None
    field_hashes_covered: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class FillResult:
    """Everything one conclusion gave; texts of *other* are values with path `<section>_other`."""

    values: tuple[FilledValue, ...]
    unused: tuple[UnusedClause, ...]
    conflicts: tuple[Conflict, ...]
    clauses: tuple[Clause, ...]
    tokens: FillTokens
    identity: EngineIdentity
    answers: Mapping[int, str] = field(default_factory=dict)
