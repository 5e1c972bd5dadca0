"""The form of a report and its conclusion, ready to be rendered."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from reporting.models import Addendum, FieldValue, FillJob, Report
from reporting.selectors.fills import unused_clauses
from reporting.selectors.form_views import (
    AddendumView,
    CandidateView,
    DerivationView,
    FieldView,
    FormView,
    GroupView,
    ItemView,
    OptionView,
    RowView,
    SectionView,
    Segment,
)
from reporting.selectors.values import ReportValues, open_conflicts, report_values
from reporting.services.fills import (
    Field,
    Group,
    Section,
    input_labels,
    narrative_render,
    number_text,
)
from reporting.services.paths import Path


def html_id(path: str) -> str:
    """Return the id of a field in the page: letters, digits and hyphens only."""
    parts = re.split(r"[\[\].]+", path.lower())
    return "f-" + "--".join(re.sub(r"[^a-z0-9]+", "-", part) for part in parts if part)


def value_text(field: Field, value: object) -> str:
    """Return a value as the reader sees it: labels of options, numbers with their unit."""
    if value is None:
        return ""
    labels = {option.value: option.label for option in field.options}
    if isinstance(value, list):
        return ", ".join(labels.get(str(part), str(part)) for part in value)
    if field.kind == "number":
        return number_text(field, value)
    return labels.get(str(value), str(value))


def _input_text(field: Field, value: object) -> str:
    """Return what stands in the input: a number without its unit, options with commas between."""
    if value is None:
        return ""
    if isinstance(value, list):
        return ",".join(str(part) for part in value)
    return number_text(field, value, unit=False) if field.kind == "number" else str(value)


@dataclass(frozen=True, slots=True)
class _Context:
    values: ReportValues
    conflicts: Mapping[str, Mapping[str, Any]]
    narrative: Mapping[str, str]


def report_form(report: Report) -> FormView:
    """Return everything that the page of a report shows, read at one moment."""
    values = report_values(report)
    free_text = report.mode == Report.Mode.FREE_TEXT
    conflicts = {} if free_text else open_conflicts(values)
    sections = form_sections(values, conflicts)
    return FormView(
        mode=report.mode,
        is_open=report.is_open,
        is_free_text=free_text,
        template_name=values.template.name,
        template_version=report.report_template_version.number,
        conclusion=report.conclusion,
        conclusion_version=report.conclusion_version,
        findings_text=report.findings_text,
        findings_text_version=report.findings_text_version,
        sections=sections,
        open_suggestions=sum(section.open_suggestions for section in sections),
        conflicts=len(conflicts),
        addenda=addenda_of(report),
        signed_by=report.signed_by.display_name if report.signed_by else "",
        signed_at=report.signed_at,
    )


def form_sections(
    values: ReportValues, conflicts: Mapping[str, Mapping[str, Any]] | None = None
) -> tuple[SectionView, ...]:
    """Return the sections of a form; its values need not be stored."""
    rendered = narrative_render(values.template, values.shown, row_order=values.row_order)
    context = _Context(values, conflicts or {}, {part.key: part.text for part in rendered})
    return tuple(
        _section(context, section, free_text=values.report.mode == Report.Mode.FREE_TEXT)
        for section in values.template.sections
        if section.sex is None or values.sex is None or section.sex == values.sex
    )


def report_field(report: Report, path: str) -> FieldView:
    """Return one field; raises KeyError when the report has no such field."""
    values = report_values(report)
    field = values.template.field_at(path)
    return _field(_Context(values, open_conflicts(values), {}), path, field)


def addenda_of(report: Report) -> tuple[AddendumView, ...]:
    """Return the addenda of a report and of the versions it corrects, in their order."""
    return tuple(
        AddendumView(
            addendum.number, addendum.text, addendum.author.display_name, addendum.signed_at
        )
        for addendum in Addendum.objects.filter(report__in=report.versions)
        .select_related("author")
        .order_by("number")
    )


def _section(context: _Context, section: Section, *, free_text: bool) -> SectionView:
    items = () if free_text else tuple(_items(context, section))
    fields = [field for item in items for field in _fields_of(item)]
    return SectionView(
        key=section.key,
        html_id=f"s-{section.key.replace('_', '-')}",
        label=section.label,
        shortcut=section.shortcut,
        normal=section.normal,
        items=items,
        text="" if free_text else context.narrative.get(section.key, ""),
        open_suggestions=sum(field.is_open_suggestion for field in fields),
        missing_normals=sum(
            bool(field.normal) and field.is_visible and _is_left_to_rest(field) for field in fields
        ),
    )


def _is_left_to_rest(field: FieldView) -> bool:
    """Whether "rest normal" would set or attest the field."""
    copied = bool(field.prior_day)
    implied = field.is_open_suggestion and field.support == FieldValue.Support.IMPLIED
    return not field.has_value or (implied and not copied and field.text == field.normal)


def _fields_of(item: ItemView) -> list[FieldView]:
    if item.field is not None:
        return [item.field]
    if item.group is None:
        return []
    rows = [field for row in item.group.rows for field in row.fields]
    if item.group.row_kind == "open":
        # The normals of a row's members say nothing of the rest of the exam.
        rows = [field for field in rows if field.is_open_suggestion]
    return ([item.group.absent] if item.group.absent else []) + rows


def _items(context: _Context, section: Section) -> list[ItemView]:
    items: list[ItemView] = []
    sex = context.values.sex
    for item in section.fields:
        if item.sex is not None and sex is not None and item.sex != sex:
            continue
        if isinstance(item, Group):
            items.append(ItemView(group=_group(context, item)))
            continue
        items.append(ItemView(field=_field(context, item.key, item)))
        for companion in item.companions:
            path = str(Path(item.key, member=companion.key))
            items.append(ItemView(field=_field(context, path, companion)))
    return items


def _group(context: _Context, group: Group) -> GroupView:
    values = context.values
    keys = values.row_keys(group)
    labels = {row.key: row.label for row in group.rows}
    rows = tuple(
        _row(context, group, key, labels.get(key, f"{group.label} {number}"))
        for number, key in enumerate(keys, start=1)
    )
    is_open = group.row_kind == "open"
    absent = None
    if is_open and group.normal is not None and not rows:
        absent = _field(context, group.key, values.template.field_at(group.key))
    return GroupView(
        key=group.key,
        html_id=f"g-{group.key.replace('_', '-')}",
        label=group.label,
        row_kind=group.row_kind,
        is_required=group.required,
        may_add=is_open and values.report.is_open and len(rows) < group.max_rows,
        absent=absent,
        rows=rows,
    )


def _row(context: _Context, group: Group, key: str, label: str) -> RowView:
    row = next((row for row in context.values.rows.get(group.key, ()) if str(row.pk) == key), None)
    sex = context.values.sex
    fields = tuple(
        _field(context, str(Path(group.key, key, member.key)), member)
        for member in group.fields
        if member.sex is None or sex is None or member.sex == sex
    )
    return RowView(
        key=key,
        label=label,
        html_id="r" + html_id(f"{group.key}[{key}]")[1:],
        row_id=row.pk if row else None,
        fields=fields,
        is_open_suggestion=any(field.is_open_suggestion for field in fields),
    )


def _field(context: _Context, path: str, field: Field) -> FieldView:
    values = context.values
    held = _held(values, path)
    value = held.value if held.value is not None else values.plain.get(path)
    normal = next((o.label for o in field.options if o.value == field.normal), field.normal or "")
    return FieldView(
        path=path,
        html_id=html_id(path),
        label=field.label,
        kind=field.kind,
        unit=field.unit or "",
        help=field.help,
        is_required=field.required,
        options=_options(field, value),
        value=value,
        text=value_text(field, value),
        input_text=_input_text(field, value),
        normal=normal,
        version=held.version,
        support=held.support if held.pk else "",
        attestation=str(held.attestation),
        is_open_suggestion=held.is_open_suggestion and values.report.is_open,
        is_rejected=held.rejected_at is not None and held.value is None,
        low_confidence=held.low_confidence and held.is_open_suggestion,
        suggested_value=held.suggested_value,
        suggested_text=value_text(field, held.suggested_value),
        evidence=held.evidence_quote,
        source_text=_conversion(field, held),
        rule=held.rule,
        derivation=_derivation(values, path, field, holds=held.value is None and value is not None),
        is_visible=path in values.visible,
        candidates=_candidates(context, path, field),
        prior_day=_prior_day(held),
    )


def _prior_day(held: FieldValue) -> str:
    if held.value is None or held.source != FieldValue.Source.PRIOR or held.prior_report is None:
        return ""
    return f"{held.prior_report.imaging_study.performed_at:%Y-%m-%d}"


def _held(values: ReportValues, path: str) -> FieldValue:
    """The stored field, or an empty one."""
    empty = FieldValue(report=values.report, path=path, source="", version=0)
    return values.by_path.get(path) or empty


def _derivation(values: ReportValues, path: str, field: Field, *, holds: bool) -> DerivationView:
    return DerivationView(
        holds=holds,
        only=field.derived is not None and not field.derived.stated,
        inputs=", ".join(input_labels(values.template, path, field)),
        disagreement=values.disagreements.get(path, ""),
    )


def _options(field: Field, value: object) -> tuple[OptionView, ...]:
    chosen = {str(part) for part in value} if isinstance(value, list) else {str(value)}
    return tuple(
        OptionView(option.value, option.label, option.value in chosen) for option in field.options
    )


def _conversion(field: Field, held: FieldValue) -> str:
    """Return "1.2 cm → 12 mm" where a number was converted from the conclusion's unit."""
    if not held.source_text or held.suggested_value is None or held.source_unit == field.unit:
        return ""
    shown = number_text(field, held.suggested_value) if field.kind == "number" else ""
    return f"{held.source_text} → {shown}" if shown and shown != held.source_text else ""


def _candidates(context: _Context, path: str, field: Field) -> tuple[CandidateView, ...]:
    conflict = context.conflicts.get(path)
    if conflict is None:
        return ()
    return tuple(
        CandidateView(
            input_text=_input_text(field, candidate["value"]),
            text=value_text(field, candidate["value"]),
            quote=(candidate.get("evidence") or {}).get("quote", ""),
        )
        for candidate in conflict["candidates"]
    )


def conclusion_highlights(report: Report) -> tuple[Segment, ...]:
    """Return the conclusion in segments that, joined, are exactly its text.

    A segment is marked with the fields whose evidence it is, and with why it was not used. Marks
    of words that have changed since the fill are left out.
    """
    text = report.conclusion
    marks: list[tuple[int, int, str, str]] = []
    for path, held in report_values(report).by_path.items():
        start, end = held.evidence_start, held.evidence_end
        if start is None or end is None or text[start:end] != held.evidence_quote:
            continue
        if held.value is None and not held.is_touched:
            continue
        marks.append((start, end, html_id(path), ""))
    job = (
        report.fill_jobs.filter(
            status=FillJob.Status.SUCCESS, conclusion_version=report.conclusion_version
        )
        .order_by("-requested_at")
        .first()
    )
    for clause in unused_clauses(job) if job else ():
        marks.append((clause.start, clause.end, "", clause.reason))
    return tuple(_segments(text, [mark for mark in marks if mark[0] < mark[1] <= len(text)]))


def _segments(text: str, marks: list[tuple[int, int, str, str]]) -> list[Segment]:
    cuts = sorted({0, len(text), *(mark[0] for mark in marks), *(mark[1] for mark in marks)})
    segments = []
    for start, end in pairwise(cuts):
        covering = [mark for mark in marks if mark[0] <= start and end <= mark[1]]
        fields = tuple(dict.fromkeys(mark[2] for mark in covering if mark[2]))
        unused = next((mark[3] for mark in covering if mark[3]), "")
        segments.append(Segment(text[start:end], fields, unused))
    return segments
