"""Which parts of a report the model proposed, and in words what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from reporting.models import FieldValue, Report
from reporting.selectors.report_says import place_label
from reporting.selectors.values import ReportValues, report_values
from reporting.services.paths import path_parse
from reporting.sign_gate import gate_of

Kind = FieldValue.Attestation
NAMED = {
    Kind.CONFIRMED: "Confirmed one by one",
    Kind.CORRECTED: "Corrected",
    Kind.PASSIVELY_ACCEPTED: "Accepted without being checked one by one",
}
COUNTED = {
    Kind.BULK_CONFIRMED: "confirmed together as the normal rest",
    Kind.REJECTED: "rejected",
}


@dataclass(frozen=True, slots=True)
class ModelPart:
    """One value that the model proposed: where, and what a person made of it."""

    label: str
    attestation: str


def model_parts(values: ReportValues) -> list[ModelPart]:
    """Return what the model proposed, in the order of the form, what it does not show last."""
    order = {path: at for at, path in enumerate(values.places)}
    proposed = [held for held in values.by_path.values() if held.suggested_value is not None]
    proposed.sort(key=lambda held: order.get(held.path, len(order)))
    return [ModelPart(_label(values, held.path), str(held.attestation)) for held in proposed]


def _label(values: ReportValues, path: str) -> str:
    parts = path_parse(path)
    keys = [str(row.pk) for row in values.rows.get(parts.group, ())]
    number = keys.index(parts.row_key) + 1 if parts.row_key in keys else 0
    return place_label(values.template, path, number=number)


def model_words(parts: Sequence[ModelPart]) -> str:
    """Return in words which values the model proposed; empty where it proposed none."""
    if not parts:
        return ""
    count = "1 value" if len(parts) == 1 else f"{len(parts)} values"
    sentences = [f"A language model proposed {count} from the conclusion."]
    for kind, words in NAMED.items():
        named = [part.label for part in parts if part.attestation == kind]
        if named:
            sentences.append(f"{words}: {'; '.join(named)}.")
    for kind, words in COUNTED.items():
        number = sum(part.attestation == kind for part in parts)
        if number:
            sentences.append(f"{number} {words}.")
    return " ".join(sentences)


def passively_signed(report: Report) -> list[str]:
    """Return the places whose open answers a signature would accept as they stand."""
    if report.mode == Report.Mode.FREE_TEXT:
        return []
    gate, values = gate_of(report), report_values(report)
    return [
        _label(values, path)
        for path in values.places
        if (held := values.by_path.get(path)) is not None
        and held.is_open_answer
        and gate.lets_pass(held)
    ]
