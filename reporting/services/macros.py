"""Macros: saved and removed by whom they belong to."""

from dataclasses import dataclass

from django.db import IntegrityError, transaction

from reporting import access, clock
from reporting.models import Macro, ReportTemplate, Site, User
from reporting.placeholders import MERGE_FIELDS, unknown_merge_fields
from reporting.services.audit import audit_event_add
from reporting.services.drafts import FIELD_TEXT_MAX, text_clean
from reporting.services.errors import ActionBlocked, TextInvalid


@dataclass(frozen=True, slots=True)
class MacroData:
    """What a macro says, whose it is (`site` None: the user's own) and which exams it is for."""

    trigger: str
    text: str
    site: Site | None = None
    report_template: ReportTemplate | None = None
    sex: str = ""
    age_min: int | None = None
    age_max: int | None = None
    is_default: bool = False


def macro_save(*, user: User, data: MacroData, macro: Macro | None = None) -> Macro:
    """Store a new macro or change one. Raises ActionBlocked, TextInvalid; then nothing changed."""
    if not access.may_have_macro(user, data.site):
        raise ActionBlocked("You may not write macros for this.")
    macro = macro or Macro()
    macro.text = _text(data.text)
    for name in ("trigger", "site", "report_template", "sex", "age_min", "age_max", "is_default"):
        setattr(macro, name, getattr(data, name))
    macro.owner = None if data.site else user
    macro.changed_at = clock.now()
    try:
        with transaction.atomic():
            macro.save()
            audit_event_add(
                actor=user, action="macro_save", subject=macro, details={"text": macro.text}
            )
    except IntegrityError as error:
        raise ActionBlocked(
            f"There is a macro .{data.trigger} for the same exams already: change that one."
        ) from error
    return macro


def _text(text: str) -> str:
    clean = text_clean(text, what="The text", maximum=FIELD_TEXT_MAX)
    if not clean.strip():
        raise TextInvalid("The text is empty.")
    unknown = unknown_merge_fields(clean)
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in MERGE_FIELDS)
        raise TextInvalid(f"{{{unknown[0]}}} cannot be filled in; there are {known}.")
    return clean


@transaction.atomic
def macro_remove(*, user: User, macro: Macro) -> None:
    """Remove a macro; texts it was written into stay as they are."""
    audit_event_add(actor=user, action="macro_remove", subject=macro, details={"text": macro.text})
    macro.delete()
