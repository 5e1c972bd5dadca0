"""Checks of a whole template: names, references, ranges, phrasings, derivations."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from llm.answers import RESERVED
from llm.attested import COMPANIONS
from llm.derive import inputs_of
from llm.expressions import ExpressionError, names_in
from llm.phrases import PhraseError, slots
from llm.schema import (
    Condition,
    Fault,
    Field,
    Group,
    Item,
    ReportTemplate,
    Section,
    TemplateError,
    load_template,
)
from llm.units import UNITS

_KEY = re.compile(r"[a-z][a-z0-9_]*")
_SYSTEMS = {"RADLEX", "SCT", "LOINC", "RADELEMENT", "DCM"}
_RESERVED = RESERVED | COMPANIONS
# Members that name a place are worded in fewer ways, a side or a count in very few.
_PLACES = {"location", "level", "station", "zone", "approach", "tip", "sinus", "bursa"}
_FEW_WORDS = {"side", "count", "direction", "meniscus"}
_VALUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_/.-]*")
_FRAGMENT_SLOT = re.compile(r"\{([a-z][a-z0-9_]*)(?:\|[^{}]*)?\}")

Found = Iterator[tuple[str, str]]


def check_template(template: ReportTemplate, *, file: str) -> list[Fault]:
    """Every fault of a template whose form is right."""
    found = [
        *_check_head(template),
        *_check_names(template),
        *_check_rules(template),
        *_check_together(template),
        *_check_derivation_order(template),
    ]
    for section in template.sections:
        found += _check_section(template, section)
        for item in section.fields:
            found += _check_item(template, item)
    return [Fault(file, where or "template", message) for where, message in found]


def _check_head(template: ReportTemplate) -> Found:
    for name in ("key", "name", "modality", "prompt_name"):
        if not getattr(template, name):
            yield "template", f"{name} is empty"
    if not template.sections:
        yield "template", "there are no sections"
    keys = {section.key for section in template.sections}
    for key, phrases in template.other_phrases.items():
        if key not in keys:
            yield "other_phrases", f"there is no section {key!r}"
        yield from _phrase_faults("other_phrases", phrases, allowed=set())
    yield from _phrase_faults("not_used_phrases", template.not_used_phrases, allowed=set())
    yield from _code_faults("template", template.codes)


def _check_names(template: ReportTemplate) -> Found:
    keys = [s.key for s in template.sections] + [item.key for item in template.items()]
    for key, count in Counter(keys).items():
        if count > 1:
            yield key, f"the key {key!r} is used {count} times; sections and fields share one space"
        if not _KEY.fullmatch(key) or key in _RESERVED:
            yield key, f"{key!r} is no key: use a-z, 0-9 and _, and none of {sorted(_RESERVED)}"
    shortcuts = Counter(section.shortcut for section in template.sections)
    for shortcut, count in shortcuts.items():
        if count > 1 or len(shortcut) != 1:
            yield "template", f"the shortcut {shortcut!r} must be one letter, used once"


def _check_section(template: ReportTemplate, section: Section) -> Found:
    if not section.normal:
        yield section.key, "the normal sentence is empty"
    others = [item.key for item in section.fields if getattr(item, "role", "") == "other"]
    if len(others) != 1 or not section.fields or section.fields[-1].key != others[0]:
        yield section.key, "exactly one field with role other is needed, as the last one"
    elif others[0] != f"{section.key}_other":
        yield section.key, f"its other findings must be called {section.key}_other"
    yield from _code_faults(section.key, section.codes)


def _check_item(template: ReportTemplate, item: Item) -> Found:
    yield from _code_faults(item.key, item.codes)
    yield from _condition_faults(template, item.key, item.visible_if, group=None)
    if isinstance(item, Field):
        yield from _check_field(template, item, where=item.key, group=None)
        return
    yield from _check_group(item)
    for member in item.fields:
        where = f"{item.key}.{member.key}"
        yield from _check_field(template, member, where=where, group=item)
        yield from _condition_faults(template, where, member.visible_if, group=item)


def _row_word(group: Group) -> set[str]:
    return set() if group.row_kind == "open" else {group.row_kind}


def _check_group(group: Group) -> Found:
    members = [member.key for member in group.fields]
    for key, count in Counter(members).items():
        if count > 1 or not _KEY.fullmatch(key):
            yield group.key, f"the member key {key!r} is used twice or is no key"
    if not group.fields:
        yield group.key, "a group needs members"
    yield from _check_rows(group)
    yield from _check_wording(group, set(members))
    for key in group.identity:
        if key not in members:
            yield group.key, f"identity: no member {key!r}"
    named = ((f, name) for f in group.text for name in _FRAGMENT_SLOT.findall(f))
    for fragment, name in named:
        if name not in members:
            yield group.key, f"text: {fragment!r} names no member"


def _check_wording(group: Group, members: set[str]) -> Found:
    row_word = _row_word(group)
    yield from _phrase_faults(group.key, group.absent_phrases, allowed=row_word)
    yield from _phrase_faults(group.key, group.patterns, allowed=row_word | members)
    yield from _phrase_faults(group.key, group.follow_ups, allowed=members)
    if group.follow_ups and group.row_kind != "open":
        yield group.key, "follow_ups are for open groups"


def _check_rows(group: Group) -> Found:
    is_open = group.row_kind == "open"
    if is_open == bool(group.rows):
        yield group.key, "rows are for side and level groups, which need them"
    if group.row_kind == "side" and set(group.row_keys) != {"left", "right"}:
        yield group.key, "the rows of a side group are left and right"
    if is_open and not 1 <= group.max_rows <= 50:
        yield group.key, "max must be from 1 to 50"
    if group.normal not in (None, "none") or (group.normal and not is_open):
        yield group.key, 'only an open group has a normal, and that is "none"'
    if group.normal and not (group.normal_text and group.absent_phrases):
        yield group.key, "normal needs normal_text and absent_phrases"
    if is_open != bool(group.text):
        yield group.key, "text fragments are for open groups, which need them"


def _check_field(
    template: ReportTemplate, field: Field, *, where: str, group: Group | None
) -> Found:
    if field.kind in {"choice", "multi_choice", "bool"}:
        yield from _check_options(field, where, group)
    elif field.options:
        yield where, f"a field of kind {field.kind} has no options"
    if field.kind == "number":
        yield from _check_number(template, field, where, group)
    if field.normal is not None and field.normal not in {o.value for o in field.options}:
        yield where, f"normal {field.normal!r} is none of its options"
    plain_choice = field.kind in {"choice", "bool"} and group is None
    if plain_choice and field.normal is None and field.derived is None:
        yield where, "a plain choice needs a normal"
    if field.role == "other" and (field.kind != "text" or group is not None):
        yield where, "role other is for a text field of a section"
    if group is not None and (field.certainty or field.change):
        yield where, "certainty and change stand on the group, not on its members"
    yield from _phrase_faults(where, field.phrases, allowed={"n", "side", "level"})
    yield from _code_faults(where, field.codes)
    yield from _derived_faults(template, field, where, group)


def _check_options(field: Field, where: str, group: Group | None) -> Found:
    values = Counter(option.value for option in field.options)
    if not values:
        yield where, f"a field of kind {field.kind} needs options"
    row_word = _row_word(group) if group else set()
    for option in field.options:
        if values[option.value] > 1:
            yield where, f"the value {option.value!r} is used twice"
        if not _VALUE.fullmatch(option.value):
            yield where, f"the value {option.value!r} may have letters, digits and _ / . - only"
        if not option.label:
            yield where, f"the option {option.value!r} has no label"
        if not option.text:
            yield where, f"the option {option.value!r} has no text"
        if not option.phrases and field.key not in COMPANIONS:
            yield where, f"the option {option.value!r} has no phrases"
        yield from _phrase_faults(where, option.phrases, allowed=row_word)
        yield from _code_faults(where, option.codes)


def _check_number(template: ReportTemplate, field: Field, where: str, group: Group | None) -> Found:
    if field.unit is not None and field.unit not in UNITS:
        yield where, f"unknown unit {field.unit!r}; known are {', '.join(sorted(UNITS))}"
    if field.minimum is None or field.maximum is None:
        yield where, "a number needs a plausible range, min and max"
    elif field.minimum >= field.maximum:
        yield where, f"min {field.minimum} is not below max {field.maximum}"
    if field.next_dimension is None:
        return
    siblings = group.fields if group else tuple(template.items())
    later = siblings[siblings.index(field) + 1 :]
    following = next((f for f in later if f.key == field.next_dimension), None)
    fits = isinstance(following, Field) and following.kind == "number"
    if not fits or getattr(following, "unit", None) != field.unit:
        yield where, f"next_dimension {field.next_dimension!r} is no later number of this unit"


def _condition_faults(
    template: ReportTemplate, where: str, condition: Condition | None, *, group: Group | None
) -> Found:
    if condition is None:
        return
    target = _target(template, condition.field, group)
    if target is None:
        yield where, f"the condition names no field {condition.field!r}"
        return
    values = {option.value for option in target.options}
    if isinstance(target, Field) and target.options:
        for value in condition.values:
            if value not in values:
                yield where, f"the condition names no value {value!r} of {condition.field}"
    if not condition.values:
        yield where, "the condition names no values"


def _target(template: ReportTemplate, key: str, group: Group | None) -> Field | None:
    """The field a condition or rule names: a sibling, a plain field, or `group.member`."""
    if group is not None:
        for member in group.fields:
            if member.key == key:
                return member
    name, _, member_key = key.partition(".")
    try:
        item = template.item(name)
        if isinstance(item, Group):
            return item.member(member_key)
        return item if not member_key else None
    except KeyError:
        return None


def _check_rules(template: ReportTemplate) -> Found:
    for rule in template.rules:
        yield from _condition_faults(template, "rules", rule.condition, group=None)
        target = _target(template, rule.field, None)
        if target is None:
            yield "rules", f"the rule implies no field {rule.field!r}"
        elif rule.value not in {option.value for option in target.options}:
            yield "rules", f"the rule implies no value {rule.value!r} of {rule.field}"
        groups = [key.partition(".")[0] for key in (rule.condition.field, rule.field) if "." in key]
        if rule.same_row and (len(groups) != 2 or groups[0] != groups[1]):
            yield "rules", "row same is for two members of one group"
        if not rule.why:
            yield "rules", f"the rule on {rule.field} does not say why"


def _check_together(template: ReportTemplate) -> Found:
    for together in template.together:
        yield from _condition_faults(template, "together", together.condition, group=None)
        often = Condition(together.field, together.values)
        yield from _condition_faults(template, "together", often, group=None)


def _derived_faults(
    template: ReportTemplate, field: Field, where: str, group: Group | None
) -> Found:
    if field.derived is None:
        return
    if bool(field.derived.expression) == bool(field.derived.lookup):
        yield where, "derived needs either expression or lookup"
    yield from _expression_faults(template, field.derived.expression, where, group)
    for case in field.derived.lookup:
        for condition in case.conditions:
            yield from _condition_faults(template, where, condition, group=group)
            if group is not None and "." in condition.field:
                yield where, f"derived: a row cannot look into the rows of {condition.field!r}"
        if case.value not in {option.value for option in field.options}:
            yield where, f"derived: {case.value!r} is none of its options"


def _expression_faults(
    template: ReportTemplate, expression: str, where: str, group: Group | None
) -> Found:
    try:
        names = names_in(expression) if expression else frozenset()
    except ExpressionError as error:
        yield where, f"derived: {error}"
        return
    for name in sorted(names):
        target = _target(template, name, group)
        if target is None or target.kind != "number":
            yield where, f"derived: {name!r} is no number field"


def _check_derivation_order(template: ReportTemplate) -> Found:
    """Values are computed once, in template order: one may need only those before it."""
    done: list[Field] = []
    for item in template.items():
        group = item if isinstance(item, Group) else None
        for field in item.fields if isinstance(item, Group) else (item,):
            for name in _inputs(field):
                target = _target(template, name, group)
                early = target is None or target.derived is None
                if not early and not any(target is before for before in done):
                    yield field.key, f"derived from {name!r}, which is itself derived further down"
            done.append(field)


def _inputs(field: Field) -> Iterable[str]:
    try:
        return inputs_of(field)
    except ExpressionError:
        # What is wrong with the expression is told of the field itself.
        return ()


def _phrase_faults(where: str, phrases: Iterable[str], *, allowed: set[str]) -> Found:
    for phrase in phrases:
        try:
            named = slots(phrase)
        except PhraseError as error:
            yield where, str(error)
            continue
        for name, _ in named:
            if name not in allowed:
                yield where, f"{phrase!r}: there is no slot {name!r} here"
        if not phrase.strip():
            yield where, "a phrase is empty"


def _code_faults(where: str, codes: Iterable[object]) -> Found:
    for code in codes:
        system = getattr(code, "system", "")
        if system not in _SYSTEMS:
            yield where, f"unknown code system {system!r}; known are {', '.join(sorted(_SYSTEMS))}"


def report_on_files(paths: list[Path]) -> int:
    """Prints the faults, or the size, of each file; 1 if any has faults."""
    status = 0
    for path in paths:
        try:
            template = load_template(path)
        except TemplateError as error:
            sys.stdout.write(f"{error}\n")
            status = 1
        else:
            sys.stdout.write(f"{path.name}: ok, {_size(template)}\n")
            for thin in _thin(template):
                sys.stdout.write(f"  {thin}\n")
    return status


def _fields(template: ReportTemplate) -> Iterator[tuple[str, Field]]:
    for item in template.items():
        if isinstance(item, Group):
            yield from ((f"{item.key}.{member.key}", member) for member in item.fields)
        else:
            yield item.key, item


def _size(template: ReportTemplate) -> str:
    options = [option for _, field in _fields(template) for option in field.options]
    phrases = sum(len(option.phrases) for option in options)
    fields = sum(1 for _ in _fields(template))
    return f"{fields} fields, {len(options)} options, {phrases} phrasings"


def _thin(template: ReportTemplate) -> Iterator[str]:
    """The abnormal values that too few phrasings would teach."""
    for where, field in _fields(template):
        is_place = "." in where and (field.kind == "multi_choice" or field.key in _PLACES)
        least = 1 if field.key in _FEW_WORDS else 5 if is_place else 8
        for option in field.options:
            exempt = option.value == field.normal or field.key in COMPANIONS
            if not exempt and len(option.phrases) < least:
                yield f"fewer than {least} phrasings: {where}={option.value}"
