"""What the prior report measured, beside what this one says of it."""

from dataclasses import replace
from datetime import date

import pytest

from reporting.report_checks.says import Prior
from reporting.report_checks.table import findings
from reporting.selectors.priors import values_compared
from reporting.selectors.report_says import Written, changes_said, says_of
from tests.llm.strategies import SHIPPED

CHEST = SHIPPED["ct_chest"]
ROWS = {"nodule": ["1"]}
RULES = {"prior_change", "prior_denies"}


def nodule(size, change=None, lobe="rul"):
    values = {"nodule[1].size": size, "nodule[1].location": [lobe]}
    return {**values, **({"nodule[1].change": change} if change else {})}


def found(before, now, *, days=200, conclusion="Nodule."):
    """The rules on the prior that speak, with their places."""
    says = says_of(CHEST, Written(conclusion), now)
    prior = Prior(date(2026, 3, 2), days, values_compared(CHEST, before, ROWS).values)
    changes = tuple(changes_said(CHEST, now))
    all_found = findings(replace(says, prior=prior, changes=changes))
    return [(f.rule, f.found.place) for f in all_found if f.rule in RULES]


@pytest.mark.parametrize(
    ("before", "now", "change"),
    [(8, 12, "unchanged"), (12, 8, "unchanged"), (12, 8, "increased"), (8, 12, "decreased")],
)
def test_the_sizes_deny_the_change(before, now, change):
    assert found(nodule(before), nodule(now, change)) == [("prior_denies", "nodule[1].change")]


@pytest.mark.parametrize(
    ("before", "now", "change"),
    [
        (8, 10, "unchanged"),  # within what measuring again gives
        (30, 34, "unchanged"),
        (8, 12, "increased"),
        (12, 8, "decreased"),
        (8, 9, "decreased"),
        (8, 12, "new"),
        (8, 12, None),
    ],
)
def test_the_sizes_allow_the_change(before, now, change):
    assert found(nodule(before), nodule(now, change)) == []


def test_the_words_of_the_conclusion_are_checked_too():
    said = "Unchanged nodule in the right upper lobe."
    assert found(nodule(8), nodule(14), conclusion=said) == [("prior_denies", "conclusion")]
    assert found(nodule(8), nodule(8), conclusion=said) == []
    assert found(nodule(8), nodule(14), conclusion="Unchanged emphysema. Nodule.") == []


@pytest.mark.parametrize(
    ("days", "before", "now", "asked"),
    [(7, 8, 17, True), (7, 8, 15, False), (200, 8, 17, False), (200, 8, 25, True),
     (1500, 8, 30, False), (1500, 8, 41, True)],
)  # fmt: skip
def test_how_much_is_plausible_depends_on_the_days(days, before, now, asked):
    assert bool(found(nodule(before), nodule(now), days=days)) == asked


def test_fluid_may_change_in_a_day():
    before, now = {"emphysema": "mild"}, {"emphysema": "mild"}
    assert found(before, now, days=1) == []


def test_what_may_be_another_nodule_is_not_compared():
    assert found(nodule(8), nodule(60, "unchanged", lobe="lll")) == []
    assert found({"nodule[1].size": 8}, nodule(60, "unchanged")) == []
