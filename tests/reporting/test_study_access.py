"""Studies: coordinators of the site design them, readers see the own readings, others nothing."""

import pytest
from django.urls import reverse

from reporting import access
from reporting.models import ImagingStudy, Report
from reporting.selectors.report_checks import report_says
from reporting.selectors.worklist import WorklistFilters, worklist_next
from reporting.services import lifecycle, readings, reports
from reporting.services.errors import ActionBlocked
from tests import studies
from tests.cast import PASSWORD

DESIGN = (
    "study_protocol",
    "study_arms",
    "study_cases",
    "study_readers",
    "study_allocation",
    "study_dashboard",
)
OWN = ("study_read",)
READING_WRITES = (
    "study_consent",
    "reading_start",
    "reading_pause",
    "reading_resume",
    "reading_fail",
    "reading_deviation",
)
OUT = ("report_copy", "report_print", "report_pdf", "report_cancel")


@pytest.fixture
def study(cast):
    return studies.running(cast)


@pytest.fixture
def reading(cast, study):
    return readings.reading_start(reader=studies.part_of(study, cast.alice))


@pytest.mark.parametrize("address", DESIGN)
@pytest.mark.parametrize(
    ("name", "status"),
    [("carol", 200), ("heidi", 200), ("alice", 404), ("erin", 404), ("frank", 404)],
)
def test_only_coordinators_and_admins_design(cast, study, sign_in, address, name, status):
    page = sign_in(getattr(cast, name)).get(reverse(address, args=[study.pk]))
    assert page.status_code == status


@pytest.mark.parametrize("address", DESIGN)
def test_a_study_of_another_site_is_not_there(cast, study, sign_in, address):
    cast.carol.sites.set([cast.south])
    assert sign_in(cast.carol).get(reverse(address, args=[study.pk])).status_code == 404
    assert study.name not in sign_in(cast.carol).get(reverse("study_list")).content.decode()


@pytest.mark.parametrize("address", [*OWN, *READING_WRITES])
@pytest.mark.parametrize("name", ["dave", "bob", "carol", "frank", "heidi"])
def test_who_does_not_read_in_it_has_no_reading(cast, study, sign_in, name, address):
    browser = sign_in(getattr(cast, name))
    ask = browser.get if address in OWN else browser.post
    assert ask(reverse(address, args=[study.pk])).status_code == 404


@pytest.mark.parametrize("name", ["dave", "erin", "carol", "frank", "heidi"])
def test_the_report_of_a_reading_is_its_reader_s_alone(cast, reading, sign_in, name):
    address = reverse("report_edit", args=[reading.report.pk])
    assert sign_in(getattr(cast, name)).get(address).status_code == 404
    page = sign_in(cast.alice).get(address)
    assert page.status_code == 200
    assert reading.case.imaging_study.patient_name not in page.content.decode()
    assert reading.case.imaging_study.accession_number not in page.content.decode()


def test_a_finished_reading_cannot_be_read_again(cast, reading, sign_in):
    studies.sign(reading)
    browser = sign_in(cast.alice)
    assert browser.get(reverse("report_edit", args=[reading.report.pk])).status_code == 404
    events = reverse("report_events", args=[reading.report.pk])
    answer = browser.post(events, "{}", content_type="application/json")
    assert answer.status_code == 422


@pytest.mark.parametrize("address", OUT)
def test_it_never_leaves_the_study(cast, reading, sign_in, address):
    browser = sign_in(cast.alice)
    ask = browser.get if address in {"report_print", "report_pdf"} else browser.post
    assert ask(reverse(address, args=[reading.report.pk])).status_code == 404


def test_it_is_no_report_of_the_exam(cast, reading, sign_in):
    exam = reading.case.imaging_study
    studies.sign(reading)
    exam.refresh_from_db()
    assert (exam.status, exam.assigned_to) == ("waiting", None)
    assert not access.reports_for(cast.alice).exists()
    assert not access.timing_reports_for(cast.carol).exists()
    export = sign_in(cast.carol).get(reverse("timing_export"))
    assert str(reading.report.pk) not in b"".join(export.streaming_content).decode()


def test_the_exam_still_gets_its_own_report_and_neither_is_the_other_s_prior(cast, reading):
    studies.sign(reading, "Severe emphysema.")
    exam = ImagingStudy.objects.get(pk=reading.case.imaging_study_id)
    clinical = reports.report_open(imaging_study=exam, reader=cast.alice, mode="structured")
    assert clinical.pk != reading.report.pk
    assert report_says(clinical).prior is None
    reports.report_conclusion_set(report=clinical, reader=cast.alice, text="Normal.", version=0)
    reports.report_sign(report=clinical, signer=cast.alice, password=PASSWORD)
    again = studies.read_next(studies.part_of(reading.study, cast.erin))
    assert report_says(again.report).prior is None
    assert Report.objects.clinical().get() == clinical


def test_the_worklist_and_the_next_exam_do_not_know_it(cast, reading, sign_in):
    page = sign_in(cast.alice).get("/").content.decode()
    assert str(reading.report.pk) not in page
    found = worklist_next(cast.alice, WorklistFilters(), None)
    assert found.status == "waiting"


def test_services_refuse_what_would_take_it_out(cast, reading):
    with pytest.raises(ActionBlocked, match="reader study"):
        lifecycle.report_cancel(report=reading.report, reader=cast.alice, reason="So.")
    with pytest.raises(ActionBlocked, match="reader study"):
        lifecycle.report_submit(report=reading.report, reader=cast.alice, password=PASSWORD)
    studies.sign(reading)
    with pytest.raises(ActionBlocked):
        reports.addendum_add(
            report=reading.report, author=cast.alice, text="More.", password=PASSWORD
        )
