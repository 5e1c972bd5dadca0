"""Fields and rows: set, confirm, reject, add, remove, rest normal."""

from collections.abc import Callable
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from reporting import access
from reporting.forms.reports import FieldForm
from reporting.http import ReaderRequest, toast
from reporting.models import Report
from reporting.selectors.reports import html_id, report_field
from reporting.services import reports
from reporting.services.errors import FieldInvalid, ServiceError, TextInvalid, VersionConflict
from reporting.views.editor import PAGE, changed

Action = Callable[..., object]


@require_POST
@login_required
def field_set(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """Set a field to what a person chose or typed."""

    def act(report: Report, path: str, version: int) -> object:
        value = reports.field_value_parse(
            report=report, path=path, texts=request.POST.getlist("value")
        )
        return reports.field_set(
            report=report, reader=request.user, path=path, value=value, version=version
        )

    part = "field-saved" if request.POST.get("keep") else "field-changed"
    return _field_action(request, report_id, act, part=part)


@require_POST
@login_required
def field_confirm(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """Attest the model's answer."""

    def act(report: Report, path: str, version: int) -> object:
        return reports.field_confirm(report=report, reader=request.user, path=path, version=version)

    return _field_action(request, report_id, act, part="field-saved")


@require_POST
@login_required
def field_reject(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """Empty what the model filled; its answer is kept."""

    def act(report: Report, path: str, version: int) -> object:
        return reports.field_reject(report=report, reader=request.user, path=path, version=version)

    return _field_action(request, report_id, act, part="field-changed")


def _field_action(
    request: ReaderRequest, report_id: UUID, act: Action, *, part: str
) -> HttpResponse:
    report = access.get_report_for(request.user, report_id, write=True)
    form = FieldForm(request.POST)
    if not form.is_valid():
        return toast(HttpResponse(status=422), "warning", "The page is out of date: reload it.")
    path, version = form.cleaned_data["path"], form.cleaned_data["version"]
    try:
        return changed(request, report, lambda: act(report, path, version), part=part, path=path)
    except VersionConflict as conflict:
        return _conflict(request, report, path, conflict)
    except (FieldInvalid, TextInvalid) as error:
        context = {"message": str(error), "mark_id": f"{html_id(path)}-mark", "version": version}
        return render(request, f"{PAGE}#field-invalid", context, status=422)
    except ServiceError as error:
        return toast(HttpResponse(status=409), "warning", str(error))


def _conflict(
    request: ReaderRequest, report: Report, path: str, conflict: VersionConflict
) -> HttpResponse:
    """Show what stands there now beside what the page wanted; nothing was overwritten."""
    context = {"field": report_field(report, path), "message": str(conflict)}
    return render(request, f"{PAGE}#field-conflict", context, status=409)


@require_POST
@login_required
def row_add(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """Add a row to a group."""
    group = request.POST.get("group", "")
    return _sections_action(
        request,
        report_id,
        lambda report: reports.group_row_add(report=report, reader=request.user, group=group),
    )


@require_POST
@login_required
def row_remove(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """Remove a row from a group."""
    access.get_report_for(request.user, report_id, write=True)
    try:
        row_id = UUID(request.POST.get("row", ""))
    except ValueError:
        return toast(HttpResponse(status=422), "warning", "There is no such row: reload the page.")
    return _sections_action(
        request,
        report_id,
        lambda report: reports.group_row_remove(report=report, reader=request.user, row_id=row_id),
    )


@require_POST
@login_required
def rest_normal(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """Everything that has no value yet is normal: of a section, or of the report."""
    section = request.POST.get("section") or None
    return _sections_action(
        request,
        report_id,
        lambda report: reports.rest_normal(report=report, reader=request.user, section=section),
    )


def _sections_action(
    request: ReaderRequest, report_id: UUID, act: Callable[[Report], object]
) -> HttpResponse:
    report = access.get_report_for(request.user, report_id, write=True)
    try:
        return changed(request, report, lambda: act(report), part="sections-changed", path="")
    except ServiceError as error:
        return toast(HttpResponse(status=409), "warning", str(error))
