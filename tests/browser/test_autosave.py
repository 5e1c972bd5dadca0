"""Nothing that was typed is lost, and nothing is overwritten in silence."""

import pytest

from reporting.models import Report
from tests import factories
from tests.browser.conftest import alone, beside, comes, released, settled, until
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def place(cast):
    return factories.report(cast.alice, cast.north, mode="structured")


def opened(desk, report):
    page = desk("alice")
    page.goto(f"/reports/{report.pk}/")
    return page


def test_a_reload_loses_nothing(desk, place):
    page = opened(desk, place)
    page.locator("#conclusion").type("Typed just now")
    page.reload()
    until(page, "document.getElementById('conclusion-save').textContent === 'saved'")
    assert page.locator("#conclusion").input_value() == "Typed just now"
    assert Report.objects.get().conclusion == "Typed just now"


def test_what_is_typed_before_the_scripts_have_come_is_saved(desk, place):
    page = desk("alice")
    held = []
    page.route("**/js/editor*.js", lambda route: held.append(route))
    page.goto(f"/reports/{place.pk}/", wait_until="commit")
    page.locator("#conclusion").type("Typed early")
    page.locator("#f-emphysema-c").select_option("mild")
    held[0].continue_()
    until(page, "document.getElementById('conclusion-save').textContent === 'saved'")
    assert Report.objects.get().conclusion == "Typed early"
    assert comes(page, place, "emphysema", "mild")


def test_a_page_that_nobody_touches_saves_nothing(desk, place):
    page = opened(desk, place)
    settled(page)
    assert not place.field_values.exists()
    assert Report.objects.get().conclusion_version == 0


def test_a_lost_network_loses_nothing(desk, place):
    page = opened(desk, place)
    page.context.set_offline(True)
    page.locator("#conclusion").type("Without a network")
    until(page, "document.getElementById('conclusion-save').textContent.includes('no connection')")
    page.context.set_offline(False)
    until(page, "document.getElementById('conclusion-save').textContent === 'saved'")
    assert Report.objects.get().conclusion == "Without a network"


def test_an_expired_login_loses_nothing(desk, place, live_server):
    page = opened(desk, place)
    page.context.clear_cookies(name="sessionid")
    page.locator("#conclusion").type("After the end of the session")
    until(page, "document.getElementById('conclusion-save').textContent.includes('signed out')")
    page.locator("#f-emphysema-c").select_option("mild")
    until(page, "document.getElementById('notice').textContent.includes('sign-in has ended')")
    assert page.locator("#f-emphysema-c").input_value() == "mild"
    again = page.context.new_page()
    again.goto(f"{live_server.url}/accounts/login/")
    again.fill("[name=username]", "alice")
    again.fill("[name=password]", PASSWORD)
    again.keyboard.press("Enter")
    again.wait_for_url(f"{live_server.url}/")
    until(page, "document.getElementById('conclusion-save').textContent === 'saved'")
    assert Report.objects.get().conclusion == "After the end of the session"
    page.locator("#f-emphysema-c").select_option("severe")
    assert comes(page, place, "emphysema", "severe")
    # Signing in changes the token: what was on its way with the old one is refused, and sent again.
    page.complaints[:] = [text for text in page.complaints if "403" not in text]


def test_what_was_changed_meanwhile_is_a_conflict_that_keeps_both(desk, place):
    page = opened(desk, place)
    alone(page)
    other = beside(page)
    other.locator("#conclusion").fill("From the other tab")
    until(other, "document.getElementById('conclusion-save').textContent === 'saved'")
    other.close()
    released(page)
    page.locator("#conclusion").type("From the first tab")
    page.wait_for_selector("#conclusion-conflict:not([hidden])")
    assert "From the other tab" in page.locator("#conclusion-conflict").inner_text()
    assert page.locator("#conclusion").input_value() == "From the first tab"
    page.locator("#conclusion-conflict button", has_text="Keep mine").click()
    until(page, "document.getElementById('conclusion-save').textContent === 'saved'")
    assert Report.objects.get().conclusion == "From the first tab"


def test_a_field_changed_elsewhere_is_not_overwritten(desk, place):
    page = opened(desk, place)
    alone(page)
    other = beside(page)
    other.locator("#f-emphysema-c").select_option("mild")
    other.wait_for_selector("#f-emphysema.filled")
    settled(other)
    other.close()
    released(page)
    page.locator("#f-emphysema-c").select_option("severe")
    page.wait_for_selector("#f-emphysema .mark.conflict")
    assert place.field_values.get(path="emphysema").value == "mild"
    page.locator("#f-emphysema [data-again]").click()
    assert comes(page, place, "emphysema", "severe")


def test_choices_that_were_made_elsewhere_can_be_taken(desk, place):
    page = opened(desk, place)
    alone(page)
    other = beside(page)
    other.locator("#f-opacities input[value=ground_glass]").check()
    assert comes(other, place, "opacities", ["ground_glass"])
    other.close()
    released(page)
    page.locator("#f-opacities input[value=consolidation]").check()
    page.wait_for_selector("#f-opacities .mark.conflict")
    page.locator("#f-opacities [data-take]").click()
    page.wait_for_selector("#f-opacities .mark.conflict", state="detached")
    assert page.locator("#f-opacities input[value=ground_glass]").is_checked()
    assert not page.locator("#f-opacities input[value=consolidation]").is_checked()
    assert place.field_values.get(path="opacities").value == ["ground_glass"]


@pytest.mark.parametrize(
    "text", ["<script>document.title='x'</script>", "ردود 한국어 עברית", "a\u202eb"]
)
def test_odd_text_stays_text(desk, place, text):
    page = opened(desk, place)
    page.locator("#conclusion").fill(text)
    until(page, "document.getElementById('conclusion-save').textContent === 'saved'")
    page.reload()
    assert page.locator("#conclusion").input_value() == text
    assert page.title() != "x"


def test_a_size_is_read_with_its_unit(desk, place):
    page = opened(desk, place)
    page.locator("[data-add=nodule]").click()
    size = page.locator("[id^=f-nodule--][id$='--size-c']").first
    size.fill("1.2 cm")
    size.blur()
    until(page, "document.querySelector(\"[id^='f-nodule--'][id$='--size-c']\").value === '12'")
    assert place.field_values.get(member="size").value == 12


def test_a_size_that_cannot_be_is_refused_and_stays(desk, place):
    page = opened(desk, place)
    page.locator("[data-add=nodule]").click()
    size = page.locator("[id^=f-nodule--][id$='--size-c']").first
    size.fill("9 kg")
    size.blur()
    page.wait_for_selector(".mark.invalid")
    assert size.input_value() == "9 kg"


def test_leaving_a_field_in_conflict_chooses_nothing(desk, place):
    page = opened(desk, place)
    alone(page)
    other = beside(page)
    other.locator("#f-wall-c").fill("3")
    assert comes(other, place, "wall", 3)
    other.close()
    released(page)
    page.locator("#f-wall-c").type("4")
    page.wait_for_selector("#f-wall .mark.conflict")
    page.locator("#f-wall-c").blur()
    page.wait_for_timeout(500)
    assert place.field_values.get(path="wall").value == 3
    page.locator("#f-wall [data-again]").click()
    assert comes(page, place, "wall", 4)
