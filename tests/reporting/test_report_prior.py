"""A measurement beside that of the patient's last signed report."""

from datetime import UTC, datetime

import pytest

from reporting.selectors.report_checks import report_checked
from reporting.services import reports
from reporting.services.reports import report_open
from tests import factories
from tests.cast import PASSWORD


def written(report, reader, size, location="rul"):
    reports.report_conclusion_set(report=report, reader=reader, text="Nodule.", version=0)
    row = reports.group_row_add(report=report, reader=reader, group="nodule")
    for member, value in (("size", size), ("location", [location])):
        path = f"nodule[{row.pk}].{member}"
        reports.field_set(report=report, reader=reader, path=path, value=value, version=0)
    report.refresh_from_db()
    return report


@pytest.fixture
def after(cast):
    """A second exam of a patient whose nodule of 6 mm was signed."""
    first = written(factories.report(cast.alice, cast.north, mode="structured"), cast.alice, 6)
    reports.report_sign(report=first, signer=cast.alice, password=PASSWORD)
    exam = factories.exam(cast.north, performed_at=datetime(2026, 6, 2, tzinfo=UTC))
    exam.patient = first.imaging_study.patient
    exam.save()
    return report_open(imaging_study=exam, reader=cast.alice, mode="structured")


def rules(report):
    return [one.finding.rule for one in report_checked(report)]


@pytest.mark.parametrize(
    ("size", "found"), [(6, []), (18, []), (19, ["prior_change"]), (2, []), (1, ["prior_change"])]
)
def test_more_than_threefold_is_asked_about(cast, after, size, found):
    assert rules(written(after, cast.alice, size)) == found


def test_another_place_is_another_nodule(cast, after):
    assert rules(written(after, cast.alice, 60, location="rll")) == []


def test_two_alike_cannot_be_told_apart(cast, after):
    written(after, cast.alice, 60)
    row = reports.group_row_add(report=after, reader=cast.alice, group="nodule")
    for member, value in (("size", 70), ("location", ["rul"])):
        path = f"nodule[{row.pk}].{member}"
        reports.field_set(report=after, reader=cast.alice, path=path, value=value, version=0)
    assert rules(after) == []


def test_another_patient_is_no_prior(cast):
    first = written(factories.report(cast.alice, cast.north, mode="structured"), cast.alice, 6)
    reports.report_sign(report=first, signer=cast.alice, password=PASSWORD)
    other = factories.report(cast.alice, cast.north, mode="structured")
    assert rules(written(other, cast.alice, 60)) == []
