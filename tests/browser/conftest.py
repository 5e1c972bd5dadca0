"""A real browser on a real server. Without a browser the tests are skipped, and say so."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.browser.chromium import FLAGS, browser_path
from tests.cast import PASSWORD

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for all tests."""
    path = browser_path()
    if path is None:
        pytest.skip("no browser is installed (chromium); `make test` as root installs one")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def desk(chromium: Any, live_server: Any, cast: Any) -> Iterator[Callable[..., Any]]:
    """`desk("alice")`: a signed-in page. No error may appear in its console."""
    contexts, complaints = [], []

    def sit(name: str, *, width: int = 1440, height: int = 900) -> Any:
        context = chromium.new_context(
            base_url=live_server.url, viewport={"width": width, "height": height}
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(8000)
        page.on("console", lambda m: m.type == "error" and complaints.append(m.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto("/accounts/login/")
        page.fill("[name=username]", name)
        page.fill("[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda address: "/accounts/" not in address)
        page.complaints = complaints
        return page

    yield sit
    for context in contexts:
        for page in context.pages:
            page.goto("about:blank")
            page.wait_for_timeout(200)
        context.close()
    expected = ("409 (Conflict)", "422 (Unprocessable", "423", "ERR_INTERNET_DISCONNECTED")
    assert [c for c in complaints if not any(e in c for e in expected)] == []


def editor(desk: Callable[..., Any], report: Any) -> Any:
    """The page of a report for alice, once its scripts are there."""
    page = desk("alice")
    page.goto(f"/reports/{report.pk}/")
    page.wait_for_load_state("networkidle")
    return page


def alone(page: Any) -> None:
    """Let the page not say any more that it is there, like one on a machine that sleeps."""
    page.route("**/hold/", lambda route: route.fulfill(status=204))


def beside(page: Any) -> Any:
    """A second tab on the same report that has taken it over."""
    other = page.context.new_page()
    other.goto(page.url)
    other.wait_for_selector("#held:not([hidden])")
    with other.expect_navigation():
        other.keyboard.press("Alt+w")
    other.wait_for_load_state("networkidle")
    return other


def released(page: Any) -> None:
    """Wait until no page holds any report."""
    from reporting.models import ReportHold

    for _ in range(100):
        if not ReportHold.objects.exists():
            return
        page.wait_for_timeout(50)
    raise AssertionError("a page that is closed holds a report still")


def settled(page: Any) -> None:
    """Wait until nothing is on its way to the server."""
    until(page, "!document.querySelector('.htmx-request')")
    page.wait_for_timeout(150)


def saved(page: Any, area: str = "conclusion") -> None:
    """Wait until a long text is stored."""
    until(page, f"document.getElementById('{area}-save').textContent === 'saved'")


def comes(page: Any, report: Any, path: str, value: object, *, tries: int = 100) -> bool:
    """Wait until the field holds the value in the database."""
    for _ in range(tries):
        if report.field_values.filter(path=path, value=value).exists():
            return True
        page.wait_for_timeout(100)
    return False


def until(page: Any, condition: str, *, seconds: float = 8.0) -> None:
    """Wait for a condition in the page; its policy forbids the evaluation of strings within it."""
    deadline = time.monotonic() + seconds
    while not page.evaluate(condition):
        if time.monotonic() > deadline:
            raise AssertionError(f"never true: {condition}")
        page.wait_for_timeout(50)
