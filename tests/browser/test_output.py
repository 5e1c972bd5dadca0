"""The report as text: a preview that follows what is typed, and the clipboard."""

import pytest

from tests import factories
from tests.browser.conftest import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page(desk, cast):
    report = factories.report(cast.alice, cast.north, mode="structured")
    page = desk("alice")
    page.goto(f"/reports/{report.pk}/")
    return page


def preview_has(page, text):
    until(page, f"document.querySelector('#preview pre').textContent.includes('{text}')")


def test_the_preview_follows_and_says_when_it_cannot(page):
    page.keyboard.press("Alt+v")
    preview_has(page, "DRAFT, not signed")
    page.locator("#conclusion").fill("Normal study.")
    preview_has(page, "Normal study.")
    page.context.clear_cookies(name="sessionid")
    page.locator("#preview summary").click()
    page.locator("#preview summary").click()
    preview_has(page, "cannot be shown")


def test_the_copy_holds_what_was_just_typed(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#conclusion").fill("Normal study.")
    page.keyboard.press("Alt+y")
    until(page, "document.getElementById('notice').textContent === 'Copied.'")
    assert "CONCLUSION:\nNormal study." in page.evaluate("navigator.clipboard.readText()")
