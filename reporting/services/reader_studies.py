"""Designing a reader study: protocol, arms, cases, readers. A locked study refuses all of it."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from reporting.models import Arm, Case, ImagingStudy, ReaderStudy, Site, StudyReader, User
from reporting.services.audit import audit_event_add
from reporting.services.errors import ActionBlocked

# What an amendment may change after the lock; the rest is fixed by the allocation.
AMENDABLE = (
    "question",
    "hypotheses",
    "primary_outcome",
    "analysis_plan",
    "exclusion_rules",
    "idle_threshold_seconds",
    "washout_days",
    "technical_repeats",
    "instructions",
    "consent_text",
)
PROTOCOL = ("name", "design", "seed", *AMENDABLE)


@transaction.atomic
def study_create(*, site: Site, by: User, protocol: Mapping[str, Any]) -> ReaderStudy:
    """Store a draft with its protocol. Raises ActionBlocked when the site has one of its name."""
    study = ReaderStudy(site=site, created_by=by)
    _protocol_write(study, protocol)
    audit_event_add(actor=by, action="study_create", subject=study)
    return study


@transaction.atomic
def study_change(*, study: ReaderStudy, by: User, protocol: Mapping[str, Any]) -> ReaderStudy:
    """Store the protocol of a draft. Raises ActionBlocked when it is locked."""
    locked = study_lock_draft(study)
    _protocol_write(locked, protocol)
    audit_event_add(actor=by, action="study_change", subject=locked)
    return locked


def _protocol_write(study: ReaderStudy, protocol: Mapping[str, Any]) -> None:
    for name in PROTOCOL:
        if name in protocol:
            setattr(study, name, protocol[name])
    try:
        with transaction.atomic():
            study.save()
    except IntegrityError as error:
        raise ActionBlocked("There is a study of this name at this site.") from error


def study_lock_draft(study: ReaderStudy) -> ReaderStudy:
    """Return the study as it is now, its row locked; raises ActionBlocked unless it is a draft."""
    locked = ReaderStudy.objects.select_for_update(of=("self",)).get(pk=study.pk)
    if not locked.is_draft:
        raise ActionBlocked("The study is locked: change it by an amendment, with a reason.")
    return locked


@transaction.atomic
def arm_save(
    *, study: ReaderStudy, by: User, data: Mapping[str, Any], arm: Arm | None = None
) -> Arm:
    """Store a new arm at the end, or change one. Raises ActionBlocked."""
    locked = study_lock_draft(study)
    saved = arm or Arm(study=locked, position=_last(locked.arms, "position") + 1)
    for name in ("name", "mode", "left_out", "planted_error_share"):
        setattr(saved, name, data[name])
    try:
        with transaction.atomic():
            saved.save()
    except IntegrityError as error:
        raise ActionBlocked(
            "Two arms cannot have the same name, and errors are planted only into fills."
        ) from error
    audit_event_add(actor=by, action="study_arm_save", subject=saved)
    return saved


@transaction.atomic
def arm_remove(*, arm: Arm, by: User) -> None:
    """Remove an arm of a draft."""
    study_lock_draft(arm.study)
    audit_event_add(actor=by, action="study_arm_remove", subject=arm, details={"name": arm.name})
    arm.delete()


@transaction.atomic
def case_add(*, study: ReaderStudy, by: User, exam: ImagingStudy) -> Case:
    """Add an exam of the study's site as its next case. Raises ActionBlocked."""
    locked = study_lock_draft(study)
    if exam.site_id != locked.site_id:
        raise ActionBlocked("This exam belongs to another site.")
    if locked.cases.filter(imaging_study=exam).exists():
        raise ActionBlocked("This exam is a case of the study already.")
    case = Case.objects.create(
        study=locked,
        imaging_study=exam,
        number=_last(locked.cases, "number") + 1,
        stratum=exam.modality,
        material=exam.indication,
    )
    audit_event_add(actor=by, action="study_case_add", subject=case)
    return case


@transaction.atomic
def case_change(*, case: Case, by: User, data: Mapping[str, Any]) -> Case:
    """Store a case's stratum, material and whether it is for practice."""
    study_lock_draft(case.study)
    for name in ("stratum", "material_kind", "material", "is_practice"):
        setattr(case, name, data[name])
    case.save()
    audit_event_add(actor=by, action="study_case_change", subject=case)
    return case


@transaction.atomic
def case_remove(*, case: Case, by: User) -> None:
    """Remove a case of a draft."""
    study_lock_draft(case.study)
    audit_event_add(actor=by, action="study_case_remove", subject=case)
    case.delete()


@transaction.atomic
def reader_save(
    *,
    study: ReaderStudy,
    by: User,
    data: Mapping[str, Any],
    reader: StudyReader | None = None,
) -> StudyReader:
    """Store a reader of the study's site, or what is known of one. Raises ActionBlocked."""
    locked = study_lock_draft(study)
    saved = reader or StudyReader(study=locked, user=data["user"])
    if not reader and locked.readers.filter(user=saved.user).exists():
        raise ActionBlocked("This person reads in the study already.")
    for name in ("experience", "experience_years", "training"):
        setattr(saved, name, data[name])
    saved.save()
    audit_event_add(actor=by, action="study_reader_save", subject=saved)
    return saved


@transaction.atomic
def reader_remove(*, reader: StudyReader, by: User) -> None:
    """Remove a reader of a draft."""
    study_lock_draft(reader.study)
    audit_event_add(
        actor=by, action="study_reader_remove", subject=reader, details={"user": reader.user_id}
    )
    reader.delete()


def _last(rows: Any, column: str) -> int:
    return int(rows.aggregate(last=Max(column))["last"] or 0)
