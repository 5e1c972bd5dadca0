"""A report as PDF, from the page that is printed."""

from pathlib import Path

from django.conf import settings
from django.template.loader import render_to_string

from reporting.selectors.report_documents import ReportDocument

STYLES = Path(settings.BASE_DIR) / "static" / "css" / "print.css"


class PdfUnavailable(Exception):
    """No PDF can be made on this machine; the message says what to do."""


def pdf_of(document: ReportDocument) -> bytes:
    """Return the PDF of a report; raises PdfUnavailable. Nothing is fetched from anywhere."""
    try:
        from weasyprint import CSS, HTML
    except (ImportError, OSError) as error:
        raise PdfUnavailable(
            "PDF needs the Pango library on the server. Print the page from the browser instead."
        ) from error
    text = render_to_string("reporting/report_print.html", {"document": document, "is_pdf": True})
    made: bytes = HTML(string=text).write_pdf(stylesheets=[CSS(filename=STYLES)])
    return made
