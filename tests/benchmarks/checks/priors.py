"""Correct reports beside an invented prior: one that fits the change they state, one that does not.

The prior holds the same findings with each size made smaller or larger by half, as the report's
own words of change want it, or the other way round. It is made from the labels, so the figures
say how the words of the conclusion are read, not how often real priors differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from llm.paths import split_path
from llm.schema import ReportTemplate
from reporting.report_checks.found import Finding
from reporting.report_checks.says import Prior
from reporting.report_checks.table import findings
from reporting.selectors.priors import values_compared
from reporting.selectors.report_says import Written, changes_said, says_of

Values = Mapping[str, object]
HALF = 1.5
RULES = frozenset({"prior_change", "prior_denies"})
FITTING = {"increased": 1 / HALF, "decreased": HALF}
DENYING = {"increased": HALF, "decreased": 1 / HALF, "unchanged": 1 / HALF}


def changes_of(values: Values) -> dict[tuple[str, str], str]:
    """By item and row, the change that is said of it."""
    found = {}
    for path, value in values.items():
        parts = split_path(path)
        if parts.member == "change":
            found[parts.key, parts.row] = str(value)
    return found


def prior_of(template: ReportTemplate, values: Values, factors: Mapping[str, float]) -> Values:
    """The findings with their sizes times the factor for the change that is said of them."""
    changes = changes_of(values)
    return {
        path: _scaled(template, path, value, changes, factors) for path, value in values.items()
    }


def _scaled(
    template: ReportTemplate,
    path: str,
    value: object,
    changes: Mapping[tuple[str, str], str],
    factors: Mapping[str, float],
) -> object:
    parts, field = split_path(path), template.field_at(path)
    factor = factors.get(changes.get((parts.key, parts.row), ""))
    is_size = field.unit in {"mm", "cm", "mL"} and isinstance(value, int | float)
    return round(float(str(value)) * factor, 1) if factor and is_size else value


def findings_beside(
    template: ReportTemplate, conclusion: str, values: Values, prior: Values
) -> list[Finding]:
    """What the rules on the prior find: with the change in the form, and in words alone."""
    rows: dict[str, list[str]] = {}
    for path in values:
        parts = split_path(path)
        if parts.row and parts.row not in rows.setdefault(parts.key, []):
            rows[parts.key].append(parts.row)
    before = Prior(date(2026, 1, 1), 200, values_compared(template, prior, rows).values)
    says = replace(says_of(template, Written(conclusion), values), prior=before)
    formed = replace(says, changes=tuple(changes_said(template, values)))
    found = {f.found: f for one in (says, formed) for f in findings(one) if f.rule in RULES}
    return list(found.values())
