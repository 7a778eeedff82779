import base64
import hashlib
import re

import pytest

from holdfast.core.record import Citation, Status
from holdfast.report.build import web_address
from holdfast.report.renderers.html import fragment, prose, render
from report_findings import checked, overlap
from report_runs import ALL, blank, hostile, many, realistic


def test_the_policy_allows_this_style_and_nothing_else():
    page = render(realistic())
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1].replace("&#39;", "'")
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "script-src" not in policy


def test_it_needs_no_script_and_no_other_file():
    page = render(realistic())
    assert "<script" not in page
    assert not re.search(r'(src|href)="(?!#|https://|data:,")', page)
    assert "url(" not in page.replace("url(#hf-hatch)", "")


@pytest.mark.parametrize(
    "part",
    [
        "The ROC AUC of 0.934 is too good to be true",
        "1,032 rows of test · bank-test.csv:34–1065",
        "certain: it is so by construction",
        "Test rows and the training rows they copy",
        "A model can answer from memory",
        "Remove duplicates before splitting",
        "https://doi.org/10.1016/j.patter.2023.100804",
        "no time column; name one with --time",
        "the column is being filled since October",
        "b2:5fe1a9",
        "separator is &#39;;&#39;",
        "scikit-learn 1.9.1",
        "0.001 are to be expected",
        "neighbours",
        "Cured alone, it changes the ROC AUC by −0.019",
    ],
)
def test_it_tells_everything_the_record_holds(part):
    assert part in render(realistic())


def test_every_picture_has_a_label_and_its_numbers():
    page = render(realistic())
    pictures = re.findall(r'role="img" aria-label="([^"]+)"', page)
    assert len(pictures) == 5
    assert page.count("<summary>The numbers</summary>") == 5


@pytest.mark.parametrize("n", [500, 1500])
def test_many_findings_fit_and_none_is_dropped_in_silence(n):
    page = render(many(n))
    shown = len(re.findall(r'id="f\d+-\d+"', page))
    left = re.search(r"([\d,]+) more findings are in the record", page)
    assert shown + (int(left[1].replace(",", "")) if left else 0) == n
    assert len(page.encode()) < 1_200_000


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://doi.org/10.1", True),
        ("http://a.b/c?d=e#f", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("https://a.b/ onload=x", False),
        ('https://a.b/"x', False),
        ("//a.b", False),
        ("", False),
    ],
)
def test_links_lead_to_the_web_only(url, kept):
    assert bool(web_address(url)) is kept
    result = checked("a-b", "x", Status.FOUND, [overlap()]).model_copy(
        update={"url": url, "references": (Citation(text="paper", url=url),)}
    )
    links = re.findall(r'<a href="([^"#][^"]*)"', render(blank(results=(result,))))
    assert links == ([url, url] if kept else [])


def test_code_between_backticks_is_set_as_code_and_everything_is_escaped():
    assert prose("a `b<c>` <d>") == "a <code>b&lt;c&gt;</code> &lt;d&gt;"


def test_a_crash_shows_its_trace():
    assert "ZeroDivisionError" in render(ALL["crashed"]())


def test_the_piece_for_a_notebook_is_no_page_and_runs_nothing():
    piece = fragment(hostile())
    assert "<html" not in piece
    assert "<script" not in piece
    assert piece.lstrip().startswith('<div class="hf hf-notebook">')


def test_two_runs_in_a_notebook_keep_their_anchors_apart():
    first, second = (fragment(realistic().model_copy(update={"id": name})) for name in ("a", "b"))
    anchors = [set(re.findall(r' id="([^"]+)"', piece)) - {"hf-hatch"} for piece in (first, second)]
    assert anchors[0]
    assert not anchors[0] & anchors[1]
    for piece, names in zip((first, second), anchors, strict=True):
        assert set(re.findall(r'href="#([^"]+)"', piece)) <= names
