"""A finding from the model stands on words of the conclusion; when they go, somebody is asked."""

import pytest

from reporting.models import FieldValue
from reporting.selectors.report_checks import report_checked
from reporting.services import reports
from tests import factories


@pytest.fixture
def confirmed(cast, report, engine):
    factories.fill(report, cast.alice, "Mild emphysema. Follow-up.")
    value = FieldValue.objects.get(path="emphysema")
    reports.field_confirm(report=report, reader=cast.alice, path="emphysema", version=value.version)
    return report


def after(report, reader, conclusion):
    report.refresh_from_db()
    reports.report_conclusion_set(
        report=report, reader=reader, text=conclusion, version=report.conclusion_version
    )
    report.refresh_from_db()
    return [(one.finding.rule, one.finding.found.place) for one in report_checked(report)]


@pytest.mark.parametrize(
    ("conclusion", "found"),
    [
        ("Mild emphysema. Follow-up.", []),
        ("Follow-up. MILD\nemphysema!", []),
        ("Follow-up.", [("support", "emphysema")]),
    ],
)
def test_the_words_are_looked_for(cast, confirmed, conclusion, found):
    assert after(confirmed, cast.alice, conclusion) == found


def test_what_the_reader_entered_needs_no_words(cast, confirmed):
    value = FieldValue.objects.get(path="emphysema")
    reports.field_set(
        report=confirmed, reader=cast.alice, path="emphysema", value="severe", version=value.version
    )
    assert after(confirmed, cast.alice, "Follow-up.") == []
