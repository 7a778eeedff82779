"""The checklist's page in a real browser: nothing runs, it fits the window, it can be read."""

import pytest

from checklist_runs import code_run, study
from holdfast.report.checklist import Answers, checklist, render
from holdfast.report.checklist.document import Answer
from pages import CONTRAST, LOOKS, OUTLINE
from report_findings import ATTACKS
from report_runs import hostile

pytestmark = pytest.mark.browser


def page_of(name):
    given = {"1a": Answer(answer=ATTACKS[0]), "6b": Answer(holds=True), "8a": Answer(answer="x", holds=False)}
    runs = [hostile()] if name == "hostile" else [study(), code_run()]
    return render(checklist(runs, Answers(study=ATTACKS[1], reforms=given), views=("reforms", "lones")), "html")


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", ["hostile", "bank"])
def test_nothing_runs_and_the_page_fits_its_window(opened, look, name):
    page, seen = opened(page_of(name), look)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    page.wait_for_timeout(100)
    assert [one for one in seen if not one.startswith(("request: file:", "request: data:"))] == []
    assert page.evaluate("document.querySelectorAll('script, img, iframe, object').length") == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= LOOKS[look]["width"]


@pytest.mark.parametrize("look", ["light", "dark", "print"])
def test_text_stands_out_from_what_is_behind_it(opened, look):
    page, _ = opened(page_of("bank"), look)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate(CONTRAST) == []


def test_the_page_can_be_read_without_seeing_it(opened):
    page, _ = opened(page_of("bank"), "light")
    found = page.evaluate(OUTLINE)
    assert found["headings"][0] == 1
    assert found["headings"].count(1) == 1
    assert all(after - before <= 1 for before, after in zip(found["headings"], found["headings"][1:], strict=False))
    assert len(set(found["ids"])) == len(found["ids"])
    assert set(found["targets"]) <= set(found["ids"])
    assert [found[key] for key in ("unnamed", "bare", "nameless", "tables")] == [0, 0, 0, 0]
