"""Readings: consent, start, pause, resume, completion, and what goes wrong.

A reader gets one reading at a time, in the allocated order. The report of a reading is an
ordinary report that never leaves its study.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from reporting import access, clock
from reporting.models import (
    FillJob,
    ProtocolDeviation,
    Reading,
    ReadingPause,
    Report,
    ReportHold,
    StudyReader,
    TimingEvent,
    User,
)
from reporting.services.audit import audit_event_add
from reporting.services.drafts import report_lock_any
from reporting.services.errors import ActionBlocked
from reporting.services.snapshots import sha256_of
from reporting.services.status import cancelled_set
from reporting.services.timing import timing_event_add
from reporting.services.words import words_of

Status = Reading.Status
Deviation = ProtocolDeviation.Kind
Kind = TimingEvent.Kind


def has_consented(reader: StudyReader) -> bool:
    """Whether the reader consented to the text as it stands now."""
    return reader.consent_sha256 == sha256_of(reader.study.consent_text)


def reading_next(reader: StudyReader) -> Reading | None:
    """Return the reading that is the reader's turn: open or planned; None when all are done."""
    return (
        reader.readings.filter(status__in=Reading.TO_READ)
        .select_related("study", "case__imaging_study__patient", "arm", "reader", "report")
        .order_by("position", "pk")
        .first()
    )


def washout_until(reading: Reading) -> datetime | None:
    """Return when a reading may be started; None when nothing stands against it.

    Where the case was read in an earlier period, the washout runs from the reader's last reading
    of the earlier periods.
    """
    if reading.status != Status.PLANNED or reading.washout_waived:
        return None
    earlier = Reading.objects.filter(
        reader=reading.reader_id, period__gt=0, period__lt=reading.period
    )
    if not earlier.filter(case=reading.case_id).exists():
        return None
    last = earlier.aggregate(last=Max("finished_at"))["last"]
    until: datetime | None = last and last + timedelta(days=reading.study.washout_days)
    return until if until is not None and until > clock.now() else None


@transaction.atomic
def consent_give(*, reader: StudyReader) -> StudyReader:
    """Record that the reader read the instructions and consents to the text as it stands."""
    locked = _reader_lock(reader)
    if not has_consented(locked):
        locked.consented_at = clock.now()
        locked.consent_sha256 = sha256_of(locked.study.consent_text)
        locked.save(update_fields=["consented_at", "consent_sha256"])
        details = {"sha256": locked.consent_sha256}
        audit_event_add(actor=locked.user, action="study_consent", subject=locked, details=details)
    return locked


@transaction.atomic
def reading_start(*, reader: StudyReader) -> Reading:
    """Begin the reader's next reading with an empty report in its arm's mode.

    One that is started already is returned, so that another machine can go on with it. Raises
    ActionBlocked before consent, within the washout, while it is paused, and when none is left.
    """
    locked = _reader_lock(reader)
    if not has_consented(locked):
        raise ActionBlocked("Read the instructions and consent first.")
    reading = reading_next(locked)
    if reading is None:
        raise ActionBlocked("You have read everything that was allocated to you. Thank you.")
    if reading.status == Status.PAUSED:
        raise ActionBlocked("This reading is paused: resume it.")
    if reading.status == Status.STARTED:
        return reading
    until = washout_until(reading)
    if until is not None:
        raise ActionBlocked(f"The next reading opens at {until:%Y-%m-%d %H:%M} UTC.")
    reading.report = Report.objects.create(
        imaging_study=reading.case.imaging_study,
        report_template_version_id=reading.report_template_version_id,
        mode=reading.arm.mode,
        author=locked.user,
        reader_study=reading.study,
    )
    reading.status, reading.started_at = Status.STARTED, clock.now()
    reading.save(update_fields=["report", "status", "started_at"])
    audit_event_add(actor=locked.user, action="reading_start", subject=reading)
    return reading


def _reader_lock(reader: StudyReader) -> StudyReader:
    """Lock the reader's row, so that two machines never start two readings."""
    locked = (
        StudyReader.objects.select_for_update(of=("self",))
        .select_related("study", "user")
        .get(pk=reader.pk)
    )
    if not locked.study.is_running:
        raise ActionBlocked("This study is not running.")
    if locked.dropped_out_at is not None or not access.is_reader(locked.user):
        raise ActionBlocked("You do not read in this study any more.")
    return locked


@transaction.atomic
def reading_pause(*, reader: StudyReader, reason: str) -> Reading:
    """Interrupt the reading under way; its page lets go of it, for any machine may resume it.

    Raises ActionBlocked when none is under way, TextInvalid.
    """
    words = words_of(reason, "Say why you pause.")
    reading = _turn(reader, Status.STARTED, Status.PAUSED, Kind.PAUSED, words)
    ReportHold.objects.filter(report=reading.report_id).delete()
    return reading


@transaction.atomic
def reading_resume(*, reader: StudyReader) -> Reading:
    """Go on with the paused reading, here or on another machine. Raises ActionBlocked."""
    return _turn(reader, Status.PAUSED, Status.STARTED, Kind.RESUMED, "")


def _turn(reader: StudyReader, before: Status, after: Status, kind: Kind, reason: str) -> Reading:
    """Move the open reading on, noted for the study and in the ledger of its report."""
    locked = _reader_lock(reader)
    reading = locked.readings.filter(status=before).select_related("report", "study").first()
    if reading is None or reading.report is None:
        raise ActionBlocked(f"No reading of yours is {before.label.lower()}.")
    report_lock_any(reading.report)
    if not Reading.objects.filter(pk=reading.pk, status=before).update(status=after):
        raise ActionBlocked("This reading was just ended.")
    reading.status = after
    ReadingPause.objects.create(reading=reading, kind=str(kind), reason=reason, by=locked.user)
    details = {"by": "server", "reason": reason} if reason else {"by": "server"}
    timing_event_add(report=reading.report, reader=locked.user, kind=kind, details=details)
    return reading


def reading_complete(*, report: Report, reader: User) -> Reading:
    """End the reading whose locked report was just signed, in the same transaction.

    In an arm with the model, a report that was never filled is noted as a deviation. Raises
    ActionBlocked when the reading is not under way.
    """
    reading = Reading.objects.select_related("arm", "study", "reader").get(report=report)
    ended = Reading.objects.filter(pk=reading.pk, status=Status.STARTED).update(
        status=Status.COMPLETED, finished_at=clock.Now()
    )
    if not ended:
        raise ActionBlocked("This reading is not under way: go back to the study's page.")
    filled = report.fill_jobs.filter(status=FillJob.Status.SUCCESS).exists()
    if reading.arm.mode == Report.Mode.SFT and not filled:
        said = "Signed without a successful fill."
        _deviate(reading, Deviation.MODEL_UNAVAILABLE, said, by=reader)
    return reading


@transaction.atomic
def reading_fail(*, reading: Reading, by: User, reason: str) -> Reading | None:
    """End an open reading for a technical reason; return the one that repeats it, if any.

    Its report is cancelled and kept. The protocol's `technical_repeats` says how often a reading
    is repeated; beyond that it stays missing. Raises ActionBlocked, TextInvalid.
    """
    words = words_of(reason, "Say what failed.")
    locked = Reading.objects.select_related("study", "reader", "report").get(pk=reading.pk)
    if locked.report is None:
        raise ActionBlocked("This reading is not under way.")
    report = report_lock_any(locked.report)
    ended = Reading.objects.filter(pk=locked.pk, status__in=Reading.OPEN_STATUSES).update(
        status=Status.FAILED, finished_at=clock.Now()
    )
    if not ended:
        raise ActionBlocked("This reading is not under way.")
    cancelled_set(report, by=by, comment=words)
    _deviate(locked, Deviation.TECHNICAL_FAILURE, words, by=by)
    if _repeats_before(locked) >= locked.study.technical_repeats:
        most = locked.study.technical_repeats
        said = f"The protocol repeats a reading {most} times at most."
        _deviate(locked, Deviation.NOT_REPEATED, said, by=by)
        return None
    return Reading.objects.create(
        study=locked.study,
        reader=locked.reader,
        case_id=locked.case_id,
        arm_id=locked.arm_id,
        report_template_version_id=locked.report_template_version_id,
        period=locked.period,
        position=locked.position,
        washout_waived=locked.washout_waived,
        repeat_of=locked,
    )


def _repeats_before(reading: Reading) -> int:
    count, earlier = 0, reading.repeat_of
    while earlier is not None:
        count, earlier = count + 1, earlier.repeat_of
    return count


def _deviate(
    reading: Reading, kind: ProtocolDeviation.Kind, description: str, *, by: User
) -> ProtocolDeviation:
    return ProtocolDeviation.objects.create(
        study=reading.study,
        reader=reading.reader,
        reading=reading,
        kind=kind,
        description=description,
        by=by,
    )


@transaction.atomic
def washout_waive(*, reader: StudyReader, by: User, reason: str) -> Reading:
    """Let the reader's next reading begin before the washout ends: recorded as a deviation."""
    words = words_of(reason, "Say why the washout is cut short.")
    reading = reading_next(reader)
    if reading is None or washout_until(reading) is None:
        raise ActionBlocked("No washout holds this reader back.")
    Reading.objects.filter(pk=reading.pk).update(washout_waived=True)
    _deviate(reading, Deviation.WASHOUT_WAIVED, words, by=by)
    return reading


@transaction.atomic
def deviation_add(
    *, reader: StudyReader, by: User, description: str, reading: Reading | None = None
) -> ProtocolDeviation:
    """Record that something was not as the protocol says."""
    words = words_of(description, "Say what was not as the protocol says.")
    return ProtocolDeviation.objects.create(
        study=reader.study,
        reader=reader,
        reading=reading,
        kind=Deviation.OTHER,
        description=words,
        by=by,
    )


@transaction.atomic
def reader_drop_out(*, reader: StudyReader, by: User, reason: str) -> StudyReader:
    """End a reader's part in a locked study; what was read stays. Recorded as a deviation."""
    words = words_of(reason, "Say why the reader leaves the study.")
    locked = StudyReader.objects.select_for_update(of=("self",)).get(pk=reader.pk)
    if locked.study.is_draft or locked.dropped_out_at is not None:
        raise ActionBlocked("This reader is not in a locked study, or has left it.")
    locked.dropped_out_at = clock.now()
    locked.save(update_fields=["dropped_out_at"])
    ProtocolDeviation.objects.create(
        study=locked.study, reader=locked, kind=Deviation.DROPOUT, description=words, by=by
    )
    return locked
