"""Fields and rows: set, confirm, reject, add, remove, rest normal, and taking any of it back."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from reporting import access
from reporting.forms.reports import ActForm, FieldForm
from reporting.http import ReaderRequest, toast, trigger
from reporting.models import Report
from reporting.selectors.reports import html_id, report_field
from reporting.services import reports
from reporting.services.errors import FieldInvalid, ServiceError, TextInvalid, VersionConflict
from reporting.services.ledger import acted
from reporting.views.editor import PAGE, changed
from reporting.views.priors import prior_asked

OUT_OF_DATE = "The page is out of date: reload it."


@require_POST
@login_required
def field_set(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """Set a field to what a person chose or typed."""

    def do(*, report: Report, path: str, **seen: Any) -> object:
        texts = request.POST.getlist("value")
        value = reports.field_value_parse(report=report, path=path, texts=texts)
        return reports.field_set(report=report, path=path, value=value, **seen)

    part = "field-saved" if request.POST.get("keep") else "field-changed"
    return _field_action(request, report_id, do, part=part)


@require_POST
@login_required
def field_confirm(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """Attest the model's answer."""
    return _field_action(request, report_id, reports.field_confirm, part="field-saved")


@require_POST
@login_required
def field_reject(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """Empty what the model filled; its answer is kept."""
    return _field_action(request, report_id, reports.field_reject, part="field-changed")


@require_POST
@login_required
def field_copy(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """Take the value of an earlier report, to be confirmed."""
    prior_id = prior_asked(request)
    do = partial(reports.field_copy, prior_id=prior_id)
    return _field_action(request, report_id, do, part="field-changed")


def _field_action(
    request: ReaderRequest, report_id: UUID, service: Callable[..., object], *, part: str
) -> HttpResponse:
    """Change one field by a service; answer with its part and all else that changed."""
    report = access.get_report_for(request.user, report_id, write=True)
    form = FieldForm(request.POST)
    if not form.is_valid():
        return _refused(422, OUT_OF_DATE)
    path, version, act = form.cleaned_data["path"], form.cleaned_data["version"], uuid4()
    do = partial(service, report=report, reader=request.user, path=path, version=version, act=act)
    try:
        answer = changed(request, report, do, part=part, path=path)
    except VersionConflict as conflict:
        return _conflict(request, report, conflict, part="field-conflict")
    except (FieldInvalid, TextInvalid) as error:
        context = {"message": str(error), "mark_id": f"{html_id(path)}-mark", "version": version}
        return render(request, f"{PAGE}#field-invalid", context, status=422)
    except ServiceError as error:
        return _refused(409, str(error))
    return _acted(request, answer, report, act)


def _refused(status: int, message: str) -> HttpResponse:
    """Say why, and leave the page as it is."""
    return toast(HttpResponse(status=status, headers={"HX-Reswap": "none"}), "warning", message)


def _acted(request: ReaderRequest, answer: HttpResponse, report: Report, act: UUID) -> HttpResponse:
    """Tell the page the id by which what it did can be taken back, if it changed anything."""
    done = acted(report, request.user, act)
    if done is None:
        return answer
    fields = [html_id(path) for path in done.paths]
    return trigger(answer, "acted", {"act": str(act), "fields": fields, "left": done.left})


def _conflict(
    request: ReaderRequest, report: Report, conflict: VersionConflict, *, part: str
) -> HttpResponse:
    """Show what stands there now beside what the page wanted; nothing was overwritten."""
    context = {"field": report_field(report, conflict.path), "message": str(conflict)}
    return render(request, f"{PAGE}#{part}", context, status=409)


@require_POST
@login_required
def row_add(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """Add a row to a group."""
    group = request.POST.get("group", "")
    return _sections_action(request, report_id, reports.group_row_add, group=group)


@require_POST
@login_required
def row_remove(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """Remove a row from a group."""
    access.get_report_for(request.user, report_id, write=True)
    try:
        row_id = UUID(request.POST.get("row", ""))
    except ValueError:
        return _refused(422, "There is no such row: reload the page.")
    return _sections_action(request, report_id, reports.group_row_remove, row_id=row_id)


@require_POST
@login_required
def rest_normal(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """Everything that has no value yet is normal: of a section, or of the report."""
    section = request.POST.get("section") or None
    return _sections_action(request, report_id, reports.rest_normal, section=section)


@require_POST
@login_required
def act_undo(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """Take an act or a fill back; the answer names the new act, which can be taken back too."""
    access.get_report_for(request.user, report_id, write=True)
    form = ActForm(request.POST)
    if not form.is_valid():
        return _refused(422, OUT_OF_DATE)
    return _sections_action(request, report_id, reports.act_undo, undone=form.cleaned_data["act"])


def _sections_action(
    request: ReaderRequest, report_id: UUID, service: Callable[..., object], **values: object
) -> HttpResponse:
    """Change fields or rows by a service, given `values`; answer with all that changed."""
    report = access.get_report_for(request.user, report_id, write=True)
    act = uuid4()
    do = partial(service, report=report, reader=request.user, act=act, **values)
    try:
        answer = changed(request, report, do, part="sections-changed", path="")
    except VersionConflict as conflict:
        return _conflict(request, report, conflict, part="undo-conflict")
    except ServiceError as error:
        return _refused(409, str(error))
    return _acted(request, answer, report, act)
