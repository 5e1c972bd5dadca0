"""A reader's pages of a study: the own studies, and the next reading with its steps."""

from collections.abc import Callable
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from reporting import access, study_access
from reporting.http import ReaderRequest
from reporting.models import StudyReader
from reporting.selectors.readings import turn_of
from reporting.services import readings
from reporting.services.errors import ActionBlocked, ServiceError

PAGE = "reporting/study_read.html"


@require_safe
@login_required
def reading_list(request: ReaderRequest) -> HttpResponse:
    """The studies that the user reads in, with what is left."""
    if not access.is_reader(request.user):
        raise Http404("No such page")
    turns = [turn_of(reader) for reader in study_access.own_readers(request.user)]
    return render(request, "reporting/reading_list.html", {"turns": turns})


@require_safe
@login_required
def study_read(request: ReaderRequest, study_id: UUID) -> HttpResponse:
    """Where the reader stands: consent, the next reading, a pause, or the washout."""
    reader = study_access.get_own_reader(request.user, study_id)
    return render(request, PAGE, {"turn": turn_of(reader), "study": reader.study})


@require_POST
@login_required
def study_consent(request: ReaderRequest, study_id: UUID) -> HttpResponse:
    """Consent to the text that was shown."""

    def act(reader: StudyReader) -> None:
        if request.POST.get("consent") != "yes":
            raise ActionBlocked("Tick that you consent, or leave the page.")
        readings.consent_give(reader=reader)

    return _acted(request, study_id, act)


@require_POST
@login_required
def reading_start(request: ReaderRequest, study_id: UUID) -> HttpResponse:
    """Open the next reading, or go on with the one under way."""
    reader = study_access.get_own_reader(request.user, study_id)
    try:
        reading = readings.reading_start(reader=reader)
    except ServiceError as error:
        return _refused(request, reader, error)
    return redirect("report_edit", reading.report_id)


@require_POST
@login_required
def reading_pause(request: ReaderRequest, study_id: UUID) -> HttpResponse:
    """Interrupt, with a reason."""
    reason = request.POST.get("reason", "")
    return _acted(request, study_id, lambda r: readings.reading_pause(reader=r, reason=reason))


@require_POST
@login_required
def reading_resume(request: ReaderRequest, study_id: UUID) -> HttpResponse:
    """Go on after a pause, on whichever machine."""
    reader = study_access.get_own_reader(request.user, study_id)
    try:
        reading = readings.reading_resume(reader=reader)
    except ServiceError as error:
        return _refused(request, reader, error)
    return redirect("report_edit", reading.report_id)


@require_POST
@login_required
def reading_fail(request: ReaderRequest, study_id: UUID) -> HttpResponse:
    """End the reading for a technical reason; the protocol says whether it is repeated."""
    reason = request.POST.get("reason", "")

    def act(reader: StudyReader) -> None:
        turn = turn_of(reader)
        if turn.next is None:
            raise ActionBlocked("No reading is under way.")
        readings.reading_fail(reading=turn.next, by=request.user, reason=reason)

    return _acted(request, study_id, act)


@require_POST
@login_required
def reading_deviation(request: ReaderRequest, study_id: UUID) -> HttpResponse:
    """Record what was not as the protocol says."""
    words = request.POST.get("reason", "")

    def act(reader: StudyReader) -> None:
        readings.deviation_add(
            reader=reader, by=request.user, description=words, reading=turn_of(reader).next
        )

    return _acted(request, study_id, act)


def _acted(
    request: ReaderRequest, study_id: UUID, act: Callable[[StudyReader], object]
) -> HttpResponse:
    reader = study_access.get_own_reader(request.user, study_id)
    try:
        act(reader)
    except ServiceError as error:
        return _refused(request, reader, error)
    return redirect("study_read", study_id)


def _refused(request: ReaderRequest, reader: StudyReader, error: ServiceError) -> HttpResponse:
    """The page again, with why it was refused."""
    context = {"turn": turn_of(reader), "study": reader.study, "fault": str(error)}
    return render(request, PAGE, context, status=409)
