"""The template language: what one JSON file says of a report form.

`load_template` and `parse_template` check everything that can be checked without data and name
each fault with its file and field. `python -m llm.schema FILE…` prints faults and counts.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Literal

from llm.paths import FieldPath, split_path

Kind = Literal["choice", "multi_choice", "number", "text", "bool"]
RowKind = Literal["open", "side", "level"]
Sex = Literal["female", "male"]

# The companions that `certainty` and `change` add to a finding.
CERTAINTY_VALUES = ("definite", "probable", "possible")
CHANGE_VALUES = ("new", "increased", "unchanged", "decreased")


@dataclass(frozen=True, slots=True)
class Code:
    """A code of RADLEX, SCT, LOINC, RADELEMENT or DCM with the term it stands for."""

    system: str
    code: str
    display: str


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a choice: what is stored, shown in the form, said in the narrative, dictated."""

    value: str
    label: str
    text: str
    phrases: tuple[str, ...] = ()
    codes: tuple[Code, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """True if the field holds one of the values; if `negated`, a value that is none of them."""

    field: str
    values: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """One line of a lookup: the value that follows where all conditions hold."""

    conditions: tuple[Condition, ...]
    value: str


@dataclass(frozen=True, slots=True)
class Derived:
    """How a value follows from others: an arithmetic expression, or the first case that holds.

    `stated` allows the conclusion to state it as well.
    """

    expression: str = ""
    lookup: tuple[Case, ...] = ()
    stated: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One value of the form. `unit` is UCUM-like (mm, HU, mL, %); numbers are in that unit."""

    key: str
    label: str
    kind: Kind
    options: tuple[Option, ...] = ()
    normal: str | None = None
    unit: str | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    decimals: int = 0
    time: Literal["current", "prior"] = "current"
    next_dimension: str | None = None
    required: bool = False
    certainty: bool = False
    change: bool = False
    sex: Sex | None = None
    visible_if: Condition | None = None
    derived: Derived | None = None
    role: Literal["", "other"] = ""
    phrases: tuple[str, ...] = ()
    text: str = ""
    codes: tuple[Code, ...] = ()
    help: str = ""

    def option(self, value: str) -> Option:
        """The option of a value; raises KeyError."""
        for option in self.options:
            if option.value == value:
                return option
        raise KeyError(f"{self.key} has no option {value!r}")

    @property
    def companions(self) -> tuple[Field, ...]:
        """The fields that `certainty` and `change` add beside a plain field."""
        return companion_fields(certainty=self.certainty, change=self.change)


@dataclass(frozen=True, slots=True)
class Row:
    """A fixed row of a group: a side or a level."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of the same members: open (lesions), or one for each side or level.

    `patterns` word a row of its own; `follow_ups` a clause that goes on about the row before.
    """

    key: str
    label: str
    row_kind: RowKind
    fields: tuple[Field, ...]
    rows: tuple[Row, ...] = ()
    max_rows: int = 1
    normal: str | None = None
    normal_text: str = ""
    absent_phrases: tuple[str, ...] = ()
    identity: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    follow_ups: tuple[str, ...] = ()
    codes: tuple[Code, ...] = ()
    required: bool = False
    certainty: bool = False
    change: bool = False
    sex: Sex | None = None
    visible_if: Condition | None = None

    def member(self, key: str) -> Field:
        """The member of a key; raises KeyError."""
        for member in self.fields:
            if member.key == key:
                return member
        raise KeyError(f"{self.key} has no member {key!r}")

    @property
    def row_keys(self) -> tuple[str, ...]:
        """The keys of the fixed rows; empty for an open group."""
        return tuple(row.key for row in self.rows)


Item = Field | Group


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of the report with its fields; the last field takes what fits nowhere else."""

    key: str
    label: str
    normal: str
    shortcut: str
    fields: tuple[Item, ...]
    codes: tuple[Code, ...] = ()
    sex: Sex | None = None

    @property
    def other(self) -> Field:
        """The free text for other findings."""
        last = self.fields[-1]
        if not isinstance(last, Field):
            raise TypeError(f"section {self.key} does not end with its other findings")
        return last


@dataclass(frozen=True, slots=True)
class Rule:
    """If the condition holds, the field has the value; with `same_row`, both within one row."""

    condition: Condition
    field: str
    value: str
    why: str
    same_row: bool = False


@dataclass(frozen=True, slots=True)
class Together:
    """What often comes with the condition: with probability `share`, the field has one of `values`.

    Only synthetic conclusions use it; a fill implies nothing from it. `same_row` as in `Rule`.
    """

    condition: Condition
    field: str
    values: tuple[str, ...]
    share: float
    same_row: bool = False


@dataclass(frozen=True, slots=True)
class ReportTemplate:
    """A checked template; `content_hash` is the SHA-256 of the canonical JSON it was read from."""

    key: str
    name: str
    language: str
    modality: str
    body_parts: tuple[str, ...]
    prompt_name: str
    sections: tuple[Section, ...]
    rules: tuple[Rule, ...] = ()
    together: tuple[Together, ...] = ()
    codes: tuple[Code, ...] = ()
    not_used_phrases: tuple[str, ...] = ()
    other_phrases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    content_hash: str = ""
    _by_key: Mapping[str, Item] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_key", {item.key: item for item in self.items()})

    def items(self) -> Iterator[Item]:
        """All plain fields and groups, in template order."""
        for section in self.sections:
            yield from section.fields

    def section(self, key: str) -> Section:
        """The section of a key; raises KeyError."""
        for section in self.sections:
            if section.key == key:
                return section
        raise KeyError(f"{self.key} has no section {key!r}")

    def item(self, key: str) -> Item:
        """The plain field or group of a key; raises KeyError."""
        if key not in self._by_key:
            raise KeyError(f"{self.key} has no field {key!r}")
        return self._by_key[key]

    def section_of(self, key: str) -> Section:
        """The section that holds a plain field or group; raises KeyError."""
        for section in self.sections:
            if any(item.key == key for item in section.fields):
                return section
        raise KeyError(f"{self.key} has no field {key!r}")

    def field_at(self, path: str) -> Field:
        """The field a path names; raises KeyError with a clear text.

        The path of an open group itself (said to be absent) gives a choice with the one value
        "none".
        """
        parts = split_path(path)
        item = self.item(parts.key)
        if isinstance(item, Field):
            return _plain_field(item, parts)
        if not parts.row and not parts.member and item.normal is not None:
            return absent_field(item)
        if not parts.row or not parts.member:
            raise KeyError(f"{path!r} names no member of a row of {item.key}")
        if item.row_kind != "open" and parts.row not in item.row_keys:
            raise KeyError(f"{item.key} has no row {parts.row!r}")
        return item.member(parts.member)

    def field_hashes(self) -> dict[str, str]:
        """A hash for each field and group: what the adapter's card lists as trained on.

        It covers the key, the kind, the values and the members, not the wording.
        """
        return {item.key: _item_hash(item) for item in self.items()}


def _plain_field(item: Field, parts: FieldPath) -> Field:
    if parts.row:
        raise KeyError(f"{item.key} has no rows")
    if not parts.member:
        return item
    for companion in item.companions:
        if companion.key == parts.member:
            return companion
    raise KeyError(f"{item.key} has no {parts.member!r} beside it")


def absent_field(group: Group) -> Field:
    """The value "none" of an open group: nothing of the kind is there."""
    option = Option("none", "None", group.normal_text, group.absent_phrases)
    return Field(key=group.key, label=group.label, kind="choice", options=(option,), normal="none")


@lru_cache(maxsize=4)
def companion_fields(*, certainty: bool, change: bool) -> tuple[Field, ...]:
    """The fields that the two flags add to a finding."""
    fields = []
    if certainty:
        fields.append(_companion("certainty", "Certainty", CERTAINTY_VALUES))
    if change:
        fields.append(_companion("change", "Change", CHANGE_VALUES))
    return tuple(fields)


def _companion(key: str, label: str, values: tuple[str, ...]) -> Field:
    options = tuple(Option(value, value.capitalize(), value) for value in values)
    return Field(key=key, label=label, kind="choice", options=options)


def _item_hash(item: Item) -> str:
    members: list[object] = []
    rows: list[object] = []
    if isinstance(item, Group):
        members = [_shape(member) for member in item.fields]
        rows = [item.row_kind, item.max_rows, *item.row_keys]
    text = json.dumps([_shape(item), rows, members], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _shape(item: Item) -> list[object]:
    if isinstance(item, Group):
        return [item.key, item.normal]
    options = [option.value for option in item.options]
    return [item.key, item.kind, options, item.unit, item.time, item.certainty, item.change]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a template."""

    file: str
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.field}: {self.message}"


class TemplateError(ValueError):
    """A template that cannot be used, with every fault found in it."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


def content_hash(data: Mapping[str, object]) -> str:
    """SHA-256 of the canonical JSON of a definition."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def parse_template(data: Mapping[str, object], *, name: str = "") -> ReportTemplate:
    """The checked template of a definition; raises TemplateError with all faults."""
    from llm.template_checks import check_template
    from llm.template_parse import Reader

    reader = Reader(name or "template")
    template = reader.template(data)
    faults = [*reader.faults]
    if template is not None and not faults:
        faults += check_template(template, file=reader.file)
    if faults or template is None:
        raise TemplateError(tuple(faults))
    return template


def load_template(path: Path) -> ReportTemplate:
    """The checked template of a file; raises TemplateError, also when it cannot be read."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise TemplateError((Fault(path.name, "file", f"cannot be read: {error}"),)) from error
    if not isinstance(data, dict):
        raise TemplateError((Fault(path.name, "file", "is not a JSON object"),))
    return parse_template(data, name=path.name)


def load_templates(directory: Path) -> dict[str, ReportTemplate]:
    """The templates of a directory by key; raises TemplateError."""
    templates = [load_template(path) for path in sorted(directory.glob("*.json"))]
    return {template.key: template for template in templates}


if __name__ == "__main__":
    from llm.template_checks import report_on_files

    sys.exit(report_on_files([Path(name) for name in sys.argv[1:]]))
