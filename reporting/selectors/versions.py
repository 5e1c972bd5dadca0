"""The versions of a report, and in words what a correction changed."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from reporting.models import Report
from reporting.selectors.comparisons import comparison_line
from reporting.selectors.report_says import place_label
from reporting.selectors.reports import value_text
from reporting.selectors.values import ReportValues, report_values
from reporting.services.paths import path_parse

SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")


@dataclass(frozen=True, slots=True)
class Corrected:
    """One place with what it said and what it says; empty where it said nothing."""

    label: str
    before: str
    after: str

    @property
    def words(self) -> str:
        """The change as a sentence."""
        if not self.before:
            return f"{self.label}: “{self.after}” was added."
        if not self.after:
            return f"{self.label}: “{self.before}” was removed."
        return f"{self.label}: “{self.before}” was replaced by “{self.after}”."


def corrected_by(report: Report) -> Report | None:
    """Return the correction of a report, open or signed; None where there is none."""
    corrections = report.corrections.exclude(status=Report.Status.CANCELLED)
    return corrections.select_related("author", "signed_by").first()


def corrections_of(report: Report) -> list[Corrected]:
    """Return what a correction says otherwise than the version that it corrects, in form order."""
    before = report.corrects
    if before is None:
        return []
    changes = [
        *_sentences("Comparison", comparison_line(before), comparison_line(report)),
        *_sentences("Conclusion", before.conclusion, report.conclusion),
    ]
    if report.mode == Report.Mode.FREE_TEXT:
        return [*changes, *_sentences("Findings", before.findings_text, report.findings_text)]
    return [*changes, *_values(report_values(before), report_values(report))]


def _sentences(label: str, before: str, after: str) -> Iterator[Corrected]:
    """Yield the sentences that went, came or changed."""
    old, new = ([s for s in SENTENCE_END.split(text) if s.strip()] for text in (before, after))
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind != "equal":
            yield Corrected(label, " ".join(old[a:b]), " ".join(new[c:d]))


def _values(before: ReportValues, after: ReportValues) -> Iterator[Corrected]:
    """Yield the values that differ. A row is the same in both where its position is.

    It has the number that it has in the version before; rows that were added come behind those.
    """
    old, new = _by_place(before), _by_place(after)
    for place in (*new, *(place for place in old if place not in new)):
        path = (new.get(place) or old[place])[0]
        was, now = (part[place][1] if place in part else None for part in (old, new))
        if was == now:
            continue
        field = after.template.field_at(path)
        rows = {row.position for part in (before, after) for row in part.rows.get(place[0], ())}
        number = sum(position <= place[1] for position in rows)
        label = place_label(after.template, path, number=number)
        yield Corrected(label, value_text(field, was), value_text(field, now))


def _by_place(values: ReportValues) -> dict[tuple[str, int, str, str], tuple[str, object]]:
    """The shown values by group, position of the row (0: none), key of the row and member."""
    positions = {row.pk: row.position for rows in values.rows.values() for row in rows}
    places = {}
    for path, value in values.in_form_order.items():
        parts = path_parse(path)
        key = "" if parts.row is not None else parts.row_key
        position = positions[parts.row] if parts.row is not None else 0
        places[parts.group, position, key, parts.member] = (path, value)
    return places
