"""Reads the JSON of a template into the dataclasses of `llm.schema`, collecting faults of form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import TypeVar, cast, get_args

from llm.schema import (
    Case,
    Code,
    Condition,
    Derived,
    Fault,
    Field,
    Group,
    Item,
    Kind,
    Option,
    ReportTemplate,
    Row,
    RowKind,
    Rule,
    Section,
    Sex,
    Together,
    companion_fields,
    content_hash,
)

T = TypeVar("T")
Json = Mapping[str, object]

_COMMON = {"key", "label", "kind", "certainty", "change", "required", "sex", "visible_if", "codes"}
_FIELD = _COMMON | {
    "options", "normal", "unit", "min", "max", "decimals", "time", "next_dimension", "derived",
    "role", "phrases", "text", "help",
}  # fmt: skip
_GROUP = _COMMON | {
    "row_kind", "rows", "max", "normal", "normal_text", "absent_phrases", "fields", "identity",
    "text", "patterns", "follow_ups", "laterality",
}  # fmt: skip
_TEMPLATE = {
    "key", "name", "language", "modality", "body_parts", "prompt_name", "codes", "sections",
    "rules", "together", "not_used_phrases", "other_phrases", "description",
}  # fmt: skip


class Reader:
    """Reads one template; what is wrong with its form is in `faults` afterwards."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []
        self._where = "template"

    def fault(self, message: str) -> None:
        """Notes a fault at the place being read."""
        self.faults.append(Fault(self.file, self._where, message))

    def template(self, data: Json) -> ReportTemplate | None:
        """The template, or None where its outermost form is wrong."""
        self._known(data, _TEMPLATE)
        sections = tuple(self._each(data, "sections", self._section))
        other = data.get("other_phrases", {})
        if not isinstance(other, Mapping):
            self.fault("other_phrases must map section keys to lists of phrases")
            other = {}
        return ReportTemplate(
            key=self._text(data, "key"),
            name=self._text(data, "name"),
            language=self._text(data, "language", default="en"),
            modality=self._text(data, "modality"),
            body_parts=self._texts(data, "body_parts"),
            prompt_name=self._text(data, "prompt_name"),
            sections=sections,
            rules=tuple(rule for rules in self._each(data, "rules", self._rules) for rule in rules),
            together=tuple(
                t for found in self._each(data, "together", self._together) for t in found
            ),
            codes=self._codes(data),
            not_used_phrases=self._texts(data, "not_used_phrases"),
            other_phrases={str(key): self._texts(other, str(key)) for key in other},
            content_hash=content_hash(data),
        )

    def _section(self, data: Json) -> Section:
        self._where = str(data.get("key", "section"))
        self._known(data, {"key", "label", "normal", "shortcut", "fields", "codes", "sex"})
        section = Section(
            key=self._text(data, "key"),
            label=self._text(data, "label"),
            normal=self._text(data, "normal"),
            shortcut=self._text(data, "shortcut"),
            codes=self._codes(data),
            sex=self._sex(data),
            fields=(),
        )
        items = tuple(self._each(data, "fields", self._item))
        self._where = "template"
        if not items:
            self.fault(f"section {section.key!r} has no fields")
        return Section(
            section.key, section.label, section.normal, section.shortcut, items,
            section.codes, section.sex,
        )  # fmt: skip

    def _item(self, data: Json) -> Item:
        self._where = str(data.get("key", "field"))
        return self._group(data) if data.get("kind") == "group" else self._field(data)

    def _group(self, data: Json) -> Group:
        self._known(data, _GROUP)
        where = self._where
        certainty, change = self._flag(data, "certainty"), self._flag(data, "change")
        members: list[Field] = []
        for member in self._objects(data, "fields"):
            self._where = f"{where}.{member.get('key', 'member')}"
            members.append(self._field(member))
        self._where = where
        rows = tuple(self._each(data, "rows", self._row))
        row_kind = str(data.get("row_kind", "open"))
        if row_kind not in {"open", "side", "level"}:
            self.fault(f"row_kind {row_kind!r} is not open, side or level")
        return Group(
            key=self._text(data, "key"),
            label=self._text(data, "label"),
            row_kind=cast(RowKind, row_kind),
            fields=(*members, *companion_fields(certainty=certainty, change=change)),
            rows=rows,
            max_rows=len(rows) or self._integer(data, "max", default=1),
            normal=self._optional(data, "normal"),
            normal_text=self._text(data, "normal_text", default=""),
            absent_phrases=self._texts(data, "absent_phrases"),
            identity=self._texts(data, "identity"),
            text=self._texts(data, "text"),
            patterns=self._texts(data, "patterns"),
            follow_ups=self._texts(data, "follow_ups"),
            codes=self._codes(data),
            required=self._flag(data, "required"),
            certainty=certainty,
            change=change,
            sex=self._sex(data),
            visible_if=self._condition(data.get("visible_if")),
        )

    def _row(self, data: Json) -> Row:
        self._known(data, {"key", "label"})
        return Row(self._text(data, "key"), self._text(data, "label"))

    def _field(self, data: Json) -> Field:
        self._known(data, _FIELD)
        kind = str(data.get("kind"))
        if kind not in get_args(Kind):
            self.fault(f"kind {kind!r} is none of {', '.join(get_args(Kind))}, group")
        options = tuple(self._each(data, "options", self._option))
        if kind == "bool" and not options:
            options = self._yes_no(data)
        return Field(
            key=self._text(data, "key"),
            label=self._text(data, "label"),
            kind=cast(Kind, kind),
            options=options,
            normal=self._optional(data, "normal"),
            unit=self._optional(data, "unit"),
            minimum=self._decimal(data, "min"),
            maximum=self._decimal(data, "max"),
            decimals=self._integer(data, "decimals", default=0),
            time="prior" if self._one_of(data, "time", ("current", "prior")) else "current",
            next_dimension=self._optional(data, "next_dimension"),
            required=self._flag(data, "required"),
            certainty=self._flag(data, "certainty"),
            change=self._flag(data, "change"),
            sex=self._sex(data),
            visible_if=self._condition(data.get("visible_if")),
            derived=self._derived(data),
            role="other" if self._one_of(data, "role", ("", "other")) else "",
            phrases=self._texts(data, "phrases"),
            text=self._text(data, "text", default=""),
            codes=self._codes(data),
            help=self._text(data, "help", default=""),
        )

    def _yes_no(self, data: Json) -> tuple[Option, ...]:
        label = self._text(data, "label")
        phrases = self._texts(data, "phrases")
        return (
            Option("no", "No", f"No {label[:1].lower()}{label[1:]}.", phrases),
            Option("yes", "Yes", f"{label}.", phrases),
        )

    def _option(self, data: Json) -> Option:
        self._known(data, {"value", "label", "text", "phrases", "codes"})
        return Option(
            value=self._text(data, "value"),
            label=self._text(data, "label"),
            text=self._text(data, "text", default=""),
            phrases=self._texts(data, "phrases"),
            codes=self._codes(data),
        )

    def _derived(self, data: Json) -> Derived | None:
        derived = data.get("derived")
        if derived is None:
            return None
        if not isinstance(derived, Mapping):
            self.fault("derived must be an object with expression or lookup")
            return None
        self._known(derived, {"expression", "lookup", "stated"})
        return Derived(
            self._text(derived, "expression", default=""),
            tuple(self._each(derived, "lookup", self._case)),
            self._flag(derived, "stated"),
        )

    def _case(self, data: Json) -> Case:
        self._known(data, {"if", "all", "value"})
        if ("if" in data) == ("all" in data):
            self.fault("each entry of lookup needs either an if or an all")
        listed = [data["if"]] if "if" in data else self._objects(data, "all")
        conditions = tuple(c for c in map(self._condition, listed) if c is not None)
        if not conditions:
            self.fault("an entry of lookup has no conditions")
        return Case(conditions, self._text(data, "value"))

    def _rules(self, data: Json) -> list[Rule]:
        self._where = "rules"
        self._known(data, {"if", "implies", "why"})
        condition = self._condition(data.get("if"))
        if condition is None:
            self.fault("a rule needs an if")
            return []
        source = data.get("if")
        same_row = isinstance(source, Mapping) and source.get("row") == "same"
        implied = data.get("implies")
        entries = implied if isinstance(implied, list) else [implied]
        rules = []
        for entry in entries:
            if not isinstance(entry, Mapping):
                self.fault("implies must be an object with field and value, or a list of such")
                continue
            self._known(entry, {"field", "value"})
            field, value = self._text(entry, "field"), self._text(entry, "value")
            rules.append(Rule(condition, field, value, self._text(data, "why"), same_row))
        return rules

    def _together(self, data: Json) -> list[Together]:
        self._where = "together"
        self._known(data, {"if", "often", "share"})
        condition, source, share = (
            self._condition(data.get("if")),
            data.get("if"),
            data.get("share"),
        )
        if condition is None or not isinstance(source, Mapping):
            self.fault("what comes together needs an if")
            return []
        if not isinstance(share, float) or not 0 < share <= 1:
            self.fault("share must be a number above 0.0 and up to 1.0")
            return []
        found = []
        for entry in self._objects(data, "often"):
            often = self._condition(entry)
            if often is None or often.negated:
                self.fault("each entry of often needs a field and in")
                continue
            same_row = source.get("row") == "same"
            found.append(Together(condition, often.field, often.values, share, same_row))
        return found

    def _condition(self, data: object) -> Condition | None:
        if data is None:
            return None
        if not isinstance(data, Mapping):
            self.fault("a condition must be an object with field and in or not_in")
            return None
        self._known(data, {"field", "in", "not_in", "row"})
        if ("in" in data) == ("not_in" in data):
            self.fault("a condition needs either in or not_in")
        values = self._texts(data, "not_in" if "not_in" in data else "in")
        return Condition(self._text(data, "field"), values, "not_in" in data)

    def _codes(self, data: Json) -> tuple[Code, ...]:
        return tuple(self._each(data, "codes", self._code))

    def _code(self, data: Json) -> Code:
        self._known(data, {"system", "code", "display"})
        texts = (self._text(data, key) for key in ("system", "code", "display"))
        return Code(*texts)

    def _sex(self, data: Json) -> Sex | None:
        value = data.get("sex")
        if value is None or value == "female" or value == "male":
            return value
        self.fault(f"sex {value!r} is not female or male")
        return None

    def _known(self, data: Json, keys: set[str]) -> None:
        for key in data:
            if key not in keys:
                self.fault(f"unknown key {key!r}; known are {', '.join(sorted(keys))}")

    def _each(self, data: Json, key: str, read: Callable[[Json], T]) -> list[T]:
        return [read(entry) for entry in self._objects(data, key)]

    def _objects(self, data: Json, key: str) -> list[Json]:
        entries = data.get(key, [])
        if not isinstance(entries, list) or not all(isinstance(e, Mapping) for e in entries):
            self.fault(f"{key} must be a list of objects")
            return []
        return entries

    def _text(self, data: Json, key: str, *, default: str | None = None) -> str:
        value = data.get(key, default)
        if not isinstance(value, str):
            self.fault(f"{key} is missing" if value is None else f"{key} must be text")
            return ""
        return value

    def _optional(self, data: Json, key: str) -> str | None:
        return None if data.get(key) is None else self._text(data, key)

    def _texts(self, data: Json, key: str) -> tuple[str, ...]:
        values = data.get(key, [])
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            self.fault(f"{key} must be a list of texts")
            return ()
        return tuple(values)

    def _flag(self, data: Json, key: str) -> bool:
        value = data.get(key, False)
        if not isinstance(value, bool):
            self.fault(f"{key} must be true or false")
        return value is True

    def _integer(self, data: Json, key: str, *, default: int) -> int:
        value = data.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 1000:
            self.fault(f"{key} must be a whole number from 0 to 1000")
            return default
        return value

    def _decimal(self, data: Json, key: str) -> Decimal | None:
        value = data.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fault(f"{key} must be a number")
            return None
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            self.fault(f"{key} must be a finite number")
            return None
        return number

    def _one_of(self, data: Json, key: str, values: tuple[str, str]) -> bool:
        """True for the second of two values, False for the first or none."""
        value = data.get(key, values[0])
        if value not in values:
            self.fault(f"{key} {value!r} is not {values[0]!r} or {values[1]!r}")
        return value == values[1]
