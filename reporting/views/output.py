"""A report for others: its text, its copy for RIS and PACS, its printed page, its PDF."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from reporting import access
from reporting.exports.report_pdf import PdfUnavailable, pdf_of
from reporting.exports.report_text import plain, rich
from reporting.http import ReaderRequest
from reporting.selectors.report_documents import report_document
from reporting.services.audit import audit_event_add


@require_safe
@login_required
def report_text(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """The text as it stands now, for the preview."""
    report = access.get_report_for(request.user, report_id)
    text = plain(report_document(report))
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@require_POST
@login_required
def report_copy(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """The text for the clipboard, plain and rich; that it left the app is recorded."""
    report = access.get_report_for(request.user, report_id, clinical=True)
    document = report_document(report)
    audit_event_add(actor=request.user, action="report_copy", subject=report)
    return JsonResponse({"plain": plain(document), "rich": rich(document)})


@require_safe
@login_required
def report_print(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """The page to print."""
    report = access.get_report_for(request.user, report_id, clinical=True)
    audit_event_add(actor=request.user, action="report_print", subject=report)
    context = {"document": report_document(report), "report": report}
    return render(request, "reporting/report_print.html", context)


@require_safe
@login_required
def report_pdf(request: ReaderRequest, report_id: UUID) -> HttpResponse:
    """The same as PDF; 503 with a sentence where none can be made."""
    report = access.get_report_for(request.user, report_id, clinical=True)
    try:
        content = pdf_of(report_document(report))
    except PdfUnavailable as error:
        return HttpResponse(str(error), status=503, content_type="text/plain; charset=utf-8")
    audit_event_add(actor=request.user, action="report_pdf", subject=report)
    response = HttpResponse(content, content_type="application/pdf")
    name = report.imaging_study.accession_number
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in name)
    response["Content-Disposition"] = f'inline; filename="{safe}.pdf"'
    return response
