"""Rules on numbers: plausible ranges, slips of the unit, and what the prior report measured."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from reporting.prior_diff.diff import measured
from reporting.report_checks.found import Found, in_conclusion, words
from reporting.report_checks.says import CONCLUSION, Limits, Measured, ReportSays, Value, Words

TEN = Decimal(10)
FORTNIGHT, TWO_YEARS = 14, 730
SIZES = frozenset({"length", "area", "volume"})
# Two readings of one size differ by less than both.
SURELY, NOISE_MM = Decimal("1.2"), Decimal(2)
CHANGES = {
    "unchanged": re.compile(
        r"\b(?:unchanged|stable|no (?:significant |interval )*change)\b", re.IGNORECASE
    ),
    "increased": re.compile(r"\b(?:increased|enlarging|grown|growing)\b", re.IGNORECASE),
    "decreased": re.compile(r"\b(?:decreased|shrunk|shrinking|regress\w+)\b", re.IGNORECASE),
}
# Beside these words the change is denied, or that of something other than the size.
NOT_SIZE = re.compile(
    r"\b(?:not|without|rather than|density|attenuation|enhancement|uptake|number|signal|"
    r"previously (?:stable|unchanged))\b|\bno (?!significant|interval|change)\w+",
    re.IGNORECASE,
)
DENIED = {
    "unchanged": ("grown", "shrunk"),
    "increased": ("shrunk",),
    "decreased": ("grown",),
}


def size_slip(says: ReportSays) -> Iterator[Found]:
    """A number of the form is ten times, or a tenth of, the one that the conclusion gives."""
    written: dict[str, dict[Decimal, Measured]] = {}
    for quantity in says.measured:
        for number in quantity.numbers:
            written.setdefault(quantity.dimension, {}).setdefault(number, quantity)
    for value in says.findings:
        known = written.get(value.dimension, {})
        for number in value.numbers:
            found = known.get(number * TEN) or known.get(number / TEN)
            if number not in known and found is not None:
                quote = words(says, found.start, found.end)
                sentence = (
                    f"{value.label}: {value.text}, but the conclusion says {quote}. Check the unit."
                )
                yield Found(value.path, sentence, found.start, found.end)
                break


def size_implausible(says: ReportSays) -> Iterator[Found]:
    """A size of the conclusion fits no field of the one finding that its clause names."""
    for quantity in says.measured:
        if len(quantity.items) != 1 or not quantity.dimension:
            continue
        (item,) = quantity.items
        limits = says.limits.get(f"{item} {quantity.dimension}", ())
        if limits and not any(_within(quantity, one) for one in limits):
            sentence = (
                f"{words(says, quantity.start, quantity.end)} is no plausible size here:"
                f" {limits[0].shown}. Check number and unit."
            )
            yield in_conclusion(sentence, quantity.start, quantity.end)


def _within(quantity: Measured, limits: Limits) -> bool:
    return any(
        (limits.low is None or number >= limits.low)
        and (limits.high is None or number <= limits.high)
        for number in quantity.numbers
    )


def prior_change(says: ReportSays) -> Iterator[Found]:
    """A measurement is many times larger or smaller than in the patient's last report."""
    for old, value in _measured(says):
        small, large = sorted((old.numbers[0], value.numbers[0]))
        if says.prior and small > 0 and large > small * _plausible(value, says.prior.days):
            sentence = f"{value.label}: {value.text}, but {_before(says, old)}."
            yield Found(value.path, f"{sentence} Check number and unit.")


def _plausible(value: Value, days: int) -> Decimal:
    """The factor by which a measurement may change; lesions change slowly, fluid in a day."""
    if value.in_open_group and days <= FORTNIGHT:
        return Decimal(2)
    return Decimal(3) if days <= TWO_YEARS else Decimal(5)


def prior_denies(says: ReportSays) -> Iterator[Found]:
    """A finding is called unchanged, larger or smaller, and its sizes say otherwise."""
    rows: dict[tuple[str, str], list[tuple[Value, Value]]] = defaultdict(list)
    for old, value in _measured(says):
        if value.dimension in SIZES:
            rows[value.item, value.row].append((old, value))
    for change in says.changes:
        (word,) = change.raw
        yield from _denied(says, word, change.path, rows.get((change.item, change.row), ()))
    for clause, word in _changes_written(says):
        places = [pairs for (item, _), pairs in rows.items() if item == clause.item]
        if len(places) == 1 and not any(change.item == clause.item for change in says.changes):
            for found in _denied(says, word, CONCLUSION, places[0]):
                yield replace(found, start=clause.start, end=clause.end)


def _changes_written(says: ReportSays) -> Iterator[tuple[Words, str]]:
    """The clauses of the conclusion that name one finding and one change of its size."""
    named: dict[int, list[Words]] = defaultdict(list)
    for clause in says.named:
        named[clause.start].append(clause)
    for start, clauses in named.items():
        text = says.conclusion[start : clauses[0].end]
        found = {word for word, pattern in CHANGES.items() if pattern.search(text)}
        if len(clauses) == len(found) == 1 and not NOT_SIZE.search(text):
            yield clauses[0], found.pop()


def _denied(
    says: ReportSays, change: str, place: str, sizes: Sequence[tuple[Value, Value]]
) -> Iterator[Found]:
    """A finding where each size of what is said to have changed denies it."""
    if sizes and all(_trend(old, new) in DENIED.get(change, ()) for old, new in sizes):
        old, new = sizes[0]
        sentence = f"{new.label}: {new.text} and “{change}”, but {_before(says, old)}."
        yield Found(place, f"{sentence} Correct one.")


def _trend(old: Value, new: Value) -> str:
    """Whether a size has grown or shrunk by more than measuring it again would give."""
    small, large = sorted((old.numbers[0], new.numbers[0]))
    is_noise = large <= small * SURELY or (new.dimension == "length" and large - small <= NOISE_MM)
    return "" if is_noise else "grown" if new.numbers[0] == large else "shrunk"


def _measured(says: ReportSays) -> Iterator[tuple[Value, Value]]:
    return measured(says.prior.values, says.findings) if says.prior else iter(())


def _before(says: ReportSays, old: Value) -> str:
    if says.prior is None:
        return ""
    when = f"{says.prior.day:%Y-%m-%d} ({says.prior.days} days before)"
    return f"{old.text} in the exam of {when}"
