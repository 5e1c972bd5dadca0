"""The worklist, and opening an exam from it."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from reporting import access
from reporting.forms.worklist import NextForm, WorklistForm
from reporting.http import ReaderRequest
from reporting.models import Report, User
from reporting.selectors.worklist import (
    CursorInvalid,
    WorklistFilters,
    worklist_next,
    worklist_page,
)
from reporting.services.errors import ServiceError
from reporting.services.reports import report_open

PAGE = "reporting/worklist.html"
NEXT_TRIES = 5


@require_safe
@login_required
def worklist(request: ReaderRequest) -> HttpResponse:
    """A page of exams; a request by htmx gets the rows alone."""
    if not access.is_reader(request.user):
        return _home_of(request)
    form = WorklistForm(request.GET)
    part = "#exams" if request.htmx and not request.htmx.boosted else ""
    if not form.is_valid():
        return render(request, f"{PAGE}{part}", {"form": form, "page": None}, status=422)
    try:
        page = worklist_page(request.user, form.filters(), request.GET.get("cursor") or None)
    except CursorInvalid as error:
        form.add_error(None, str(error))
        return render(request, f"{PAGE}{part}", {"form": form, "page": None}, status=422)
    if request.GET.get("cursor"):
        part = "#more-exams"
    query = request.GET.copy()
    query.pop("cursor", None)
    context = {"form": form, "page": page, "query": query.urlencode()}
    return render(request, f"{PAGE}{part}", context)


def _home_of(request: ReaderRequest) -> HttpResponse:
    """Where a role without a worklist begins."""
    if request.user.role in {User.Role.COORDINATOR, User.Role.ADMIN}:
        return redirect("timing")
    return render(request, "reporting/nothing_yet.html")


@require_POST
@login_required
def exam_open(request: ReaderRequest, exam_id: UUID) -> HttpResponse:
    """Open the report of an exam in the mode that was chosen."""
    exam = access.get_exam_for(request.user, exam_id)
    begun = exam.reports.clinical().exclude(status=Report.Status.CANCELLED).first()
    if begun is not None and not request.POST.get("mode"):
        return redirect("report_edit", begun.pk)
    try:
        report = report_open(
            imaging_study=exam, reader=request.user, mode=request.POST.get("mode", "")
        )
    except ServiceError as error:
        return render(request, "reporting/refused.html", {"message": str(error)}, status=409)
    return redirect("report_edit", report.pk)


@require_POST
@login_required
def exam_next(request: ReaderRequest) -> HttpResponse:
    """Open the exam that waits next in the order of the worklist; back to it where none does."""
    if not access.is_reader(request.user):
        raise Http404("No worklist")
    form = NextForm(request.POST)
    if not form.is_valid():
        return redirect("worklist")
    data = form.cleaned_data
    chosen = WorklistForm(QueryDict(data["query"]))
    filters = chosen.filters() if chosen.is_valid() else WorklistFilters()
    after = data["after"]
    # One may be another reader's by now, or have no template: the one behind it comes next.
    for _ in range(NEXT_TRIES):
        exam = worklist_next(request.user, filters, after)
        if exam is None:
            break
        try:
            report = report_open(imaging_study=exam, reader=request.user, mode=data["mode"])
        except ServiceError:
            after = exam.pk
            continue
        return redirect("report_edit", report.pk)
    return redirect(f"{reverse('worklist')}?{data['query']}&none=1")
