"""Rules on numbers: plausible ranges, slips of the unit, jumps against the prior report."""

from collections.abc import Iterator
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
    before = {value.path: value for value in says.prior.values}
    for value in says.findings:
        old = before.get(value.path)
        if old is None or old.dimension != value.dimension:
            continue
        if _jumped(old, value, says.change_factor):
            sentence = (
                f"{value.label}: {value.text}, but {old.text} in the report of"
                f" {says.prior.signed_on:%Y-%m-%d}. Check number and unit."
            )
            yield Found(value.path, sentence)


def _jumped(old: Value, new: Value, factor: Decimal) -> bool:
    if len(old.numbers) != 1 or len(new.numbers) != 1 or min(old.numbers + new.numbers) <= 0:
        return False
    small, large = sorted(old.numbers + new.numbers)
    return large > small * factor
