"""Submitting, sending back, cancelling, handing over."""

from collections.abc import Callable
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from reporting import access
from reporting.forms.reports import HandOverForm
from reporting.http import ReaderRequest, hx_redirect, toast
from reporting.models import Report
from reporting.services import lifecycle
from reporting.services.errors import ServiceError
from reporting.views.checks import signature_answer


@require_POST
@login_required
def report_submit(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """Submit for review, or say every reason why that is not possible yet."""
    return signature_answer(
        request,
        report_id,
        lambda report, password: lifecycle.report_submit(
            report=report, reader=request.user, password=password
        ),
    )


@require_POST
@login_required
def report_send_back(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """Return a preliminary report to its author."""
    comment = request.POST.get("comment", "")
    return _step(
        request,
        report_id,
        lambda report: lifecycle.report_send_back(
            report=report, reviewer=request.user, comment=comment
        ),
    )


@require_POST
@login_required
def report_cancel(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """End an open report without a result."""
    reason = request.POST.get("comment", "")
    return _step(
        request,
        report_id,
        lambda report: lifecycle.report_cancel(report=report, reader=request.user, reason=reason),
    )


@require_POST
@login_required
def exam_assign(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """Give the exam of a report to another reader."""
    form = HandOverForm(request.POST)
    to = form.cleaned_data["to"] if form.is_valid() else None
    return _step(
        request,
        report_id,
        lambda report: lifecycle.exam_assign(exam=report.imaging_study, by=request.user, to=to),
    )


def _step(request: ReaderRequest, report_id: UUID, act: Callable[[Report], object]) -> HttpResponse:
    """Act, then back to the worklist; a refusal stays on the page."""
    report = access.get_report_for(request.user, report_id, write=True, clinical=True)
    try:
        act(report)
    except ServiceError as error:
        return toast(HttpResponse(status=409), "warning", str(error))
    return hx_redirect(reverse("worklist"))
