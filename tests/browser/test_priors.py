"""The patient's earlier reports by keyboard: open, choose, copy, take back, compared with."""

import pytest

from reporting.models import FieldValue, Report
from tests import factories
from tests.browser.conftest import editor, settled, until
from tests.reporting.test_priors import DAY, VALUES, later, set_all, signed

pytestmark = pytest.mark.django_db(transaction=True)
SHIFT = """new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => { for (const e of list.getEntries()) sum += e.value; })
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 300);
})"""


@pytest.fixture
def draft(cast):
    first = factories.report(cast.dave, cast.north, mode="structured", performed_at=DAY)
    set_all(first, cast.dave, VALUES)
    signed(first, cast.dave)
    second = later(cast.alice, first, days=100)
    set_all(second, cast.alice, {"emphysema": "mild"})
    signed(second, cast.alice)
    return later(cast.alice, first)


def focus(page):
    return page.evaluate("document.activeElement.id")


def shown(page, text):
    until(page, f"document.getElementById('priors-body').innerText.includes({text!r})")


def test_the_panel_opens_by_key_and_stays_as_it_was_left(desk, draft):
    page = editor(desk, draft)
    assert not page.locator("#prior-view").count()
    page.keyboard.press("Alt+b")
    shown(page, "Mild emphysema.")
    assert focus(page) == "conclusion"
    page.keyboard.press("Alt+.")
    shown(page, "Severe emphysema.")
    page.keyboard.press("Alt+,")
    shown(page, "Mild emphysema.")
    page.reload()
    shown(page, "Mild emphysema.")
    assert page.evaluate(SHIFT) == 0
    page.locator("[name=prior]:checked").focus()
    page.keyboard.press("ArrowDown")
    shown(page, "Severe emphysema.")
    assert page.evaluate("document.activeElement.name") == "prior"
    page.keyboard.press("Tab")
    assert focus(page) == "prior-view"
    page.keyboard.press("Alt+b")
    assert not page.locator("#prior-view").is_visible()


def test_the_comparison_follows_the_draft(desk, draft):
    page = editor(desk, draft)
    page.keyboard.press("Alt+b")
    until(page, "document.querySelector('.diff .gone')?.innerText.includes('not stated')")
    page.locator("#f-emphysema-c").focus()
    page.keyboard.type("Se")
    until(page, "document.querySelector('.diff .changed')?.innerText.includes('Mild → Severe')")
    assert focus(page) == "f-emphysema-c"


def test_a_value_is_copied_confirmed_and_taken_back(desk, draft):
    page = editor(desk, draft)
    page.locator("#f-emphysema-c").focus()
    assert "Alt F 2026-06-10: Mild" in page.locator("#hints").inner_text().replace("\n", " ")
    page.keyboard.press("Alt+f")
    page.wait_for_selector("#f-emphysema .mark.not_attested")
    assert "prior 2026-06-10" in page.locator("#f-emphysema .mark").inner_text()
    assert page.locator("#f-emphysema-c").input_value() == "mild"
    assert focus(page) == "f-emphysema-c"
    settled(page)
    page.keyboard.press("Alt+a")
    page.wait_for_selector("#f-emphysema .mark.confirmed")
    assert FieldValue.objects.get(report=draft).attestation == "confirmed"
    settled(page)
    for _ in range(2):
        page.keyboard.press("Alt+z")
        settled(page)
    until(page, "document.getElementById('f-emphysema-c').value === ''")
    assert FieldValue.objects.get(report=draft).value is None


def test_a_measurement_is_shown_and_not_copied(desk, draft):
    page = editor(desk, draft)
    page.keyboard.press("Alt+b")
    shown(page, "Mild emphysema.")
    page.keyboard.press("Alt+.")
    shown(page, "Severe emphysema.")
    page.locator("#f-wall-c").focus()
    until(page, "document.getElementById('hints').innerText.includes('2026-03-02: 4 mm')")
    page.keyboard.press("Alt+f")
    until(page, "document.getElementById('notice').innerText.includes('Measurements are not')")
    assert not FieldValue.objects.filter(report=draft).exists()


def test_compared_with_is_said_by_a_key(desk, draft):
    page = editor(desk, draft)
    page.keyboard.press("Alt+Shift+B")
    until(page, "document.getElementById('comparison').innerText.includes('(165 days)')")
    assert Report.objects.get(pk=draft.pk).compared_with is not None
    page.keyboard.press("Alt+Shift+B")
    until(page, "document.getElementById('comparison').innerText === ''")
    assert Report.objects.get(pk=draft.pk).compared_with is None


def test_a_patient_without_earlier_reports(desk, cast):
    page = editor(desk, factories.report(cast.alice, cast.north, mode="structured"))
    page.keyboard.press("Alt+b")
    shown(page, "No earlier signed report")
    page.locator("#f-emphysema-c").focus()
    page.keyboard.press("Alt+f")
    until(page, "document.getElementById('notice').innerText.includes('no earlier signed')")
