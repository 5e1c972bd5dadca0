"""One page writes in a report; a second one reads and takes over. Nobody loses a word."""

import pytest

from reporting.models import Report
from tests import factories
from tests.browser.conftest import beside, comes, released, saved, settled, until

pytestmark = pytest.mark.django_db(transaction=True)
HELD = "#held:not([hidden])"


@pytest.fixture
def place(cast):
    """A report that erin drafts and dave may change too."""
    return factories.report(cast.erin, cast.north, mode="structured")


def opened(desk, name, report):
    page = desk(name)
    page.goto(f"/reports/{report.pk}/")
    page.wait_for_load_state("networkidle")
    return page


def take_over(page):
    with page.expect_navigation():
        page.keyboard.press("Alt+w")
    page.wait_for_load_state("networkidle")


def test_a_second_reader_reads_takes_over_and_the_first_keeps_what_was_typed(desk, place):
    erin, dave = opened(desk, "erin", place), opened(desk, "dave", place)
    dave.wait_for_selector(HELD)
    assert "Erin Test has been writing" in dave.locator("#held").inner_text()
    assert dave.locator("#f-emphysema-c").is_disabled()
    dave.keyboard.type("Not here.")
    assert dave.locator("#conclusion").input_value() == ""
    take_over(dave)
    dave.keyboard.type("By Dave.")
    saved(dave)
    erin.locator("#conclusion").focus()
    erin.keyboard.type("By Erin, ", delay=20)
    erin.wait_for_selector(HELD)
    erin.keyboard.type("who types on.")
    assert "Dave Test has been writing" in erin.locator("#held").inner_text()
    assert erin.locator("#conclusion").input_value() == "By Erin, who types on."
    assert "By Erin, who types on." in erin.locator("#conclusion-conflict").inner_text()
    assert Report.objects.get().conclusion == "By Dave."
    take_over(erin)
    assert erin.locator("#conclusion").input_value() == "By Dave."
    assert "By Erin, who types on." in erin.locator("#conclusion-conflict").inner_text()
    erin.locator("#conclusion-conflict button", has_text="Use it").click()
    saved(erin)
    assert Report.objects.get().conclusion == "By Erin, who types on."


def test_a_field_that_was_being_chosen_comes_back_as_a_conflict(desk, place):
    erin, dave = opened(desk, "erin", place), opened(desk, "dave", place)
    take_over(dave)
    dave.locator("#f-emphysema-c").select_option("mild")
    assert comes(dave, place, "emphysema", "mild")
    erin.locator("#f-emphysema-c").select_option("severe")
    erin.wait_for_selector(HELD)
    assert place.field_values.get(path="emphysema").value == "mild"
    assert erin.locator("#f-emphysema-c").input_value() == "severe"
    take_over(erin)
    erin.wait_for_selector("#f-emphysema .mark.conflict")
    assert erin.locator("#f-emphysema-c").input_value() == "severe"
    assert "Mild" in erin.locator("#f-emphysema .mark").inner_text()
    erin.locator("#f-emphysema [data-again]").click()
    assert comes(erin, place, "emphysema", "severe")


def test_the_first_is_told_though_nobody_types(desk, place, live_server):
    erin = opened(desk, "erin", place)
    dave = opened(desk, "dave", place)
    take_over(dave)
    until(erin, "!document.getElementById('held').hidden", seconds=15)
    assert erin.locator("#f-emphysema-c").is_disabled()
    erin.keyboard.press("Alt+s")
    assert not erin.locator("#sign[open]").count()


def test_two_tabs_of_one_reader(desk, place):
    page = opened(desk, "erin", place)
    other = beside(page)
    other.keyboard.type("In the second tab.")
    saved(other)
    page.locator("#conclusion").focus()
    page.keyboard.type("In the first.")
    page.wait_for_selector(HELD)
    assert "on another page" in page.locator("#held").inner_text()
    assert "In the first." in page.locator("#conclusion-conflict").inner_text()
    assert Report.objects.get().conclusion == "In the second tab."
    take_over(page)
    assert "In the first." in page.locator("#conclusion-conflict").inner_text()
    assert page.locator("#conclusion").input_value() == "In the second tab."


def test_loading_again_and_leaving(desk, place):
    erin = opened(desk, "erin", place)
    for _ in range(3):
        erin.reload()
        erin.wait_for_load_state("networkidle")
        assert not erin.locator(HELD).count()
    erin.goto("about:blank")
    released(erin)
    dave = opened(desk, "dave", place)
    settled(dave)
    assert not dave.locator(HELD).count()
