"""Rules on sides: conclusion against exam, and conclusion against findings."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from reporting.report_checks.found import Found, in_conclusion, words
from reporting.report_checks.says import ReportSays, Value

# Beside these words the other side is meant to be named.
_OTHER_SIDE_MEANT = re.compile(
    r"compar\w*|contralateral|opposite|other side|unlike|than|versus|vs|also|both|asymptomatic",
    re.IGNORECASE,
)
_AROUND = 40


def side_of_exam(says: ReportSays) -> Iterator[Found]:
    """The conclusion names the side that was not examined."""
    if says.exam_side is None:
        return
    for side in says.sides:
        near = says.conclusion[max(0, side.start - _AROUND) : side.end + _AROUND]
        if side.sides and says.exam_side not in side.sides and not _OTHER_SIDE_MEANT.search(near):
            sentence = f"The exam is of the {says.exam_side} side, but the conclusion says"
            sentence = f"{sentence} {words(says, side.start, side.end)}. Correct the side."
            yield in_conclusion(sentence, side.start, side.end)
            return


def side_differs(says: ReportSays) -> Iterator[Found]:
    """Conclusion and findings give one finding different sides; one finding for each place."""
    told: set[str] = set()
    for value, at in (
        *_stated_elsewhere(says),
        *_named_elsewhere(says),
        *_measured_elsewhere(says),
    ):
        place = value.item + value.row
        if place not in told:
            told.add(place)
            quote = words(says, *at)
            sentence = f"{value.label}: {value.text}, but the conclusion says {quote}."
            yield Found(value.path, f"{sentence} Correct the side.", *at)


Differing = Iterator[tuple[Value, tuple[int, int]]]


def _stated_elsewhere(says: ReportSays) -> Differing:
    """By what was read of the conclusion."""
    stated = _grouped(
        (value for value in says.stated if value.named and not value.is_normal), "finding"
    )
    held = _grouped((value for value in says.findings if not value.is_normal), "finding")
    for finding, values in stated.items():
        ours = held.get(finding, [])
        if ours and not _sides(values) & _sides(ours):
            yield ours[0], (values[0].start, values[0].end)


def _named_elsewhere(says: ReportSays) -> Differing:
    """By the clauses that name the finding, where each of them names one side only."""
    held = _grouped(
        (value for value in says.findings if not value.is_normal and not value.in_level_row), "item"
    )
    for item, ours in held.items():
        clauses = [clause for clause in says.named if clause.item == item]
        named = frozenset(side for clause in clauses for side in clause.sides)
        single = bool(clauses) and all(len(clause.sides) == 1 for clause in clauses)
        if single and not named & _sides(ours):
            yield ours[0], (clauses[0].start, clauses[0].end)


def _measured_elsewhere(says: ReportSays) -> Differing:
    """By the one clause that gives the number which stands in the same row."""
    rows: dict[tuple[str, str], list[Value]] = defaultdict(list)
    for value in says.findings:
        if not value.is_normal:
            rows[value.item, value.row].append(value)
    for values in rows.values():
        sided = [value for value in values if value.sides]
        for number in (value for value in values if value.numbers and sided):
            given = [
                quantity
                for quantity in says.measured
                if quantity.dimension == number.dimension
                and set(number.numbers) <= set(quantity.numbers)
            ]
            if len(given) == 1 and given[0].sides and not given[0].sides & _sides(sided):
                yield sided[0], (given[0].start, given[0].end)


def _grouped(values: Iterable[Value], by: str) -> dict[str, list[Value]]:
    """The values that name a side, by an attribute."""
    found: dict[str, list[Value]] = defaultdict(list)
    for value in values:
        if value.sides:
            found[getattr(value, by)].append(value)
    return found


def _sides(values: Iterable[Value]) -> frozenset[str]:
    return frozenset(side for value in values for side in value.sides)
