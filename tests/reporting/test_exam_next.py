"""On to the next exam: the order of the worklist, its filters, and who else is reading."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from reporting.models import Report
from reporting.selectors.worklist import WorklistFilters, worklist_next
from reporting.services.reports import report_open
from tests import factories

START = datetime(2026, 3, 1, 8, tzinfo=UTC)


@pytest.fixture
def exams(cast):
    factories.template_version()
    return [
        factories.exam(cast.north, performed_at=START - timedelta(hours=n), patient_name=name)
        for n, name in enumerate(["B^One", "A^Two", "C^Three"])
    ]


def post(sign_in, user, **data):
    return sign_in(user).post(reverse("exam_next"), {"mode": "structured", **data})


@pytest.mark.parametrize(("sort", "after"), [("date", [1, 2, 0]), ("name", [2, 0, 1])])
def test_the_next_in_order_and_then_from_the_top(exams, cast, sort, after):
    found = [worklist_next(cast.alice, WorklistFilters(sort=sort), exam.pk) for exam in exams]
    assert found == [exams[number] for number in after]


def test_a_more_urgent_one_goes_first(exams, cast):
    urgent = factories.exam(cast.north, priority=2, performed_at=START - timedelta(days=9))
    assert worklist_next(cast.alice, WorklistFilters(), exams[0].pk) == urgent
    assert worklist_next(cast.alice, WorklistFilters(sort="date"), exams[0].pk) == exams[1]


def test_it_opens_in_the_mode_and_under_the_filters(exams, cast, sign_in):
    factories.exam(cast.north, priority=2)
    answer = post(sign_in, cast.alice, after=exams[0].pk, query="priority=0&status=signed")
    report = Report.objects.get()
    assert (report.imaging_study, report.mode) == (exams[1], "structured")
    assert answer.url == reverse("report_edit", args=[report.pk])


def test_what_another_reader_has_is_passed_over(exams, cast, sign_in):
    report_open(imaging_study=exams[1], reader=cast.dave, mode="sft")
    post(sign_in, cast.alice, after=exams[0].pk)
    assert Report.objects.get(author=cast.alice).imaging_study == exams[2]


def test_an_exam_without_a_template_is_passed_over(exams, cast, sign_in):
    factories.exam(cast.north, modality="MR", priority=2)
    post(sign_in, cast.alice, after=exams[0].pk)
    assert Report.objects.get().imaging_study == exams[0]


def test_where_none_waits_the_worklist_says_so(cast, sign_in):
    answer = post(sign_in, cast.alice, query="modality=CT")
    assert answer.url == "/?modality=CT&none=1"
    assert "No exam waits" in sign_in(cast.alice).get(answer.url).content.decode()


@pytest.mark.parametrize("name", ["carol", "frank", "grace", "heidi"])
def test_others_have_no_next_exam(exams, cast, sign_in, name):
    assert post(sign_in, getattr(cast, name)).status_code == 404


def test_an_exam_of_another_site_counts_for_nothing(exams, cast, sign_in):
    elsewhere = factories.exam(cast.south)
    assert worklist_next(cast.alice, WorklistFilters(), elsewhere.pk) == exams[0]
    assert post(sign_in, cast.alice, after="no").url == reverse("worklist")
