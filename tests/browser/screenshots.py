"""Draws the pictures of the README: `make screenshots`, while `make run` is running.

Needs a browser and the demo accounts in DATA_DIR. It opens waiting demo exams and writes in them.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from tests.browser.chromium import FLAGS, browser_path

OUT = Path("fixtures/screenshots")
CONCLUSION = (
    "12 x 9 mm part-solid nodule in the right upper lobe, previously 8 mm.\n"
    "Moderate emphysema. Small left pleural effusion, new.\n"
    "No pneumothorax or mediastinal lymphadenopathy.\n"
    "Follow-up CT in 3 months is recommended."
)


def sign_in(browser: Any, name: str, password: str, *, theme: str = "dark") -> Any:
    """A signed-in page of the size of the pictures."""
    port = os.environ.get("PORT", "8000")
    page = browser.new_page(
        base_url=f"http://127.0.0.1:{port}", viewport={"width": 1440, "height": 900}
    )
    page.goto("/accounts/login/")
    page.evaluate("theme => localStorage.setItem('theme', theme)", theme)
    page.fill("[name=username]", name)
    page.fill("[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_selector("header .who")
    page.wait_for_timeout(500)
    return page


def begin(page: Any, mode: str, conclusion: str) -> None:
    """Open the first waiting CT of the chest and write the conclusion."""
    page.goto("/?status=waiting")
    page.locator("tr.waiting", has_text="CT chest").first.locator(f"[value={mode}]").click()
    page.wait_for_selector("#conclusion")
    page.locator("#conclusion").fill(conclusion)
    page.wait_for_timeout(1200)


def filled(page: Any) -> None:
    """Fill, and go to the first answer."""
    page.locator("#conclusion").press("Control+Enter")
    page.wait_for_selector("#fill.success", timeout=60_000)
    page.wait_for_timeout(800)
    page.keyboard.press("Alt+u")
    page.wait_for_timeout(300)


def draw(browser: Any, accounts: dict[str, str]) -> None:
    """All pictures."""
    page = sign_in(browser, "radiologist", accounts["radiologist"])
    page.screenshot(path=OUT / "worklist.png")
    begin(page, "free_text", CONCLUSION)
    page.locator("#findings-text").fill("Lungs: part-solid nodule of the right upper lobe.")
    page.wait_for_timeout(900)
    page.screenshot(path=OUT / "editor-free-text.png")
    begin(page, "structured", CONCLUSION)
    page.locator("#f-emphysema-c").select_option("moderate")
    page.wait_for_timeout(700)
    page.screenshot(path=OUT / "editor-structured.png")
    begin(page, "sft", CONCLUSION)
    page.screenshot(path=OUT / "editor-before.png")
    filled(page)
    page.screenshot(path=OUT / "editor-filled.png")
    page.locator("#theme-toggle").click()
    page.wait_for_timeout(200)
    page.screenshot(path=OUT / "editor-light.png")
    page = sign_in(browser, "coordinator", accounts["coordinator"])
    page.screenshot(path=OUT / "timing.png")


def main() -> int:
    """Draw; 1 where something is missing."""
    accounts = Path(os.environ.get("DATA_DIR", "var")) / "demo-accounts.json"
    path = browser_path()
    if path is None or not accounts.is_file():
        sys.stderr.write("A browser and the demo accounts of `make run` are needed.\n")
        return 1
    from playwright.sync_api import sync_playwright

    OUT.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        draw(browser, json.loads(accounts.read_text(encoding="utf-8")))
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
