"""The page as PDF."""


class PdfUnavailable(Exception):
    """No PDF can be made on this machine; the message says what to do."""


def pdf_of(page: str) -> bytes:
    """Return the PDF; raises PdfUnavailable. Nothing is fetched: the page holds all it shows."""
    try:
        from weasyprint import HTML
    except (ImportError, OSError) as error:
        raise PdfUnavailable(
            "WeasyPrint and the Pango library are needed. Print the page from a browser instead."
        ) from error
    made: bytes = HTML(string=page).write_pdf()
    return made
