"""The template author by keyboard alone: begin, build, mend, order, publish."""

import pytest

from reporting.models import ReportTemplateVersion, TemplateDraft
from tests import factories
from tests.browser.conftest import settled, until
from tests.reporting.templates import draft

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page(desk, cast):
    one = draft(cast.grace, cast.north, name="Trunk of the north")
    page = desk("grace")
    page.set_default_timeout(30_000)
    page.goto(f"/templates/drafts/{one.pk}/")
    page.wait_for_load_state("networkidle")
    return page


def stored(page):
    settled(page)
    return TemplateDraft.objects.get().definition


def focus(page):
    return page.evaluate("document.activeElement.id")


def to(page, wanted, *, key="Tab"):
    """Press a key until something has the focus."""
    for _ in range(150):
        if focus(page) == wanted:
            return
        page.keyboard.press(key)
    raise AssertionError(f"{key} never leads to {wanted}")


def write_option(page, number, value):
    to(page, f"p-option-{number}-value")
    for typed in (value, value.title(), f"{value.title()} cough.", f"{value} cough"):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")


def test_a_field_is_built_moved_and_published_by_keyboard(page):
    a_choice_is_built(page)
    page.keyboard.press("Alt+ArrowUp")
    until(page, "document.activeElement.id === 'part-up'")
    until(page, "document.getElementById('p-normal').options.length === 3")
    to(page, "p-normal")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    until(page, "!document.getElementById('faults')")
    keys = [field["key"] for field in stored(page)["sections"][0]["fields"]]
    assert keys[-3:] == ["cough", "nodule", "lungs_other"]
    to(page, "publish-note", key="Shift+Tab")
    page.keyboard.type("Cough was asked for.")
    page.keyboard.press("Enter")
    page.wait_for_url("**/templates/versions/*/")
    version = ReportTemplateVersion.objects.get()
    assert version.status == "published"
    assert version.definition["sections"][0]["fields"][-3]["options"][1]["text"] == "Dry cough."


def a_choice_is_built(page):
    """Add a choice with two options to the first section, without the mouse."""
    to(page, "open-0")
    page.keyboard.press("Enter")
    until(page, "document.activeElement.id === 'p-label'")
    to(page, "add-choice")
    page.keyboard.press("Enter")
    until(page, "document.getElementById('p-key')?.value === 'field_1'")
    until(page, "document.activeElement.id === 'p-label'")
    assert page.locator("#faults").is_visible()
    page.keyboard.type("Cough")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+a")
    page.keyboard.type("cough")
    for number, value in enumerate(["no", "dry"]):
        write_option(page, number, value)
    settled(page)


def test_what_is_wrong_stays_and_the_first_fault_is_one_key_away(page):
    page.locator("#p-modality").focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.press("Alt+PageDown")
    until(page, "document.querySelector('#at').value === '0'")
    assert page.locator("#faults").inner_text() == "template modality is missing"
    page.keyboard.press("Alt+e")
    until(page, "document.querySelector('#at').value === ''")
    page.keyboard.press("Alt+z")
    until(page, "!document.getElementById('faults')")
    assert stored(page)["modality"] == "CT"


def test_typing_goes_on_while_it_is_stored(page):
    page.locator("#p-name").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("Trunk", delay=5)
    page.keyboard.press("Tab")
    page.keyboard.press("Control+a")
    page.keyboard.type("small_trunk", delay=5)
    page.keyboard.press("Tab")
    page.keyboard.type("X")
    assert focus(page) == "p-modality"
    page.keyboard.press("Tab")
    definition = stored(page)
    assert (definition["name"], definition["modality"]) == ("Trunk", "X")


def test_the_preview_follows_what_is_typed(page):
    page.keyboard.press("Alt+PageDown")
    until(page, "document.querySelector('#at').value === '0'")
    page.locator("#example").focus()
    page.keyboard.type("Severe emphysema.")
    until(page, "document.querySelector('.narrative').innerText.includes('Severe emphysema.')")
    until(page, "document.getElementById('f-emphysema-c').value === 'severe'")
    assert focus(page) == "example"


def test_two_pages_of_one_draft_lose_nothing(page):
    other = page.context.new_page()
    other.goto(page.url)
    other.locator("#p-name").fill("Of the other page")
    other.keyboard.press("Tab")
    settled(other)
    page.locator("#p-name").fill("Of this page")
    page.keyboard.press("Tab")
    until(page, "document.getElementById('notice').innerText.includes('Nothing was overwritten')")
    assert page.locator("#p-name").input_value() == "Of this page"
    assert stored(page)["name"] == "Of the other page"


def test_the_list_leads_to_everything(desk, cast):
    version = factories.template_version()
    page = desk("grace")
    page.goto("/templates/")
    page.locator("a", has_text="1").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/templates/versions/{version.pk}/")
    page.locator("button", has_text="Begin a draft").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/templates/drafts/*/")
    assert page.locator("h1").inner_text().startswith("Small trunk (draft)")
