"""What the templates of the app need beyond Django's own."""

import dataclasses
from collections.abc import Iterable

from django import template
from django.conf import settings

from reporting import access, study_access
from reporting.models import User
from reporting.prior_diff.diff import Delta
from reporting.selectors.comparisons import days_text
from reporting.selectors.form_views import FieldView, GroupView, ItemView, RowView
from reporting.timing_definitions.exclusions import rules_text

register = template.Library()


@dataclasses.dataclass(slots=True)
class Line:
    """One line of the form: a field with its companions, or a group."""

    field: FieldView | None = None
    group: GroupView | None = None
    companions: list[FieldView] = dataclasses.field(default_factory=list)


@register.filter
def lines(items: Iterable[ItemView]) -> list[Line]:
    """The items of a section, with certainty and change beside their field."""
    found: list[Line] = []
    for item in items:
        if item.group is not None:
            found.append(Line(group=item.group))
        elif item.field is not None and "." in item.field.path and found:
            found[-1].companions.append(item.field)
        else:
            found.append(Line(field=item.field))
    return found


@register.filter
def summary(row: RowView) -> str:
    """What a row says beside its normals, in a few words."""
    held = [f for f in row.fields if f.has_value]
    said = [f"{f.label.lower()} {f.text.lower()}" for f in held if f.text != f.normal]
    return ", ".join(said) or ("normal" if held else "not stated")


@register.filter
def has_values(row: RowView) -> bool:
    """Whether any field of the row holds something or waits for a decision."""
    return any(f.has_value or f.candidates for f in row.fields)


@register.filter
def as_stated(value: object) -> object:
    """What a protocol states: exclusion rules line by line, everything else as it is."""
    return rules_text(value) if isinstance(value, list) else value


@register.simple_tag
def idle_seconds() -> int:
    """After how many idle seconds the sign-in ends; 0: never."""
    return int(settings.IDLE_LOGOFF_SECONDS)


@register.filter
def is_reader(user: User) -> bool:
    """Whether the user writes reports."""
    return access.is_reader(user)


@register.filter
def has_macros(user: User) -> bool:
    """Whether the page of macros is theirs to see."""
    return access.has_macros(user)


@register.filter
def designs_studies(user: User) -> bool:
    """Whether the pages of reader studies are theirs to see."""
    return study_access.designs_studies(user)


@register.filter
def reads_in_studies(user: User) -> bool:
    """Whether they read in a study that runs."""
    return study_access.own_readers(user).exists()


@register.filter
def writes_templates(user: User) -> bool:
    """Whether the pages of report templates are theirs to see."""
    return access.templates_editable_by(user)


@register.filter
def seconds(value: float | None) -> str:
    """Seconds with one decimal, or a dash."""
    return "–" if value is None else f"{value:.1f}"


@register.filter
def delta_text(delta: Delta, days: int) -> str:
    """ "+4 mm, +50 % in 265 days", with true minus signs; no percentage of zero."""
    amount = f"{delta.absolute.normalize():+f} {delta.unit}".strip()
    percent = "" if delta.percent is None else f", {delta.percent:+.0f} %"
    return f"({amount}{percent} in {days_text(days)})".replace("-", "−")
