"""What a reader decides about the checks: let a finding stand, record who was told."""

from datetime import datetime, timedelta

from django.db import transaction

from reporting import access, clock
from reporting.models import CheckOverride, CriticalCommunication, Report, User
from reporting.selectors.report_checks import report_checked, report_says
from reporting.services.audit import audit_event_add
from reporting.services.drafts import report_lock, report_lock_any
from reporting.services.errors import ActionBlocked, TextInvalid
from reporting.services.words import words_of

REASON_MAX, NAME_MAX = 1_000, 200
# Clocks of telephones and wards differ a little from ours.
_AHEAD = timedelta(minutes=5)


@transaction.atomic
def check_override_add(
    *, report: Report, reader: User, rule: str, place: str, sentence: str, reason: str
) -> CheckOverride:
    """Let a finding of a check stand, for a reason. The same again changes nothing.

    Raises TextInvalid without a reason; ActionBlocked where the check stops, where it finds no
    such thing any more, and where the report is not the reader's to change.
    """
    words = words_of(reason, "Say why this may stand.", what="The reason", maximum=REASON_MAX)
    locked = report_lock(report=report, reader=reader)
    for one in report_checked(locked):
        found = one.finding.found
        if (one.finding.rule, found.place, found.sentence) != (rule, place, sentence):
            continue
        if one.finding.severity == "stop":
            raise ActionBlocked("This cannot be overridden. " + found.sentence)
        return one.override or _override(locked, reader, one.finding.rule, (place, sentence, words))
    raise ActionBlocked("The report has changed since: look at the checks again.")


def _override(
    report: Report, reader: User, rule: str, words: tuple[str, str, str]
) -> CheckOverride:
    place, sentence, reason = words
    details = {"rule": rule, "place": place, "reason": reason}
    audit_event_add(actor=reader, action="check_override", subject=report, details=details)
    return CheckOverride.objects.create(
        report=report, rule=rule, place=place, sentence=sentence, reason=reason, by=reader
    )


@transaction.atomic
def critical_communication_add(
    *, report: Report, reader: User, result: str, told_to: str, told_at: datetime, read_back: bool
) -> CriticalCommunication:
    """Record that somebody was told of a critical result of the report, also after signing.

    Raises TextInvalid for a missing name or a time to come; ActionBlocked where the report has no
    such result, or is not the reader's.
    """
    name = words_of(told_to, "Say whom you told.", what="The name", maximum=NAME_MAX)
    if told_at > clock.now() + _AHEAD:
        raise TextInvalid("That time is still to come. Give the time at which you told it, in UTC.")
    locked = report_lock_any(report)
    if locked.status == Report.Status.CANCELLED or not access.may_write(reader, locked):
        raise ActionBlocked("This report is not yours to change.")
    label = {one.key: one.label for one in report_says(locked).critical}.get(result)
    if label is None:
        raise ActionBlocked("The report has changed since: look at the checks again.")
    details = {"result": result, "told_to": name, "read_back": read_back}
    audit_event_add(actor=reader, action="critical_communicated", subject=locked, details=details)
    return CriticalCommunication.objects.create(
        report=locked,
        result=result,
        label=label,
        told_to=name,
        told_at=told_at,
        read_back=read_back,
        by=reader,
    )
