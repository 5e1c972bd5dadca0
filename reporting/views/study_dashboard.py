"""How a study goes, and the coordinator's acts while it runs."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from reporting import clock, study_access
from reporting.exports.study.bundle import bundle_file
from reporting.http import ReaderRequest
from reporting.models import ReaderStudy, StudyReader
from reporting.selectors.study_dashboard import study_dashboard as dashboard_of
from reporting.services import readings
from reporting.services.errors import ActionBlocked, ServiceError
from reporting.timing_definitions.exclusions import RuleInvalid

PAGE = "reporting/study_dashboard.html"


@require_safe
@login_required
def study_dashboard(request: ReaderRequest, study_id: UUID) -> HttpResponse:
    """Progress by reader, arm and day; the page asks again by itself for the part that changes."""
    study = study_access.get_study_for(request.user, study_id)
    part = "#progress" if request.htmx and not request.htmx.boosted else ""
    return render(request, f"{PAGE}{part}", _context(study))


def _context(study: ReaderStudy) -> dict[str, object]:
    readers = study.readers.select_related("user")
    board = dashboard_of(study)
    return {"study": study, "tab": "dashboard", "board": board, "readers": readers}


@require_POST
@login_required
def study_note(request: ReaderRequest, study_id: UUID) -> HttpResponse:
    """Record a deviation, waive a washout or note a dropout of the reader that was chosen."""
    study = study_access.get_study_for(request.user, study_id)
    chosen = request.POST.get("reader", "")
    reader = study_access.get_reader_for(
        request.user, study_id, int(chosen) if chosen.isdecimal() else 0
    )
    try:
        _note(request, reader)
    except ServiceError as error:
        return render(request, PAGE, {**_context(study), "fault": str(error)}, status=409)
    return redirect("study_dashboard", study.pk)


def _note(request: ReaderRequest, reader: StudyReader) -> None:
    kind, reason, by = request.POST.get("kind"), request.POST.get("reason", ""), request.user
    if kind == "deviation":
        readings.deviation_add(reader=reader, by=by, description=reason)
    elif kind == "washout":
        readings.washout_waive(reader=reader, by=by, reason=reason)
    elif kind == "dropout":
        readings.reader_drop_out(reader=reader, by=by, reason=reason)
    else:
        raise ActionBlocked("Choose what is to be recorded.")


@require_safe
@login_required
def study_export(request: ReaderRequest, study_id: UUID) -> FileResponse | HttpResponse:
    """The de-identified bundle as one zip file, made on disk and sent from there."""
    study = study_access.get_study_for(request.user, study_id)
    try:
        file = bundle_file(study)
    except RuleInvalid as error:
        fault = f"The exclusion rules cannot be used: {error}"
        return render(request, PAGE, {**_context(study), "fault": fault}, status=409)
    name = f"concludo-study-{clock.now():%Y-%m-%d}.zip"
    return FileResponse(file, as_attachment=True, filename=name)
