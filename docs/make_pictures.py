"""Takes the pictures in docs/images: the first screen of a report in a browser, light, dark and on a phone.

    holdfast demo
    python docs/make_pictures.py [RUN]

Needs Chromium and the extra `test`. RUN is any name that `holdfast report` takes; the latest, if none is given.
"""

import os
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from holdfast.core.store import RunStore
from holdfast.report.render import render

IMAGES = Path(__file__).parent / "images"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
LOOKS = {
    "report-light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 800}},
    "report-dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 800}},
    "report-phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 800}},
}


def main() -> None:
    """Take every picture of one run."""
    run = RunStore().load(sys.argv[1] if len(sys.argv) > 1 else "latest")
    chromium = os.environ.get("HOLDFAST_CHROMIUM") or shutil.which("chromium") or sys.exit("needs Chromium")
    IMAGES.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        page_file = Path(folder) / "report.html"
        page_file.write_text(render(run, "html"), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for name, look in LOOKS.items():
            page = browser.new_context(**look).new_page()
            page.goto(page_file.as_uri())
            page.screenshot(path=IMAGES / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
