"""Getting around by keyboard: letters, digits, empty fields, sizes, the next exam."""

import pytest

from reporting.models import Report
from tests import factories
from tests.browser.conftest import editor, settled, until
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)
FOCUS = "document.activeElement.id"


@pytest.fixture
def place(cast):
    return factories.report(cast.alice, cast.north, mode="structured")


@pytest.fixture
def page(desk, place):
    return editor(desk, place)


def jump(page, letters, *, keys=("Enter",)):
    page.keyboard.press("Alt+j")
    page.wait_for_selector("#jump[open]")
    page.keyboard.type(letters)
    for key in keys:
        page.keyboard.press(key)
    return page.evaluate(FOCUS)


def test_letters_go_to_a_place(page):
    places = {
        "g": "f-cholecystitis-c",
        "wall": "f-wall-c",
        "conc": "conclusion",
        "gw": "f-wall-c",
        "left dep": "f-effusion--left--depth-c",
        "ga wa": "f-wall-c",
        "l4 cont": "f-disc--l4-5--contour-c",
        "pl": "f-effusion--right--size-c",
    }
    assert {letters: jump(page, letters) for letters in places} == places


def test_esc_goes_back_to_where_one_was_and_loses_nothing(page):
    page.keyboard.type("Mild emph")
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    jump(page, "wall", keys=("ArrowDown", "Escape"))
    assert page.evaluate(FOCUS) == "conclusion"
    page.keyboard.type("X")
    page.keyboard.press("Escape")
    assert page.locator("#conclusion").input_value() == "Mild Xemph"
    assert jump(page, "qqq", keys=("Enter",)) == "jump-text"
    assert page.locator("#jump-none").is_visible()
    page.keyboard.press("Escape")
    assert page.evaluate(FOCUS) == "conclusion"


def test_digits_and_letters_choose(page, place):
    page.locator("#f-emphysema-c").focus()
    assert "2 Mild" in page.locator("#hints").inner_text().replace("\n", " ")
    page.keyboard.press("4")
    until(page, "document.getElementById('f-emphysema-c').value === 'severe'")
    page.keyboard.press("0")
    until(page, "document.getElementById('f-emphysema-c').value === ''")
    page.keyboard.press("2")
    settled(page)
    page.wait_for_selector("#f-emphysema.filled")
    page.locator("#f-opacities-c1").focus()
    page.keyboard.press("c")
    page.keyboard.press("Space")
    page.keyboard.press("2")
    settled(page)
    values = dict(place.field_values.values_list("path", "value"))
    assert values == {"emphysema": "mild", "opacities": ["ground_glass", "consolidation"]}


def test_digits_typed_into_texts_and_numbers_are_text(page):
    for name in ("conclusion", "f-wall-c", "f-lungs-other-c"):
        page.locator(f"#{name}").focus()
        page.keyboard.type("12")
        assert page.locator(f"#{name}").input_value() == "12"


def test_next_empty_passes_over_what_is_filled(page):
    page.keyboard.press("Alt+e")
    assert page.evaluate(FOCUS) == "f-emphysema-c"
    page.keyboard.press("2")
    page.wait_for_selector("#f-emphysema.filled")
    settled(page)
    page.locator("#conclusion").focus()
    page.keyboard.press("Alt+e")
    assert page.evaluate(FOCUS) == "f-emphysema-type-c"


def test_a_size_in_another_unit_is_converted_and_said(page, place):
    for typed, size in (("1.2 cm", 12), ("1,3 cm", 13)):
        jump(page, "wall")
        page.keyboard.press("Control+a")
        page.keyboard.type(typed)
        page.locator("#f-wall .mark .source", has_text=f"{typed} → {size} mm").wait_for()
        assert page.locator("#f-wall-c").input_value() == typed
        page.keyboard.press("Alt+ArrowDown")
        until(page, f"document.getElementById('f-wall-c').value === '{size}'")
        assert place.field_values.get().value == size


def test_an_unknown_unit_is_refused_in_words_and_stays(page, place):
    page.locator("#f-wall-c").focus()
    page.keyboard.type("3 foo")
    page.keyboard.press("Tab")
    page.wait_for_selector("#f-wall .mark.invalid")
    assert "'foo' is not known; write" in page.locator("#f-wall .mark").inner_text()
    assert page.locator("#f-wall-c").input_value() == "3 foo"
    assert not place.field_values.exists()


def test_sign_and_go_on_to_the_next_exam_under_the_same_filters(desk, cast):
    factories.template_version()
    for number, modality in enumerate(["CT", "MR", "CT"]):
        factories.exam(cast.north, modality=modality, priority=2 - number)
    page = desk("alice")
    page.locator("[name=modality]").select_option("CT")
    page.wait_for_url("**modality=CT**")
    until(page, "document.querySelectorAll('[data-exam]').length === 2")
    page.locator("[data-exam]").first.focus()
    page.keyboard.press("3")
    page.wait_for_url("**/reports/**")
    page.keyboard.type("Normal.")
    first = page.url
    page.keyboard.press("Alt+Shift+S")
    page.wait_for_selector("#sign[open]")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/reports/" in url and url != first)
    assert page.evaluate(FOCUS) == "conclusion"
    assert page.evaluate("document.getElementById('report').dataset.mode") == "free_text"
    assert Report.objects.filter(status="final").count() == 1
    assert Report.objects.get(status="draft").imaging_study.modality == "CT"
    page.keyboard.type("Kept.")
    page.keyboard.press("Alt+x")
    page.wait_for_url("**none=1**")
    assert Report.objects.get(status="draft").conclusion == "Kept."
    assert page.locator("main [role=status]").inner_text().startswith("No exam waits")


def test_back_in_the_worklist_the_focus_is_where_one_was(desk, cast):
    factories.template_version()
    exams = [factories.exam(cast.north, priority=2 - number) for number in range(3)]
    page = desk("alice")
    page.locator(f"#exam-{exams[1].pk}").focus()
    page.keyboard.press("2")
    page.wait_for_url("**/reports/**")
    page.keyboard.press("Alt+q")
    page.wait_for_selector("#filters")
    until(page, f"document.activeElement.id === 'exam-{exams[1].pk}'")
    page.keyboard.press("Enter")
    page.wait_for_url("**/reports/**")
    page.keyboard.type("Normal.")
    page.keyboard.press("Alt+Shift+N")
    page.wait_for_selector(".mark.bulk_confirmed")
    settled(page)
    page.keyboard.press("Alt+s")
    page.wait_for_selector("#sign[open]")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/?signed=*")
    until(page, f"document.activeElement.id === 'exam-{exams[2].pk}'")


def test_nothing_moves_when_the_focus_does(page):
    page.evaluate(
        "window.shift = 0; new PerformanceObserver(list => list.getEntries().forEach("
        "e => { window.shift += e.value })).observe({type: 'layout-shift', buffered: true})"
    )
    for key in ("Alt+e", "Alt+ArrowDown", "Alt+ArrowDown", "Alt+PageDown", "Alt+j", "Escape"):
        page.keyboard.press(key)
        page.wait_for_timeout(600)
    assert page.evaluate("window.shift") == 0
