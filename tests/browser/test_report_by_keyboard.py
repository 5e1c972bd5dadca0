"""One exam in each mode, from the worklist to the next exam, by keyboard alone."""

import pytest

from reporting.models import FieldValue, Report, TimingEvent
from reporting.services import fills
from tests import factories
from tests.browser.conftest import settled, until
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def one_exam(cast):
    factories.template_version()
    return factories.exam(cast.north)


def begin(desk, key):
    page = desk("alice")
    until(page, "document.activeElement.matches('[data-exam]')")
    page.keyboard.press(key)
    page.wait_for_url("**/reports/**")
    assert page.evaluate("document.activeElement.id") == "conclusion"
    return page


def finish(page):
    page.keyboard.press("Alt+s")
    page.wait_for_selector("#sign[open]")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/?signed=*")
    report = Report.objects.get()
    assert report.status == Report.Status.FINAL
    return report


def saved(page, area="conclusion"):
    until(page, f"document.getElementById('{area}-save').textContent === 'saved'")


def test_free_text(desk):
    page = begin(desk, "3")
    page.keyboard.type("Mild emphysema.")
    page.keyboard.press("Tab")
    page.locator("#findings-text").focus()
    page.keyboard.type("  Lungs: mild emphysema.\n\n<b>verbatim</b> ")
    saved(page, "findings-text")
    report = finish(page)
    assert report.findings_text == "  Lungs: mild emphysema.\n\n<b>verbatim</b> "


def test_structured(desk):
    page = begin(desk, "2")
    page.keyboard.type("Mild emphysema.")
    page.keyboard.press("Alt+PageDown")
    assert page.evaluate("document.activeElement.closest('.part') !== null")
    page.locator("#f-emphysema-c").focus()
    page.keyboard.type("Mi")
    settled(page)
    page.wait_for_selector("#f-emphysema.filled")
    page.keyboard.press("Alt+Shift+N")
    page.wait_for_selector(".mark.bulk_confirmed")
    settled(page)
    report = finish(page)
    value = report.field_values.get(path="emphysema")
    assert (value.value, value.attestation) == ("mild", FieldValue.Attestation.ENTERED)
    assert report.timing_events.filter(kind=TimingEvent.Kind.REST_NORMAL).exists()


def test_filled_by_the_model(desk, engine):
    page = begin(desk, "1")
    page.keyboard.type(factories.CONCLUSION)
    before = page.evaluate("[window.scrollX, window.scrollY]")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#fill.pending")
    fills.fill_run(worker="test")
    page.wait_for_selector("#fill.success")
    page.wait_for_selector("#f-emphysema .mark.not_attested")
    assert page.evaluate("document.activeElement.id") == "conclusion"
    assert page.evaluate("[window.scrollX, window.scrollY]") == before
    assert page.locator("#unused").inner_text().count("Follow-up in 3 months") == 1
    while page.locator(".mark [data-act=confirm]").count():
        left = page.locator(".mark [data-act=confirm]").count()
        page.keyboard.press("Alt+u")
        assert page.locator("#backdrop mark.lit").count() >= 1
        page.keyboard.press("Alt+a")
        until(page, f"document.querySelectorAll('.mark [data-act=confirm]').length < {left}")
    page.keyboard.press("Alt+Shift+N")
    page.wait_for_selector(".mark.bulk_confirmed")
    settled(page)
    report = finish(page)
    filled = report.field_values.filter(fill_job__isnull=False)
    assert filled.count() >= 3
    assert {str(v.attestation) for v in filled} == {"confirmed"}
    wanted = {"opened", "first_input", "fill_requested", "fill_finished", "signed"}
    for _ in range(50):
        if wanted <= set(report.timing_events.values_list("kind", flat=True)):
            return
        page.wait_for_timeout(100)
    raise AssertionError(sorted(report.timing_events.values_list("kind", flat=True)))


def test_a_wrong_answer_is_rejected(desk, engine):
    page = begin(desk, "1")
    page.keyboard.type("Mild emphysema.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#fill.pending")
    fills.fill_run(worker="test")
    page.wait_for_selector("#f-emphysema .mark.not_attested")
    page.keyboard.press("Alt+u")
    page.keyboard.press("Alt+r")
    page.wait_for_selector("#f-emphysema .mark.rejected")
    assert page.locator("#f-emphysema-c").input_value() == ""
    value = FieldValue.objects.get(path="emphysema")
    assert (value.value, value.suggested_value) == (None, "mild")


def test_signing_with_open_suggestions_says_which(desk, engine):
    page = begin(desk, "1")
    page.keyboard.type("Mild emphysema.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#fill.pending")
    fills.fill_run(worker="test")
    page.wait_for_selector("#f-emphysema .mark.not_attested")
    page.keyboard.press("Alt+s")
    page.wait_for_selector("#sign[open]")
    assert page.locator("#sign-reasons a", has_text="Emphysema").count() == 1
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "f-emphysema-c"
    page.locator("#conclusion").fill("")
    page.keyboard.press("Alt+s")
    page.wait_for_selector("#sign[open]")
    page.keyboard.type(PASSWORD)
    assert page.locator("#sign-password").input_value() == ""
    page.locator("#sign-reasons a", has_text="conclusion is empty").click()
    assert page.evaluate("document.activeElement.id") == "conclusion"
    assert Report.objects.get().status == Report.Status.DRAFT
