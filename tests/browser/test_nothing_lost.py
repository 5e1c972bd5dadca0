"""Going back, filling again, an ended sign-in, no network: nothing that was typed is lost."""

import pytest

from reporting.models import Report
from reporting.services import fills
from tests import factories
from tests.browser.conftest import comes, editor, saved, settled, until
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def place(cast):
    return factories.report(cast.alice, cast.north)


@pytest.fixture
def page(desk, place):
    return editor(desk, place)


def value(page, field):
    return page.locator(f"#{field}").input_value()


def fill(page):
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#fill.pending")
    fills.fill_run(worker="test")
    page.wait_for_selector("#fill.success")


def no_network(page):
    page.context.set_offline(True)
    page.locator("#f-emphysema-c").select_option("mild")
    page.locator("#conclusion").type("Offline.")
    until(page, "document.getElementById('conclusion-save').textContent.includes('no connection')")
    page.wait_for_selector("#f-emphysema.unsaved")


def test_the_back_button(page, place):
    page.keyboard.type("Old.")
    saved(page)
    page.keyboard.type(" Just typed.")
    page.locator("#f-wall-c").type("4")
    page.go_back()
    page.wait_for_selector("[data-exam]")
    page.go_forward()
    page.wait_for_load_state("networkidle")
    assert value(page, "conclusion") == "Old. Just typed."
    assert comes(page, place, "wall", 4)
    assert value(page, "f-wall-c") == "4"
    page.goto("about:blank")
    page.go_back()
    page.wait_for_load_state("networkidle")
    assert value(page, "conclusion") == "Old. Just typed."
    assert value(page, "f-wall-c") == "4"
    assert Report.objects.get().conclusion == "Old. Just typed."


def test_filling_again_keeps_what_a_person_did(page, place, engine):
    page.keyboard.type(factories.CONCLUSION)
    fill(page)
    page.wait_for_selector("#f-emphysema .mark.not_attested")
    page.locator("#f-emphysema-c").select_option("severe")
    page.wait_for_selector("#f-emphysema .mark.corrected")
    page.locator("#f-wall-c").type("3")
    assert comes(page, place, "wall", 3)
    page.locator("#conclusion").focus()
    page.keyboard.press("Control+End")
    page.keyboard.type(" Again.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#fill.pending")
    page.keyboard.type(" Typed while it fills.")
    fills.fill_run(worker="test")
    page.wait_for_selector("#fill.success")
    page.keyboard.type(" And after.")
    saved(page)
    wanted = factories.CONCLUSION + " Again. Typed while it fills. And after."
    assert Report.objects.get().conclusion == value(page, "conclusion") == wanted
    settled(page)
    held = place.field_values.get(path="emphysema")
    assert (held.value, held.suggested_value, held.attestation) == ("severe", "mild", "corrected")
    assert place.field_values.get(path="wall").value == 3
    page.reload()
    assert (value(page, "f-emphysema-c"), value(page, "f-wall-c")) == ("severe", "3")


def test_a_sign_in_that_ended_and_a_page_that_was_left(page, place):
    page.context.clear_cookies(name="sessionid")
    page.locator("#f-wall-c").type("5")
    page.locator("#conclusion").type("Signed out meanwhile.")
    until(page, "document.getElementById('conclusion-save').textContent.includes('signed out')")
    page.goto(f"/accounts/login/?next=/reports/{place.pk}/")
    page.fill("[name=username]", "alice")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#conclusion-save")
    saved(page)
    assert value(page, "conclusion") == "Signed out meanwhile."
    assert comes(page, place, "wall", 5)
    assert Report.objects.get().conclusion == "Signed out meanwhile."


def test_a_choice_without_a_network(page, place):
    no_network(page)
    page.context.set_offline(False)
    saved(page)
    assert comes(page, place, "emphysema", "mild")
    assert Report.objects.get().conclusion == "Offline."
    page.complaints[:] = [text for text in page.complaints if not text.startswith("htmx:")]


def test_a_page_that_dies_without_a_network(page, place):
    address = page.url
    no_network(page)
    again = page.context.new_page()
    page.close()
    again.context.set_offline(False)
    again.goto(address)
    # The dead page could not let go of the report.
    again.wait_for_selector("#held:not([hidden])")
    with again.expect_navigation():
        again.keyboard.press("Alt+w")
    # It may have been sent while the page died, or is offered again: either way it is stored.
    for _ in range(100):
        if Report.objects.get().conclusion == "Offline.":
            break
        again.wait_for_timeout(100)
    assert Report.objects.get().conclusion == "Offline."
    assert value(again, "conclusion") == "Offline."
    assert comes(again, place, "emphysema", "mild")
    page.complaints[:] = [text for text in page.complaints if not text.startswith("htmx:")]


def test_nobody_at_the_desk(page, place, settings):
    settings.IDLE_LOGOFF_SECONDS = 6
    page.reload()
    page.wait_for_load_state("networkidle")
    page.locator("#conclusion").type("Before the pause.")
    until(page, "document.getElementById('notice').textContent.includes('signed out in')")
    page.keyboard.type(" Back.")
    until(page, "document.getElementById('notice').textContent === ''")
    page.locator("#f-wall-c").type("9 kg")
    page.wait_for_selector("[name=password]", timeout=20_000)
    assert "nobody was typing" in page.locator("main").inner_text()
    page.fill("[name=username]", "alice")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#conclusion")
    page.wait_for_load_state("networkidle")
    assert value(page, "conclusion") == "Before the pause. Back."
    assert value(page, "f-wall-c") == "9 kg"
    assert Report.objects.get().conclusion == "Before the pause. Back."
