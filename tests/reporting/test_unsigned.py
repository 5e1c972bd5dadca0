"""The list of what is not signed: own drafts, what waits for review, and how old it is."""

from datetime import timedelta

import pytest
from django.urls import reverse

from reporting import clock
from reporting.selectors.unsigned import unsigned_reports
from reporting.services import readings, reports
from reporting.services.lifecycle import report_submit
from tests import factories, studies
from tests.cast import PASSWORD


def draft(reader, site):
    report = factories.report(reader, site, mode="structured")
    reports.report_conclusion_set(report=report, reader=reader, text="Normal.", version=0)
    return report


def listed(part):
    return [one.report for one in part]


def test_own_drafts_and_what_waits_for_review(cast):
    own, of_erin, submitted = (draft(p, cast.north) for p in (cast.alice, cast.erin, cast.erin))
    report_submit(report=submitted, reader=cast.erin, password=PASSWORD)
    reports.report_sign(report=draft(cast.alice, cast.north), signer=cast.alice, password=PASSWORD)
    alice, erin = unsigned_reports(cast.alice), unsigned_reports(cast.erin)
    assert (listed(alice.own), listed(alice.to_review)) == ([own], [submitted])
    assert (set(listed(erin.own)), erin.to_review) == ({of_erin, submitted}, ())
    assert listed(unsigned_reports(cast.bob).to_review) == []


def test_the_age_counts_from_the_last_step_and_the_oldest_is_first(cast):
    clock.simulate(clock.now())
    first, second = draft(cast.erin, cast.north), draft(cast.erin, cast.north)
    clock.simulate(clock.now() + timedelta(days=3))
    report_submit(report=second, reader=cast.erin, password=PASSWORD)
    clock.simulate(clock.now() + timedelta(hours=5))
    own = unsigned_reports(cast.erin).own
    assert [(one.report, one.age_text) for one in own] == [(first, "3 d"), (second, "5 h")]


@pytest.mark.parametrize(("name", "status"), [("alice", 200), ("erin", 200), ("carol", 404)])
def test_the_page(cast, sign_in, name, status):
    report = draft(cast.erin, cast.north)
    report_submit(report=report, reader=cast.erin, password=PASSWORD)
    answer = sign_in(getattr(cast, name)).get(reverse("unsigned"))
    assert answer.status_code == status
    if status == 200:
        page = answer.content.decode()
        assert reverse("report_edit", args=[report.pk]) in page
        assert ("Wait for review" in page) == (name == "alice")


def test_a_reading_under_way_is_not_among_them(cast, doorbell):
    reader = studies.part_of(studies.running(cast), cast.alice)
    reading = readings.reading_start(reader=reader)
    assert reading.report is not None
    assert unsigned_reports(cast.alice).own == ()
