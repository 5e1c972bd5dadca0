"""Write the model's answers into a report, touching nothing that a person touched."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from reporting import clock
from reporting.models import FieldValue, FillJob, GroupRow, Report, TimingEvent
from reporting.services import fill_queue
from reporting.services.drafts import report_lock_any
from reporting.services.paths import Path, path_parse
from reporting.services.timing import timing_event_add

Source = FieldValue.Source


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One value of the model for one path, with the words it rests on.

    Rows of open groups are numbered from 1 within the fill.
    """

    path: str
    value: object
    support: str
    confidence: float
    low_confidence: bool
    quote: str = ""
    start: int | None = None
    end: int | None = None
    source_text: str = ""
    source_unit: str = ""
    rule: str = ""


class Superseded(Exception):
    """The fill may not write any more; `reason_code` says why."""

    def __init__(self, reason_code: str) -> None:
        super().__init__(reason_code)
        self.reason_code = reason_code


@dataclass(slots=True)
class FillWriter:
    """Writes the answers of one attempt of one fill, clause by clause, then settles the rest.

    `identities` names, per open group, the members by which a row is recognised again.
    """

    job: FillJob
    identities: Mapping[str, tuple[str, ...]]
    _rows: dict[tuple[str, str], UUID | None] = field(default_factory=dict)

    @transaction.atomic
    def write(self, suggestions: Sequence[Suggestion]) -> int:
        """Write what one clause gave; return how many values. Raises Superseded."""
        report = self._lock()
        return self._write(report, suggestions, existing=self._existing(report))[0]

    @transaction.atomic
    def finish(
        self,
        suggestions: Sequence[Suggestion],
        outcome: Mapping[str, object],
        conflicts: Sequence[Mapping[str, object]],
    ) -> None:
        """Write the whole answer, take back what is no longer in it, and end the fill.

        `outcome` holds further columns of the job. Raises Superseded.
        """
        report = self._lock()
        existing = self._existing(report)
        _, written = self._write(report, suggestions, existing=existing)
        self._take_back(report, written)
        conflicts = [self._conflict_here(conflict) for conflict in conflicts]
        FillJob.objects.filter(pk=self.job.pk).update(**outcome, conflicts=conflicts)
        fill_queue.end(self.job, status=FillJob.Status.SUCCESS)

    def _lock(self) -> Report:
        """Lock report and job, and make sure that this attempt may still write."""
        report = report_lock_any(self.job.report)
        job = FillJob.objects.select_for_update().get(pk=self.job.pk)
        if job.attempt != self.job.attempt or job.status != FillJob.Status.STARTED:
            raise Superseded(job.reason_code or "superseded")
        if not report.is_open:
            raise Superseded("report_closed")
        if report.conclusion_version != job.conclusion_version:
            raise Superseded("conclusion_changed")
        if job.deadline_at <= clock.now():
            raise Superseded("timeout")
        return report

    def _existing(self, report: Report) -> dict[str, FieldValue]:
        values = FieldValue.objects.filter(report=report).select_related("row")
        return {value.path: value for value in values}

    def _write(
        self,
        report: Report,
        suggestions: Sequence[Suggestion],
        *,
        existing: dict[str, FieldValue],
    ) -> tuple[int, set[str]]:
        self._rows_find(report, suggestions, existing)
        count, written = 0, set()
        for suggestion in suggestions:
            target = self._target(suggestion)
            if target is None:
                continue
            written.add(str(target))
            if _value_write(report, self.job, target, suggestion, existing):
                count += 1
        if count:
            self._note_first_field(report)
        return count, written

    def _target(self, suggestion: Suggestion) -> Path | None:
        """Return the path in this report, or None when the row is a person's."""
        path = path_parse(suggestion.path)
        if path.row_key == "" or path.group not in self.identities:
            return path
        row = self._rows.get((path.group, path.row_key))
        return path.with_row(row) if row is not None else None

    def _rows_find(
        self,
        report: Report,
        suggestions: Sequence[Suggestion],
        existing: Mapping[str, FieldValue],
    ) -> None:
        """Find or make the row of the report for each row of the answer that is new here."""
        for (group, number), members in _answer_rows(suggestions, self.identities).items():
            if (group, number) in self._rows:
                continue
            taken = {row for row in self._rows.values() if row is not None}
            known = _rows_known(report, group, existing, taken)
            match = _row_match(members, known, self.identities[group])
            if match is None:
                blocked = existing.get(group)
                says_none = blocked is not None and blocked.is_touched and blocked.value
                self._rows[group, number] = None if says_none else _row_add(report, group)
            else:
                self._rows[group, number] = None if match.is_touched else match.row.pk

    def _take_back(self, report: Report, written: set[str]) -> None:
        """Clear untouched answers of earlier fills (and of this one) that are not in this one."""
        stale = [
            value
            for path, value in self._existing(report).items()
            if path not in written and value.is_open_answer and value.fill_job_id
        ]
        touched_rows = _touched_rows(report)
        for value in stale:
            if value.row_id is None or value.row_id not in touched_rows:
                _value_clear(value)
        keep = {row for row in self._rows.values() if row is not None} | touched_rows
        GroupRow.objects.filter(
            report=report, removed_at__isnull=True, created_by_source=Source.MODEL
        ).exclude(pk__in=keep).update(removed_at=clock.Now())

    def _conflict_here(self, conflict: Mapping[str, object]) -> dict[str, object]:
        """Return a conflict with the row of this report in its path, where there is one."""
        path = path_parse(str(conflict["path"]))
        row = self._rows.get((path.group, path.row_key))
        return {**conflict, "path": str(path.with_row(row) if row is not None else path)}

    def _note_first_field(self, report: Report) -> None:
        first = FillJob.objects.filter(pk=self.job.pk, first_field_at__isnull=True).update(
            first_field_at=clock.Now()
        )
        if first:
            timing_event_add(
                report=report,
                reader=self.job.requested_by,
                kind=TimingEvent.Kind.FILL_FIRST_FIELD,
                details={"fill_job": str(self.job.pk)},
            )


@dataclass(frozen=True, slots=True)
class _KnownRow:
    row: GroupRow
    values: dict[str, FieldValue]
    is_touched: bool


def _answer_rows(
    suggestions: Iterable[Suggestion], identities: Mapping[str, tuple[str, ...]]
) -> dict[tuple[str, str], dict[str, Suggestion]]:
    rows: dict[tuple[str, str], dict[str, Suggestion]] = {}
    for suggestion in suggestions:
        path = path_parse(suggestion.path)
        if path.row_key and path.group in identities:
            rows.setdefault((path.group, path.row_key), {})[path.member] = suggestion
    return rows


def _touched_rows(report: Report) -> set[UUID]:
    """Return the rows that are a person's: made, removed, or touched in any of their values."""
    rows = GroupRow.objects.filter(report=report)
    touched = {
        value.row_id
        for value in FieldValue.objects.filter(report=report, row__isnull=False)
        if value.is_touched
    }
    theirs = {
        row.pk
        for row in rows
        if row.created_by_source != Source.MODEL or row.removed_by_id is not None
    }
    return theirs | {row for row in touched if row is not None}


def _rows_known(
    report: Report, group: str, existing: Mapping[str, FieldValue], taken: set[UUID]
) -> list[_KnownRow]:
    """Return the rows that an answer may be about: those there, and those a person removed."""
    touched = _touched_rows(report)
    rows = []
    for row in GroupRow.objects.filter(report=report, group=group).order_by("position"):
        if row.pk in taken or (row.removed_at is not None and row.removed_by_id is None):
            continue
        values = {value.member: value for value in existing.values() if value.row_id == row.pk}
        rows.append(_KnownRow(row, values, row.pk in touched))
    return rows


def _row_match(
    members: Mapping[str, Suggestion], known: Sequence[_KnownRow], identity: Sequence[str]
) -> _KnownRow | None:
    """Return the row with the same words as evidence and the same identity, or with either."""
    quotes = {suggestion.quote for suggestion in members.values() if suggestion.quote}
    wanted = {key: members[key].value for key in identity if key in members}
    best, best_score = None, (False, False)
    for row in known:
        same_words = bool(quotes & {value.evidence_quote for value in row.values.values()})
        same_identity = bool(wanted) and all(
            key in row.values and value in (row.values[key].value, row.values[key].suggested_value)
            for key, value in wanted.items()
        )
        score = (same_words, same_identity)
        if score > best_score:
            best, best_score = row, score
    return best


def _row_add(report: Report, group: str) -> UUID:
    last = GroupRow.objects.filter(report=report, group=group).aggregate(last=Max("position"))
    row = GroupRow.objects.create(
        report=report,
        group=group,
        position=(last["last"] or 0) + 1,
        created_by_source=Source.MODEL,
    )
    return row.pk


def _value_write(
    report: Report,
    job: FillJob,
    path: Path,
    suggestion: Suggestion,
    existing: dict[str, FieldValue],
) -> bool:
    """Write one answer unless a person has touched the field; return whether it was written."""
    value = existing.get(str(path))
    if value is None:
        value = FieldValue(report=report, version=0, **path.columns())
    if value.is_touched:
        return False
    source = Source.MODEL if suggestion.support == "stated" else Source.IMPLIED
    changed = value.value != suggestion.value or value.pk is None
    value.value = value.suggested_value = suggestion.value
    value.source = value.suggested_source = source
    value.support = suggestion.support
    value.evidence_quote = suggestion.quote
    value.evidence_start, value.evidence_end = suggestion.start, suggestion.end
    value.conclusion_version = job.conclusion_version
    value.source_text, value.source_unit = suggestion.source_text, suggestion.source_unit
    value.confidence, value.low_confidence = suggestion.confidence, suggestion.low_confidence
    value.rule = suggestion.rule
    value.fill_job, value.edited_by = job, None
    value.version += 1 if changed else 0
    value.changed_at = clock.now()
    value.save()
    existing[str(path)] = value
    return True


def _value_clear(value: FieldValue) -> None:
    FieldValue.objects.filter(pk=value.pk).update(
        value=None,
        suggested_value=None,
        suggested_source="",
        support=FieldValue.Support.NOT_STATED,
        evidence_quote="",
        evidence_start=None,
        evidence_end=None,
        source_text="",
        source_unit="",
        confidence=None,
        low_confidence=False,
        rule="",
        version=value.version + 1,
        changed_at=clock.Now(),
    )
