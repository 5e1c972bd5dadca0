"""Drafts of templates: begun, changed part by part, published and retired by their author."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from reporting import access, clock
from reporting.models import ReportTemplate, ReportTemplateVersion, Site, TemplateDraft, User
from reporting.services.audit import audit_event_add
from reporting.services.errors import ActionBlocked, Current, TextInvalid, VersionConflict
from reporting.services.fills import ReportTemplate as ParsedTemplate
from reporting.services.fills import TemplateError, parse_template
from reporting.services.report_templates import version_add
from reporting.services.storable import json_fault
from reporting.services.words import words_of
from reporting.template_parts import At, Json, places_by_name, shape_fault

NOTE_MAX = 1000
Status = ReportTemplateVersion.Status


@dataclass(frozen=True, slots=True)
class PlacedFault:
    """One fault of a definition: the part it is in, the field as the checks name it, and why."""

    at: At
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A definition as the template language sees it: a template, or its faults."""

    template: ParsedTemplate | None
    faults: tuple[PlacedFault, ...] = ()


def definition_check(definition: Json) -> Checked:
    """Check a definition by the rules of the template language; never raises."""
    try:
        return Checked(parse_template(definition))
    except TemplateError as error:
        places = places_by_name(definition)
        return Checked(
            None,
            tuple(
                PlacedFault(places.get(fault.field, ()), fault.field, fault.message)
                for fault in error.faults
            ),
        )


@transaction.atomic
def template_draft_add(
    *,
    author: User,
    site: Site | None,
    definition: Json,
    base: ReportTemplateVersion | None = None,
) -> TemplateDraft:
    """Begin a draft for a site (None: all) with a definition, which may hold faults.

    A key that the site has a template of makes it a draft of its next version. Raises
    ActionBlocked, TextInvalid.
    """
    if not access.may_write_templates(author, site):
        raise ActionBlocked("You may not write templates for this site.")
    _storable(definition)
    template = ReportTemplate.objects.filter(site=site, key=str(definition.get("key", ""))).first()
    try:
        with transaction.atomic():
            draft = TemplateDraft.objects.create(
                report_template=template,
                site=site,
                base=base,
                definition=definition,
                created_by=author,
                changed_by=author,
            )
    except IntegrityError as error:
        raise ActionBlocked(
            f"There is a draft of {template} already: go on with it, or discard it first."
        ) from error
    _audit(author, "template_draft_add", draft, {"base": str(base or "")})
    return draft


def _storable(definition: Json) -> None:
    fault = shape_fault(definition)
    if fault is None and (why := json_fault(definition)):
        fault = f"The template {why}."
    if fault:
        raise TextInvalid(fault)


@transaction.atomic
def template_draft_change(
    *, draft: TemplateDraft, author: User, revision: int, definition: Json
) -> TemplateDraft:
    """Store what a draft says now. Faults do not matter; the same definition changes nothing.

    Raises VersionConflict if somebody changed it since `revision`, TextInvalid, ActionBlocked.
    """
    locked = _lock(draft, revision)
    if definition == locked.definition:
        return locked
    _storable(definition)
    locked.previous = locked.definition
    return _write(locked, definition, author)


@transaction.atomic
def template_draft_undo(*, draft: TemplateDraft, author: User, revision: int) -> TemplateDraft:
    """Exchange what a draft says with what it said before the last change.

    Raises ActionBlocked if nothing was changed, VersionConflict.
    """
    locked = _lock(draft, revision)
    if locked.previous is None:
        raise ActionBlocked("Nothing was changed yet.")
    before, locked.previous = locked.previous, locked.definition
    return _write(locked, before, author)


def _lock(draft: TemplateDraft, revision: int) -> TemplateDraft:
    locked = TemplateDraft.objects.select_for_update().filter(pk=draft.pk).first()
    if locked is None:
        raise ActionBlocked("This draft is gone: it was published or discarded.")
    if locked.revision != revision:
        by = locked.changed_by.display_name
        raise VersionConflict("", Current(None, locked.revision, by, locked.changed_at))
    return locked


def _write(locked: TemplateDraft, definition: Json, author: User) -> TemplateDraft:
    locked.definition = definition
    locked.revision += 1
    locked.changed_by = author
    locked.changed_at = clock.now()
    locked.save()
    return locked


@transaction.atomic
def template_draft_discard(*, draft: TemplateDraft, author: User) -> None:
    """Remove a draft; the audit trail keeps what it said."""
    _audit(author, "template_draft_discard", draft, {"definition": draft.definition})
    draft.delete()


@transaction.atomic
def template_publish(
    *, draft: TemplateDraft, author: User, revision: int, note: str
) -> ReportTemplateVersion:
    """Make a draft the newest version of its template, for the reports opened from now on.

    Raises ActionBlocked while it has faults, for a key that is another template's, and for what
    is a version already; VersionConflict; TextInvalid without a note.
    """
    reason = _note(note)
    locked = _lock(draft, revision)
    parsed = definition_check(locked.definition).template
    if parsed is None:
        raise ActionBlocked("There are faults: mend them first.")
    _check_key(locked, parsed)
    versions = ReportTemplateVersion.objects.filter(report_template=locked.report_template)
    same = versions.filter(content_hash=parsed.content_hash).first()
    if same is not None:
        which = "the variant of a reader study, " if same.status == Status.VARIANT else ""
        message = f"Nothing differs from {which}version {same.number}: change something first."
        raise ActionBlocked(message)
    version = version_add(
        parsed=parsed, definition=locked.definition, site=locked.site, author=author
    )
    details = {"key": parsed.key, "number": version.number, "hash": version.content_hash}
    _audit(author, "template_publish", version, {**details, "note": reason})
    locked.delete()
    return version


def _check_key(draft: TemplateDraft, parsed: ParsedTemplate) -> None:
    known = draft.report_template
    if known is not None and known.key != parsed.key:
        raise ActionBlocked(f"The key of a template never changes: set it to {known.key} again.")
    if known is None and ReportTemplate.objects.filter(site=draft.site, key=parsed.key).exists():
        raise ActionBlocked(f"There is a template {parsed.key} already: choose another key.")


@transaction.atomic
def template_retire(*, version: ReportTemplateVersion, author: User, note: str) -> None:
    """Take a version out of use; reports opened with it keep it. Raises ActionBlocked, TextInvalid.

    New exams then take the newest version that is still published.
    """
    reason = _note(note)
    if not access.may_write_templates(author, version.report_template.site):
        raise ActionBlocked("You may not retire a template of this site.")
    retired = ReportTemplateVersion.objects.filter(pk=version.pk, status=Status.PUBLISHED).update(
        status=Status.RETIRED
    )
    if not retired:
        raise ActionBlocked("It is retired already, or belongs to a reader study.")
    _audit(author, "template_retire", version, {"number": version.number, "note": reason})


def _note(note: str) -> str:
    missing = "Write a note: why, in a few words."
    return words_of(note, missing, what="The note", maximum=NOTE_MAX)


def _audit(
    author: User,
    action: str,
    subject: TemplateDraft | ReportTemplateVersion,
    details: Mapping[str, object],
) -> None:
    audit_event_add(actor=author, action=action, subject=subject, details=dict(details))
