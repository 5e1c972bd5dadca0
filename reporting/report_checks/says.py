"""What a report says, as plain frozen data: all that a check may look at."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

CONCLUSION, FINDINGS_TEXT = "conclusion", "findings_text"


@dataclass(frozen=True, slots=True)
class Value:
    """One value, of the form or as read from a text.

    `label` and `text` are words for the reader, `raw` holds the options chosen. `sides` are those
    that the value or its row names. `numbers` are in the base unit of `dimension` (lengths in mm).
    `start` and `end` are offsets of the text that it was read from; `named` is false where the
    words name only its place or degree, `plain` where they hedge or leave room. `identifies` is
    true of the place of a row, `of_before` of what the report itself says of an earlier exam.
    """

    path: str
    item: str
    row: str
    member: str
    label: str
    text: str
    raw: frozenset[str]
    is_normal: bool
    is_choice: bool = True
    in_open_group: bool = False
    sides: frozenset[str] = frozenset()
    dimension: str = ""
    numbers: tuple[Decimal, ...] = ()
    named: bool = True
    plain: bool = True
    start: int = 0
    end: int = 0
    identifies: bool = False
    of_before: bool = False

    @property
    def in_level_row(self) -> bool:
        """Whether it stands in the row of a spinal level."""
        return bool(self.row) and not self.in_open_group and self.row not in {"left", "right"}

    @property
    def finding(self) -> str:
        """What the value speaks of, whatever the side: "disc[L4/5].recess", "kidney.stone"."""
        if self.in_open_group:
            return self.item
        row = f"[{self.row}]" if self.in_level_row else ""
        member = self.member.removesuffix("_left").removesuffix("_right")
        return f"{self.item}{row}.{member}" if member else f"{self.item}{row}"


@dataclass(frozen=True, slots=True)
class Support:
    """The words that the model filled a value from, which now stands attested."""

    path: str
    label: str
    text: str
    quote: str


@dataclass(frozen=True, slots=True)
class Open:
    """A place of the form that needs the reader."""

    path: str
    label: str


@dataclass(frozen=True, slots=True)
class Limits:
    """The plausible range of a number field, in the base unit; None where there is none."""

    low: Decimal | None
    high: Decimal | None
    shown: str


@dataclass(frozen=True, slots=True)
class Measured:
    """A quantity of the conclusion, and the findings and sides that its clause names."""

    dimension: str
    numbers: tuple[Decimal, ...]
    items: frozenset[str]
    sides: frozenset[str]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Words:
    """Words of the conclusion with their offsets, and the finding or the sides that they name."""

    start: int
    end: int
    sides: frozenset[str] = frozenset()
    item: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A free text of the report: the conclusion, the findings, or a text field."""

    place: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Prior:
    """The patient's last signed report of the same template: day of its exam, days between."""

    day: date
    days: int
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Critical:
    """A result that somebody must be told of, found in the form or in the conclusion."""

    key: str
    label: str
    place: str
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class ReportSays:
    """A report at one moment. Paths in `order` are those of the form, in its order.

    `refused` are texts that could not be read, each with the reason in place of the text.
    """

    conclusion: str
    texts: tuple[Text, ...] = ()
    findings: tuple[Value, ...] = ()
    stated: tuple[Value, ...] = ()
    measured: tuple[Measured, ...] = ()
    named: tuple[Words, ...] = ()
    sides: tuple[Words, ...] = ()
    far_levels: tuple[Words, ...] = ()
    limits: dict[str, tuple[Limits, ...]] = field(default_factory=dict)
    refused: tuple[Text, ...] = ()
    is_filling: bool = False
    suggestions: tuple[Open, ...] = ()
    conflicts: tuple[Open, ...] = ()
    missing: tuple[Open, ...] = ()
    supports: tuple[Support, ...] = ()
    sex: str | None = None
    exam_side: str | None = None
    copies: tuple[Open, ...] = ()
    prior: Prior | None = None
    changes: tuple[Value, ...] = ()
    critical: tuple[Critical, ...] = ()
    communicated: frozenset[str] = frozenset()
    order: tuple[str, ...] = ()
