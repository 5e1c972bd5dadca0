"""The checks before signing by keyboard alone: to the place, let stand, record, sign."""

import pytest

from reporting.models import CheckOverride, CriticalCommunication, Report
from reporting.services import reports
from tests import factories
from tests.browser.conftest import settled, until
from tests.cast import PASSWORD
from tests.reporting.test_critical_communication import SEVERE

pytestmark = pytest.mark.django_db(transaction=True)
AT_FINDING = "document.activeElement.closest('[data-check]') !== null"


def opened(desk, cast, conclusion, emphysema="mild"):
    report = factories.report(cast.alice, cast.north, mode="structured")
    reports.report_conclusion_set(report=report, reader=cast.alice, text=conclusion, version=0)
    reports.field_set(
        report=report, reader=cast.alice, path="emphysema", value=emphysema, version=0
    )
    page = desk("alice")
    page.goto(f"/reports/{report.pk}/")
    return page


def asked(page):
    page.keyboard.press("Alt+s")
    page.wait_for_selector("#sign[open]")
    settled(page)


def active(page):
    return page.evaluate("document.activeElement.id")


def test_a_digit_goes_to_the_field_and_a_reason_lets_it_stand(desk, cast):
    page = opened(desk, cast, "No emphysema.")
    asked(page)
    assert page.evaluate(AT_FINDING)
    page.keyboard.press("1")
    assert not page.locator("#sign[open]").count()
    assert active(page) == "f-emphysema-c"
    asked(page)
    page.keyboard.press("Alt+o")
    page.keyboard.type("Only 1 bleb, o.k.")
    page.keyboard.press("Escape")
    assert page.evaluate(AT_FINDING)
    assert page.locator("#sign[open]").count()
    page.keyboard.press("Alt+o")
    page.keyboard.press("Enter")
    until(page, "document.querySelectorAll('[data-check]').length === 0")
    assert CheckOverride.objects.get().reason == "Only 1 bleb, o.k."
    until(page, "document.activeElement.id === 'sign-password'")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/?signed=*")
    assert Report.objects.get().is_signed


def test_enter_selects_the_words_of_the_conclusion(desk, cast):
    page = opened(desk, cast, "😀 Nodule of [ ] mm.")
    asked(page)
    page.keyboard.press("Enter")
    assert active(page) == "conclusion"
    selected = "conclusion.value.slice(conclusion.selectionStart, conclusion.selectionEnd)"
    assert page.evaluate(selected) == "[ ]"
    page.keyboard.type("8")
    assert page.locator("#conclusion").input_value() == "😀 Nodule of 8 mm."


def test_without_findings_the_password_has_the_focus(desk, cast):
    page = opened(desk, cast, "Mild emphysema.")
    asked(page)
    assert active(page) == "sign-password"
    assert page.locator("#sign-reasons").inner_text() == ""


def test_a_critical_result_is_recorded(desk, cast, monkeypatch):
    from reporting import critical_results

    known = critical_results._read(critical_results.FILE)
    monkeypatch.setitem(known, factories.definition()["key"], (SEVERE,))
    page = opened(desk, cast, "Severe emphysema.", "severe")
    asked(page)
    page.keyboard.press("Alt+t")
    page.keyboard.type("Dr Ward")
    page.keyboard.press("Enter")
    until(page, "document.querySelectorAll('[data-check]').length === 0")
    assert CriticalCommunication.objects.get().told_to == "Dr Ward"
