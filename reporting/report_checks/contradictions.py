"""Rules on findings and conclusion that contradict each other, in both directions."""

from collections.abc import Iterator, Mapping

from reporting.report_checks.found import Found, words
from reporting.report_checks.says import ReportSays, Value


def conclusion_denies(says: ReportSays) -> Iterator[Found]:
    """The conclusion says that it is not there, the findings say that it is."""
    for stated, held in _pairs(says):
        if stated.is_normal and not held.is_normal:
            quote = words(says, stated.start, stated.end)
            sentence = f"{held.label}: {held.text}, but the conclusion says {quote}. Correct one."
            yield Found(held.path, sentence, stated.start, stated.end)


def findings_deny(says: ReportSays) -> Iterator[Found]:
    """The conclusion says that it is there, the findings say that it is not."""
    for stated, held in _pairs(says):
        if held.is_normal and not stated.is_normal and not _is_told_as_another(says, stated):
            quote = words(says, stated.start, stated.end)
            sentence = f"{held.label}: {held.text}, but the conclusion says {quote}. Correct one."
            yield Found(held.path, sentence, stated.start, stated.end)


def _is_told_as_another(says: ReportSays, stated: Value) -> bool:
    """Whether the clause names, better than this finding, another that the findings hold.

    "Gallstone pancreatitis" is a pancreatitis before it is a gallstone.
    """
    named = {one.item for one in says.named if one.start == stated.start}
    held = {value.item for value in says.findings if not value.is_normal}
    return stated.item not in named and bool(named & held)


def _pairs(says: ReportSays) -> Iterator[tuple[Value, Value]]:
    """What the conclusion states beside what the findings say of the same; one pair a place."""
    by_path = {value.path: value for value in says.findings if value.is_choice}
    rows = _first_rows(says)
    seen: set[str] = set()
    for stated in says.stated:
        if not (stated.plain and stated.named):
            continue
        held = _counterpart(stated, by_path, rows)
        if held is not None and held.path not in seen:
            seen.add(held.path)
            yield stated, held


def _first_rows(says: ReportSays) -> dict[str, Value]:
    """The first value of each open group that has a row."""
    rows: dict[str, Value] = {}
    for value in says.findings:
        if value.in_open_group and value.row:
            rows.setdefault(value.item, value)
    return rows


def _counterpart(
    stated: Value, by_path: Mapping[str, Value], rows: Mapping[str, Value]
) -> Value | None:
    if not stated.in_open_group:
        return by_path.get(stated.path) if stated.is_choice else None
    if stated.row:
        return by_path.get(stated.item)
    return rows.get(stated.item)
