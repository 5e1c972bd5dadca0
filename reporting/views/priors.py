"""The panel of the patient's earlier reports, and the line that says one was compared with."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from reporting import access
from reporting.http import ReaderRequest, toast
from reporting.selectors.comparisons import comparison_line
from reporting.selectors.priors import prior_chosen, prior_items, prior_offers, prior_view
from reporting.services import priors
from reporting.services.errors import ServiceError
from reporting.views.editor import PAGE


@require_safe
@login_required
def report_priors(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """The list of earlier reports with one of them; `?prior=` chooses, `?only=view` leaves the list
    out."""
    report = access.get_report_for(request.user, report_id)
    prior_id = prior_asked(request)
    prior = prior_chosen(report, prior_id)
    if prior is None and prior_id is not None:
        raise Http404("No such prior report")
    context = {
        "report": report,
        "items": prior_items(report),
        "view": prior_view(report, prior) if prior else None,
        "offers": prior_offers(report, prior),
    }
    part = "prior-view" if request.GET.get("only") == "view" else "priors-body"
    return render(request, f"{PAGE}#{part}", context)


@require_POST
@login_required
def comparison_toggle(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """Compared with the earlier exam, or not; the answer is the line as it is now."""
    report = access.get_report_for(request.user, report_id, write=True)
    try:
        priors.comparison_toggle(report=report, reader=request.user, prior_id=prior_asked(request))
    except ServiceError as error:
        refused = HttpResponse(status=409, headers={"HX-Reswap": "none"})
        return toast(refused, "warning", str(error))
    report.refresh_from_db()
    context = {"comparison": comparison_line(report)}
    return render(request, f"{PAGE}#comparison", context)


def prior_asked(request: HttpRequest) -> UUID | None:
    """The id of the earlier report that the page has chosen, if any; raises Http404."""
    asked = request.POST.get("prior") or request.GET.get("prior")
    try:
        return UUID(asked) if asked else None
    except ValueError as error:
        raise Http404("No such prior report") from error
