"""Submitting, sending back, cancelling, handing over."""

from collections.abc import Callable
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from reporting import access
from reporting.http import ReaderRequest, hx_redirect, toast
from reporting.models import Report, User
from reporting.services import lifecycle
from reporting.services.errors import ServiceError
from reporting.views.checks import signature_refused


@require_POST
@login_required
def report_submit(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """Submit for review, or say every reason why that is not possible yet."""
    report = access.get_report_for(request.user, report_id, write=True)
    password = request.POST.get("password", "")
    try:
        lifecycle.report_submit(report=report, reader=request.user, password=password)
    except ServiceError as blocked:
        return signature_refused(request, report, blocked)
    return hx_redirect(f"{reverse('worklist')}?signed={report.pk}")


@require_POST
@login_required
def report_send_back(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """Return a preliminary report to its author."""

    def act(report: Report) -> object:
        comment = request.POST.get("comment", "")
        return lifecycle.report_send_back(report=report, reviewer=request.user, comment=comment)

    return _step(request, report_id, act)


@require_POST
@login_required
def report_cancel(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """End an open report without a result."""

    def act(report: Report) -> object:
        reason = request.POST.get("comment", "")
        return lifecycle.report_cancel(report=report, reader=request.user, reason=reason)

    return _step(request, report_id, act)


@require_POST
@login_required
def exam_assign(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """Give the exam of a report to another reader."""

    def act(report: Report) -> object:
        given = request.POST.get("to", "")
        to = User.objects.filter(pk=int(given)).first() if given.isdecimal() else None
        if to is None:
            raise ServiceError("Choose who shall read this exam.")
        return lifecycle.exam_assign(exam=report.imaging_study, by=request.user, to=to)

    return _step(request, report_id, act)


def _step(request: ReaderRequest, report_id: UUID, act: Callable[[Report], object]) -> HttpResponse:
    """Act, then back to the worklist; a refusal stays on the page."""
    report = access.get_report_for(request.user, report_id, write=True)
    try:
        act(report)
    except ServiceError as error:
        return toast(HttpResponse(status=409), "warning", str(error))
    return hx_redirect(reverse("worklist"))
