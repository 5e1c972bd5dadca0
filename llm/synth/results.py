"""What follows from what is said: written so that it agrees, as "5 x 4 x 4 cm, volume 42 mL"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from llm.derive import derived_values, holds
from llm.expressions import evaluate, names_in
from llm.quantities import convert, find_quantities
from llm.schema import Field, Group, ReportTemplate
from llm.synth import numbers
from llm.synth.drafts import Draft, Mark, Say, Word
from llm.synth.splits import draw

if TYPE_CHECKING:
    from llm.synth.sampler import Sampler

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
    for item in sampler.template.items():
        if not isinstance(item, Field) or item.derived is None or not item.phrases:
            continue
        expression = item.derived.expression
        inputs = names_in(expression) if expression else frozenset()
        free = item.derived.stated and (item.key, "") not in sampler.used
        if not free or inputs != {field.key for field in measured} or sampler.rng.random() < 0.5:
            continue
        result = round(evaluate(expression, _sizes(measured, number)))
        if not (item.minimum or 0) <= result <= (item.maximum or result):
            continue
        sampler.used.add((item.key, ""))
        word = numbers.written(item, Decimal(result), sampler.rng)
        expansion = draw(item.key, item.phrases, sampler.part, sampler.rng)
        before, after = sampler.rng.choice(_JOINTS)
        words = (Word(before), *sampler.filled(expansion, {"n": (word,)}), Word(after))
        said = Say(item.key, None, (("", word.mark or ""),))
        return replace(draft, words=(*draft.words, *words), says=(*draft.says, said))
    return draft


def _sizes(measured: Sequence[Field], number: Word) -> dict[str, Decimal]:
    quantity = find_quantities(number.text)[0]
    return {
        field.key: convert(dimension, quantity.unit or "", field.unit or "")
        for field, dimension in zip(measured, quantity.dims, strict=True)
    }


def changes_as_said(words: Sequence[Word], pairs: Mapping[str, str | Mark]) -> bool:
    """False where a size is said to have grown and is not larger than before, and the like."""
    marks = [pairs.get("prior_size"), pairs.get("size")]
    sizes = [
        _largest(word.text) for mark in marks for word in words if word.mark and word.mark is mark
    ]
    change = pairs.get("change")
    if len(sizes) < 2 or not isinstance(change, str):
        return True
    before, now = sizes
    if before is None or now is None:
        return False
    if change == "unchanged":
        return abs(now - before) <= before / 5
    return {"increased": now > before, "decreased": now < before}.get(change, False)


def _largest(text: str) -> Decimal | None:
    """The largest dimension of a written length in mm; None for a range."""
    quantity = find_quantities(text)[0]
    sizes = [convert(dimension, quantity.unit or "mm", "mm") for dimension in quantity.dims]
    return max(sizes, default=None)


def agrees(template: ReportTemplate, group: Group, pairs: Mapping[str, str | Mark]) -> bool:
    """False where a member contradicts what follows from the others or has no place beside them."""
    row = group.row_keys[0] if group.rows else "1"
    values = {
        f"{group.key}[{row}].{name}": value.split("+") if "+" in value else value
        for name, value in pairs.items()
        if isinstance(value, str)
    }
    computed = derived_values(template, values)
    if any(values.get(path, value) != value for path, value in computed.items()):
        return False
    hidden = (group.member(name).visible_if for name in pairs)
    return all(
        condition is None or holds(condition, values.get(f"{group.key}[{row}].{condition.field}"))
        for condition in hidden
        if condition is None or condition.field in pairs
    )
