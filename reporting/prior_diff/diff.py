"""The values of a draft beside those of the prior report: what is new, gone, changed, unchanged."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from reporting.prior_diff.rows import Pair, Row, pairs
from reporting.report_checks.says import Value

Kind = Literal["new", "gone", "changed", "unchanged"]
KINDS: tuple[Kind, ...] = ("new", "changed", "gone", "unchanged")
BASE_UNITS = {
    "length": "mm", "area": "mm²", "volume": "mm³", "mass": "g", "attenuation": "HU",
    "share": "%", "angle": "°", "time": "ms", "concentration": "ng/mL",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Delta:
    """How a measurement changed, in the base unit of its dimension; no percentage of zero."""

    absolute: Decimal
    percent: Decimal | None
    unit: str


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the comparison. An empty text means that this report does not say it.

    `path` is the place in the draft, or in the prior where the draft has none. `is_doubtful` says
    that the rows compared may be different ones.
    """

    kind: Kind
    label: str
    path: str
    before: str
    after: str
    delta: Delta | None = None
    is_doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two reports: its values, and the names of the rows of its open groups."""

    values: tuple[Value, ...]
    row_names: Mapping[str, str]


def diff(prior: Side, draft: Side) -> tuple[Change, ...]:
    """Compare two reports; fields are matched by key, rows of open groups by what they say.

    Normals are no findings: only what departs from them is new, gone or changed. What a report
    tells of an earlier exam is left out.
    """
    found = [*_fields(prior, draft), *_open_rows(prior, draft)]
    places = {value.path: n for n, value in enumerate((*draft.values, *prior.values))}
    found.sort(key=lambda change: (KINDS.index(change.kind), places.get(change.path, 0)))
    return tuple(found)


def measured(prior: Iterable[Value], draft: Iterable[Value]) -> Iterator[tuple[Value, Value]]:
    """Yield each single measurement of the draft with that of the prior, where it is sure."""
    prior, draft = tuple(_present(prior)), tuple(_present(draft))
    before = {value.path: value for value in prior if not _is_row(value)}
    matched = [(before.get(v.path), v) for v in draft if not _is_row(v)]
    for pair in _row_pairs(prior, draft):
        if not pair.is_doubtful:
            old = {value.member: value for value in pair.old.values}
            matched += [(old.get(value.member), value) for value in pair.new.values]
    for one, value in matched:
        if one is not None and delta_of(one, value) is not None:
            yield one, value


def delta_of(old: Value, new: Value) -> Delta | None:
    """How a measurement changed; None where one of the two is none, or is a range."""
    if old.dimension != new.dimension or len(old.numbers) != 1 or len(new.numbers) != 1:
        return None
    before, after = old.numbers[0], new.numbers[0]
    percent = (after - before) / abs(before) * 100 if before else None
    return Delta(after - before, percent, BASE_UNITS.get(new.dimension, ""))


def _present(values: Iterable[Value]) -> Iterator[Value]:
    return (value for value in values if not value.of_before)


def _is_row(value: Value) -> bool:
    return value.in_open_group and bool(value.row)


def _fields(prior: Side, draft: Side) -> Iterator[Change]:
    """The plain fields and the rows of sides and levels, which have keys."""
    before, after = (
        {value.path: value for value in _present(side.values) if not _is_row(value)}
        for side in (prior, draft)
    )
    for path in dict.fromkeys((*after, *before)):
        change = _field(before.get(path), after.get(path))
        if change is not None:
            yield change


def _field(old: Value | None, new: Value | None) -> Change | None:
    shown = new or old
    if shown is None:
        return None
    was, is_now = old is not None and not old.is_normal, new is not None and not new.is_normal
    if not was and not is_now:
        return None
    kind: Kind = "new" if not was else "gone" if not is_now else _same(old, new)
    delta = delta_of(old, new) if old and new and kind in {"changed", "unchanged"} else None
    before, after = old.text if old else "", new.text if new else ""
    return Change(kind, shown.label, shown.path, before, after, delta)


def _same(old: Value | None, new: Value | None) -> Kind:
    if old is None or new is None:
        return "changed"
    if old.numbers or new.numbers:
        same = (old.dimension, old.numbers) == (new.dimension, new.numbers)
    else:
        same = old.raw == new.raw
    return "unchanged" if same else "changed"


def _rows(values: Iterable[Value]) -> dict[str, list[Row]]:
    """The rows of each open group in their order."""
    members: dict[tuple[str, str], list[Value]] = {}
    for value in values:
        if _is_row(value):
            members.setdefault((value.item, value.row), []).append(value)
    found: dict[str, list[Row]] = {}
    for (item, key), row in members.items():
        found.setdefault(item, []).append(Row(key, tuple(row)))
    return found


def _row_pairs(prior: Iterable[Value], draft: Iterable[Value]) -> Iterator[Pair]:
    before, after = _rows(prior), _rows(draft)
    for item, rows in after.items():
        yield from pairs(before.get(item, ()), rows)


def _open_rows(prior: Side, draft: Side) -> Iterator[Change]:
    old, new = tuple(_present(prior.values)), tuple(_present(draft.values))
    matched = tuple(_row_pairs(old, new))
    for pair in matched:
        yield from _pair(pair, draft.row_names.get(pair.new.key, ""))
    known = {pair.new.key for pair in matched} | {pair.old.key for pair in matched}
    before, after = ({v.path: v.text for v in values if not _is_row(v)} for values in (old, new))
    for item, rows in _rows(new).items():
        for row in (row for row in rows if row.key not in known):
            name = draft.row_names.get(row.key, "")
            yield Change("new", name, row.values[0].path, before.get(item, ""), _text(row))
    for item, rows in _rows(old).items():
        for row in (row for row in rows if row.key not in known):
            name = prior.row_names.get(row.key, "")
            yield Change("gone", name, row.values[0].path, _text(row), after.get(item, ""))


def _pair(pair: Pair, name: str) -> Iterator[Change]:
    before, after = ({v.member: v for v in row.values} for row in (pair.old, pair.new))
    differ = False
    for member in dict.fromkeys((*after, *before)):
        old, new = before.get(member), after.get(member)
        if _same(old, new) == "unchanged":
            continue
        differ = True
        shown = new or old
        if shown is not None:
            delta = delta_of(old, new) if old and new else None
            label = new.label if new else f"{name}, {shown.label.rpartition(', ')[2]}"
            texts = old.text if old else "", new.text if new else ""
            path = shown.path if new else pair.new.values[0].path
            yield Change("changed", label, path, *texts, delta, pair.is_doubtful)
    if not differ:
        text = _text(pair.new)
        yield Change("unchanged", name, pair.new.values[0].path, text, text)


def _text(row: Row) -> str:
    return ", ".join(value.text for value in row.values if value.text)
