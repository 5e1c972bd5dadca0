"""A template as the reader will see it: the form, its narrative, and a conclusion typed to try it.

The preview is made of the same views as the form of a report, from values that are never stored.
"""

import uuid
from collections import defaultdict
from dataclasses import dataclass, field

from reporting.models import FieldValue, GroupRow, ImagingStudy, Patient, Report
from reporting.selectors.form_views import SectionView
from reporting.selectors.reports import form_sections
from reporting.selectors.values import ReportValues
from reporting.services.fills import (
    EngineUnavailable,
    Field,
    Group,
    NarrativeSection,
    ReportTemplate,
    fields_covered,
    narrative_render,
    read_text,
)
from reporting.services.paths import Path, path_parse


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which fields the live adapter fills; `reason` says why nothing is known of it."""

    filled: int
    total: int
    labels_not_filled: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """The form with what the example says, its narrative, and what a normal exam reads like.

    `is_open`: it looks like the form of a report that is being written.
    """

    report: Report
    sections: tuple[SectionView, ...]
    narrative: tuple[NarrativeSection, ...]
    normal: tuple[NarrativeSection, ...]
    conclusion: str
    found: int
    refused: str
    is_open: bool = True


@dataclass(slots=True)
class _Example:
    """Values that nobody stores, and the rows they need."""

    report: Report
    rows: dict[str, dict[str, GroupRow]] = field(default_factory=lambda: defaultdict(dict))
    by_path: dict[str, FieldValue] = field(default_factory=dict)

    def put(self, template: ReportTemplate, text: str, value: object, quote: str = "") -> None:
        path = path_parse(text)
        item = template.item(path.group)
        if isinstance(item, Group) and item.row_kind == "open" and path.row_key:
            row = GroupRow(pk=uuid.uuid4(), report=self.report, group=path.group)
            row = self.rows[path.group].setdefault(path.row_key, row)
            path = Path(path.group, str(row.pk), path.member)
        self.by_path[str(path)] = FieldValue(
            report=self.report,
            path=str(path),
            value=value,
            source=FieldValue.Source.READER,
            evidence_quote=quote,
        )

    def values(self, template: ReportTemplate) -> ReportValues:
        rows = {group: tuple(rows.values()) for group, rows in self.rows.items()}
        return ReportValues(self.report, template, rows, self.by_path)


def template_preview(template: ReportTemplate, *, conclusion: str = "", sex: str = "") -> Preview:
    """Return the preview of a template for a patient of a sex ("": both).

    The conclusion is read by the lexicon matcher, which knows the wording of the template and
    little else; no model is asked.
    """
    example = _Example(_report(sex))
    reading = read_text(template, conclusion, sex=sex or None) if conclusion.strip() else None
    for one in reading.values if reading else ():
        example.put(template, one.path, one.value, conclusion[one.start : one.end])
    values = example.values(template)
    return Preview(
        report=example.report,
        sections=form_sections(values),
        narrative=_narrative(values),
        normal=_normal(template, sex),
        conclusion=conclusion,
        found=len(example.by_path),
        refused=reading.refused if reading else "",
    )


def _report(sex: str) -> Report:
    exam = ImagingStudy(patient=Patient(sex=sex))
    return Report(imaging_study=exam, mode=Report.Mode.STRUCTURED)


def _normal(template: ReportTemplate, sex: str) -> tuple[NarrativeSection, ...]:
    """The narrative once "rest normal" was pressed in an empty form."""
    example = _Example(_report(sex))
    for slot in example.values(template).slots():
        if slot.field.normal is not None:
            example.put(template, str(slot.path), _normal_value(slot.field))
    for item in template.items():
        if isinstance(item, Group) and item.normal is not None:
            example.put(template, item.key, item.normal)
    return _narrative(example.values(template))


def _normal_value(one: Field) -> object:
    return [one.normal] if one.kind == "multi_choice" else one.normal


def _narrative(values: ReportValues) -> tuple[NarrativeSection, ...]:
    return tuple(
        part
        for part in narrative_render(values.template, values.shown, row_order=values.row_order)
        if part.text
    )


def template_coverage(template: ReportTemplate) -> Coverage:
    """Return what the live adapter fills of a template."""
    items = list(template.items())
    try:
        covered = fields_covered(template)
    except EngineUnavailable as error:
        return Coverage(0, len(items), (), str(error))
    missing = tuple(
        f"{template.section_of(item.key).label}: {item.label}"
        for item in items
        if item.key not in covered
    )
    return Coverage(len(items) - len(missing), len(items), missing)
