"""Rules on numbers: plausible ranges, slips of the unit, jumps against the prior report."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal

from reporting.report_checks.found import Found, in_conclusion, words
from reporting.report_checks.says import Limits, Measured, ReportSays, Value

TEN = Decimal(10)


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
    if says.prior is None:
        return
    before = _comparable(says.prior.values)
    for place, value in _comparable(says.findings).items():
        old = before.get(place)
        if old is None or old.dimension != value.dimension:
            continue
        if _jumped(old, value, says.change_factor):
            sentence = (
                f"{value.label}: {value.text}, but {old.text} in the report of"
                f" {says.prior.signed_on:%Y-%m-%d}. Check number and unit."
            )
            yield Found(value.path, sentence)


def _comparable(values: Iterable[Value]) -> dict[tuple[str, ...], Value]:
    """The measurements by what they measure.

    A row of an open group is known by its choices; where two rows have the same, or a row has none,
    nobody can say which is which.
    """
    rows: dict[tuple[str, str], list[Value]] = defaultdict(list)
    for value in values:
        rows[value.item, value.row].append(value)
    found: dict[tuple[str, ...], Value] = {}
    doubtful: set[tuple[str, ...]] = set()
    for (item, row), members in rows.items():
        traits = sorted(f"{v.member}={sorted(v.raw)}" for v in members if v.is_choice)
        is_open = members[0].in_open_group
        for value in members:
            place = (item, value.member, *(traits if is_open else [row]))
            if is_open and (not traits or place in found):
                doubtful.add(place)
            if value.numbers:
                found[place] = value
    return {place: value for place, value in found.items() if place not in doubtful}


def _jumped(old: Value, new: Value, factor: Decimal) -> bool:
    if len(old.numbers) != 1 or len(new.numbers) != 1 or min(old.numbers + new.numbers) <= 0:
        return False
    small, large = sorted(old.numbers + new.numbers)
    return large > small * factor
