"""Who writes in a report: holding it, taking it over, letting it go."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from reporting import access
from reporting.forms.holds import HoldForm
from reporting.http import ReaderRequest
from reporting.services import holds
from reporting.services.errors import ServiceError


@require_POST
@login_required
def report_hold(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """Hold the report for this page; 423 where another one has it."""
    report = access.get_report_for(request.user, report_id, write=True)
    form = HoldForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"message": "The page is out of date: reload it."}, status=422)
    page, previous = form.cleaned_data["page"], form.cleaned_data["previous"]
    try:
        holds.report_hold(report=report, reader=request.user, page=page, previous=previous)
    except ServiceError as error:
        return JsonResponse({"message": str(error)}, status=422)
    return HttpResponse(status=204)


@require_POST
@login_required
def report_take_over(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """Hold the report for this page, whoever had it."""
    report = access.get_report_for(request.user, report_id, write=True)
    form = HoldForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"message": "The page is out of date: reload it."}, status=422)
    try:
        holds.report_take_over(report=report, reader=request.user, page=form.cleaned_data["page"])
    except ServiceError as error:
        return JsonResponse({"message": str(error)}, status=422)
    return HttpResponse(status=204)


@require_POST
@login_required
def report_release(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """Let the report go, because its page is left."""
    report = access.get_report_for(request.user, report_id)
    form = HoldForm(request.POST)
    if form.is_valid():
        holds.report_release(report=report, page=form.cleaned_data["page"])
    return HttpResponse(status=204)
