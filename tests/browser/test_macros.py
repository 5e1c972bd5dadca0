"""Macros by keyboard: preview, expansion by Tab alone, open places, pick lists, the default."""

import pytest

from reporting.models import Report
from reporting.services.macros import MacroData, macro_save
from tests import factories
from tests.browser.conftest import editor, settled, until

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = "{sex} patient: [ ] mm nodule, [solid|part-solid]."
DONE = "female patient: 8 mm nodule, part-solid."


@pytest.fixture
def page(desk, cast):
    place = factories.report(cast.alice, cast.north, mode="structured")
    macro_save(user=cast.alice, data=MacroData("nod", TEXT))
    macro_save(user=cast.alice, data=MacroData("normal", "Normal study.", is_default=True))
    return editor(desk, place)


def text(page, area="conclusion"):
    return page.locator(f"#{area}").input_value()


def test_shown_while_typed_written_by_tab_then_tab_visits_what_is_open(page):
    page.keyboard.type("See: .nod")
    assert page.locator("#macro").is_visible()
    assert "[ ] mm nodule" in page.locator("#macro").inner_text()
    assert text(page) == "See: .nod"
    page.keyboard.press("Tab")
    assert text(page) == "See: female patient: [ ] mm nodule, [solid|part-solid]."
    page.keyboard.type("8")
    page.keyboard.press("Tab")
    assert "Alt 2 part-solid" in page.locator("#macro").inner_text()
    page.keyboard.press("Alt+2")
    assert text(page) == f"See: {DONE}"
    assert page.evaluate("document.activeElement.id") == "conclusion"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") != "conclusion"
    until(page, "document.getElementById('conclusion-save').textContent === 'saved'")
    assert Report.objects.get().conclusion == f"See: {DONE}"


def test_an_expansion_is_one_step_of_undo_also_in_a_page_just_opened(page):
    page.add_init_script("performance.now = () => 5")
    page.reload()
    page.wait_for_load_state("networkidle")
    page.keyboard.type(".nod")
    page.keyboard.press("Tab")
    page.keyboard.press("Alt+z")
    until(page, "document.getElementById('conclusion').value === '.nod'")
    page.keyboard.press("Alt+Shift+Z")
    until(page, "document.getElementById('conclusion').value.startsWith('female patient: [ ]')")


def test_what_is_typed_or_dictated_stays_typed(page):
    for typed in ("nodule.nod", ".nod and so on", "1.nod", ".nodx", "x. .no"):
        page.locator("#conclusion").fill("")
        page.keyboard.type(typed)
        assert page.locator("#macro").is_visible() == typed.endswith(" .no")
        page.keyboard.press("Tab")
        assert text(page) == typed
        assert page.evaluate("document.activeElement.id") != "conclusion"


def test_esc_closes_the_preview_and_keeps_the_text(page):
    page.keyboard.type(".nod")
    page.keyboard.press("Escape")
    assert not page.locator("#macro").is_visible()
    page.keyboard.press("Tab")
    assert text(page) == ".nod"


def test_the_default_goes_into_an_empty_text_only(page):
    assert "default .normal" in page.locator("#hints").inner_text()
    page.keyboard.press("Alt+m")
    assert text(page) == "Normal study."
    page.keyboard.press("Alt+m")
    assert text(page) == "Normal study."
    area = page.locator("#f-lungs-other-c")
    area.focus()
    page.keyboard.type(".nod")
    page.keyboard.press("Tab")
    assert text(page, "f-lungs-other-c").startswith("female patient: [ ]")
    settled(page)


def test_nothing_moves_when_the_preview_comes(page):
    page.evaluate(
        "window.shift = 0; new PerformanceObserver(list => list.getEntries().forEach("
        "e => { window.shift += e.value })).observe({type: 'layout-shift', buffered: true})"
    )
    page.keyboard.type(".nod")
    page.wait_for_timeout(800)
    assert page.evaluate("window.shift") == 0


def test_a_macro_is_written_on_its_page_by_keyboard(page):
    page.goto("/macros/")
    page.locator("[name=trigger]").focus()
    page.keyboard.type("abc")
    page.keyboard.press("Tab")
    page.keyboard.type("Text [ ].")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.locator("[name=trigger]").focus()
    page.keyboard.press("Enter")
    page.locator("table", has_text=".abc").wait_for()
