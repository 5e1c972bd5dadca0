"""Labels of conclusions that nobody generated: what a careful reading says the form must hold.

One line for each conclusion, keyed by its id; the conclusion itself is not repeated:

    {"id": "ct_chest-d01", "values": {"nodule[1].size": 12, "emphysema": "none"},
     "normal": ["pleura"]}

`values` holds what the conclusion states, findings and explicit normals, by path; rows of open
groups are numbered from 1. `normal` names sections that it calls normal as a whole, or "report".
`template` is needed only where the data file names none. Free text is not labelled. What follows
by the template's own rules is added by code, as in a fill.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from llm.json_lines import parsed
from llm.json_schema import values_schema
from llm.merge import completed
from llm.schema import ReportTemplate
from llm.types import FieldData

_KEYS = frozenset({"id", "values", "normal", "template"})


class LabelError(ValueError):
    """Labels that cannot be used; the message names file, line and fault."""


@dataclass(frozen=True, slots=True)
class Label:
    """One labelled conclusion; `where` is file and line, for messages."""

    id: str
    values: Mapping[str, FieldData]
    normal: tuple[str, ...]
    template: str | None
    where: str


def read_labels(path: Path) -> dict[str, Label]:
    """The labels of a file by id; raises LabelError, OSError."""
    labels: dict[str, Label] = {}
    with path.open(encoding="utf-8") as file:
        for number, text in enumerate(file, start=1):
            if not text.strip():
                continue
            label = _label(text, f"{path.name}:{number}")
            if label.id in labels:
                raise LabelError(f"{label.where}: {label.id!r} is labelled twice")
            labels[label.id] = label
    return labels


def _label(text: str, where: str) -> Label:
    try:
        line: Any = parsed(text)
    except ValueError as error:
        raise LabelError(f"{where}: not a line of JSON: {error}") from error
    if not isinstance(line, dict) or not isinstance(line.get("values"), dict):
        raise LabelError(f'{where}: a label is {{"id": …, "values": {{path: value}}}}')
    if unknown := set(line) - _KEYS:
        raise LabelError(f"{where}: unknown keys {sorted(unknown)}; known: {sorted(_KEYS)}")
    return Label(
        str(line.get("id")),
        line["values"],
        tuple(line.get("normal", ())),
        line.get("template"),
        where,
    )


def check_label(label: Label, template: ReportTemplate) -> None:
    """Raises LabelError for a path, value or section that the template does not have."""
    for path, value in label.values.items():
        try:
            kind = template.field_at(path).kind
        except KeyError as error:
            raise LabelError(f"{label.where}: {error.args[0]}") from error
        if kind == "text":
            raise LabelError(f"{label.where}: {path} is free text, which is not labelled")
        schema = Draft202012Validator(values_schema(template))
        for fault in schema.iter_errors({path: value}):
            raise LabelError(f"{label.where}: {path}: {fault.message}")
    known = {section.key for section in template.sections} | {"report"}
    if wrong := set(label.normal) - known:
        raise LabelError(f"{label.where}: no section {sorted(wrong)}; known: {sorted(known)}")


def true_values(label: Label, template: ReportTemplate, *, sex: str | None) -> dict[str, FieldData]:
    """The truth of a conclusion: what is labelled, and what follows from it; raises LabelError."""
    check_label(label, template)
    values = completed(template, label.values, label.normal, sex=sex)
    return {path: value.value for path, value in values.items()}
