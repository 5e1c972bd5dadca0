"""A report as others read it: copied, printed, exported. Never with an answer nobody attested."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reporting.models import ImagingStudy, Report, ReportSnapshot
from reporting.selectors.comparisons import comparison_line
from reporting.selectors.reports import addenda_of
from reporting.selectors.values import report_values
from reporting.selectors.versions import corrected_by, corrections_of
from reporting.services.fills import narrative_render

# What each signature means: before the signer's name, and in full.
MEANINGS = {
    "author": ("Signed by", "responsible for the report as its author"),
    "preliminary": ("Submitted for review by", "wrote the report; it needs a radiologist's review"),
    "attending": ("Reviewed and signed by", "reviewed and approved the report"),
    "correction": ("Corrected and signed by", "responsible for the correction and for the report"),
    "addendum": ("Signed by", "responsible for the addendum"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """A paragraph, with a label before it or none."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """Whose a signature is, when it was given and what it means, as it stands in what was signed.

    `record` is the beginning of the hash of what was signed.
    """

    verb: str
    name: str
    at: datetime
    meaning: str
    record: str

    @property
    def words(self) -> str:
        """The signature as a sentence: printed name, time to the second, meaning."""
        return f"{self.verb} {self.name}, {self.at:%Y-%m-%d %H:%M:%S} UTC ({self.meaning})"


@dataclass(frozen=True, slots=True)
class SignedAddendum:
    """An addendum with its signature."""

    number: int
    text: str
    signature: SignatureLine


@dataclass(frozen=True, slots=True)
class Correction:
    """Why a version replaces the one before it, whose that was, and in words what changed."""

    reason: str
    replaces: str
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReportDocument:
    """What a report says, section by section; sections that say nothing are not in it.

    A signed report is read from the snapshot that was signed. In a draft, answers of the model
    and copied values that nobody attested are left out; `left_out` counts them.
    """

    exam: ImagingStudy
    status: str
    is_signed: bool
    comparison: tuple[str, ...]
    conclusion: str
    findings: tuple[Part, ...]
    signatures: tuple[SignatureLine, ...]
    addenda: tuple[SignedAddendum, ...]
    left_out: int
    correction: Correction | None
    superseded: str
    model: str

    @property
    def left_out_text(self) -> str:
        """The sentence that says so, empty when nothing is left out."""
        answers = "answer" if self.left_out == 1 else "answers"
        return f"{self.left_out} unchecked {answers} left out." if self.left_out else ""


def report_document(report: Report) -> ReportDocument:
    """Read the document of a report."""
    snapshot = report.snapshots.order_by("number").last() if report.is_signed else None
    content = json.loads(snapshot.content) if snapshot else _draft_content(report)
    return ReportDocument(
        exam=report.imaging_study,
        status=str(report.get_status_display()),
        is_signed=report.is_signed,
        comparison=_comparison(report, content),
        conclusion=content["conclusion"],
        findings=tuple(_findings(content)),
        signatures=tuple(_signatures(report)),
        addenda=_addenda(report),
        left_out=content.get("left_out", 0),
        correction=_correction(report, content),
        superseded=_superseded(report),
        model=content.get("model", ""),
    )


def _comparison(report: Report, content: dict[str, Any]) -> tuple[str, ...]:
    """What the reader compared with, and what the request says of earlier exams."""
    lines = (content.get("comparison", ""), report.imaging_study.comparison)
    return tuple(line for line in lines if line.strip())


def _correction(report: Report, content: dict[str, Any]) -> Correction | None:
    """The correction as it was signed, or in a draft as it stands now."""
    if report.corrects is None:
        return None
    signed = content.get("correction")
    changes = signed["changes"] if signed else [c.words for c in corrections_of(report)]
    before = report.corrects
    by = before.signed_by.display_name if before.signed_by else ""
    replaces = f"the version signed by {by}, {before.signed_at:%Y-%m-%d %H:%M} UTC"
    return Correction(report.correction_reason, replaces, tuple(changes))


def _superseded(report: Report) -> str:
    """The sentence that warns of a version that was corrected, empty for the newest one."""
    newer = corrected_by(report)
    if newer is None:
        return ""
    if newer.signed_at is None:
        return "This version is being corrected."
    return f"Superseded by the corrected report of {newer.signed_at:%Y-%m-%d %H:%M} UTC."


def _findings(content: dict[str, Any]) -> list[Part]:
    if content["findings_text"] is not None:
        text = content["findings_text"]
        return [Part("", text)] if text.strip() else []
    return [Part(part["label"], part["text"]) for part in content["narrative"] if part["text"]]


def _draft_content(report: Report) -> dict[str, Any]:
    content: dict[str, Any] = {
        "comparison": comparison_line(report),
        "conclusion": report.conclusion,
        "findings_text": None,
    }
    if report.mode == Report.Mode.FREE_TEXT:
        return {**content, "findings_text": report.findings_text}
    values = report_values(report)
    left_out = values.open_paths & values.shown.keys()
    kept = {path: value for path, value in values.shown.items() if path not in left_out}
    rendered = narrative_render(values.template, kept, row_order=values.row_order)
    narrative = [{"label": part.label, "text": part.text} for part in rendered]
    return {**content, "narrative": narrative, "left_out": len(left_out)}


def _addenda(report: Report) -> tuple[SignedAddendum, ...]:
    signed = _addendum_signatures(report)
    return tuple(SignedAddendum(a.number, a.text, signed[a.number]) for a in addenda_of(report))


def _signatures(report: Report) -> list[SignatureLine]:
    """Return who signed the report itself; a draft that was sent back has no signature."""
    if report.status == Report.Status.DRAFT:
        return []
    snapshots = report.snapshots.exclude(meaning="addendum").order_by("number")
    return [_signature(snapshot) for snapshot in snapshots]


def _addendum_signatures(report: Report) -> dict[int, SignatureLine]:
    """Return by number how each addendum was signed."""
    snapshots = ReportSnapshot.objects.filter(report__in=report.versions, meaning="addendum")
    return {json.loads(s.content)["addendum"]: _signature(s) for s in snapshots}


def _signature(snapshot: ReportSnapshot) -> SignatureLine:
    # The name is that of the day of the signature, whatever the person is called now.
    name = json.loads(snapshot.content)["signature"]["name"]
    verb, meaning = MEANINGS[snapshot.meaning]
    return SignatureLine(verb, name, snapshot.signed_at, meaning, snapshot.sha256[:16])
