"""The report in a real browser: nothing runs, nothing is fetched, nothing is said on the console; it reads well."""

import os
import shutil
from pathlib import Path

import pytest

from holdfast.report.notebook import html as notebook_html
from holdfast.report.render import render
from report_runs import ALL, hostile, realistic

pytestmark = pytest.mark.browser

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
LOOKS = {
    "light": {"color_scheme": "light", "width": 1280},
    "dark": {"color_scheme": "dark", "width": 1280},
    "phone": {"color_scheme": "light", "width": 390},
    "print": {"color_scheme": "dark", "width": 1280},
}
# Text that a person must read has 4.5:1 to what is behind it (WCAG 2.2, 1.4.3).
CONTRAST = """
() => {
  const light = ([r, g, b]) => {
    const part = v => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const behind = node => {
    for (; node; node = node.parentElement) {
      const found = rgb(getComputedStyle(node).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const node of document.querySelectorAll(".hf *")) {
    const own = [...node.childNodes].some(one => one.nodeType === 3 && one.textContent.trim());
    if (!own || !node.getClientRects().length) continue;
    const style = getComputedStyle(node);
    const ink = node instanceof SVGElement ? style.fill : style.color;
    const [a, b] = [light(rgb(ink)), light(behind(node.closest("div, p, li, td, th, section") || node))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const where = node.className.baseVal ?? node.className;
    if (ratio < 4.5) poor.push(`${where} ${ratio.toFixed(2)} ${node.textContent.slice(0, 30)}`);
  }
  return [...new Set(poor)];
}
"""
OUTLINE = """
() => ({
  language: document.documentElement.lang,
  title: document.title,
  headings: [...document.querySelectorAll("h1, h2, h3, h4")].map(one => Number(one.tagName[1])),
  ids: [...document.querySelectorAll("[id]")].map(one => one.id),
  targets: [...document.querySelectorAll("a[href^='#']")].map(one => one.getAttribute("href").slice(1)),
  unnamed: [...document.querySelectorAll("[role=img], [role=group]")].filter(one => !one.ariaLabel).length,
  bare: [...document.querySelectorAll("svg")].filter(one => !one.closest("[aria-hidden=true]")).length,
  nameless: [...document.querySelectorAll("a, summary")].filter(one => !one.textContent.trim()).length,
  tables: [...document.querySelectorAll("table")].filter(one => !one.caption || !one.querySelector("th[scope]")).length,
  pictures: document.querySelectorAll("[role=img]").length,
})
"""
FOREIGN = 'img:not([src^="data:image/png;base64,"])'  # the only pictures there are hold their own bytes


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


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", ["hostile", "realistic"])
def test_nothing_runs_and_nothing_is_fetched(opened, look, name):
    page, seen = opened(render(ALL[name](), "html"), look)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    page.mouse.move(300, 300)
    page.keyboard.press("Tab")
    if look == "print":
        page.pdf()
    page.wait_for_timeout(200)
    own = [one for one in seen if one.startswith("request: ") and not one.startswith("request: http")]
    assert [one for one in seen if one not in own] == []
    assert len([one for one in own if one.startswith("request: file:")]) == 1
    assert (
        page.evaluate(f"document.querySelectorAll('script, {FOREIGN}, iframe, [onerror], [onmouseover]').length") == 0
    )


def test_the_policy_forbids_script_even_where_it_got_in(opened):
    planted = render(realistic(), "html").replace("<main>", "<main><script>document.title = 'ran'</script>")
    page, seen = opened(planted, "light")
    assert page.title() != "ran"
    assert [one for one in seen if "Content Security Policy" in one]


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", ["realistic", "hostile", "many", "empty"])
def test_no_page_is_wider_than_its_window(opened, look, name):
    page, _ = opened(render(ALL[name](), "html"), look)
    assert page.evaluate("document.documentElement.scrollWidth") <= LOOKS[look]["width"]


@pytest.mark.parametrize("look", ["light", "dark", "print"])
@pytest.mark.parametrize("name", ["realistic", "crashed"])
def test_text_stands_out_from_what_is_behind_it(opened, look, name):
    page, _ = opened(render(ALL[name](), "html"), look)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("name", ["realistic", "hostile", "empty", "interrupted"])
def test_the_page_can_be_read_without_seeing_it(opened, name):
    page, _ = opened(render(ALL[name](), "html"), "light")
    found = page.evaluate(OUTLINE)
    assert found["language"] == "en"
    assert found["title"]
    assert found["headings"][0] == 1
    assert found["headings"].count(1) == 1
    steps = zip(found["headings"], found["headings"][1:], strict=False)
    assert all(after - before <= 1 for before, after in steps)
    assert len(set(found["ids"])) == len(found["ids"])
    assert set(found["targets"]) <= set(found["ids"])
    assert [found[key] for key in ("unnamed", "bare", "nameless", "tables")] == [0, 0, 0, 0]


def test_the_first_screen_says_what_is_wrong_and_what_to_do(opened):
    page, _ = opened(render(realistic(), "html"), "light")
    for text in ("too good to be true", "Honest ROC AUC", "duration alone predicts y", "What to do first"):
        box = page.get_by_text(text).first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 800, text


def test_paper_shows_what_the_screen_folds_up(opened):
    page, _ = opened(render(realistic(), "html"), "print")
    assert page.get_by_text("impossible-values").first.bounding_box()["height"] > 0
    screen, _ = opened(render(realistic(), "html"), "light")
    assert screen.get_by_text("impossible-values").first.bounding_box()["height"] == 0


@pytest.mark.parametrize("background", ["light", "dark"])
def test_a_notebook_cell_runs_nothing_and_keeps_its_style_to_itself(opened, background):
    cell = notebook_html(hostile())
    body = f"<!DOCTYPE html><html lang=en><title>n</title><body data-jp-theme-light={background == 'light'}>"
    page, seen = opened(f"{body}<p id=outside>outside</p><div>{cell}</div></body></html>", background)
    page.wait_for_timeout(200)
    assert [one for one in seen if not one.startswith("request: file:")] == []
    assert page.evaluate("getComputedStyle(document.getElementById('outside')).fontSize") == "16px"
    assert page.evaluate(f"document.querySelectorAll('script, {FOREIGN}').length") == 0


def test_loads_without_delay(opened):
    page, _ = opened(render(ALL["many"](), "html"), "light")
    timing = page.evaluate("performance.timing.loadEventEnd - performance.timing.navigationStart")
    assert timing < 10_000  # a page whose layout grows with the square of its findings takes minutes
