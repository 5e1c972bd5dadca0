"""The checks of one report: what they look at, what they find, and what was decided about it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reporting.critical_results import CriticalResult, critical_results
from reporting.models import CheckOverride, FillJob, Report
from reporting.report_checks.says import (
    CONCLUSION,
    Critical,
    Open,
    Prior,
    ReportSays,
    Support,
    Value,
)
from reporting.report_checks.table import Finding, findings
from reporting.selectors.comparisons import days_between
from reporting.selectors.priors import prior_alike, side_of
from reporting.selectors.report_says import (
    Written,
    changes_said,
    place_label,
    says_of,
    value_at,
)
from reporting.selectors.values import ReportValues, open_conflicts, report_values
from reporting.services.fills import is_normal
from reporting.sign_gate import gate_of


@dataclass(frozen=True, slots=True)
class Checked:
    """A finding of a check, with the override that lets it stand, if there is one."""

    finding: Finding
    override: CheckOverride | None

    @property
    def blocks(self) -> bool:
        """Whether the report cannot be signed because of it."""
        return self.finding.severity == "stop" or self.override is None


def report_checked(report: Report) -> tuple[Checked, ...]:
    """Return all that the checks find in a report, what stops first."""
    decided = report.check_overrides.select_related("by").order_by("pk")
    overrides = {(o.rule, o.place, o.sentence): o for o in decided}
    return tuple(
        Checked(f, overrides.get((f.rule, f.found.place, f.found.sentence)))
        for f in findings(report_says(report))
    )


def report_says(report: Report) -> ReportSays:
    """Return what the report says at this moment, with its prior and its open places."""
    values = report_values(report)
    exam = report.imaging_study
    free_text = report.mode == Report.Mode.FREE_TEXT
    says = says_of(
        values.template,
        Written(report.conclusion, report.findings_text if free_text else None),
        {} if free_text else values.in_form_order,
        sex=values.sex,
        exam_side=exam.laterality or None,
    )
    if not free_text:
        undecided = frozenset(open_conflicts(values))
        says = replace(
            says,
            suggestions=tuple(_suggestions(values)),
            copies=tuple(_copies(values)),
            conflicts=tuple(_conflicts(values, undecided)),
            missing=tuple(_missing(values, undecided)),
            supports=tuple(_supports(values)),
            prior=_prior(report),
            changes=tuple(changes_said(values.template, values.in_form_order)),
            order=tuple(values.places),
        )
    return replace(
        says,
        is_filling=report.fill_jobs.filter(status__in=FillJob.UNFINISHED).exists(),
        critical=tuple(_critical_to_tell(report, says, values)),
        communicated=frozenset(report.critical_communications.values_list("result", flat=True)),
    )


def _labelled(values: ReportValues) -> Iterator[Open]:
    """Each place of the form with the words that name it in a sentence."""
    for slot in values.slots():
        yield Open(str(slot.path), slot.field.label)
    for group in values.open_groups():
        yield Open(group.key, group.label)


def _suggestions(values: ReportValues) -> Iterator[Open]:
    gate = gate_of(values.report)
    for place in _labelled(values):
        held = values.by_path.get(place.path)
        if held is not None and held.is_open_answer and not gate.lets_pass(held):
            yield place


def _copies(values: ReportValues) -> Iterator[Open]:
    for place in _labelled(values):
        held = values.by_path.get(place.path)
        if held is not None and held.is_open_copy:
            yield place


def _conflicts(values: ReportValues, undecided: frozenset[str]) -> Iterator[Open]:
    for place in _labelled(values):
        held = values.by_path.get(place.path)
        if place.path in undecided and not (held is not None and held.is_open_suggestion):
            yield place


def _missing(values: ReportValues, undecided: frozenset[str]) -> Iterator[Open]:
    for slot in values.slots():
        path = str(slot.path)
        if slot.field.required and path not in values.plain and path not in undecided:
            yield Open(path, slot.field.label)
    for group in values.open_groups():
        has_value = group.key in values.plain or values.row_keys(group)
        if group.required and not has_value:
            yield Open(group.key, group.label)


def _supports(values: ReportValues) -> Iterator[Support]:
    """The attested answers of the model that are findings, with the words they came from."""
    for path, value in values.in_form_order.items():
        held = values.by_path.get(path)
        if held is None or not held.is_touched or not held.evidence_quote:
            continue
        if held.suggested_value == value and not is_normal(values.template, path, value):
            seen = value_at(values.template, path, value)
            label = place_label(values.template, path)
            yield Support(path, label, seen.text, held.evidence_quote)


def _prior(report: Report) -> Prior | None:
    """The patient's last earlier report of the same template."""
    last = prior_alike(report)
    if last is None:
        return None
    exam = last.imaging_study
    days = days_between(exam, report.imaging_study)
    return Prior(exam.performed_at.date(), days, side_of(report_values(last)).values)


def _critical_to_tell(report: Report, says: ReportSays, values: ReportValues) -> Iterator[Critical]:
    """The critical results; of a reading nobody is told."""
    if report.reader_study_id is None:
        yield from _critical(says, critical_results(values.template.key))


def _critical(says: ReportSays, results: tuple[CriticalResult, ...]) -> Iterator[Critical]:
    """The critical results of the findings, or else of the conclusion; each once."""
    stated = [value for value in says.stated if value.plain and value.named]
    for result in results:
        held = _first(says.findings, result)
        said = None if held else _first(stated, result)
        if held is not None:
            yield Critical(result.key, result.label, held.path)
        elif said is not None:
            yield Critical(result.key, result.label, CONCLUSION, said.start, said.end)


def _first(values: Sequence[Value], result: CriticalResult) -> Value | None:
    rows = {
        (value.item, value.row)
        for value in values
        if value.item == result.item and value.raw & result.unless.get(value.member, frozenset())
    }
    for value in values:
        if value.item != result.item or value.is_normal or (value.item, value.row) in rows:
            continue
        if not result.values or (value.member == result.member and value.raw & result.values):
            return value
    return None
