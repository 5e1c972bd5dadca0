"""The list of reports that are not signed yet."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reporting import access
from reporting.http import ReaderRequest
from reporting.selectors.unsigned import unsigned_reports


@require_safe
@login_required
def unsigned(request: ReaderRequest) -> HttpResponse:
    """One's own drafts and what waits for one's review, the oldest first."""
    if not access.is_reader(request.user):
        raise Http404("No such page")
    return render(request, "reporting/unsigned.html", {"lists": unsigned_reports(request.user)})
