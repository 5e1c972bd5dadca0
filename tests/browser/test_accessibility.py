"""Every page in both themes against WCAG 2.2 A and AA, as far as axe-core can tell."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from reporting.services import readings, reports
from reporting.services.macros import MacroData, macro_save
from tests import factories, studies
from tests.browser.conftest import settled
from tests.cast import PASSWORD
from tests.reporting.templates import draft as template_draft

pytestmark = pytest.mark.django_db(transaction=True)
RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }
}


def faults(page):
    found = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:120]} ({node['failureSummary'].splitlines()[-1].strip()})"
        for rule in found
        for node in rule["nodes"]
    ]


def in_both_themes(page, address):
    wrong = []
    for theme in ("dark", "light"):
        page.evaluate("theme => localStorage.setItem('theme', theme)", theme)
        page.goto(address)
        page.wait_for_load_state("networkidle")
        wrong += [f"{theme}: {fault}" for fault in faults(page)]
    return "\n".join(wrong)


def test_signing_in(desk, chromium, live_server):
    page = chromium.new_context(base_url=live_server.url).new_page()
    page.goto("/accounts/login/")
    assert in_both_themes(page, "/accounts/login/") == ""
    page.context.close()


@pytest.mark.parametrize("mode", ["free_text", "structured", "sft"])
def test_the_editor(desk, cast, mode):
    place = factories.report(cast.alice, cast.north, mode=mode)
    page = desk("alice")
    assert in_both_themes(page, f"/reports/{place.pk}/") == ""
    settled(page)


def test_the_editor_with_answers_of_the_model_and_the_reasons_not_to_sign(desk, cast, engine):
    report = factories.report(cast.alice, cast.north)
    factories.fill(report, cast.alice)
    page = desk("alice", width=900)
    assert in_both_themes(page, f"/reports/{report.pk}/") == ""
    page.keyboard.press("Alt+s")
    page.wait_for_selector("#sign[open]")
    settled(page)
    assert faults(page) == []


def test_a_signed_report_and_its_print(desk, cast):
    report = factories.report(cast.alice, cast.north, mode="structured")
    reports.report_conclusion_set(report=report, reader=cast.alice, text="No change.", version=0)
    report.refresh_from_db()
    reports.report_sign(report=report, signer=cast.alice, password=PASSWORD)
    page = desk("alice")
    for address in (f"/reports/{report.pk}/", f"/reports/{report.pk}/print/"):
        assert in_both_themes(page, address) == ""


def test_the_lists_of_a_radiologist(desk, cast):
    factories.report(cast.alice, cast.north, mode="structured")
    factories.exam(cast.north)
    macro_save(user=cast.alice, data=MacroData("nod", "Nodule [ ] mm.", is_default=True))
    page = desk("alice")
    for address in ("/", "/macros/", "/unsigned/"):
        assert in_both_themes(page, address) == ""


def test_the_pages_of_a_coordinator(desk, cast):
    page = desk("carol")
    for address in ("/", "/timing/"):
        assert in_both_themes(page, address) == ""


def test_the_pages_of_a_study(desk, cast, doorbell):
    draft = studies.draft(cast)
    study = studies.running(cast, name="Second")
    studies.read_next(studies.part_of(study, cast.alice))
    page = desk("carol")
    parts = ("", "arms/", "cases/", "readers/", "allocation/")
    addresses = [f"/studies/{draft.pk}/{part}" for part in parts]
    for address in ("/studies/", "/studies/add/", *addresses, f"/studies/{study.pk}/progress/"):
        assert in_both_themes(page, address) == ""


def test_the_pages_of_a_reader_in_a_study(desk, cast, doorbell):
    study = studies.running(cast)
    reading = readings.reading_start(reader=studies.part_of(study, cast.alice))
    page = desk("alice")
    for address in ("/readings/", f"/readings/{study.pk}/", f"/reports/{reading.report_id}/"):
        assert in_both_themes(page, address) == ""
    settled(page)


def test_the_pages_of_a_template_author(desk, cast):
    version = factories.template_version()
    draft = template_draft(cast.grace, cast.north)
    page = desk("grace")
    for address in (
        "/templates/",
        f"/templates/versions/{version.pk}/",
        f"/templates/drafts/{draft.pk}/",
    ):
        assert in_both_themes(page, address) == ""
