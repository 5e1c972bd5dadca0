"""What follows from what is said: written so that it agrees, as "5 x 4 x 4 cm, volume 42 mL"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from llm.derive import derived_values, holds
from llm.disagreements import disagreements
from llm.expressions import evaluate, names_in
from llm.paths import split_path
from llm.quantities import convert, find_quantities
from llm.schema import Field, Group, ReportTemplate
from llm.synth import numbers
from llm.synth.catalog import Catalog
from llm.synth.drafts import Draft, Mark, Say, Word, marked
from llm.synth.sampler import Pairs, Sampler

_JOINTS = ((", ", ""), (", ", ""), (" with ", ""), (" (", ")"))


def dimensions_of(template: ReportTemplate, item: Field) -> list[Field]:
    """A plain number with the fields of its further dimensions."""
    chain = [item]
    while chain[-1].next_dimension:
        following = template.item(chain[-1].next_dimension)
        if not isinstance(following, Field):
            break
        chain.append(following)
    return chain


def with_result(sampler: Sampler, measured: Sequence[Field], number: Word, draft: Draft) -> Draft:
    """The draft, now and then with the number that the template computes from its dimensions."""
    for item in sampler.catalog.slots.fields.values():
        if item.derived is None or not item.phrases or not item.derived.expression:
            continue
        free = item.derived.stated and (item.key, "") not in sampler.used
        inputs = names_in(item.derived.expression)
        if not free or inputs != {field.key for field in measured} or sampler.happens(0.5):
            continue
        result = round(evaluate(item.derived.expression, _sizes(measured, number)))
        if not (item.minimum or 0) <= result <= (item.maximum or result):
            continue
        sampler.used.add((item.key, ""))
        word = numbers.written(item, Decimal(result), sampler.rng)
        expansion = sampler.expansion(item.key, item.phrases)
        before, after = sampler.choice(_JOINTS)
        words = (Word(before), *sampler.filled(expansion, {"n": (word,)}), Word(after))
        said = Say(item.key, None, (("", marked(word)),))
        return draft.worded((*draft.words, *words)).saying(*draft.says, said)
    return draft


def _sizes(measured: Sequence[Field], number: Word) -> dict[str, Decimal]:
    quantity = find_quantities(number.text)[0]
    return {
        field.key: convert(dimension, quantity.unit or "", field.unit or "")
        for field, dimension in zip(measured, quantity.dims, strict=True)
    }


def computed_member(
    template: ReportTemplate, group: Group, member: Field, pairs: Pairs
) -> object | None:
    """What the template derives for a member from the others of its row; None where it cannot."""
    derived = derived_values(template, _row_values(group, pairs))
    return derived.get(f"{group.key}[{_some_row(group)}].{member.key}")


def have_a_place(group: Group, pairs: Pairs) -> bool:
    """False where the form hides a member beside the others: a sector of a zone without sectors."""
    said = {name for name, _ in pairs}
    conditions = [c for name in said if (c := group.member(name).visible_if) and c.field in said]
    values = _row_values(group, pairs) if conditions else {}
    return all(
        holds(condition, values.get(f"{group.key}[{_some_row(group)}].{condition.field}"))
        for condition in conditions
    )


def stated_with(stated: Mapping[str, object], draft: Draft) -> dict[str, object]:
    """The choices stated so far, by path, and those of the draft; numbers are left out."""
    values = dict(stated)
    for say in draft.says:
        prefix = say.slot
        if say.selector in ("+", "^"):
            rows = {split_path(path).row for path in values if split_path(path).key == say.slot}
            prefix = f"{say.slot}[{len(rows) + (say.selector == '+')}]"
        elif say.selector is not None:
            continue
        for name, value in say.pairs:
            if isinstance(value, str):
                values[f"{prefix}.{name}" if name else prefix] = _choice(value)
    return values


def accepts(sampler: Sampler, draft: Draft) -> bool:
    """True where a draft agrees with all that was said before; it then counts as said."""
    if not sampler.catalog.derived:
        return True
    stated = stated_with(sampler.stated, draft)
    if not agree(sampler.catalog, stated):
        return False
    sampler.stated = stated
    return True


def agree(catalog: Catalog, values: Mapping[str, object]) -> bool:
    """True where no stated value is another one than what follows from the others."""
    names = {f"{path.key}.{path.member}".rstrip(".") for path in map(split_path, values)}
    return catalog.derived.isdisjoint(names) or not disagreements(catalog.template, values)


def _some_row(group: Group) -> str:
    return group.row_keys[0] if group.rows else "1"


def _row_values(group: Group, pairs: Pairs) -> dict[str, object]:
    return {
        f"{group.key}[{_some_row(group)}].{name}": _choice(value)
        for name, value in pairs
        if not isinstance(value, Mark)
    }


def _choice(value: str) -> str | list[str]:
    return value.split("+") if "+" in value else value
