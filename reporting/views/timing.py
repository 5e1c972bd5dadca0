"""The coordinator's page, and the export."""

from itertools import islice

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reporting import access, clock
from reporting.exports.timing import dictionary_csv, rows, timing_csv, timing_filter
from reporting.forms.worklist import TimingForm
from reporting.http import ReaderRequest
from reporting.models import Site
from reporting.selectors.health import adapter_live
from reporting.selectors.timing_summary import mode_summaries

PAGE = "reporting/timing.html"
SHOWN = 200


@require_safe
@login_required
def timing(request: ReaderRequest) -> HttpResponse:
    """Times by mode, and the latest reports."""
    access.require_timing(request.user)
    form = TimingForm(request.GET)
    context: dict[str, object] = {"form": form, "sites": Site.objects.all(), "shown": SHOWN}
    if not form.is_valid():
        return render(request, PAGE, context, status=422)
    reports = timing_filter(access.timing_reports_for(request.user), form.chosen())
    context["summaries"] = mode_summaries(reports)
    context["rows"] = list(islice(rows(reports.reverse()), SHOWN))
    context["query"] = request.GET.urlencode()
    context["adapter"] = adapter_live()
    return render(request, PAGE, context)


@require_safe
@login_required
def timing_export(request: ReaderRequest) -> HttpResponse | StreamingHttpResponse:
    """The CSV, streamed."""
    access.require_timing(request.user)
    form = TimingForm(request.GET)
    if not form.is_valid():
        return render(request, PAGE, {"form": form, "sites": Site.objects.all()}, status=422)
    reports = timing_filter(access.timing_reports_for(request.user), form.chosen())
    name = f"concludo-timing-{clock.now():%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        timing_csv(reports),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_safe
@login_required
def timing_dictionary(request: ReaderRequest) -> StreamingHttpResponse:
    """What the columns of the export mean."""
    access.require_timing(request.user)
    return StreamingHttpResponse(
        dictionary_csv(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="concludo-timing-dictionary.csv"'},
    )
