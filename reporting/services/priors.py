"""What a reader takes from the patient's earlier reports: a value, or having compared."""

from uuid import UUID

from django.db import transaction

from reporting import clock
from reporting.models import FieldValue, ImagingStudy, Report, TimingEvent, User
from reporting.selectors.comparisons import comparable_exam
from reporting.selectors.priors import PriorValue, is_alike, prior_chosen, prior_values
from reporting.selectors.values import report_values
from reporting.services.audit import audit_event_add
from reporting.services.drafts import report_lock
from reporting.services.errors import ActionBlocked
from reporting.services.fields import field_conflict, field_current, field_store, fields_lock
from reporting.services.fills import validate_value
from reporting.services.ledger import state_of
from reporting.services.paths import path_parse
from reporting.services.timing import timing_event_add


@transaction.atomic
def field_copy(
    *,
    report: Report,
    reader: User,
    path: str,
    version: int,
    prior_id: UUID | None = None,
    act: UUID | None = None,
) -> FieldValue:
    """Put the value of an earlier signed report into an empty field, to be confirmed there.

    `prior_id` names the report; without it it is the newest of the same template. Measurements
    are never copied. Raises VersionConflict, ActionBlocked with the reason.
    """
    locked = fields_lock(report, reader)
    prior = prior_chosen(locked, prior_id)
    if prior is None or not is_alike(prior, locked):
        raise ActionBlocked("There is no earlier signed report of this template to copy from.")
    offered = _offered(locked, prior, path)
    current = field_current(locked, path_parse(path))
    if version != current.version:
        raise field_conflict(current)
    before = state_of(current)
    current.value, current.source, current.prior_report = (
        offered.value,
        FieldValue.Source.PRIOR,
        prior,
    )
    current.edited_at, current.edited_by = clock.now(), reader
    current.confirmed_at = current.bulk_confirmed_at = None
    return field_store(current, reader, TimingEvent.Kind.FIELD_EDITED, before=before, act=act)


def _offered(report: Report, prior: Report, path: str) -> PriorValue:
    """Return what the prior holds for an empty field of the form; raises ActionBlocked."""
    values = report_values(report)
    if path not in values.visible or path in values.plain:
        raise ActionBlocked("Only an empty field takes the value of the prior report.")
    offered = next((one for one in prior_values(prior) if one.path == path), None)
    if offered is None:
        raise ActionBlocked("The prior report says nothing here that can be copied.")
    if offered.is_measurement:
        message = f"It was {offered.text}. Measurements are not copied: measure again."
        raise ActionBlocked(message)
    try:
        validate_value(values.template.field_at(path), offered.value)
    except ValueError as error:
        raise ActionBlocked(f"This version of the form takes no {offered.text!r} here.") from error
    return offered


@transaction.atomic
def comparison_toggle(
    *, report: Report, reader: User, prior_id: UUID | None = None
) -> ImagingStudy | None:
    """Say that the report was compared with an earlier exam, or take that back; return the exam.

    It is the exam of the report `prior_id`, or else the last one of the same modality and body
    part. Raises ActionBlocked where there is none.
    """
    locked = report_lock(report=report, reader=reader)
    exam = _compared(locked, prior_id)
    if exam is None:
        raise ActionBlocked("There is no earlier exam to compare with.")
    chosen = None if locked.compared_with_id == exam.pk else exam
    Report.objects.filter(pk=locked.pk).update(compared_with=chosen)
    details = {"exam": str(chosen.pk) if chosen else None}
    audit_event_add(actor=reader, action="comparison_toggle", subject=locked, details=details)
    timing_event_add(
        report=locked,
        reader=reader,
        kind=TimingEvent.Kind.INPUT,
        details={"in": "comparison", "by": "server"},
    )
    return chosen


def _compared(report: Report, prior_id: UUID | None) -> ImagingStudy | None:
    if prior_id is None:
        return comparable_exam(report.imaging_study)
    prior = prior_chosen(report, prior_id)
    return prior.imaging_study if prior else None
