"""What every change of an open report begins with: its lock, and checks of the text."""

from dataclasses import dataclass

from django.db.models import F

from reporting import access, clock
from reporting.models import Report, User
from reporting.services.errors import (
    ActionBlocked,
    Current,
    TextInvalid,
    VersionConflict,
    editor_name,
)
from reporting.services.holds import hold_require
from reporting.services.storable import text_fault

CONCLUSION_MAX = 20_000
FINDINGS_MAX = 100_000
FIELD_TEXT_MAX = 10_000


def report_lock(*, report: Report, reader: User) -> Report:
    """Return the report as it is now, locked until the transaction ends.

    Raises ActionBlocked when it is signed or cancelled, or not the reader's, and ReportHeld when
    another page writes in it.
    """
    locked = report_lock_any(report)
    if not locked.is_open:
        raise ActionBlocked(
            "This report is signed and does not change any more. Add an addendum instead."
            if locked.is_signed
            else "This report was cancelled."
        )
    if not access.may_change(reader, locked):
        raise ActionBlocked("This report waits for its review; a radiologist can send it back.")
    if not access.may_write(reader, locked):
        raise ActionBlocked("This report is not yours to change.")
    hold_require(locked, reader)
    return locked


def report_lock_any(report: Report) -> Report:
    """Return the report as it is now, in any status, locked until the transaction ends.

    The lock is the weaker one that still lets others insert rows that refer to the report, so
    that a worker that records an event never waits for a reader's transaction.
    """
    return (
        Report.objects.select_for_update(of=("self",), no_key=True)
        .select_related(
            "imaging_study__patient",
            "imaging_study__site",
            "report_template_version__report_template",
        )
        .get(pk=report.pk)
    )


def text_clean(text: str, *, what: str, maximum: int) -> str:
    """Return the text with Unix line ends; raises TextInvalid with a sentence for the reader."""
    if len(text) > maximum:
        raise TextInvalid(
            f"{what} has {len(text):,} characters; at most {maximum:,} can be saved. Shorten it:"
            " it is still on your page."
        )
    fault = text_fault(text)
    if fault is not None:
        raise TextInvalid(f"{what} {fault}. Remove it and save again.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


@dataclass(frozen=True, slots=True)
class TextSlot:
    """One of the long texts of a report."""

    name: str
    label: str
    maximum: int


CONCLUSION = TextSlot("conclusion", "The conclusion", CONCLUSION_MAX)
FINDINGS = TextSlot("findings_text", "The findings text", FINDINGS_MAX)


def text_write(*, report: Report, reader: User, slot: TextSlot, text: str, version: int) -> bool:
    """Write a long text of a locked report; return whether it changed.

    Raises VersionConflict when it was changed since `version` to something else, TextInvalid
    when it cannot be stored. The same text again is no conflict.
    """
    clean = text_clean(text, what=slot.label, maximum=slot.maximum)
    if clean == getattr(report, slot.name):
        return False
    current_version = getattr(report, f"{slot.name}_version")
    if version != current_version:
        raise VersionConflict(
            slot.name,
            Current(
                value=getattr(report, slot.name),
                version=current_version,
                by=editor_name(getattr(report, f"{slot.name}_edited_by")),
                at=getattr(report, f"{slot.name}_edited_at"),
            ),
        )
    Report.objects.filter(pk=report.pk).update(
        **{
            slot.name: clean,
            f"{slot.name}_version": F(f"{slot.name}_version") + 1,
            f"{slot.name}_edited_by": reader,
            f"{slot.name}_edited_at": clock.Now(),
        }
    )
    report.refresh_from_db(fields=[slot.name, f"{slot.name}_version"])
    return True
