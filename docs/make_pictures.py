"""Takes the pictures in docs/images in a browser: the first screen of a report, and drawings of the laboratory.

    holdfast demo
    python docs/make_pictures.py [RUN]

Needs Chromium and the extra `test`. RUN is any name that `holdfast report` takes; the latest audit, if none is given.
"""

import os
import re
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, sync_playwright

from holdfast.collapse import Experiment, run_experiment
from holdfast.core.record import Run
from holdfast.core.store import RunStore
from holdfast.report.render import render

IMAGES = Path(__file__).parent / "images"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
LOOKS = {
    "report-light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 800}},
    "report-dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 800}},
    "report-phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 800}},
}
# The experiments of docs/collapse.md: (picture, title of the drawing) in the report of each.
BELL = Experiment(samples=100, generations=200, replicates=2000, measures=("variance",))
WORDS = Experiment(learner="categorical", samples=1000, generations=40, replicates=200, measures=("types-alive",))
DRAWINGS = (
    (BELL, (("collapse-replace", "Median history"), ("collapse-law", "replace"))),
    (WORDS, (("collapse-types", "replace: mean of 200 histories"),)),
)


def main() -> None:
    """Take every picture."""
    chromium = os.environ.get("HOLDFAST_CHROMIUM") or shutil.which("chromium") or sys.exit("needs Chromium")
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for name, look in LOOKS.items():
            with opened(browser, audited(), **look) as page:
                page.screenshot(path=IMAGES / f"{name}.png")
        for experiment, drawings in DRAWINGS:
            run, _ = run_experiment(experiment)
            with opened(browser, run, viewport={"width": 1240, "height": 900}, device_scale_factor=1.5) as page:
                for name, title in drawings:
                    caption = page.locator("figcaption", has_text=re.compile(f"^{re.escape(title)}$"))
                    figure = page.locator("figure.picture", has=caption).first
                    figure.locator("details").evaluate("one => one.remove()")
                    figure.screenshot(path=IMAGES / f"{name}.png")
        browser.close()


def audited() -> Run:
    """Return the run to show."""
    store = RunStore()
    if len(sys.argv) > 1:
        return store.load(sys.argv[1])
    return next((run for run in store if run.kind == "audit"), None) or sys.exit("no audit yet; try: holdfast demo")


def opened(browser: Browser, run: Run, **look: object):  # noqa: ANN201 a page of Playwright's, closed when left
    """Open the report of a run."""
    with TemporaryDirectory() as folder:
        page_file = Path(folder) / "report.html"
        page_file.write_text(render(run, "html"), encoding="utf-8")
        page = browser.new_context(**look).new_page()
        page.goto(page_file.as_uri())
    return page


if __name__ == "__main__":
    main()
