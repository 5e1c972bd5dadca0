"""What a template offers to the model: fields, their options and the rows of groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from llm.mentions import find_sides, sides_of
from llm.phrases import all_expansions
from llm.schema import Field, Group, Item, Option, ReportTemplate
from llm.types import LevelMention, Side


@dataclass(frozen=True, slots=True)
class Slots:
    """The slots of one template for a patient of one sex, in template order."""

    fields: dict[str, Field]
    groups: dict[str, Group]
    members: dict[str, dict[str, Field]]
    companions: dict[str, dict[str, Field]]
    sections: tuple[str, ...]
    normal_sections: tuple[str, ...]
    sided: dict[tuple[str, str, str], frozenset[Side]]


def is_offered(field: Field, sex: str | None) -> bool:
    """True for fields the model may fill: no free text, nothing computed, not of the other sex."""
    computed = field.derived is not None and not field.derived.stated
    return field.kind != "text" and not field.role and not computed and fits_sex(field.sex, sex)


def fits_sex(wanted: str | None, sex: str | None) -> bool:
    """True unless the slot is for the other sex; an unknown sex fits everything."""
    return wanted is None or sex is None or wanted == sex


def values_of(field: Field) -> tuple[str, ...]:
    """The values of a choice, multi_choice or bool field."""
    if field.kind == "bool":
        return ("yes", "no")
    return tuple(option.value for option in field.options)


def has_normal(item: Field | Group) -> bool:
    """True where "normal" has a meaning for the field or for some member of the group."""
    if isinstance(item, Group):
        return item.normal is not None or any(member.normal is not None for member in item.fields)
    return item.normal is not None


def answer_order(item: Item) -> list[str]:
    """What an answer may say of a finding, in its order: "" (its own value), then its members."""
    members = item.fields if isinstance(item, Group) else item.companions
    return ["", *(member.key for member in members)]


def rows_for(mention: LevelMention, group: Group) -> tuple[str, ...]:
    """The rows that a level mention names in this group; empty if it names any other row."""
    rows = {row.key for row in group.rows}
    for reading in (mention.discs, mention.bodies):
        if reading and rows.issuperset(reading):
            return reading
    return ()


def slots_of(template: ReportTemplate, sex: str | None) -> Slots:
    """The slots of a template; computed once per template content and sex."""
    return _slots(TemplateKey(template), sex)


class TemplateKey:
    """A template as a key of a cache: two templates of one content are the same."""

    def __init__(self, template: ReportTemplate) -> None:
        self.template = template

    def __hash__(self) -> int:
        return hash(self.template.content_hash)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, TemplateKey)
            and other.template.content_hash == self.template.content_hash
        )


@lru_cache(maxsize=64)
def _slots(key: TemplateKey, sex: str | None) -> Slots:
    items = [
        (section.key, item)
        for section in key.template.sections
        if fits_sex(section.sex, sex)
        for item in section.fields
        if fits_sex(item.sex, sex)
    ]
    fields = {i.key: i for _, i in items if isinstance(i, Field) and is_offered(i, sex)}
    groups = {i.key: i for _, i in items if isinstance(i, Group)}
    with_normal = {section for section, item in items if has_normal(item)}
    sections = tuple(s.key for s in key.template.sections if fits_sex(s.sex, sex))
    return Slots(
        fields=fields,
        groups=groups,
        members={name: dict(_members(group, sex)) for name, group in groups.items()},
        companions={name: {c.key: c for c in field.companions} for name, field in fields.items()},
        sections=sections,
        normal_sections=tuple(name for name in sections if name in with_normal),
        sided=dict(_sided(items)),
    )


def _sided(
    items: Iterable[tuple[str, Field | Group]],
) -> Iterator[tuple[tuple[str, str, str], frozenset[Side]]]:
    """By slot, member and value: the sides an option may not be said without."""
    for _, item in items:
        for field in item.fields if isinstance(item, Group) else (item,):
            member = field.key if isinstance(item, Group) else ""
            for option in field.options:
                if sides := sides_needed(option):
                    yield (item.key, member, option.value), sides


@lru_cache(maxsize=1 << 14)
def sides_needed(option: Option) -> frozenset[Side]:
    """The sides that every wording of an option names."""
    named = [
        sides_of(find_sides("".join(piece for piece in wording if isinstance(piece, str))))
        for phrase in option.phrases
        for wording in all_expansions(phrase)
    ]
    return frozenset.intersection(*named) if named else frozenset()


def _members(group: Group, sex: str | None) -> Iterator[tuple[str, Field]]:
    for field in group.fields:
        if is_offered(field, sex):
            yield field.key, field
