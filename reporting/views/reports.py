"""The editor: the page, its long texts, signing, addenda and timing events."""

import json
from collections.abc import Callable
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from reporting import access
from reporting.forms.reports import TextForm
from reporting.http import ReaderRequest
from reporting.selectors.macros import report_macros
from reporting.services import reports
from reporting.services.errors import ServiceError, VersionConflict
from reporting.services.timing import page_opened, timing_events_add
from reporting.views.checks import signature_answer
from reporting.views.editor import PAGE, editor_context

EVENTS_BYTES = 512 * 1024


@require_safe
@login_required
def report_edit(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """The page of a report, in any mode and status."""
    report = access.get_report_for(request.user, report_id)
    context = editor_context(report, request.user)
    context["macros"] = report_macros(report, request.user)
    context["page_token"] = page_opened(report=report, reader=request.user)
    return render(request, PAGE, context)


@require_POST
@login_required
def report_conclusion_set(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """Autosave of the conclusion."""
    return _text_set(request, report_id, reports.report_conclusion_set)


@require_POST
@login_required
def report_findings_text_set(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """Autosave of the findings of a free-text report."""
    return _text_set(request, report_id, reports.report_findings_text_set)


def _text_set(request: ReaderRequest, report_id: UUID, service: Callable[..., int]) -> HttpResponse:
    report = access.get_report_for(request.user, report_id, write=True)
    form = TextForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"message": "The page is out of date: reload it."}, status=422)
    data = form.cleaned_data
    try:
        version = service(
            report=report, reader=request.user, text=data["text"], version=data["version"]
        )
    except VersionConflict as conflict:
        current = conflict.current
        return JsonResponse(
            {"message": str(conflict), "text": current.value, "version": current.version},
            status=409,
        )
    except ServiceError as error:
        return JsonResponse({"message": str(error)}, status=422)
    return JsonResponse({"version": version})


@require_POST
@login_required
def report_sign(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """Sign, or say every reason why that is not possible yet."""
    return signature_answer(
        request,
        report_id,
        lambda report, password: reports.report_sign(
            report=report, signer=request.user, password=password
        ),
    )


@require_POST
@login_required
def report_addendum(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """Add a signed addendum to a signed report."""
    text = request.POST.get("text", "")
    return signature_answer(
        request,
        report_id,
        lambda report, password: reports.addendum_add(
            report=report, author=request.user, text=text, password=password
        ),
        goes_on=False,
    )


@require_POST
@login_required
def report_events(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """Take a batch of timing events of a page; sending it again changes nothing."""
    report = access.get_ledger_report_for(request.user, report_id)
    if len(request.body) > EVENTS_BYTES:
        return JsonResponse({"message": "Too many events at once."}, status=413)
    try:
        body = json.loads(request.body)
        token, events = str(body["token"]), list(body["events"])
    except (ValueError, KeyError, TypeError):
        return JsonResponse({"message": "Not a batch of events."}, status=422)
    try:
        stored = timing_events_add(report=report, reader=request.user, token=token, events=events)
    except ServiceError as error:
        return JsonResponse({"message": str(error)}, status=422)
    return JsonResponse({"stored": stored})
