"""The automaton of legal answers to one clause.

    state = grammar.start()
    while not state.is_final:
        state = state.advance(choose(state.options()))

`options()` are the legal next chunks, deterministic. No option is the start of another
one, so the chunks of an answer can be told apart letter by letter. Where there is one
option, the chunk is forced. The last chunk of every answer is END.

An answer can name only what the template has; a number only by `@n`, for a quantity of this clause
that the field can hold, once; a side or a level only where the text (or the exam) names it; a
hedge or a change only where the text has a word for one.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from llm.answers import Answer, IllegalAnswer, Statement
from llm.attested import COMPANIONS, denies, names_all_levels, speaks_of
from llm.context import ClauseContext
from llm.grammar_state import Phase, State
from llm.grammar_usage import Open, Usage, picked, said_of_all, said_of_one, with_cell
from llm.pointing import fits, further_fields
from llm.schema import Field, ReportTemplate
from llm.slots import Slots, rows_for, slots_of, values_of

__all__ = ["END", "MAX_STATEMENTS", "ClauseGrammar", "Phase", "State"]

END = "<end>"
# Longer answers than any clause needs only cost time.
MAX_STATEMENTS = 12


class ClauseGrammar:
    """The legal answers to one clause of one template."""

    def __init__(self, template: ReportTemplate, context: ClauseContext) -> None:
        self.template = template
        self.context = context
        self.slots: Slots = slots_of(template, context.sex)
        self._start: State | None = None
        self._spoken_of: dict[str, bool] = {}
        self._fitting: dict[tuple[str, str], frozenset[int]] = {}

    # What the text names and attests is looked up only where an answer asks for it.

    @cached_property
    def _levels(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """For each group of levels, the rows that each level mention names."""
        return {
            group.key: {f"#{m.id}": rows_for(m, group) for m in self.context.legal_levels}
            for group in self.slots.groups.values()
            if group.row_kind == "level"
        }

    @cached_property
    def _denies(self) -> bool:
        return denies(self.context.clause.text)

    @cached_property
    def _all_levels(self) -> bool:
        return names_all_levels(self.context.clause.text)

    def _speaks_of(self, member: str) -> bool:
        if member not in COMPANIONS or self.template.language != "en":
            return True
        if member not in self._spoken_of:
            self._spoken_of[member] = speaks_of(self.context, member)
        return self._spoken_of[member]

    def start(self) -> State:
        """The state before the first chunk."""
        if self._start is None:
            self._start = State(self)
        return self._start

    def path(self, text: str) -> list[str]:
        """The chunks of a whole answer, END included; raises IllegalAnswer."""
        chunks, state = self.walk(text)
        if END not in state.options():
            raise IllegalAnswer(f"{text!r} ends too early; allowed: {state.options()[:20]}")
        return [*chunks, END]

    def allows(self, text: str) -> bool:
        """True where a text is a whole legal answer."""
        try:
            self.path(text)
        except IllegalAnswer:
            return False
        return True

    def walk(self, text: str) -> tuple[list[str], State]:
        """The chunks of the start of an answer and the state behind them."""
        state, chunks, position = self.start(), [], 0
        while position < len(text):
            option = next((o for o in state.options() if text.startswith(o, position)), None)
            if option is None:
                raise IllegalAnswer(
                    f"{text!r} at {position}: not allowed; allowed: {state.options()[:20]}"
                )
            state = state.advance(option)
            chunks.append(option)
            position += len(option)
        return chunks, state

    def rows(self, group: str, selector: str) -> tuple[str, ...]:
        """The row keys that a selector names in a group of sides or levels."""
        item = self.slots.groups[group]
        if selector == "*":
            return tuple(row.key for row in item.rows)
        if item.row_kind == "level":
            return self._levels[group].get(selector, ())
        return (selector,)

    def chunks(self, state: State) -> list[str]:
        """The whole chunks of a phase, which may begin each other."""
        if state.phase in ("start", "head"):
            return [*self._answers(state.phase), *self._heads(state.usage)]
        if state.phase in ("whole", "final") or state.open is None:
            return [END] if state.phase == "whole" else []
        usage, statement = state.usage, state.open
        if state.phase == "selector":
            return [f"{s}]" for s in self._selectors(usage, statement.slot)]
        if state.phase == "member":
            return [f"{name}=" for name in self._members(usage, statement)]
        if state.phase == "value":
            return self._values(usage, statement)
        return self._delimiters(usage, statement)

    def after(self, state: State, chunk: str) -> State:
        """The state behind a whole chunk."""
        if state.phase in ("start", "head"):
            return self._after_head(state, chunk)
        if state.phase == "whole" or chunk == END:
            return state.to("final", state.usage, None)
        if state.open is None:
            raise IllegalAnswer(f"{chunk!r} outside a statement")
        if state.phase == "selector":
            return self._after_selector(state, state.open, chunk[:-1])
        if state.phase == "member":
            return state.to("value", state.usage, state.open._replace(member=chunk[:-1]))
        if state.phase == "value":
            return state.to("after", *self._after_value(state.usage, state.open, chunk))
        return self._after_delimiter(state, state.open, chunk)

    # Heads

    def _answers(self, phase: Phase) -> Iterator[str]:
        if phase == "start":
            yield from ("none", "?", *(f"other={section}" for section in self.slots.sections))

    def _heads(self, usage: Usage, *, only: str | None = None) -> Iterator[str]:
        for name, _ in picked(self.slots.fields, only):
            if name not in usage.slots and self._values(usage, Open(name)):
                yield f"{name}="
        for name, group in picked(self.slots.groups, only):
            if name not in usage.slots and any(self._selectors(usage, name)):
                yield f"{name}["
            used = name in usage.slots or any(row[0] == name for row in usage.rows)
            if group.row_kind == "open" and group.normal and not used and self._denies:
                yield f"{name}={group.normal}"
        if self._denies:
            sections = (*self.slots.normal_sections, "report")
            yield from (f"{section}=normal" for section in sections if section not in usage.slots)

    def _after_head(self, state: State, chunk: str) -> State:
        slot, _, value = chunk.rstrip("[").partition("=")
        if slot in ("none", "?", "other"):
            return state.to("whole", state.usage, None)
        slots = state.usage.slots if chunk.endswith("[") else state.usage.slots | {slot}
        usage = state.usage._replace(statements=state.usage.statements + 1, slots=slots)
        if chunk.endswith("["):
            return state.to("selector", usage, Open(slot))
        return state.to("after" if value else "value", usage, Open(slot, is_normal=bool(value)))

    # Rows

    def _selectors(self, usage: Usage, group: str) -> Iterator[str]:
        for selector in self._named_rows(usage, group):
            free = selector == "+" or (group, selector) not in usage.rows
            if free and any(self._members(usage, Open(group, selector))):
                yield selector

    def _named_rows(self, usage: Usage, name: str) -> list[str]:
        """The selectors that the text allows, taken or not."""
        group = self.slots.groups[name]
        if group.row_kind == "side":
            return [r.key for r in group.rows if r.key in self.context.legal_sides] + ["*"]
        if group.row_kind == "level":
            return [s for s, rows in self._levels[name].items() if rows] + ["*"]
        created, later = usage.new_rows.count(name), self.context.previous is not None
        return [
            *(["+"] if created < group.max_rows else []),
            *(["^"] if later and not created else []),
            *(["*"] if later or created else []),
        ]

    def _after_selector(self, state: State, statement: Open, selector: str) -> State:
        usage = self._with_row(state.usage, statement.slot, selector)
        return state.to("member", usage, Open(statement.slot, selector))

    def _with_row(self, usage: Usage, slot: str, selector: str) -> Usage:
        new_rows = (*usage.new_rows, slot) if selector == "+" else usage.new_rows
        return usage._replace(rows=usage.rows | {(slot, selector)}, new_rows=new_rows)

    # Members

    def _siblings(self, statement: Open) -> dict[str, Field]:
        """The fields that the statement may go on with, in template order."""
        if statement.selector is not None:
            return self.slots.members[statement.slot]
        return self.slots.companions.get(statement.slot, {})

    def _members(self, usage: Usage, statement: Open) -> Iterator[str]:
        for index, name in enumerate(self._siblings(statement)):
            if not self._is_next(statement, index, name):
                continue
            if self._values(usage, Open(statement.slot, statement.selector, name)):
                yield name

    def _is_next(self, statement: Open, index: int, name: str) -> bool:
        """True for members behind the last one said, of which the text speaks."""
        if index <= statement.last or name in statement.taken:
            return False
        return self._speaks_of(name)

    def _field(self, statement: Open) -> Field:
        if statement.member:
            return self._siblings(statement)[statement.member]
        return self.slots.fields[statement.slot]

    # Values

    def _values(self, usage: Usage, statement: Open, *, only: str | None = None) -> list[str]:
        item = self._field(statement)
        if statement.selector is not None and said_of_all(usage, statement):
            return []
        normal_only = self._normal_only(usage, statement)
        if item.kind == "number":
            free = self._free(usage, statement.slot, statement.member)
            return [] if normal_only else [f"@{n}" for n in sorted(free)]
        offered = values_of(item)
        if only is not None and not statement.chosen:
            offered = (only,) if only in offered else ()
        values = [v for v in offered if self._attested(statement, item, v)]
        if normal_only:
            return [item.normal] if item.normal in values and item.normal is not None else []
        if statement.chosen:
            behind = values[values.index(statement.chosen[-1]) + 1 :]
            return [value for value in behind if value != item.normal]
        return values

    def _attested(self, statement: Open, item: Field, value: str) -> bool:
        """A normal needs a word that denies, an option for one side a word for that side."""
        if value == item.normal:
            return self._denies
        sides = self.slots.sided.get((statement.slot, statement.member, value))
        return sides is None or sides <= self.context.legal_sides

    def _normal_only(self, usage: Usage, statement: Open) -> bool:
        """`[*]` may say an abnormal value only of rows that the clause names, all of them."""
        if statement.selector != "*":
            return False
        kind = self.slots.groups[statement.slot].row_kind
        # What the text names is asked only where it matters: reading it costs time.
        if kind == "open":
            named = True
        else:
            named = self.context.names_both_sides if kind == "side" else self._all_levels
        return said_of_one(usage, statement) or not named

    def _free(self, usage: Usage, slot: str, member: str) -> frozenset[int]:
        """The quantities that fit the field and that no statement has taken."""
        key = (slot, member)
        if key not in self._fitting:
            item = self.slots.members[slot][member] if member else self.slots.fields[slot]
            self._fitting[key] = frozenset(
                quantity.id for quantity in self.context.quantities if fits(quantity, item)
            )
        return self._fitting[key] - usage.quantities

    def _after_value(self, usage: Usage, statement: Open, value: str) -> tuple[Usage, Open]:
        item = self._field(statement)
        taken = {statement.member}
        if item.kind == "number":
            usage, more = self._pointed(usage, statement, int(value[1:]))
            taken |= more
        is_normal = item.normal is not None and value == item.normal
        statement = statement._replace(
            last=[*self._siblings(statement)].index(statement.member) if statement.member else -1,
            taken=statement.taken | taken,
            chosen=(*statement.chosen, value) if item.kind == "multi_choice" else (),
            is_normal=is_normal if not statement.member else statement.is_normal,
        )
        return with_cell(usage, statement, is_normal=is_normal), statement

    def _pointed(self, usage: Usage, statement: Open, number: int) -> tuple[Usage, frozenset[str]]:
        """Takes the quantity, and the fields that its further dimensions fill."""
        quantity = self.context.quantities[number - 1]
        in_group = statement.selector is not None
        siblings = self.slots.members[statement.slot] if in_group else self.slots.fields
        more = frozenset(f.key for f in further_fields(quantity, self._field(statement), siblings))
        usage = usage._replace(quantities=usage.quantities | {number})
        if in_group:
            return usage, more
        return usage._replace(slots=usage.slots | more), frozenset()

    # Delimiters

    def _delimiters(self, usage: Usage, statement: Open) -> list[str]:
        delimiters = ["+"] if self._may_add_value(usage, statement) else []
        if self._may_add_member(usage, statement):
            delimiters.append(",")
        if usage.statements < MAX_STATEMENTS and next(self._heads(usage), None) is not None:
            delimiters.append(";")
        return [*delimiters, END]

    def _may_add_value(self, usage: Usage, statement: Open) -> bool:
        if not statement.chosen or statement.chosen[-1] == self._field(statement).normal:
            return False
        return bool(self._values(usage, statement))

    def _may_add_member(self, usage: Usage, statement: Open) -> bool:
        return self._has_members(statement) and any(self._members(usage, statement))

    def _has_members(self, statement: Open) -> bool:
        in_group = statement.selector is not None
        return in_group or (not statement.is_normal and statement.slot in self.slots.fields)

    def _after_delimiter(self, state: State, statement: Open, chunk: str) -> State:
        if chunk == "+":
            return state.to("value", state.usage, statement)
        if chunk == ",":
            return state.to("member", state.usage, statement._replace(member="", chosen=()))
        return state.to("head", state.usage, None)

    # Whole statements

    def check(self, answer: Answer) -> None:
        """Raises IllegalAnswer exactly where `path` of the written answer does.

        It looks only at what the answer says, and not at what else would be legal: for very many.
        """
        if answer.kind == "other" and answer.section not in self.slots.sections:
            raise IllegalAnswer(f"there is no section {answer.section!r}")
        usage = Usage()
        for statement in answer.statements:
            usage = self._take(usage, statement)

    def _take(self, usage: Usage, statement: Statement) -> Usage:
        """What is taken behind a whole statement."""
        if usage.statements >= MAX_STATEMENTS:
            raise IllegalAnswer("too many statements")
        slot, selector = statement.slot, statement.selector
        if selector is not None:
            self._require(slot in self.slots.groups and slot not in usage.slots, statement)
            free = selector == "+" or (slot, selector) not in usage.rows
            self._require(free and selector in self._named_rows(usage, slot), statement)
            usage = self._with_row(usage, slot, selector)
        elif slot in self.slots.fields:
            self._require(slot not in usage.slots, statement)
            usage = usage._replace(slots=usage.slots | {slot})
        else:
            whole = "".join(f"{slot}{name}={value}" for name, value in statement.pairs)
            self._require(whole in self._heads(usage, only=slot), statement)
            return usage._replace(statements=usage.statements + 1, slots=usage.slots | {slot})
        usage = usage._replace(statements=usage.statements + 1)
        return self._take_pairs(usage, Open(slot, selector), statement)

    def _take_pairs(self, usage: Usage, under_way: Open, statement: Statement) -> Usage:
        names = [*self._siblings(under_way)]
        for number, (name, value) in enumerate(statement.pairs):
            self._require(not number or self._has_members(under_way), statement)
            if number or under_way.selector is not None:
                known = name in names and self._is_next(under_way, names.index(name), name)
            else:
                known = not name
            self._require(known, statement)
            under_way = under_way._replace(member=name, chosen=())
            for index, part in enumerate(value.split("+")):
                more = not index or self._may_add_value(usage, under_way)
                self._require(more and part in self._values(usage, under_way, only=part), statement)
                usage, under_way = self._after_value(usage, under_way, part)
        return usage

    def _require(self, holds: bool, statement: Statement) -> None:
        if not holds:
            raise IllegalAnswer(f"{statement} is not allowed in {self.context.clause.text!r}")
