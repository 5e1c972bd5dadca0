"""What follows from what is said: written so that it agrees, as "5 x 4 x 4 cm, volume 42 mL"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from llm.derive import derived_values, holds
from llm.expressions import evaluate, names_in
from llm.paths import split_path
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


def computed_members(
    template: ReportTemplate, group: Group, pairs: Mapping[str, str | Mark]
) -> dict[str, object]:
    """What the template derives from the members of a row, by the key of the member."""
    prefix = f"{group.key}[{_some_row(group)}]."
    derived = derived_values(template, _row_values(group, pairs))
    return {p.removeprefix(prefix): v for p, v in derived.items() if p.startswith(prefix)}


def have_a_place(group: Group, pairs: Mapping[str, str | Mark]) -> bool:
    """False where the form hides a member beside the others: a sector of a zone without sectors."""
    values = _row_values(group, pairs)
    conditions = [group.member(name).visible_if for name in pairs]
    return all(
        holds(condition, values.get(f"{group.key}[{_some_row(group)}].{condition.field}"))
        for condition in conditions
        if condition is not None and condition.field in pairs
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


def _some_row(group: Group) -> str:
    return group.row_keys[0] if group.rows else "1"


def _row_values(group: Group, pairs: Mapping[str, str | Mark]) -> dict[str, object]:
    return {
        f"{group.key}[{_some_row(group)}].{name}": _choice(value)
        for name, value in pairs.items()
        if isinstance(value, str)
    }


def _choice(value: str) -> str | list[str]:
    return value.split("+") if "+" in value else value
