"""A report as clean text for RIS and PACS, by the rules of the house; plain and rich."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from reporting.models import Site
from reporting.selectors.report_documents import ReportDocument

TIME = "%Y-%m-%d %H:%M UTC"


@dataclass(frozen=True, slots=True)
class HouseRules:
    """How a site wants its text: `width` 0 breaks no lines."""

    width: int = 0
    upper_headings: bool = True
    conclusion_first: bool = False

    @classmethod
    def of(cls, site: Site) -> "HouseRules":
        """Return the rules of a site."""
        return cls(site.text_width, site.text_upper_headings, site.text_conclusion_first)


@dataclass(frozen=True, slots=True)
class Block:
    """A heading and its paragraphs; a label stands before its paragraph."""

    heading: str
    paragraphs: tuple[tuple[str, str], ...]


def report_blocks(document: ReportDocument, rules: HouseRules) -> list[Block]:
    """Return the parts of the text in the order of the house; empty ones are dropped."""
    exam = document.exam
    findings = Block("Findings", tuple((part.label, part.text) for part in document.findings))
    conclusion = Block("Conclusion", (("", document.conclusion),))
    body = [conclusion, findings] if rules.conclusion_first else [findings, conclusion]
    blocks = [
        Block("Exam", (("", f"{exam.description}, {exam.performed_at:%Y-%m-%d}"),)),
        Block("Indication", (("", exam.indication),)),
        Block("Comparison", (("", exam.comparison),)),
        *body,
        *(
            Block(
                f"Addendum {addendum.number}",
                (("", addendum.text), ("", f"{addendum.author}, {addendum.at:{TIME}}")),
            )
            for addendum in document.addenda
        ),
        Block("", (("", _closing(document)),)),
    ]
    kept = (
        Block(
            block.heading, tuple((label, text) for label, text in block.paragraphs if text.strip())
        )
        for block in blocks
    )
    return [block for block in kept if block.paragraphs]


def _closing(document: ReportDocument) -> str:
    lines = [f"{line.meaning} {line.name}, {line.at:{TIME}}" for line in document.signatures]
    if not document.is_signed:
        lines.append(f"{document.status.upper()}, not signed")
    if document.left_out:
        answers = "answer" if document.left_out == 1 else "answers"
        lines.append(f"{document.left_out} unchecked {answers} of the model left out.")
    return "\n".join(lines)


def plain(document: ReportDocument, rules: HouseRules) -> str:
    """Return the report as text; what was typed keeps its line breaks."""
    return "\n\n".join(
        "\n".join(_plain_lines(block, rules)) for block in report_blocks(document, rules)
    )


def _plain_lines(block: Block, rules: HouseRules) -> Iterator[str]:
    if block.heading:
        yield f"{block.heading.upper() if rules.upper_headings else block.heading}:"
    for label, text in block.paragraphs:
        for line in f"{label}: {text}".splitlines() if label else text.splitlines():
            yield from _wrapped(line.rstrip(), rules.width)


def _wrapped(line: str, width: int) -> list[str]:
    if not width or len(line) <= width:
        return [line]
    return textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False)


def rich(document: ReportDocument, rules: HouseRules) -> str:
    """Return the report as HTML without any style, everything in it escaped."""
    parts = []
    for block in report_blocks(document, rules):
        if block.heading:
            parts.append(f"<p><b>{escape(block.heading)}</b></p>")
        for label, text in block.paragraphs:
            words = escape(text).replace("\n", "<br>")
            parts.append(f"<p>{f'<b>{escape(label)}:</b> ' if label else ''}{words}</p>")
    return "".join(parts)
