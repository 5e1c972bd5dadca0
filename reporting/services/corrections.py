"""Correcting a signed report: a new version that begins as a copy, and is signed on its own.

What was signed is never edited. The copy keeps who attested what and when; overrides of checks are
not copied, so what stands out is decided again.
"""

from uuid import UUID, uuid4

from django.db import transaction

from reporting import access
from reporting.models import FieldValue, GroupRow, Report, User
from reporting.selectors.versions import corrected_by
from reporting.services.audit import audit_event_add
from reporting.services.drafts import report_lock_any
from reporting.services.errors import ActionBlocked
from reporting.services.paths import path_parse
from reporting.services.status import exam_follow
from reporting.services.words import words_of

COPIED = (
    "mode",
    "conclusion",
    "findings_text",
    "compared_with",
    "imaging_study",
    "report_template_version",
)


@transaction.atomic
def report_correct(*, report: Report, reader: User, reason: str) -> Report:
    """Open a correction of a signed report, or return the one that is open already.

    Raises ActionBlocked unless a radiologist corrects the newest version of a report of theirs,
    TextInvalid without a reason.
    """
    missing = "Say why the report is corrected: the reason is part of it."
    words = words_of(reason, missing, what="The reason")
    locked = report_lock_any(report)
    if not locked.is_signed or not access.may_sign(reader) or not access.may_write(reader, locked):
        raise ActionBlocked("Only a radiologist corrects, and only a signed report of theirs.")
    begun = corrected_by(locked)
    if begun is not None:
        if begun.is_open:
            return begun
        raise ActionBlocked("This report was corrected. Correct its newest version.")
    copied = {name: getattr(locked, name) for name in COPIED}
    correction = Report.objects.create(
        **copied, author=reader, corrects=locked, correction_reason=words
    )
    _values_copy(locked, correction)
    exam_follow(correction)
    details = {"corrects": str(locked.pk), "reason": words}
    audit_event_add(actor=reader, action="report_correct", subject=correction, details=details)
    return correction


def _values_copy(source: Report, target: Report) -> None:
    """Copy rows and values. A row keeps its position, by which it is known in both versions."""
    rows: dict[UUID, GroupRow] = {}
    for row in source.group_rows.filter(removed_at__isnull=True):
        rows[row.pk] = GroupRow(
            id=uuid4(),
            report=target,
            group=row.group,
            position=row.position,
            created_by_source=row.created_by_source,
        )
    GroupRow.objects.bulk_create(rows.values())
    values = list(source.field_values.all())
    kept = [value for value in values if value.row_id is None or value.row_id in rows]
    for value in kept:
        value.pk, value.report = None, target
        if value.row_id is not None:
            value.row = rows[value.row_id]
            value.row_key = str(value.row.pk)
            value.path = str(path_parse(value.path).with_row(value.row.pk))
        value._state.adding = True
    FieldValue.objects.bulk_create(kept)
