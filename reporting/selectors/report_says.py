"""What a report says, gathered for the checks before signing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from reporting.report_checks.says import (
    CONCLUSION,
    FINDINGS_TEXT,
    Limits,
    Measured,
    ReportSays,
    Text,
    Value,
    Words,
)
from reporting.selectors.reports import value_text
from reporting.services.fills import (
    Field,
    Group,
    Reading,
    ReportTemplate,
    is_normal,
    measure_of,
    read_text,
    sides_named,
)
from reporting.services.paths import path_parse

_COMPANIONS = ("certainty", "change")


@dataclass(frozen=True, slots=True)
class Written:
    """What somebody wrote: the conclusion, and the findings as text or (None) in the form."""

    conclusion: str
    findings_text: str | None = None


def says_of(
    template: ReportTemplate,
    written: Written,
    values: Mapping[str, object],
    *,
    sex: str | None = None,
    exam_side: str | None = None,
) -> ReportSays:
    """What conclusion and findings say, without the state of the report around them.

    In a free-text report the findings are what is read from their text; `values` are ignored.
    """
    reading = read_text(template, written.conclusion, exam_side=exam_side, sex=sex)
    body = Reading()
    if written.findings_text is not None:
        body = read_text(template, written.findings_text, exam_side=exam_side, sex=sex)
    return ReportSays(
        conclusion=written.conclusion,
        texts=tuple(_texts(template, written, values)),
        findings=tuple(_findings(template, written, values, body)),
        stated=tuple(_read_values(template, reading)),
        measured=tuple(_measured(reading)),
        named=tuple(Words(i.start, i.end, frozenset(i.sides), i.item) for i in reading.items),
        sides=tuple(Words(s.start, s.end, frozenset(s.sides)) for s in reading.sides),
        far_levels=tuple(Words(one.start, one.end) for one in reading.far_levels),
        limits=limits_of(template),
        refused=(
            *_refused(CONCLUSION, "Conclusion", reading),
            *_refused(FINDINGS_TEXT, "Findings", body),
        ),
        sex=sex,
        exam_side=exam_side,
    )


def _findings(
    template: ReportTemplate, written: Written, values: Mapping[str, object], body: Reading
) -> Iterator[Value]:
    """The findings of the form, or those that a text plainly states."""
    if written.findings_text is None:
        yield from _form_values(template, values)
        return
    for value in _read_values(template, body):
        if value.plain and value.named:
            yield value


def _refused(place: str, label: str, reading: Reading) -> tuple[Text, ...]:
    return (Text(place, label, reading.refused),) if reading.refused else ()


def _measured(reading: Reading) -> Iterator[Measured]:
    for one in reading.quantities:
        measure, sides = one.measure, frozenset(one.sides)
        yield Measured(measure.dimension, measure.numbers, one.items, sides, one.start, one.end)


def _form_values(template: ReportTemplate, values: Mapping[str, object]) -> Iterator[Value]:
    rows: dict[str, dict[str, int]] = {}
    for path, value in values.items():
        parts = path_parse(path)
        known = rows.setdefault(parts.group, {})
        number = known.setdefault(parts.row_key, len(known) + 1) if parts.row_key else 0
        if parts.member not in _COMPANIONS and template.field_at(path).kind != "text":
            yield value_at(template, path, value, number=number)


def _read_values(template: ReportTemplate, reading: Reading) -> Iterator[Value]:
    for read in reading.values:
        if template.field_at(read.path).kind != "text":
            value = value_at(template, read.path, read.value)
            yield replace(value, named=read.named, plain=read.plain, start=read.start, end=read.end)


def value_at(template: ReportTemplate, path: str, value: object, *, number: int = 0) -> Value:
    """A value of the form as the checks see it; `number` counts the rows of an open group."""
    parts, field = path_parse(path), template.field_at(path)
    item = template.item(parts.group)
    is_open = isinstance(item, Group) and item.row_kind == "open"
    measure = measure_of(value if field.kind == "number" else None, field.unit)
    # A lesion may be named otherwise than before; its place stays.
    places = set(item.identity) - {"kind"} if isinstance(item, Group) else set()
    return Value(
        path=path,
        item=parts.group,
        row=parts.row_key,
        member=parts.member,
        label=place_label(template, path, number=number),
        text=value_text(field, value),
        raw=frozenset(map(str, value if isinstance(value, list) else [value])),
        is_normal=is_normal(template, path, value) and not (is_open and parts.row_key),
        is_choice=field.kind != "number",
        in_open_group=is_open,
        sides=frozenset(sides_named(template, path, value)),
        dimension=measure.dimension,
        numbers=measure.numbers,
        identifies=is_open and parts.member in places,
        of_before=field.time == "prior",
    )


def changes_said(template: ReportTemplate, values: Mapping[str, object]) -> Iterator[Value]:
    """What the form says of the change of its findings: "new", "unchanged" and so on."""
    for path, value in values.items():
        if path_parse(path).member == "change":
            yield value_at(template, path, value)


def place_label(template: ReportTemplate, path: str, *, number: int = 0) -> str:
    """ "Nodule 2, size", "Disc L4/5, contour", "Emphysema": a place in words."""
    parts, field = path_parse(path), template.field_at(path)
    item = template.item(parts.group)
    if isinstance(item, Field) or not parts.row_key:
        return item.label if not parts.member else f"{item.label}, {field.label.lower()}"
    names = {row.key: row.label for row in item.rows}
    row = names.get(parts.row_key) or (str(number) if number else "")
    return f"{item.label} {row}".strip() + f", {field.label.lower()}"


def _texts(
    template: ReportTemplate, written: Written, values: Mapping[str, object]
) -> Iterator[Text]:
    yield Text(CONCLUSION, "Conclusion", written.conclusion)
    if written.findings_text is not None:
        yield Text(FINDINGS_TEXT, "Findings", written.findings_text)
        return
    for path, value in values.items():
        if template.field_at(path).kind == "text":
            yield Text(path, place_label(template, path), str(value))


def limits_of(template: ReportTemplate) -> dict[str, tuple[Limits, ...]]:
    """By item and dimension, the plausible ranges of its number fields."""
    found: dict[str, tuple[Limits, ...]] = {}
    for item in template.items():
        for field in item.fields if isinstance(item, Group) else (item,):
            low, high = (measure_of(_number(n), field.unit) for n in (field.minimum, field.maximum))
            name = f"{item.key} {low.dimension or high.dimension}"
            if field.kind == "number" and (low.numbers or high.numbers):
                limits = Limits(
                    low.numbers[0] if low.numbers else None,
                    high.numbers[0] if high.numbers else None,
                    f"{item.label} takes {field.minimum} to {field.maximum} {field.unit}",
                )
                found[name] = (*found.get(name, ()), limits)
    return found


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))
