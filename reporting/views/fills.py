"""Asking the model, and watching it answer."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from reporting import access
from reporting.forms.reports import TextForm
from reporting.http import ReaderRequest, toast
from reporting.models import FillJob
from reporting.selectors.fills import fill_progress
from reporting.services import fill_requests
from reporting.services.errors import ServiceError, VersionConflict
from reporting.views.editor import PAGE, form_for, parts_context

FAST_POLLS = 15


@require_POST
@login_required
def fill_request(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """Save the conclusion and ask for the findings."""
    report = access.get_report_for(request.user, report_id, write=True)
    form = TextForm(request.POST)
    if not form.is_valid():
        return toast(HttpResponse(status=422), "warning", "The page is out of date: reload it.")
    try:
        job = fill_requests.fill_request(
            report=report,
            reader=request.user,
            conclusion=form.cleaned_data["text"],
            version=form.cleaned_data["version"],
        )
    except VersionConflict as conflict:
        return toast(HttpResponse(status=409), "warning", str(conflict))
    except ServiceError as error:
        return toast(HttpResponse(status=422), "warning", str(error))
    return _state(request, job, polls=0)


@require_safe
@login_required
def fill_status(request: ReaderRequest, fill_job_id: UUID) -> HttpResponse:
    """How the fill stands; sections that have new values come along out of band."""
    job = access.get_fill_for(request.user, fill_job_id)
    polls = request.GET.get("polls", "0")
    return _state(request, job, polls=int(polls) + 1 if polls.isdigit() else FAST_POLLS)


@require_POST
@login_required
def fill_cancel(request: ReaderRequest, fill_job_id: UUID) -> HttpResponse:
    """End a fill; what it has written so far stays, unattested."""
    job = access.get_fill_for(request.user, fill_job_id, write=True)
    return _state(request, fill_requests.fill_cancel(job=job, reader=request.user), polls=0)


@require_POST
@login_required
def fill_retry(request: ReaderRequest, fill_job_id: UUID) -> HttpResponse:
    """Ask again."""
    job = access.get_fill_for(request.user, fill_job_id, write=True)
    try:
        again = fill_requests.fill_retry(job=job, reader=request.user)
    except ServiceError as error:
        return toast(HttpResponse(status=409), "warning", str(error))
    return _state(request, again, polls=0)


def _state(request: ReaderRequest, job: FillJob, *, polls: int) -> HttpResponse:
    """The line of the fill; where values have come since `seen`, all that shows them too."""
    report = access.get_report_for(request.user, job.report_id)
    progress = fill_progress(job)
    state = f"{progress.filled}-{progress.status}"
    line = {
        "report": report,
        "fill": progress,
        "polls": polls,
        "delay": "200ms" if polls < FAST_POLLS else "1s",
        "seen": state,
    }
    if request.GET.get("seen") == state:
        return render(request, f"{PAGE}#fill-line", line)
    form = form_for(report, request.user)
    sections = form.sections if request.GET else ()
    context = parts_context(report, form) | line | {"sections": sections}
    return render(request, f"{PAGE}#fill-answer", context)
