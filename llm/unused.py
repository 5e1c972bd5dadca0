"""Says what of a clause no field holds: nothing vanishes silently."""

from __future__ import annotations

from collections.abc import Iterator

from llm.answers import Answer
from llm.context import ClauseContext
from llm.grammar import ClauseGrammar
from llm.lexicon import find_details, find_terms
from llm.mentions import sides_of
from llm.schema import Field, Group, ReportTemplate
from llm.statements import ClauseReading
from llm.types import Side, UnusedClause, UnusedReason


def unused_part(
    template: ReportTemplate, grammar: ClauseGrammar, reading: ClauseReading
) -> UnusedClause | None:
    """What the reader must be shown of a clause, or None if all of it was used."""
    answer, context = reading.answer, grammar.context
    if answer.kind == "abstain":
        return _unused(context, "abstained", tuple(reading.not_placed))
    if reading.not_covered:
        labels = ", ".join(dict.fromkeys(reading.not_covered))
        return _unused(context, "not_covered", (f"Not filled by the model: {labels}.",))
    if answer.kind == "other":
        return None
    details = tuple(dict.fromkeys([*_missed(template, grammar, reading), *reading.not_placed]))
    if answer.kind == "none" and not details:
        return _unused(context, "not_a_finding", ())
    return _unused(context, "partly_used", details) if details else None


def _unused(context: ClauseContext, reason: UnusedReason, details: tuple[str, ...]) -> UnusedClause:
    clause = context.clause
    return UnusedClause(
        clause.index, clause.span.start, clause.span.end, clause.text, reason, details
    )


def _missed(
    template: ReportTemplate, grammar: ClauseGrammar, reading: ClauseReading
) -> Iterator[str]:
    answer = reading.answer
    if answer.kind == "statements":
        yield from _missed_quantities(grammar.context, reading)
        yield from _missed_levels(grammar.context, answer)
        yield from _missed_sides(template, grammar.context, answer)
    yield from _missed_terms(template, grammar.context, answer)
    yield from _missed_details(template, grammar.context, answer)


def _missed_quantities(context: ClauseContext, reading: ClauseReading) -> Iterator[str]:
    used = {said.source.id for said in reading.said if said.source is not None}
    for quantity in context.quantities:
        if quantity.id not in used:
            yield f"Number not used: {quantity.text}."
    for text in reading.unused_dimensions:
        yield f"Not every dimension used: {text}."


def _missed_levels(context: ClauseContext, answer: Answer) -> Iterator[str]:
    selectors = {statement.selector for statement in answer.statements}
    if "*" in selectors:
        return
    for mention in context.levels:
        if f"#{mention.id}" not in selectors:
            yield f"Level not used: {mention.text}."


def _missed_sides(
    template: ReportTemplate, context: ClauseContext, answer: Answer
) -> Iterator[str]:
    used = set().union(
        *(
            _sides_said(template, context, s.slot, s.selector, dict(s.pairs))
            for s in answer.statements
        )
    )
    missing = sides_of(context.sides) - used
    if missing:
        words = ", ".join(m.text for m in context.sides if m.sides & missing)
        yield f"Side not used: {words}."


def _sides_said(
    template: ReportTemplate,
    context: ClauseContext,
    slot: str,
    selector: str | None,
    pairs: dict[str, str],
) -> frozenset[Side]:
    """The sides that a statement names by its row, its field or its options."""
    if selector == "*" or slot == "report" or any(slot == s.key for s in template.sections):
        return sides_of(context.sides)
    words = [selector or "", template.item(slot).label, slot]
    item = template.item(slot)
    for name, value in pairs.items():
        field = _field_of(item, name)
        chosen = set(value.split("+"))
        for option in field.options if field is not None else ():
            if option.value in chosen:
                words += [option.label, option.text, option.value, *option.phrases]
    text = " ".join(words).lower()
    both = "bilateral" in text or "both" in text
    sides: tuple[Side, ...] = ("left", "right")
    return frozenset(side for side in sides if both or side in text)


def _field_of(item: Field | Group, name: str) -> Field | None:
    if isinstance(item, Group):
        return next((member for member in item.fields if member.key == name), None)
    return item if not name else None


def _missed_terms(
    template: ReportTemplate, context: ClauseContext, answer: Answer
) -> Iterator[str]:
    slots = {statement.slot for statement in answer.statements}
    if "report" in slots:
        return
    terms = find_terms(template, context.clause.text)
    used = [t for t in terms if t.item in slots or template.section_of(t.item).key in slots]
    for term in terms:
        same = any(t.start < term.end and term.start < t.end for t in used)
        if term not in used and not same:
            yield f"Finding not used: {context.clause.text[term.start : term.end]}."


def _missed_details(
    template: ReportTemplate, context: ClauseContext, answer: Answer
) -> Iterator[str]:
    """Properties of a stated row ("part-solid") that its statements leave out."""
    text = context.clause.text
    slots = {s.slot for s in answer.statements}
    in_rows = {s.slot for s in answer.statements if s.selector is not None}
    named = [term for term in find_terms(template, text) if term.item in slots]
    groups = [i for i in template.items() if isinstance(i, Group) and i.key in in_rows]
    for group in groups:
        terms = find_details(template, group, text)
        said = {name for s in answer.statements if s.slot == group.key for name, _ in s.pairs}
        used = [*named, *(term for term in terms if term.item in said)]
        for term in terms:
            if not any(t.start < term.end and term.start < t.end for t in used):
                yield f"{term.label} not used: {text[term.start : term.end]}."
