"""Merges what the clauses of one conclusion state into one value per path.

Two clauses with different values for one path fill neither; both are shown. What is said of all
rows yields to what is said of one, where the clause says "other", "otherwise" or the like.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from llm.derive import is_shown
from llm.implied import implied_by_rules, implied_normals
from llm.paths import split_path
from llm.schema import Group, ReportTemplate
from llm.slots import TemplateKey
from llm.statements import ClauseReading, Said, SaidNormal
from llm.types import Clause, Conflict, FieldData, FilledValue, Span

_REST = re.compile(
    r"\b(?:others?|otherwise|elsewhere|remaining|remainder|additional(?:ly)?|further|rest|else)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Merged:
    """The values of a conclusion and its conflicts, in the order of the form."""

    values: tuple[FilledValue, ...]
    conflicts: tuple[Conflict, ...]


def merge(
    template: ReportTemplate,
    readings: Sequence[ClauseReading],
    *,
    sex: str | None = None,
    threshold: float,
) -> Merged:
    """One value per path, with conflicts; values below the threshold are marked."""
    values, conflicts = _stated(template, readings)
    blocked = {conflict.path for conflict in conflicts}
    values, clashes = _with_rules(template, values, blocked, sex)
    conflicts += clashes
    taken = {*values, *(conflict.path for conflict in conflicts)}
    taken |= {candidate.path for conflict in conflicts for candidate in conflict.candidates}
    normals = [normal for reading in readings for normal in reading.normals]
    for value in implied_normals(template, normals, taken, sex=sex):
        values[value.path] = value
    values = _without_hidden(template, values)
    for value in other_texts(template, readings):
        values[value.path] = value
    order = _order(TemplateKey(template))
    marked = [_marked(value, threshold) for value in values.values()]
    return Merged(
        values=tuple(sorted(marked, key=lambda value: order.key(value.path))),
        conflicts=tuple(sorted(conflicts, key=lambda conflict: order.key(conflict.path))),
    )


def _marked(value: FilledValue, threshold: float) -> FilledValue:
    low = value.confidence < threshold
    return value if value.low_confidence == low else replace(value, low_confidence=low)


def completed(
    template: ReportTemplate,
    stated: Mapping[str, FieldData],
    normal: Sequence[str] = (),
    *,
    sex: str | None = None,
) -> dict[str, FilledValue]:
    """What a fill makes of values that somebody else stated: with what follows from them.

    `normal` are keys of sections said to be normal, or "report". Raises KeyError for an unknown
    path or section. The values have no evidence.
    """
    values = {path: _given(template, path, value) for path, value in stated.items()}
    values, _ = _with_rules(template, values, set(), sex)
    nowhere = Clause(0, Span(0, 0), "")
    said = [
        SaidNormal(None if k == "report" else template.section(k).key, nowhere, 1.0) for k in normal
    ]
    for value in implied_normals(template, said, set(values), sex=sex):
        values[value.path] = value
    return _without_hidden(template, values)


def _given(template: ReportTemplate, path: str, value: FieldData) -> FilledValue:
    template.field_at(path)
    return FilledValue(path, value, "stated", None, 0, 1.0, low_confidence=False)


def filled(said: Said) -> FilledValue:
    """A stated value with its clause as evidence."""
    return FilledValue(
        path=said.path,
        value=said.value,
        support="stated",
        evidence=said.clause.evidence,
        clause_index=said.clause.index,
        confidence=said.confidence,
        low_confidence=False,
        source_text=said.source.text if said.source else None,
        source_unit=said.source.unit if said.source else None,
    )


def _stated(
    template: ReportTemplate, readings: Sequence[ClauseReading]
) -> tuple[dict[str, FilledValue], list[Conflict]]:
    by_path: dict[str, list[Said]] = {}
    for said in (said for reading in readings for said in reading.said):
        by_path.setdefault(said.path, []).append(said)
    conflicts = _absence_conflicts(template, by_path)
    values: dict[str, FilledValue] = {}
    for path, candidates in by_path.items():
        chosen = _agreed(candidates)
        if chosen is None:
            conflicts.append(Conflict(path, tuple(map(filled, candidates))))
        else:
            values[path] = chosen
    return _without_orphans(values, conflicts), conflicts


def _absence_conflicts(template: ReportTemplate, by_path: dict[str, list[Said]]) -> list[Conflict]:
    """ "No nodule" beside a nodule: yields if it says "other"; else neither is filled."""
    conflicts: list[Conflict] = []
    plain = [template.item(path) for path in by_path if "[" not in path and "." not in path]
    for item in plain:
        if not isinstance(item, Group):
            continue
        rows = [path for path in by_path if path.startswith(f"{item.key}[")]
        if not rows:
            continue
        absent = [said for said in by_path.pop(item.key) if not _is_rest(said.clause)]
        if absent:
            stated = [said for path in rows for said in by_path.pop(path)]
            conflicts.append(Conflict(item.key, tuple(map(filled, [*absent, *stated]))))
    return conflicts


def _agreed(candidates: Sequence[Said]) -> FilledValue | None:
    """The one value of a path, or None if its clauses disagree."""
    single = [said for said in candidates if not (said.of_all and _is_rest(said.clause))]
    candidates = single or candidates
    first = candidates[0]
    if all(said.value == first.value for said in candidates):
        best = max(candidates, key=lambda said: said.confidence)
        value = filled(first)
        return value if best is first else replace(value, confidence=best.confidence)
    if first.field.kind == "multi_choice":
        return _union(candidates)
    return None


def _union(candidates: Sequence[Said]) -> FilledValue | None:
    """Findings listed in several clauses add up, unless one of them says normal."""
    field = candidates[0].field
    parts: list[str] = []
    for said in candidates:
        if not isinstance(said.value, list) or field.normal in said.value:
            return None
        parts += said.value
    value: FieldData = [option.value for option in field.options if option.value in parts]
    more = dict.fromkeys(said.clause.evidence for said in candidates[1:])
    first = filled(candidates[0])
    sure = min(said.confidence for said in candidates)
    others = tuple(evidence for evidence in more if evidence != first.evidence)
    return replace(first, value=value, confidence=sure, more_evidence=others)


def _is_rest(clause: Clause) -> bool:
    return _REST.search(clause.text) is not None


def _without_orphans(
    values: dict[str, FilledValue], conflicts: Iterable[Conflict]
) -> dict[str, FilledValue]:
    """Drops "unchanged" or "probable" of a finding that is itself in conflict."""
    lost = {conflict.path for conflict in conflicts}
    return {
        path: value
        for path, value in values.items()
        if split_path(path).row or split_path(path).key not in lost
    }


def _without_hidden(
    template: ReportTemplate, values: dict[str, FilledValue]
) -> dict[str, FilledValue]:
    """Drops implied values that the form would not show; what was stated always shows."""
    plain = {path: value.value for path, value in values.items()}
    return {
        path: value
        for path, value in values.items()
        if value.support == "stated" or is_shown(template, path, plain)
    }


def _with_rules(
    template: ReportTemplate,
    stated: dict[str, FilledValue],
    blocked: set[str],
    sex: str | None,
) -> tuple[dict[str, FilledValue], list[Conflict]]:
    values = dict(stated)
    clashes: dict[str, Conflict] = {}
    while True:
        grown = False
        for path, candidates in implied_by_rules(template, values, sex=sex).items():
            if path in blocked or path in clashes:
                continue
            if any(candidate.value != candidates[0].value for candidate in candidates):
                clashes[path] = Conflict(path, tuple(candidates))
                continue
            values[path] = candidates[0]
            grown = True
        if not grown:
            return values, list(clashes.values())


def other_texts(template: ReportTemplate, readings: Sequence[ClauseReading]) -> list[FilledValue]:
    """The clauses that fit no field, verbatim, joined by newlines for each section."""
    by_section: dict[str, list[ClauseReading]] = {}
    for reading in readings:
        if reading.other_section is not None:
            by_section.setdefault(reading.other_section, []).append(reading)
    values = []
    for section, several in by_section.items():
        first = several[0].clause
        values.append(
            FilledValue(
                path=template.section(section).other.key,
                value="\n".join(reading.clause.text for reading in several),
                support="stated",
                evidence=first.evidence,
                clause_index=first.index,
                confidence=min(reading.other_confidence for reading in several),
                low_confidence=False,
                more_evidence=tuple(r.clause.evidence for r in several[1:]),
            )
        )
    return values


@lru_cache(maxsize=64)
def _order(key: TemplateKey) -> _Order:
    return _Order(key.template)


class _Order:
    """Sorts paths as the form shows them."""

    def __init__(self, template: ReportTemplate) -> None:
        items = list(template.items())
        self._items = {item.key: index for index, item in enumerate(items)}
        self._groups = {item.key: item for item in items if isinstance(item, Group)}

    def key(self, path: str) -> tuple[int, int, int, str]:
        parts = split_path(path)
        group = self._groups.get(parts.key)
        if group is None:
            return self._items[parts.key], 0, 0, parts.member
        row = 0
        if parts.row:
            row = int(parts.row) if group.row_kind == "open" else group.row_keys.index(parts.row)
        members = [member.key for member in group.fields]
        member = members.index(parts.member) if parts.member else -1
        return self._items[parts.key], row, member, ""
