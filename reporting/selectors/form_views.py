"""What the templates render: frozen views of one report. They hold no logic of their own."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class OptionView:
    """One option of a choice."""

    value: str
    label: str
    is_selected: bool


@dataclass(frozen=True, slots=True)
class CandidateView:
    """One of several values that the conclusion gives for the same field."""

    input_text: str
    text: str
    quote: str


@dataclass(frozen=True, slots=True)
class DerivationView:
    """How a value follows from others.

    `holds` is true where what is shown is computed, `only` where it cannot be entered;
    `disagreement` says how a stated value differs from the computed one.
    """

    holds: bool
    only: bool
    inputs: str
    disagreement: str


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field: what it holds, where that came from, and what the reader made of it.

    `normal` is the placeholder of a field without a value; it is no value. `version` goes back
    with each change. `html_id` is unique in the page and safe in selectors. `prior_day` is the
    day of the exam that its value was copied from.
    """

    path: str
    html_id: str
    label: str
    kind: str
    unit: str
    help: str
    is_required: bool
    options: tuple[OptionView, ...]
    value: object
    text: str
    input_text: str
    normal: str
    version: int
    support: str
    attestation: str
    is_open_suggestion: bool
    is_rejected: bool
    low_confidence: bool
    suggested_value: object
    suggested_text: str
    evidence: str
    source_text: str
    rule: str
    derivation: DerivationView
    is_visible: bool
    candidates: tuple[CandidateView, ...]
    prior_day: str

    @property
    def has_value(self) -> bool:
        """Whether it holds a value."""
        return self.value is not None


@dataclass(frozen=True, slots=True)
class RowView:
    """One row of a group: a side, a level, or a row that can be removed."""

    key: str
    label: str
    html_id: str
    row_id: UUID | None
    fields: tuple[FieldView, ...]
    is_open_suggestion: bool


@dataclass(frozen=True, slots=True)
class GroupView:
    """A group of rows; `absent` is the field by which an open group is said to be none."""

    key: str
    html_id: str
    label: str
    row_kind: str
    is_required: bool
    may_add: bool
    absent: FieldView | None
    rows: tuple[RowView, ...]


@dataclass(frozen=True, slots=True)
class ItemView:
    """A field or a group: exactly one of the two."""

    field: FieldView | None = None
    group: GroupView | None = None


@dataclass(frozen=True, slots=True)
class SectionView:
    """A heading with its fields; `text` is its narrative, empty while nothing has a value."""

    key: str
    html_id: str
    label: str
    shortcut: str
    normal: str
    items: tuple[ItemView, ...]
    text: str
    open_suggestions: int
    missing_normals: int


@dataclass(frozen=True, slots=True)
class AddendumView:
    """An addendum as signed."""

    number: int
    text: str
    author: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class FormView:
    """The whole page of a report, in any mode. In free text the sections have no items."""

    mode: str
    is_open: bool
    is_free_text: bool
    template_name: str
    template_version: int
    conclusion: str
    conclusion_version: int
    findings_text: str
    findings_text_version: int
    sections: tuple[SectionView, ...]
    open_suggestions: int
    conflicts: int
    addenda: tuple[AddendumView, ...]
    signed_by: str
    signed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the conclusion.

    `fields` are the html ids of the fields it supports, `unused` why no field holds it.
    """

    text: str
    fields: tuple[str, ...]
    unused: str

    @property
    def is_plain(self) -> bool:
        """Whether nothing is to be marked."""
        return not self.fields and not self.unused
