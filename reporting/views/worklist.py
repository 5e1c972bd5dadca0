"""The worklist, and opening an exam from it."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from reporting import access
from reporting.forms.worklist import WorklistForm
from reporting.http import ReaderRequest
from reporting.models import Report, User
from reporting.selectors.worklist import CursorInvalid, worklist_page
from reporting.services.errors import ServiceError
from reporting.services.reports import report_open

PAGE = "reporting/worklist.html"


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
    begun = exam.reports.exclude(status=Report.Status.CANCELLED).first()
    if begun is not None and not request.POST.get("mode"):
        return redirect("report_edit", begun.pk)
    try:
        report = report_open(
            imaging_study=exam, reader=request.user, mode=request.POST.get("mode", "")
        )
    except ServiceError as error:
        return render(request, "reporting/refused.html", {"message": str(error)}, status=409)
    return redirect("report_edit", report.pk)
