"""The patient's earlier signed reports, and a draft beside one of them.

Everything that looks at earlier reports asks `prior_reports`. Whoever may open the report may
read them: they are the same patient's at the same site.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from reporting.models import Report
from reporting.prior_diff.diff import Change, Side, diff
from reporting.report_checks.says import Value
from reporting.selectors.comparisons import days_between
from reporting.selectors.report_documents import ReportDocument, report_document
from reporting.selectors.report_says import value_at
from reporting.selectors.reports import html_id, value_text
from reporting.selectors.values import ReportValues, report_values
from reporting.services.fills import ReportTemplate
from reporting.services.paths import path_parse

SHOWN = 30


@dataclass(frozen=True, slots=True)
class PriorItem:
    """An earlier report in the list; `is_alike` says that it has the draft's template."""

    report: Report
    day: date
    description: str
    days: int
    is_alike: bool


@dataclass(frozen=True, slots=True)
class PriorView:
    """One earlier report in full, and what the draft changes of it; None where both cannot be
    compared field by field."""

    item: PriorItem
    document: ReportDocument
    changes: tuple[Change, ...] | None


def prior_reports(report: Report) -> list[Report]:
    """Return the patient's signed reports of earlier exams, the newest first, one an exam.

    Of several versions of a report the one signed last counts. Only reports of the clinic are
    among them, and the reading of a study has none.
    """
    if report.reader_study_id is not None:
        return []
    exam = report.imaging_study
    signed = (
        Report.objects.clinical()
        .filter(
            imaging_study__patient=exam.patient_id,
            imaging_study__performed_at__lt=exam.performed_at,
            status__in=Report.SIGNED_STATUSES,
        )
        .select_related(
            "imaging_study__patient",
            "imaging_study__site",
            "report_template_version__report_template",
            "signed_by",
        )
        .order_by("-imaging_study__performed_at", "imaging_study", "-signed_at")
        .distinct("imaging_study__performed_at", "imaging_study")
    )
    return list(signed[:SHOWN])


def is_alike(prior: Report, report: Report) -> bool:
    """Whether both have the same template, in whatever version: a site's own keeps the key."""
    theirs, own = prior.report_template_version, report.report_template_version
    return theirs.report_template.key == own.report_template.key


def prior_items(report: Report) -> tuple[PriorItem, ...]:
    """Return the list of earlier reports, the newest first."""
    return tuple(_item(prior, report) for prior in prior_reports(report))


def _item(prior: Report, report: Report) -> PriorItem:
    exam = prior.imaging_study
    days = days_between(exam, report.imaging_study)
    day = exam.performed_at.date()
    return PriorItem(prior, day, exam.description, days, is_alike(prior, report))


def prior_alike(report: Report) -> Report | None:
    """Return the newest earlier report of the same template."""
    return next((prior for prior in prior_reports(report) if is_alike(prior, report)), None)


def prior_chosen(report: Report, prior_id: UUID | None) -> Report | None:
    """Return one of the earlier reports; without an id the newest of the same template, else the
    newest. None where there is none, or the id is not among them."""
    priors = prior_reports(report)
    if prior_id is not None:
        return next((prior for prior in priors if prior.pk == prior_id), None)
    alike = next((prior for prior in priors if is_alike(prior, report)), None)
    return alike or next(iter(priors), None)


def prior_view(report: Report, prior: Report) -> PriorView:
    """Return one earlier report, and how the draft differs from it."""
    has_fields = Report.Mode.FREE_TEXT not in {report.mode, prior.mode}
    changes = None
    if has_fields and is_alike(prior, report):
        changes = diff(side_of(report_values(prior)), side_of(report_values(report)))
    return PriorView(_item(prior, report), report_document(prior), changes)


def side_of(values: ReportValues) -> Side:
    """Return the values of a report as they are compared.

    A copied value that nobody has confirmed says nothing of the exam yet and is left out.
    """
    held = values.by_path
    said = {
        path: value
        for path, value in values.in_form_order.items()
        if path not in held or not held[path].is_open_copy
    }
    return values_compared(values.template, said, values.row_order)


def values_compared(
    template: ReportTemplate, values: Mapping[str, object], row_order: Mapping[str, Sequence[str]]
) -> Side:
    """Return values as they are compared, with the names of their rows.

    What a report says of the change of a finding is true of its own time and is left out.
    """
    numbers = {key: n for rows in row_order.values() for n, key in enumerate(rows, 1)}
    found: list[Value] = []
    for path, value in values.items():
        parts = path_parse(path)
        if parts.member != "change":
            number = numbers.get(parts.row_key, 0)
            found.append(value_at(template, path, value, number=number))
    names = {
        key: f"{template.item(group).label} {numbers[key]}"
        for group, keys in row_order.items()
        for key in keys
    }
    return Side(tuple(found), names)


@dataclass(frozen=True, slots=True)
class PriorValue:
    """A value of the prior for a field of the draft; a measurement is shown and never copied."""

    path: str
    value: object
    text: str
    is_measurement: bool


def prior_values(prior: Report) -> Iterator[PriorValue]:
    """Yield what an earlier report says of fields that have a key: no rows of open groups.

    Which row is which would be a guess. What nobody attested in the prior is left out, as is what
    follows from other values, and what the prior says of a change.
    """
    values = report_values(prior)
    for path, held in values.by_path.items():
        parts = path_parse(path)
        left_out = parts.row is not None or parts.member == "change"
        if left_out or path not in values.shown or path in values.open_paths:
            continue
        field = values.template.field_at(path)
        if held.value is not None and field.derived is None and field.time != "prior":
            text = value_text(field, held.value)
            yield PriorValue(path, held.value, text, field.kind == "number")


def prior_offers(report: Report, prior: Report | None) -> dict[str, object]:
    """Return for the page what the prior says of its fields, by their ids; nothing where the two
    have no fields in common."""
    if prior is None or not is_alike(prior, report) or report.mode == Report.Mode.FREE_TEXT:
        return {}
    offers = {
        html_id(one.path): {"text": one.text, "copies": not one.is_measurement}
        for one in prior_values(prior)
    }
    day = prior.imaging_study.performed_at.date().isoformat()
    return {"prior": str(prior.pk), "day": day, "fields": offers}
