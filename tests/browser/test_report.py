"""The report in a real browser: nothing runs, nothing is fetched, nothing is said on the console; it reads well."""

import pytest

from holdfast.report.notebook import html as notebook_html
from holdfast.report.render import render
from pages import CONTRAST, FOREIGN, LOOKS, OUTLINE
from report_runs import ALL, hostile, realistic

pytestmark = pytest.mark.browser


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
