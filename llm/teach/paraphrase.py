"""Whether a paraphrase keeps what must not change, as our own readers of a conclusion see it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from llm.attested import denials
from llm.context import ClauseContext, read_conclusion
from llm.schema import ReportTemplate
from llm.types import Quantity, Side, Span
from llm.units import UNITS

_NEITHER_NOR = re.compile(r"\bneither\b.*\bnor\b", re.IGNORECASE | re.DOTALL)
_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)*")


@dataclass(frozen=True, slots=True)
class Marks:
    """What a conclusion says that a reword may not touch, each as often as it is said.

    `quantities` are in base units, `levels` and `sides` by the rows and sides they name; `numbers`
    are those that are neither quantity nor level, such as grades and dates; `denials` is how many
    words deny.
    """

    quantities: Counter[Hashable]
    numbers: Counter[Hashable]
    levels: Counter[Hashable]
    sides: Counter[Hashable]
    denials: int


def marks_of(template: ReportTemplate, conclusion: str) -> Marks:
    """Reads a conclusion as a fill does."""
    contexts = read_conclusion(template, conclusion)
    return Marks(
        quantities=Counter(_base(q) for context in contexts for q in context.quantities),
        numbers=Counter(n for context in contexts for n in _other_numbers(context)),
        levels=Counter(
            row for c in contexts for level in c.levels for row in (*level.discs, *level.bodies)
        ),
        sides=Counter(side for context in contexts for side in _sides(context)),
        denials=_denial_count(conclusion),
    )


def lost(template: ReportTemplate, original: str, paraphrase: str) -> str:
    """What of the original the paraphrase has not, or has besides; nothing if it can be used.

    The answer is one of "quantities", "numbers", "levels", "sides", "denials" and "wording", which
    is said of a paraphrase that is the original.
    """
    if _plain(original) == _plain(paraphrase):
        return "wording"
    before, after = marks_of(template, original), marks_of(template, paraphrase)
    for kind in ("quantities", "numbers", "levels", "sides", "denials"):
        if getattr(before, kind) != getattr(after, kind):
            return kind
    return ""


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def _base(quantity: Quantity) -> Hashable:
    """The quantity in the base unit of its dimension: 1.2 cm and 12 mm are the same."""
    dimension, factor = UNITS.get(quantity.unit or "", (quantity.unit, Decimal(1)))

    def scaled(numbers: Iterable[Decimal | None]) -> tuple[Decimal | None, ...]:
        return tuple(None if n is None else (n * factor).normalize() for n in numbers)

    bounds = scaled((quantity.low, quantity.high))
    return dimension, scaled(quantity.dims), bounds, quantity.comparator, quantity.time


def _other_numbers(context: ClauseContext) -> Iterator[str]:
    read = [q.span for q in context.quantities] + [level.span for level in context.levels]
    start = context.clause.span.start
    for match in _NUMBER.finditer(context.clause.text):
        if not _is_within(start + match.start(), read):
            yield match[0]


def _is_within(position: int, spans: Iterable[Span]) -> bool:
    return any(span.start <= position < span.end for span in spans)


def _sides(context: ClauseContext) -> Iterator[Side]:
    """The sides named, but not those of "neither … nor", which counts two findings, not sides."""
    is_pair = _NEITHER_NOR.search(context.clause.text) is not None
    for mention in context.sides:
        if not (is_pair and mention.text.lower() == "neither"):
            yield from mention.sides


def _denial_count(text: str) -> int:
    """ "Neither A nor B" denies once as "no A or B" does."""
    words = Counter(denials(text))
    return words.total() - words["nor"]
