"""The list of the checks before signing, and what a reader decides about it."""

from collections.abc import Callable, Sequence
from datetime import UTC
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from reporting import access
from reporting.forms.checks import CommunicationForm, OverrideForm
from reporting.http import ReaderRequest, hx_redirect
from reporting.models import Report
from reporting.selectors.check_views import check_list
from reporting.services import check_decisions
from reporting.services.errors import ServiceError, SignBlocked

LIST = "reporting/report_checks.html"


@require_safe
@login_required
def report_checks(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """What the checks find now; empty where they find nothing."""
    report = access.get_report_for(request.user, report_id)
    return checks_shown(request, report)


@require_POST
@login_required
def check_override(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """Let a finding stand, for a reason."""
    form = OverrideForm(request.POST)

    def act(report: Report) -> object:
        return check_decisions.check_override_add(
            report=report, reader=request.user, **form.cleaned_data
        )

    return _decided(request, report_id, form, act)


@require_POST
@login_required
def critical_communication(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """Record that somebody was told of a critical result."""
    form = CommunicationForm(request.POST)

    def act(report: Report) -> object:
        data = form.cleaned_data
        data["told_at"] = data["told_at"].replace(tzinfo=UTC)
        return check_decisions.critical_communication_add(
            report=report, reader=request.user, **data
        )

    return _decided(request, report_id, form, act)


def _decided(
    request: ReaderRequest,
    report_id: UUID,
    form: OverrideForm | CommunicationForm,
    act: Callable[[Report], object],
) -> HttpResponse:
    """Act, and show the list as it is then; a refusal stands above it."""
    report = access.get_report_for(request.user, report_id, write=True)
    if not form.is_valid():
        faults = [str(fault) for faults in form.errors.values() for fault in faults]
        return checks_shown(request, report, faults, status=422)
    try:
        act(report)
    except ServiceError as error:
        return checks_shown(request, report, [str(error)], status=422)
    return checks_shown(request, report)


def signature_answer(
    request: ReaderRequest,
    report_id: UUID,
    sign: Callable[[Report, str], object],
    *,
    goes_on: bool = True,
) -> HttpResponse:
    """Sign with the password that was sent, or show what stands against it.

    Then on to the worklist, or (`goes_on` false) the report again.
    """
    report = access.get_report_for(request.user, report_id, write=True)
    try:
        sign(report, request.POST.get("password", ""))
    except SignBlocked as blocked:
        others = [reason.message for reason in blocked.reasons if not reason.from_rule]
        return checks_shown(request, report, others, status=422)
    except ServiceError as error:
        return checks_shown(request, report, [str(error)], status=422)
    if report.reader_study_id is not None:
        return hx_redirect(reverse("study_read", args=[report.reader_study_id]))
    if goes_on:
        return hx_redirect(f"{reverse('worklist')}?signed={report.pk}")
    return hx_redirect(reverse("report_edit", args=[report.pk]))


def checks_shown(
    request: ReaderRequest,
    report: Report,
    faults: Sequence[str] = (),
    *,
    status: int = 200,
) -> HttpResponse:
    """The list of what the checks find."""
    context = {"report": report, "checks": check_list(report), "faults": faults}
    return render(request, LIST, context, status=status)
