"""What a reviewer needs: the history of a report, and what changed since it was submitted."""

import json
from dataclasses import dataclass

from reporting import access
from reporting.models import Report, StatusChange, User
from reporting.selectors.reports import value_text
from reporting.selectors.values import ReportValues, report_values
from reporting.services.paths import path_parse


@dataclass(frozen=True, slots=True)
class Change:
    """One place of the report with what it said and what it says; empty where it said nothing."""

    label: str
    before: str
    after: str


def status_history(report: Report) -> list[StatusChange]:
    """Return the steps of a report, the oldest first."""
    return list(report.status_changes.select_related("by").order_by("at", "pk"))


def changes_since_submission(report: Report) -> list[Change]:
    """Return what differs from the last submitted version, in the order of the form."""
    snapshot = report.snapshots.filter(meaning="preliminary").order_by("number").last()
    if snapshot is None:
        return []
    submitted = json.loads(snapshot.content)
    texts = (
        ("Conclusion", submitted["conclusion"], report.conclusion),
        ("Findings", submitted["findings_text"] or "", report.findings_text),
    )
    changes = [Change(*text) for text in texts if text[1] != text[2]]
    if report.mode == Report.Mode.FREE_TEXT:
        return changes
    values = report_values(report)
    before = {held["path"]: held["value"] for held in submitted["values"]}
    after = values.shown
    order = [str(slot.path) for slot in values.slots()]
    paths = sorted(
        {path for path in (*before, *after) if before.get(path) != after.get(path)},
        key=lambda path: order.index(path) if path in order else len(order),
    )
    return changes + [_change(values, path, before.get(path), after.get(path)) for path in paths]


def _change(values: ReportValues, path: str, before: object, after: object) -> Change:
    field, where = values.template.field_at(path), path_parse(path)
    item = values.template.item(where.group)
    label = f"{item.label}, {field.label.lower()}" if where.member else item.label
    if where.row_key and where.row is None:
        label = f"{label} ({where.row_key})"
    return Change(label, value_text(field, before), value_text(field, after))


def colleagues(report: Report) -> list[User]:
    """Return the readers of the exam's site, by name, who could take it over."""
    people = User.objects.filter(
        sites=report.imaging_study.site_id, is_active=True, role__in=access.READERS
    )
    return sorted(people, key=lambda person: person.display_name.lower())
