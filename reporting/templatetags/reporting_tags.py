"""What the templates of the app need beyond Django's own."""

import dataclasses
from collections.abc import Iterable

from django import template

from reporting import access, study_access
from reporting.models import User
from reporting.selectors.form_views import FieldView, GroupView, ItemView, RowView

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
def seconds(value: float | None) -> str:
    """Seconds with one decimal, or a dash."""
    return "–" if value is None else f"{value:.1f}"
