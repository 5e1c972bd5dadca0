"""Errors put into fills on purpose, in arms of a study that say so, to measure who catches them.

Which readings get one and what is altered follow from hashes of the study's seed and the reading's
case, arm and reader, so that it can be reproduced. It happens between the model's answer and the
form: the job keeps what the model said, a `PlantedError` row what was changed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from django.db import transaction

from reporting.models import FillJob, PlantedError, Reading
from reporting.services.fill_writes import Suggestion
from reporting.services.paths import Path, path_parse
from reporting.study_designs.order import share_of, shuffled

if TYPE_CHECKING:
    from reporting.services.fills import ReportTemplate

Kind = PlantedError.Kind
SIDES = {"left": "right", "right": "left"}


@dataclass(frozen=True, slots=True)
class PlantedField:
    """What must be known of a field of the form to plant an error in it.

    `abnormal` are the values that are findings, in the order of the template: of one field they
    are grades. Only choices are altered.
    """

    path: str
    abnormal: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Planted:
    """An answer with one error: what the form gets, and what was changed where."""

    suggestions: tuple[Suggestion, ...]
    kind: PlantedError.Kind
    path: str
    before: object
    after: object


def reading_to_alter(job: FillJob) -> Reading | None:
    """Return the reading whose fill gets an error; None for patients and for all other fills."""
    if job.report.reader_study_id is None:
        return None
    reading = (
        Reading.objects.select_related("arm", "study", "case", "reader__user")
        .filter(report=job.report_id)
        .first()
    )
    if reading is None or reading.is_practice:
        return None
    chance = share_of(reading.study.seed, "planted", *_labels(reading))
    return reading if chance < reading.arm.planted_error_share else None


def _labels(reading: Reading) -> tuple[object, ...]:
    return reading.reader.user.pseudonym, reading.case.number, reading.arm.name


def plant(
    reading: Reading, suggestions: Sequence[Suggestion], fields: Sequence[PlantedField]
) -> Planted | None:
    """Alter one answer; None where the answer leaves nothing that could be altered."""
    seed, labels = reading.study.seed, _labels(reading)
    by_path = {field.path: field for field in fields}
    ways: dict[Kind, Callable[[], list[Planted]]] = {
        Kind.WRONG_SIDE: lambda: _sides(suggestions, by_path),
        Kind.SEVERITY: lambda: _severities(suggestions, by_path),
        Kind.DROPPED: lambda: _dropped(suggestions, by_path),
        Kind.ADDED: lambda: _added(suggestions, fields),
    }
    found = chain.from_iterable(ways[kind]() for kind in shuffled(ways, seed, "kind", *labels))
    first = next(found, None)
    if first is None:
        return None
    choices = {f"{one.path}|{one.after}": one for one in ways[first.kind]()}
    return choices[shuffled(choices, seed, "which", *labels)[0]]


def planted_fields(template: "ReportTemplate") -> list[PlantedField]:
    """Return the choices of a form into which an error can be planted: those always visible,
    with a normal value, of the form itself and of the rows that a group always has."""
    # Only fills.py may know `llm`, and it knows this module.
    from reporting.services.fills import Field

    found: list[tuple[str, Field]] = []
    for section in template.sections:
        for item in section.fields:
            if isinstance(item, Field):
                found.append((item.key, item))
            elif item.row_kind != "open":
                found += [
                    (str(Path(item.key, row.key, member.key)), member)
                    for row in item.rows
                    for member in item.fields
                ]
    return [
        PlantedField(path, tuple(o.value for o in field.options if o.value != field.normal))
        for path, field in found
        if field.kind == "choice" and field.normal and not field.visible_if
    ]


def _findings(
    suggestions: Sequence[Suggestion], fields: dict[str, PlantedField]
) -> list[tuple[Suggestion, PlantedField]]:
    return [
        (one, fields[one.path])
        for one in suggestions
        if one.path in fields and one.value in fields[one.path].abnormal
    ]


def _sides(suggestions: Sequence[Suggestion], fields: dict[str, PlantedField]) -> list[Planted]:
    """The whole row of one side moves to the other, where nothing is said of that one."""
    paths = {one.path: path_parse(one.path) for one in suggestions}
    rows = {(path.group, path.row_key) for path in paths.values()}
    found = []
    for one, _ in _findings(suggestions, fields):
        path = paths[one.path]
        other = SIDES.get(path.row_key or "")
        if other is None or (path.group, other) in rows:
            continue
        row = (path.group, path.row_key)
        moved = tuple(
            replace(s, path=str(Path(path.group, other, paths[s.path].member)))
            if (paths[s.path].group, paths[s.path].row_key) == row
            else s
            for s in suggestions
        )
        found.append(Planted(moved, Kind.WRONG_SIDE, one.path, path.row_key, other))
    return found


def _severities(
    suggestions: Sequence[Suggestion], fields: dict[str, PlantedField]
) -> list[Planted]:
    return [
        Planted(
            tuple(replace(s, value=other) if s is one else s for s in suggestions),
            Kind.SEVERITY,
            one.path,
            one.value,
            other,
        )
        for one, field in _findings(suggestions, fields)
        for other in field.abnormal
        if other != one.value
    ]


def _dropped(suggestions: Sequence[Suggestion], fields: dict[str, PlantedField]) -> list[Planted]:
    return [
        Planted(
            tuple(s for s in suggestions if s is not one), Kind.DROPPED, one.path, one.value, None
        )
        for one, _ in _findings(suggestions, fields)
    ]


def _added(suggestions: Sequence[Suggestion], fields: Sequence[PlantedField]) -> list[Planted]:
    said = {one.path for one in suggestions}
    return [
        Planted(
            (
                *suggestions,
                # With the words of another answer as evidence, as an error of the model has.
                replace(suggestions[0], path=field.path, value=value, source_text="", rule=""),
            ),
            Kind.ADDED,
            field.path,
            None,
            value,
        )
        for field in fields
        if said and field.path not in said
        for value in field.abnormal
    ]


@transaction.atomic
def finish_altered(
    job: FillJob,
    reading: Reading,
    template: "ReportTemplate",
    finish: Callable[[Sequence[Suggestion]], None],
    suggestions: Sequence[Suggestion],
) -> None:
    """Finish a fill with an error in it, and put on record what it is."""
    planted = plant(reading, suggestions, planted_fields(template))
    finish(planted.suggestions if planted else suggestions)
    if planted is not None:
        PlantedError.objects.create(
            reading=reading,
            fill_job=job,
            kind=planted.kind,
            path=planted.path,
            before=planted.before,
            after=planted.after,
        )
