"""A check that cries wolf is a defect: correct reports raise almost nothing."""

import pytest

from tests.benchmarks.checks.bench import alarms, caught, real_style


@pytest.mark.parametrize(("rest", "ceiling"), [(False, 3.0), (True, 6.5)])
def test_alarms_on_correct_reports(rest, ceiling):
    found = alarms(real_style(), rest=rest, show=False)
    assert found.reports == 64
    assert 100 * found.by_rule.total() / found.reports <= ceiling, found.by_rule


def test_planted_mistakes_are_caught():
    least = {"unit slip": 0.95, "side swapped": 0.45, "negated": 0.25, "asserted": 0.25}
    for kind, (hits, all_) in caught(real_style()).items():
        assert hits / all_ >= least[kind], (kind, hits, all_)
