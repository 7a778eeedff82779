"""A real browser for pages."""

import os
import shutil
from pathlib import Path

import pytest

from pages import LOOKS

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser():
    chromium = os.environ.get("HOLDFAST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        pytest.fail("needs Chromium: apt-get install chromium, or set HOLDFAST_CHROMIUM") if os.environ.get(
            "CI"
        ) else pytest.skip("needs Chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Open a page in a look; return it with everything that it said, asked for or ran."""
    contexts = []

    def open_page(text, look):
        file = Path(tmp_path / "report.html")
        file.write_text(text, encoding="utf-8")
        chosen = LOOKS[look]
        context = browser.new_context(
            color_scheme=chosen["color_scheme"], viewport={"width": chosen["width"], "height": 800}
        )
        contexts.append(context)
        page, seen = context.new_page(), []
        page.on("console", lambda message: seen.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: seen.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (seen.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: seen.append(f"request: {request.url[:80]}"))
        if look == "print":
            page.emulate_media(media="print")
        page.goto(file.as_uri(), wait_until="load")
        return page, seen

    yield open_page
    for context in contexts:
        context.close()
