"""What is signed, as canonical JSON, chained by hashes within a report."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from reporting.models import Addendum, FieldValue, Report, ReportSnapshot, User
from reporting.selectors.comparisons import comparison_line
from reporting.selectors.model_parts import model_parts, model_words
from reporting.selectors.values import ReportValues, report_values
from reporting.selectors.versions import corrections_of
from reporting.services.fills import narrative_render
from reporting.sign_gate import gate_of


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signs, when, and what the signature means."""

    signer: User
    at: datetime
    meaning: str


def canonical(content: Mapping[str, object]) -> str:
    """Return the one spelling of a JSON object: sorted keys, no blanks, UTF-8, no NaN."""
    return json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def sha256_of(text: str) -> str:
    """Return the SHA-256 of the text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def snapshot_add(
    *, report: Report, signature: Signature, addendum: Addendum | None = None
) -> ReportSnapshot:
    """Store what is signed now, chained to the report's previous snapshot.

    The report must be locked and already in the status that the signature gives it.
    """
    previous = report.snapshots.order_by("-number").first()
    number = previous.number + 1 if previous else 1
    previous_sha256 = previous.sha256 if previous else _corrected_sha256(report)
    content = {
        **_report_content(report),
        "addenda": _addenda(report),
        "signature": _signature(signature),
        "number": number,
        "previous_sha256": previous_sha256,
        "addendum": addendum.number if addendum else None,
    }
    text = canonical(content)
    return ReportSnapshot.objects.create(
        report=report,
        number=number,
        content=text,
        sha256=sha256_of(text),
        previous_sha256=previous_sha256,
        meaning=signature.meaning,
        signed_by=signature.signer,
        signed_at=signature.at,
    )


def _corrected_sha256(report: Report, at: datetime | None = None) -> str:
    """The hash that the chain of a report begins at: the last one of the version it corrects.

    `at` gives the last one of that time: a version whose correction was cancelled goes on.
    """
    if report.corrects is None:
        return ""
    heads = report.corrects.snapshots.order_by("number")
    head = (heads.filter(signed_at__lte=at) if at else heads).last()
    return head.sha256 if head else ""


def _model_words(report: Report, values: ReportValues) -> str:
    return model_words(model_parts(values)) if gate_of(report).names_model else ""


def _correction(report: Report) -> dict[str, object] | None:
    if report.corrects is None:
        return None
    return {
        "report": str(report.corrects_id),
        "sha256": _corrected_sha256(report),
        "reason": report.correction_reason,
        "changes": [change.words for change in corrections_of(report)],
    }


def _report_content(report: Report) -> dict[str, object]:
    values = report_values(report)
    exam, version = report.imaging_study, report.report_template_version
    structured = report.mode != Report.Mode.FREE_TEXT
    return {
        "format": 1,
        "report": str(report.pk),
        "mode": report.mode,
        "status": report.status,
        "exam": {
            "id": str(exam.pk),
            "accession_number": exam.accession_number,
            "study_instance_uid": exam.study_instance_uid,
            "patient_identifier": exam.patient_identifier,
            "modality": exam.modality,
            "body_part": exam.body_part,
            "description": exam.description,
        },
        "template": {
            "key": values.template.key,
            "version": version.number,
            "content_hash": version.content_hash,
        },
        "comparison": comparison_line(report),
        "conclusion": report.conclusion,
        "findings_text": None if structured else report.findings_text,
        "values": list(_values(values)) if structured else [],
        "narrative": _narrative(values) if structured else [],
        "overrides": list(_overrides(report)),
        "communications": list(_communications(report)),
        "correction": _correction(report),
        "gate": gate_of(report).as_json(),
        "model": _model_words(report, values) if structured else "",
    }


def _overrides(report: Report) -> Iterator[dict[str, object]]:
    for override in report.check_overrides.select_related("by").order_by("pk"):
        yield {
            "rule": override.rule,
            "place": override.place,
            "sentence": override.sentence,
            "reason": override.reason,
            "by": override.by.username,
            "at": override.at.isoformat(),
        }


def _communications(report: Report) -> Iterator[dict[str, object]]:
    for told in report.critical_communications.select_related("by").order_by("pk"):
        yield {
            "result": told.result,
            "label": told.label,
            "told_to": told.told_to,
            "told_at": told.told_at.isoformat(),
            "read_back": told.read_back,
            "by": told.by.username,
            "at": told.at.isoformat(),
        }


def _values(values: ReportValues) -> Iterator[dict[str, object]]:
    for path in sorted({*values.shown, *_rejected(values)}):
        held = values.by_path.get(path)
        if held is None:
            yield {"path": path, "value": values.shown[path], "source": "derived"}
            continue
        yield {
            "path": path,
            "value": held.value,
            "source": held.source,
            "attestation": str(held.attestation),
            "suggested_value": held.suggested_value,
            "support": held.support,
            "evidence": held.evidence_quote or None,
            "source_text": held.source_text or None,
            "fill_job": str(held.fill_job_id) if held.fill_job_id else None,
            "edited_by": held.edited_by.username if held.edited_by else None,
            **_copied_from(held),
        }


def _copied_from(held: FieldValue) -> dict[str, object]:
    """Return the prior report of a copied value; other values have no such key."""
    is_copy = held.source == FieldValue.Source.PRIOR and held.prior_report_id is not None
    return {"prior_report": str(held.prior_report_id)} if is_copy else {}


def _rejected(values: ReportValues) -> set[str]:
    """Return the fields that the model filled and a person emptied: part of what is signed."""
    return {
        path
        for path, held in values.by_path.items()
        if held.suggested_value is not None and held.value is None and held.is_touched
    }


def _narrative(values: ReportValues) -> list[dict[str, object]]:
    rendered = narrative_render(values.template, values.shown, row_order=values.row_order)
    return [
        {"key": section.key, "label": section.label, "text": section.text} for section in rendered
    ]


def _addenda(report: Report) -> list[dict[str, object]]:
    return [
        {
            "number": addendum.number,
            "text": addendum.text,
            "author": addendum.author.username,
            "signed_at": addendum.signed_at.isoformat(),
        }
        for addendum in Addendum.objects.filter(report__in=report.versions)
        .select_related("author")
        .order_by("number")
    ]


def _signature(signature: Signature) -> dict[str, object]:
    signer = signature.signer
    return {
        "username": signer.username,
        "name": signer.display_name,
        "role": signer.role,
        "at": signature.at.isoformat(),
        "meaning": signature.meaning,
    }


@dataclass(frozen=True, slots=True)
class ChainFault:
    """Something wrong with the snapshots of one report."""

    report_id: str
    number: int
    message: str


def chain_faults(report: Report) -> list[ChainFault]:
    """Check the snapshots of a report: their hashes, their order, and the report itself."""
    faults: list[ChainFault] = []
    snapshots = list(report.snapshots.order_by("number"))
    previous = _corrected_sha256(report, snapshots[0].signed_at) if snapshots else ""
    for position, snapshot in enumerate(snapshots, start=1):
        content = json.loads(snapshot.content)
        checks = {
            "its content does not give its hash": sha256_of(snapshot.content) == snapshot.sha256,
            "it does not name the hash before it": previous
            == snapshot.previous_sha256
            == content["previous_sha256"],
            "its number is not the next one": snapshot.number == position == content["number"],
            "it belongs to another report": content["report"] == str(report.pk),
        }
        faults += [
            ChainFault(str(report.pk), snapshot.number, message)
            for message, holds in checks.items()
            if not holds
        ]
        previous = snapshot.sha256
    return faults + _head_faults(report, snapshots)


def _head_faults(report: Report, snapshots: list[ReportSnapshot]) -> list[ChainFault]:
    if not report.is_signed:
        # A submitted report may be changed by its reviewer; its snapshot stays as it is.
        return []
    if not snapshots:
        missing = ChainFault(str(report.pk), 0, "the report is signed but has no snapshot")
        return [missing]
    signed, now = json.loads(snapshots[-1].content), _report_content(report)
    number = snapshots[-1].number
    return [
        ChainFault(str(report.pk), number, f"the report's {key} is not what was signed")
        for key in ("conclusion", "findings_text", "values", "status")
        if signed[key] != json.loads(canonical(now))[key]
    ]
