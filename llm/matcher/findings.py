"""From mentions to findings: which row, which properties, which numbers, which hedge."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from llm.grammar import ClauseGrammar
from llm.matcher.cues import GRADES, Cue, cues, is_denied
from llm.matcher.lexicon import Reading, tokens_of
from llm.matcher.mentions import Mention
from llm.pointing import fits
from llm.schema import Field, Group, ReportTemplate
from llm.types import Quantity, Span

# The values of findings that are there, of unknown degree or kind.
_PLAIN_VALUES = ("present", "yes", "unspecified", "other")
# How far before a finding the word of its degree may stand, in characters.
_NEAR = 30
# Two sides this close are named together: "left and right".
_TOGETHER = 8
# What may follow a hedge that stands behind its finding.
_ENDS = re.compile(r"\s*(?:$|[,.;:)]|(?:and|with|as well|along|plus|or|without)\b)", re.IGNORECASE)


@dataclass(slots=True)
class Finding:
    """A finding under way: its slot, its row, what is said of it, and where it stands.

    `pairs` has the member "" for the value of a plain field; a list keeps the order of the text.
    """

    slot: str
    start: int
    end: int
    selector: str | None = None
    pairs: dict[str, list[str]] = field(default_factory=dict)
    absent: bool = False

    def distance(self, start: int, end: int) -> int:
        """Characters between the finding and other words."""
        return max(start - self.end, self.start - end, 0)

    def add(self, member: str, value: str, start: int, end: int) -> None:
        """Says one more thing of the finding, by words that stand from `start` to `end`."""
        self.pairs.setdefault(member, []).append(value)
        self.start, self.end = min(self.start, start), max(self.end, end)

    def value(self, template: ReportTemplate, name: str) -> str:
        """What an answer writes for a member."""
        values = self.pairs[name]
        item = template.item(self.slot)
        where = item.member(name) if isinstance(item, Group) and name else item
        if not isinstance(where, Field) or where.kind != "multi_choice" or len(values) < 2:
            return values[0]
        return "+".join(o.value for o in where.options if o.value in values)


def _finding(
    slot: str, selector: str | None, mention: Mention, member: str, value: str, absent: bool
) -> Finding:
    pairs = {member: [value]} if value else {}
    return Finding(slot, mention.start, mention.end, selector, pairs, absent)


class FoundInClause:
    """Reads the mentions of one clause; `row` is the open group spoken of before."""

    def __init__(self, grammar: ClauseGrammar, row: str | None) -> None:
        self._grammar = grammar
        self._template = grammar.template
        self._context = grammar.context
        self._text = grammar.context.clause.text
        self._row = row
        self._findings: list[Finding] = []

    def read(self, mentions: Sequence[Mention]) -> list[Finding]:
        """The findings in order of the text."""
        for mention in mentions:
            self._finding(mention)
        for mention in mentions:
            self._property(mention)
        for quantity in self._context.quantities:
            self._quantity(quantity, mentions)
        for cue in cues(self._text):
            if not any(m.start <= cue.start and cue.end <= m.end for m in mentions):
                self._cue(cue)
        return sorted(self._findings, key=lambda finding: finding.start)

    # Findings

    def _finding(self, mention: Mention) -> None:
        absent = is_denied(self._text, mention.start, mention.end)
        roles = ("head", "value") if absent else ("value", "head")
        for reading in sorted(
            (reading for reading in mention.readings if reading.role in roles),
            key=lambda reading: roles.index(reading.role),
        ):
            value = self._absence(reading) if absent else self._presence(reading, mention)
            if value is None:
                continue
            item = self._template.item(reading.item)
            if not isinstance(item, Group) or (absent and item.row_kind == "open"):
                self._findings.append(_finding(reading.item, None, mention, "", value, absent))
            else:
                for selector in self._selectors(item, mention, absent=absent):
                    self._say(reading.item, selector, mention, reading.member, value, absent)
            return

    def _say(
        self, slot: str, selector: str, mention: Mention, member: str, value: str, absent: bool
    ) -> None:
        """Adds to a side or level that is there already; of an open group each mention is a row."""
        for finding in self._findings:
            same = (finding.slot, finding.selector) == (slot, selector) and selector != "+"
            if same and member not in finding.pairs:
                finding.add(member, value, mention.start, mention.end)
                return
        self._findings.append(_finding(slot, selector, mention, member, value, absent))

    def _absence(self, reading: Reading) -> str | None:
        """The value that says that there is none; None where the template has no such value."""
        return self._where(reading).normal

    def _where(self, reading: Reading) -> Field | Group:
        item = self._template.item(reading.item)
        if isinstance(item, Group) and item.row_kind != "open" and reading.member:
            return item.member(reading.member)
        return item

    def _presence(self, reading: Reading, mention: Mention) -> str | None:
        """The value of a finding that is there: its own, or by a word of degree, or the plain one.

        "" is a row of an open group of which nothing is known yet.
        """
        if reading.value:
            return reading.value
        where = self._where(reading)
        if isinstance(where, Group):
            return "" if where.row_kind == "open" else None
        values = [option.value for option in where.options if option.value != where.normal]
        before = self._text[max(0, mention.start - _NEAR) : mention.start]
        words = {token.word for token in tokens_of(f"{before} {self._text[mention.end :][:_NEAR]}")}
        for value in values:
            if words & GRADES.get(value, frozenset({value})):
                return value
        if len(values) == 1:
            return values[0]
        return next((value for value in _PLAIN_VALUES if value in values), None)

    # Rows

    def _selectors(self, group: Group, mention: Mention, *, absent: bool) -> list[str]:
        if group.row_kind == "open":
            return ["+"]
        if group.row_kind == "side":
            return self._side(mention, absent=absent)
        return self._level(group, mention, absent=absent)

    def _side(self, mention: Mention, *, absent: bool) -> list[str]:
        spoken = sorted(self._context.sides, key=lambda s: self._distance(mention, s.span))
        if not spoken:
            legal: list[str] = sorted(self._context.legal_sides)
            return ["*"] if absent else legal if len(legal) == 1 else []
        near = spoken[0]
        together = [s for s in spoken if abs(s.span.start - near.span.start) <= _TOGETHER]
        sides = frozenset(side for mentioned in together for side in mentioned.sides)
        return ["*"] if len(sides) == 2 else sorted(sides)

    def _level(self, group: Group, mention: Mention, *, absent: bool) -> list[str]:
        usable = [
            level
            for level in (self._context.levels if absent else self._context.legal_levels)
            if self._grammar.rows(group.key, f"#{level.id}")
        ]
        if not usable:
            return ["*"] if absent else []
        near = min(usable, key=lambda level: self._distance(mention, level.span))
        return [f"#{near.id}"]

    def _distance(self, mention: Mention, span: Span) -> int:
        offset = self._context.clause.span.start
        return max(span.start - offset - mention.end, mention.start - (span.end - offset), 0)

    # What belongs to a finding

    def _property(self, mention: Mention) -> None:
        choices = [
            (finding.distance(mention.start, mention.end), number, finding, reading)
            for number, finding in enumerate(self._findings)
            for reading in mention.readings
            if reading.role == "property" and self._takes(finding, reading)
        ]
        if choices:
            _, _, finding, reading = min(choices, key=lambda choice: choice[:2])
            finding.add(reading.member, reading.value, mention.start, mention.end)
            return
        for reading in mention.readings:
            if reading.role == "property" and reading.item == self._row and not self._findings:
                self._go_on(mention.start, mention.end, reading.member, reading.value)
                return

    def _takes(self, finding: Finding, reading: Reading) -> bool:
        if finding.slot != reading.item or finding.absent:
            return False
        item = self._template.item(reading.item)
        several = isinstance(item, Group) and item.member(reading.member).kind == "multi_choice"
        return several or reading.member not in finding.pairs

    def _go_on(self, start: int, end: int, member: str, value: str, selector: str = "^") -> None:
        """Says something of the row that a clause before made."""
        if self._row is not None:
            self._findings.append(Finding(self._row, start, end, selector, {member: [value]}))

    def _quantity(self, quantity: Quantity, mentions: Sequence[Mention]) -> None:
        offset = self._context.clause.span.start
        start, end = quantity.span.start - offset, quantity.span.end - offset
        choices = [
            (finding.distance(start, end), number, finding, member)
            for number, finding in enumerate(self._findings)
            if not finding.absent
            for member in self._number_members(finding, quantity)
        ]
        plain = self._plain_number(quantity, mentions, start, end)
        nearest = min(choices, key=lambda choice: choice[:2]) if choices else None
        if plain is not None and (nearest is None or plain[0] <= nearest[0]):
            finding = Finding(plain[1], start, end, None, {"": [f"@{quantity.id}"]})
            self._findings.append(finding)
        elif nearest is not None:
            nearest[2].add(nearest[3], f"@{quantity.id}", start, end)
        elif not self._findings and self._row is not None:
            for member in self._open_numbers(self._row, quantity):
                self._go_on(start, end, member, f"@{quantity.id}")
                return

    def _number_members(self, finding: Finding, quantity: Quantity) -> Iterator[str]:
        """The member of the finding's row that the quantity fits best, if any is free."""
        fitting = [n for n in self._open_numbers(finding.slot, quantity) if n not in finding.pairs]
        group = self._template.item(finding.slot)
        patterns = group.patterns if isinstance(group, Group) else ()

        def beside(name: str) -> bool:
            """Whether some pattern has the number together with what is said of the finding."""
            return any(
                f"{{{name}}}" in p and any(f"{{{said}}}" in p for said in finding.pairs)
                for p in patterns
            )

        yield from sorted(fitting, key=lambda name: not beside(name))[:1]

    def _open_numbers(self, slot: str, quantity: Quantity) -> Iterator[str]:
        """The number members that the quantity fits, but those that another leads to."""
        members = self._grammar.slots.members.get(slot, {})
        led_to = {member.next_dimension for member in members.values()}
        for name, member in members.items():
            if member.kind == "number" and name not in led_to and fits(quantity, member):
                yield name

    def _plain_number(
        self, quantity: Quantity, mentions: Sequence[Mention], start: int, end: int
    ) -> tuple[int, str] | None:
        """The nearest measured field that is named, or whose finding is said to be there."""
        taken = {finding.slot for finding in self._findings}
        named = [
            (max(start - m.end, m.start - end, 0), reading.item)
            for m in mentions
            for reading in m.readings
            if reading.role == "number"
        ]
        for key, item in self._grammar.slots.fields.items():
            asked = item.visible_if.field if item.kind == "number" and item.visible_if else None
            for finding in self._findings:
                if finding.slot == asked and not finding.absent:
                    named.append((finding.distance(start, end), key))
        fields = self._grammar.slots.fields
        free = [n for n in named if n[1] in fields and n[1] not in taken]
        return min((n for n in free if fits(quantity, fields[n[1]])), default=None)

    def _cue(self, cue: Cue) -> None:
        near = min(
            self._findings, key=lambda f: (f.distance(cue.start, cue.end), f.start), default=None
        )
        if near is None:
            everything = self._text[cue.start : cue.end].casefold().startswith(("all", "these"))
            self._go_on(cue.start, cue.end, cue.member, cue.value, "*" if everything else "^")
        elif not near.absent and cue.member not in near.pairs and self._qualifies(near, cue):
            near.pairs[cue.member] = [cue.value]

    def _qualifies(self, finding: Finding, cue: Cue) -> bool:
        """Whether the cue speaks of the finding: "likely" in "stone, likely benign" does not."""
        behind = self._text[cue.end :]
        leads = cue.end <= finding.start and "," not in self._text[cue.end : finding.start]
        if cue.member == "certainty" and not leads and not _ENDS.match(behind):
            return False
        if finding.selector is None:
            return cue.member in self._grammar.slots.companions.get(finding.slot, {})
        return cue.member in self._grammar.slots.members.get(finding.slot, {})
