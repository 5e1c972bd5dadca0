"""Locking a study: the allocation, the hash over everything, and amendments afterwards."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from reporting import clock
from reporting.models import (
    Arm,
    Case,
    ImagingStudy,
    ReaderStudy,
    Reading,
    ReportTemplateVersion,
    StudyAmendment,
    StudyReader,
    User,
)
from reporting.services.audit import audit_event_add
from reporting.services.errors import ActionBlocked
from reporting.services.reader_studies import AMENDABLE, PROTOCOL, study_lock_draft
from reporting.services.snapshots import canonical, sha256_of
from reporting.services.study_variants import arm_template
from reporting.services.words import words_of
from reporting.study_designs import (
    Allocation,
    DesignInvalid,
    PlannedCase,
    PlannedReader,
    PlannedReading,
    allocate,
)

Status = ReaderStudy.Status
Templates = dict[tuple[int, int], ReportTemplateVersion]


def readers_named(study: ReaderStudy) -> dict[str, StudyReader]:
    """Return the readers by what stands for them: R1, R2 … in the order of their adding."""
    readers = study.readers.select_related("user").order_by("pk")
    return {f"R{number}": reader for number, reader in enumerate(readers, start=1)}


def allocation_of(study: ReaderStudy) -> Allocation:
    """Return what the study's design is made of; cases appear by their number."""
    readers = [
        PlannedReader(name, reader.experience) for name, reader in readers_named(study).items()
    ]
    cases = [
        PlannedCase(str(case.number), case.stratum, case.is_practice) for case in study.cases.all()
    ]
    arms = [arm.name for arm in study.arms.all()]
    return Allocation(study.design, readers, cases, arms, study.seed)


@transaction.atomic
def study_lock(*, study: ReaderStudy, by: User) -> ReaderStudy:
    """Fix the study: allocate all readings and hash protocol, arms, cases, readers and allocation.

    Raises ActionBlocked when the protocol is not complete or no such design can be made.
    """
    locked = study_lock_draft(study)
    _require_complete(locked)
    try:
        planned = allocate(allocation_of(locked))
    except DesignInvalid as error:
        raise ActionBlocked(str(error)) from error
    templates = _templates(locked)
    content = canonical(_content(locked, planned, templates))
    _readings_create(locked, planned, templates)
    locked.locked_content, locked.lock_sha256 = content, sha256_of(content)
    locked.status, locked.locked_at = Status.LOCKED, clock.now()
    locked.save(update_fields=["locked_content", "lock_sha256", "status", "locked_at"])
    details = {"sha256": locked.lock_sha256}
    audit_event_add(actor=by, action="study_lock", subject=locked, details=details)
    return locked


def _require_complete(study: ReaderStudy) -> None:
    needed = {
        "the question": study.question,
        "the primary outcome": study.primary_outcome,
        "the analysis plan": study.analysis_plan,
        "the instructions": study.instructions,
        "the text of the consent": study.consent_text,
    }
    missing = [name for name, text in needed.items() if not text.strip()]
    if missing:
        raise ActionBlocked(f"Before the lock, write {', '.join(missing)}.")
    bare = [case.number for case in study.cases.all() if not case.material.strip()]
    if bare:
        numbers = ", ".join(map(str, bare[:10]))
        raise ActionBlocked(f"These cases have no material to read: {numbers}.")


def _templates(study: ReaderStudy) -> Templates:
    """The version of the template for each arm and case; fixed now, for all readers alike."""
    arms = list(study.arms.all())
    cases = list(study.cases.select_related("imaging_study"))
    known: dict[tuple[int, str, str], ReportTemplateVersion] = {}
    found: Templates = {}
    for case in cases:
        exam: ImagingStudy = case.imaging_study
        for arm in arms:
            key = (arm.pk, exam.modality, exam.body_part)
            if key not in known:
                known[key] = arm_template(arm, exam)
            found[arm.pk, case.pk] = known[key]
    return found


def _content(
    study: ReaderStudy, planned: tuple[PlannedReading, ...], templates: Templates
) -> dict[str, object]:
    return {
        "format": 1,
        "study": str(study.pk),
        "site": study.site.code,
        "protocol": {name: getattr(study, name) for name in PROTOCOL},
        "arms": [_arm_content(arm) for arm in study.arms.all()],
        "cases": [
            _case_content(case, templates) for case in study.cases.select_related("imaging_study")
        ],
        "readers": [
            {
                "reader": name,
                "pseudonym": reader.user.pseudonym,
                "experience": reader.experience,
                "experience_years": reader.experience_years,
                "training": reader.training,
            }
            for name, reader in readers_named(study).items()
        ],
        "allocation": [[r.reader, r.case, r.arm, r.period, r.position] for r in planned],
    }


def _arm_content(arm: Arm) -> dict[str, object]:
    return {
        "name": arm.name,
        "mode": arm.mode,
        "left_out": arm.left_out,
        "planted_error_share": arm.planted_error_share,
    }


def _case_content(case: Case, templates: Templates) -> dict[str, object]:
    return {
        "number": case.number,
        "exam": str(case.imaging_study_id),
        "stratum": case.stratum,
        "material_kind": case.material_kind,
        "material": case.material,
        "is_practice": case.is_practice,
        "templates": {
            str(arm.name): templates[arm.pk, case.pk].content_hash for arm in case.study.arms.all()
        },
    }


def _readings_create(
    study: ReaderStudy, planned: tuple[PlannedReading, ...], templates: Templates
) -> None:
    readers = readers_named(study)
    cases = {str(case.number): case for case in study.cases.all()}
    arms = {arm.name: arm for arm in study.arms.all()}
    Reading.objects.bulk_create(
        Reading(
            study=study,
            reader=readers[one.reader],
            case=cases[one.case],
            arm=arms[one.arm],
            report_template_version=templates[arms[one.arm].pk, cases[one.case].pk],
            period=one.period,
            position=one.position,
        )
        for one in planned
    )


@transaction.atomic
def study_start(*, study: ReaderStudy, by: User) -> ReaderStudy:
    """Open a locked study, or a closed one again, to its readers. Raises ActionBlocked."""
    return _step(study, by, {Status.LOCKED, Status.CLOSED}, Status.RUNNING)


@transaction.atomic
def study_close(*, study: ReaderStudy, by: User) -> ReaderStudy:
    """End the reading; what was not read stays missing. Raises ActionBlocked."""
    return _step(study, by, {Status.LOCKED, Status.RUNNING}, Status.CLOSED)


def _step(
    study: ReaderStudy, by: User, before: set[ReaderStudy.Status], after: ReaderStudy.Status
) -> ReaderStudy:
    locked = ReaderStudy.objects.select_for_update(of=("self",)).get(pk=study.pk)
    if locked.status not in before:
        raise ActionBlocked(f"The study is {locked.get_status_display().lower()}.")
    details = {"before": locked.status}
    locked.status = after
    locked.save(update_fields=["status"])
    audit_event_add(actor=by, action=f"study_{after}", subject=locked, details=details)
    return locked


@transaction.atomic
def study_amend(
    *, study: ReaderStudy, by: User, protocol: Mapping[str, Any], reason: str
) -> StudyAmendment:
    """Change the protocol of a locked study, for a reason, chained by hashes to the lock.

    Arms, cases, readers, design and allocation stay. Raises ActionBlocked when it is a draft or
    nothing changes, TextInvalid without a reason.
    """
    words = words_of(reason, "Say why the protocol is amended.")
    locked = ReaderStudy.objects.select_for_update(of=("self",)).get(pk=study.pk)
    if locked.is_draft:
        raise ActionBlocked("A draft is changed without an amendment.")
    changed = [
        name for name in AMENDABLE if name in protocol and protocol[name] != getattr(locked, name)
    ]
    if not changed:
        raise ActionBlocked("Nothing was changed.")
    before = {name: getattr(locked, name) for name in changed}
    after = {name: protocol[name] for name in changed}
    last = locked.amendments.order_by("-number").first()
    number = last.number + 1 if last else 1
    previous = last.sha256 if last else locked.lock_sha256
    facts = {
        "previous_sha256": previous,
        "number": number,
        "reason": words,
        "before": before,
        "after": after,
    }
    for name, value in after.items():
        setattr(locked, name, value)
    locked.save(update_fields=changed)
    audit_event_add(actor=by, action="study_amend", subject=locked, details={"number": number})
    return StudyAmendment.objects.create(
        study=locked, by=by, sha256=sha256_of(canonical(facts)), **facts
    )
