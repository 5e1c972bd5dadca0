"""A report as clean text for RIS and PACS, plain and rich, as its site wants it."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from reporting.models import Site
from reporting.selectors.report_documents import Part, ReportDocument


@dataclass(frozen=True, slots=True)
class Block:
    """A heading and what stands under it."""

    heading: str
    parts: tuple[Part, ...]


def _blocks(document: ReportDocument) -> list[Block]:
    """Return the parts of the text in the order of the house; empty ones are dropped."""
    exam = document.exam
    findings = Block("Findings", document.findings)
    conclusion = _block("Conclusion", document.conclusion)
    conclusion_first = exam.site.text_conclusion_first
    blocks = [
        _block("", document.superseded.upper()),
        *_correction(document),
        _block("Exam", f"{exam.description}, {exam.performed_at:%Y-%m-%d}"),
        _block("Indication", exam.indication),
        _block("Comparison", *document.comparison),
        *([conclusion, findings] if conclusion_first else [findings, conclusion]),
        *(_block(f"Addendum {a.number}", a.text, a.signature.words) for a in document.addenda),
        _block("", _closing(document)),
    ]
    return [block for block in blocks if block.parts]


def _correction(document: ReportDocument) -> Iterator[Block]:
    if document.correction is not None:
        said = document.correction
        yield _block(
            "Corrected report",
            f"Replaces {said.replaces}.",
            f"Reason: {said.reason}",
            *(said.changes or ("Nothing was changed.",)),
        )


def _block(heading: str, *texts: str) -> Block:
    return Block(heading, tuple(Part("", text) for text in texts if text.strip()))


def _closing(document: ReportDocument) -> str:
    lines = [line.words for line in document.signatures]
    if not document.is_signed:
        lines.append(f"{document.status.upper()}, not signed")
    return "\n".join([*lines, document.model, document.left_out_text]).strip()


def plain(document: ReportDocument) -> str:
    """Return the report as text; what was typed keeps its line breaks."""
    site = document.exam.site
    return "\n\n".join("\n".join(_plain_lines(block, site)) for block in _blocks(document))


def _plain_lines(block: Block, site: Site) -> Iterator[str]:
    if block.heading:
        yield f"{block.heading.upper() if site.text_upper_headings else block.heading}:"
    for part in block.parts:
        text = f"{part.label}: {part.text}" if part.label else part.text
        for line in text.splitlines():
            yield from wrapped(line.rstrip(), site.text_width)


def wrapped(line: str, width: int) -> list[str]:
    """Return a line in lines of at most `width` characters (0: any), longer words whole."""
    if not width or len(line) <= width:
        return [line]
    return textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False)


def rich(document: ReportDocument) -> str:
    """Return the report as HTML without any style, everything in it escaped."""
    parts = []
    for block in _blocks(document):
        if block.heading:
            parts.append(f"<p><b>{escape(block.heading)}</b></p>")
        for part in block.parts:
            label = f"<b>{escape(part.label)}:</b> " if part.label else ""
            words = escape(part.text).replace("\n", "<br>")
            parts.append(f"<p>{label}{words}</p>")
    return "".join(parts)
