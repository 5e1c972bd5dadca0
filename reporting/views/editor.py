"""What the editor's templates need, and the parts of the page that an action changes."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render

from reporting import access
from reporting.http import ReaderRequest
from reporting.models import Report, User
from reporting.selectors.check_views import decisions
from reporting.selectors.fills import fill_progress
from reporting.selectors.form_views import FieldView, FormView, GroupView, SectionView
from reporting.selectors.readings import reading_view
from reporting.selectors.reports import conclusion_highlights, report_form
from reporting.selectors.reviews import changes_since_submission, colleagues, status_history

PAGE = "reporting/report_edit.html"


def editor_context(report: Report, user: User) -> dict[str, Any]:
    """Everything on the page of a report."""
    job = report.fill_jobs.order_by("-requested_at", "-pk").first()
    history = status_history(report)
    under_review = report.status == Report.Status.PRELIMINARY
    return parts_context(report, form_for(report, user)) | {
        "history": history,
        "decisions": decisions(report),
        "sent_back": history[-1] if history and history[-1].is_sent_back else None,
        "changes": changes_since_submission(report) if under_review else (),
        "colleagues": colleagues(report) if access.may_sign(user) and report.is_open else (),
        "reading": reading_view(report),
        "exam": report.imaging_study,
        "fill": fill_progress(job) if job else None,
        "may_sign": access.signs(user, report),
        "sign_requires_password": settings.SIGN_REQUIRES_PASSWORD,
    }


def parts_context(report: Report, form: FormView) -> dict[str, Any]:
    """What every part of the page needs that an action changes."""
    return {"report": report, "form": form, "segments": conclusion_highlights(report)}


def form_for(report: Report, user: User) -> FormView:
    """The form, open only where the user may change it."""
    form = report_form(report)
    return form if access.may_change(user, report) else replace(form, is_open=False)


def changed_sections(before: FormView, after: FormView) -> list[SectionView]:
    """The sections that are not as they were, seen by a reader."""
    known = {section.key: section for section in before.sections}
    return [section for section in after.sections if section != known.get(section.key)]


def fields_of(section: SectionView) -> Iterator[FieldView]:
    """All fields of a section, in the order of the page."""
    for item in section.items:
        if item.field is not None:
            yield item.field
        elif item.group is not None:
            yield from _fields_of_group(item.group)


def _fields_of_group(group: GroupView) -> Iterator[FieldView]:
    if group.absent is not None:
        yield group.absent
    for row in group.rows:
        yield from row.fields


def find_field(form: FormView, path: str) -> FieldView | None:
    """The field of a path, if the form has it."""
    fields = (field for section in form.sections for field in fields_of(section))
    return next((field for field in fields if field.path == path), None)


def others_changed(before: FormView, after: FormView, path: str) -> list[FieldView]:
    """The fields beside `path` whose value or visibility the change of `path` changed."""
    known = {field.path: field for section in before.sections for field in fields_of(section)}
    return [
        field
        for section in after.sections
        for field in fields_of(section)
        if field.path != path and field != known.get(field.path)
    ]


def changed(
    request: ReaderRequest, report: Report, act: Callable[[], object], *, part: str, path: str
) -> HttpResponse:
    """Act, and answer with the part of one field and, out of band, all else that changed.

    Fields that appeared or went (rows) need their section: it is sent whole.
    """
    before = report_form(report)
    act()
    report.refresh_from_db()
    after = report_form(report)
    context = parts_context(report, after) | {
        "field": find_field(after, path),
        "others": others_changed(before, after, path),
        "sections": changed_sections(before, after),
    }
    return render(request, f"{PAGE}#{part}", context)
