"""The values of a report as they count: rows that are there, fields that are visible."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from reporting.models import FieldValue, FillJob, GroupRow, Report
from reporting.services.fills import (
    Field,
    Group,
    ReportTemplate,
    Section,
    derived_values,
    disagreements,
    template_of,
    visible_paths,
)
from reporting.services.paths import Path


@dataclass(frozen=True, slots=True)
class Slot:
    """One place of the form that can hold a value."""

    path: Path
    section: Section
    field: Field
    group: Group | None = None


@dataclass(frozen=True)
class ReportValues:
    """Everything that a report's form holds at one moment, read once."""

    report: Report
    template: ReportTemplate
    rows: Mapping[str, tuple[GroupRow, ...]]
    by_path: Mapping[str, FieldValue]

    @cached_property
    def plain(self) -> dict[str, object]:
        """The values that there are, by path, with those that follow from attested ones."""
        values = {
            path: value.value for path, value in self.by_path.items() if value.value is not None
        }
        return {**derived_values(self.template, self._attested), **values}

    @cached_property
    def open_paths(self) -> frozenset[str]:
        """The paths that hold an answer of the model that nobody has attested."""
        return frozenset(path for path, held in self.by_path.items() if held.is_open_suggestion)

    @cached_property
    def _attested(self) -> dict[str, object]:
        return {
            path: held.value
            for path, held in self.by_path.items()
            if held.value is not None and path not in self.open_paths
        }

    @cached_property
    def disagreements(self) -> dict[str, str]:
        """By path, why a stated value and the one that follows from others do not agree."""
        return {d.path: d.message for d in disagreements(self.template, self._attested)}

    @cached_property
    def sex(self) -> str | None:
        """The patient's sex where it decides which fields there are."""
        sex = self.report.imaging_study.patient.sex
        return sex if sex in {"female", "male"} else None

    @cached_property
    def visible(self) -> frozenset[str]:
        """The paths that the form shows, given the values and the patient's sex."""
        rows = {group: [str(row.pk) for row in rows] for group, rows in self.rows.items()}
        return frozenset(visible_paths(self.template, self.plain, sex=self.sex, rows=rows))

    @cached_property
    def shown(self) -> dict[str, object]:
        """The values that there are and that the form shows."""
        return {path: value for path, value in self.plain.items() if path in self.visible}

    @property
    def places(self) -> list[str]:
        """The paths of the form in its order, open groups last."""
        return [*(str(slot.path) for slot in self.slots()), *(g.key for g in self.open_groups())]

    @property
    def in_form_order(self) -> dict[str, object]:
        """The values that the form shows, in its order."""
        return {path: self.shown[path] for path in self.places if path in self.shown}

    @property
    def row_order(self) -> dict[str, list[str]]:
        """The rows of each open group in their order."""
        return {group: [str(row.pk) for row in rows] for group, rows in self.rows.items()}

    def slots(self, section: str | None = None) -> Iterator[Slot]:
        """Yield each visible place of the form, in the form's order."""
        for part in self.template.sections:
            if section is not None and part.key != section:
                continue
            for item in part.fields:
                for slot in self._item_slots(part, item):
                    if str(slot.path) in self.visible:
                        yield slot

    def _item_slots(self, section: Section, item: Field | Group) -> Iterator[Slot]:
        if isinstance(item, Field):
            yield Slot(Path(item.key), section, item)
            for companion in item.companions:
                yield Slot(Path(item.key, member=companion.key), section, companion)
            return
        for key in self.row_keys(item):
            for member in item.fields:
                path = Path(item.key, key, member.key)
                yield Slot(path, section, member, item)

    def open_groups(self, section: str | None = None) -> Iterator[Group]:
        """Yield the open groups that the form shows."""
        for part in self.template.sections:
            if section is None or part.key == section:
                for item in part.fields:
                    is_open = isinstance(item, Group) and item.row_kind == "open"
                    if isinstance(item, Group) and is_open and item.key in self.visible:
                        yield item

    def row_keys(self, group: Group) -> list[str]:
        """Return the keys of the rows that a group has now."""
        if group.row_kind == "open":
            return [str(row.pk) for row in self.rows.get(group.key, ())]
        return [row.key for row in group.rows]


def report_values(report: Report) -> ReportValues:
    """Read the values and rows of a report; removed rows and their values are left out."""
    rows: dict[str, list[GroupRow]] = {}
    active = report.group_rows.filter(removed_at__isnull=True).order_by("position", "created_at")
    for row in active:
        rows.setdefault(row.group, []).append(row)
    values = (
        report.field_values.filter(row__isnull=True)
        | report.field_values.filter(row__removed_at__isnull=True)
    ).select_related("edited_by", "prior_report__imaging_study")
    by_path = {value.path: value for value in values}
    for value in by_path.values():
        value.report = report
    return ReportValues(
        report=report,
        template=template_of(report),
        rows={group: tuple(members) for group, members in rows.items()},
        by_path=by_path,
    )


def open_conflicts(values: ReportValues) -> dict[str, Mapping[str, Any]]:
    """Return the conflicts of the last fill that nobody has decided, by path."""
    job = (
        values.report.fill_jobs.filter(status=FillJob.Status.SUCCESS)
        .order_by("-requested_at")
        .first()
    )
    undecided: dict[str, Mapping[str, Any]] = {}
    if job is None:
        return undecided
    paths = {str(slot.path) for slot in values.slots()}
    for conflict in job.conflicts:
        path = conflict["path"]
        held = values.by_path.get(path)
        if path in paths and not (held is not None and (held.is_touched or held.value)):
            undecided[path] = conflict
    return undecided
