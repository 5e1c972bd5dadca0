"""Undo and redo by keyboard: texts, choices, attestations, rows, a whole fill."""

import pytest

from reporting.models import AuditEvent, GroupRow, Report
from reporting.services import fills
from tests import factories
from tests.browser.conftest import alone, beside, editor, released, settled, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def place(cast):
    return factories.report(cast.alice, cast.north)


@pytest.fixture
def page(desk, place):
    return editor(desk, place)


def shown(page, value):
    until(page, f"document.getElementById('f-emphysema-c').value === '{value}'")


def chosen(page, key, value):
    page.locator("#f-emphysema-c").focus()
    page.wait_for_timeout(1100)  # What was typed longer ago begins no word of the list.
    page.keyboard.type(key)
    shown(page, value)
    page.wait_for_selector("#f-emphysema.filled")
    settled(page)


def fill(page):
    page.locator("#conclusion").focus()
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#fill.pending")
    fills.fill_run(worker="test")
    page.wait_for_selector("#fill.success")
    page.wait_for_selector("#f-emphysema .mark.not_attested")


def test_choices_and_texts_go_back_in_the_order_they_were_made(page, place):
    page.keyboard.type("First.")
    page.wait_for_timeout(1100)
    page.keyboard.type(" Second.")
    chosen(page, "Mi", "mild")
    chosen(page, "S", "severe")
    for key, value in [("z", "mild"), ("z", ""), ("Shift+Z", "mild"), ("z", "")]:
        page.keyboard.press(f"Alt+{key}")
        shown(page, value)
    page.keyboard.press("Alt+z")
    until(page, "document.getElementById('conclusion').value === 'First.'")
    page.keyboard.press("Alt+z")
    until(page, "document.getElementById('conclusion').value === ''")
    assert page.evaluate("document.activeElement.id") == "f-emphysema-c"
    for _ in range(4):
        page.keyboard.press("Alt+Shift+Z")
    shown(page, "severe")
    assert page.locator("#conclusion").input_value() == "First. Second."
    until(page, "document.getElementById('conclusion-save').textContent === 'saved'")
    settled(page)
    assert Report.objects.get().conclusion == "First. Second."
    assert place.field_values.get(path="emphysema").value == "severe"
    assert AuditEvent.objects.filter(action="taken_back").count() == 6


def test_ctrl_z_stays_the_browsers_own_in_a_text(page, place):
    chosen(page, "Mi", "mild")
    page.locator("#conclusion").focus()
    page.keyboard.type("abc")
    page.keyboard.press("Control+z")
    until(page, "document.getElementById('conclusion').value === 'ab'")
    shown(page, "mild")
    page.keyboard.press("Control+Shift+z")
    until(page, "document.getElementById('conclusion').value === 'abc'")
    page.locator("#f-emphysema-c").focus()
    page.keyboard.press("Alt+z")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    shown(page, "")


def test_a_number_that_is_still_being_typed_goes_back_where_one_is(page, place):
    wall = page.locator("#f-wall-c")
    wall.focus()
    page.keyboard.type("3")
    wall.blur()
    settled(page)
    wall.focus()
    wall.select_text()
    page.keyboard.type("4")
    page.keyboard.press("Alt+z")
    until(page, "document.getElementById('f-wall-c').value === '3'")
    assert page.evaluate("document.activeElement.id") == "f-wall-c"
    page.wait_for_timeout(1200)
    settled(page)
    assert place.field_values.get(path="wall").value == 3


def test_a_fill_and_what_was_made_of_it_go_back(page, place, engine):
    page.keyboard.type(factories.CONCLUSION)
    fill(page)
    page.keyboard.press("Alt+u")
    page.keyboard.press("Alt+a")
    page.wait_for_selector("#f-emphysema .mark.confirmed")
    settled(page)
    page.keyboard.press("Alt+z")
    page.wait_for_selector("#f-emphysema .mark.not_attested")
    page.keyboard.press("Alt+z")
    until(page, "!document.querySelector('.mark [data-act=confirm]')")
    shown(page, "")
    assert not GroupRow.objects.filter(removed_at__isnull=True).exists()
    page.keyboard.press("Alt+Shift+Z")
    page.wait_for_selector("#f-emphysema .mark.not_attested")
    shown(page, "mild")
    page.wait_for_selector("[id^=g-nodule-rows] > .row")


def test_a_row_with_its_values_comes_back(page, place):
    page.locator("[data-add=nodule]").focus()
    page.keyboard.press("Enter")
    size = page.locator("[id^=f-nodule--][id$='--size-c']")
    size.first.wait_for()
    size.first.fill("8")
    size.first.blur()
    settled(page)
    page.locator(".row-head button").first.press("Enter")
    until(page, "!document.querySelector('#g-nodule-rows > .row')")
    page.keyboard.press("Alt+z")
    page.wait_for_selector("#g-nodule-rows > .row")
    assert size.first.input_value() == "8"


def test_what_another_tab_changed_since_is_not_taken_back(page, place):
    chosen(page, "Mi", "mild")
    alone(page)
    other = beside(page)
    other.locator("#f-emphysema-c").select_option("severe")
    settled(other)
    other.close()
    released(page)
    page.keyboard.press("Alt+z")
    page.wait_for_selector("#f-emphysema .mark.conflict")
    assert "Severe" in page.locator("#f-emphysema .mark").inner_text()
    assert place.field_values.get(path="emphysema").value == "severe"


def test_without_a_network_nothing_is_lost_and_it_can_be_tried_again(page, place):
    chosen(page, "Mi", "mild")
    page.context.set_offline(True)
    page.keyboard.press("Alt+z")
    until(page, "document.getElementById('notice').textContent.includes('does not answer')")
    shown(page, "mild")
    page.context.set_offline(False)
    page.keyboard.press("Alt+z")
    shown(page, "")
    page.complaints[:] = [text for text in page.complaints if not text.startswith("htmx:")]
