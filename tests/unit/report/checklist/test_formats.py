"""The formats: the same facts in each, and nothing that data or answers could turn into markup."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from io import BytesIO, TextIOWrapper

import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from checklist_runs import study
from holdfast.core.errors import BadInput
from holdfast.core.record import ClassCount, ColumnRecord, SplitRecord
from holdfast.report.checklist import Answers, Checklist, as_text, checklist, render
from holdfast.report.checklist.document import Answer
from report_findings import ATTACKS
from report_runs import hostile, many

CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff\u2028\u2029]")
FORMS = ("text", "html", "json", "markdown")


def filled(run=None, **answers):
    given = Answers(reforms={one.lstrip("_"): Answer(**answer) for one, answer in answers.items()})
    return checklist([run or study()], given, views=("reforms", "lones"))


def attacked():
    """Attacks from the record, and from the answers."""
    given = {
        f"_{one}": {"answer": attack[:4000]}
        for one, attack in zip(("1a", "1b", "2a", "3b", "8b"), ATTACKS, strict=False)
    }
    classes = tuple(ClassCount(name=attack, rows=i) for i, attack in enumerate(ATTACKS))
    splits = tuple(SplitRecord(name=attack, rows=9, n_classes=99, classes=classes) for attack in ATTACKS[:4])
    columns = tuple(
        ColumnRecord(name=attack, kind=attack, role=role, n_missing=i)
        for i, (attack, role) in enumerate(
            zip(ATTACKS, ("label", "feature", "time", "group", "ignore") * 4, strict=False)
        )
    )
    run = hostile().model_copy(
        update={"splits": splits, "columns": columns, "config": {"models": dict.fromkeys(ATTACKS, 1e400)}}
    )
    return filled(run.model_copy(update={"kind": "compare"}), **given)


@pytest.mark.parametrize("form", FORMS)
def test_every_format_tells_what_fills_the_list(form):
    text = render(filled(_6b={"holds": True}, _1a={"answer": "Clients of one bank."}), form)
    flat = " ".join(text.split())
    for part in ("Clients of one bank.", "1,032 of 9,043 test rows", "https://reforms.cs.princeton.edu/"):
        assert part in flat.replace("&#58;", ":").replace("\\_", "_"), part
    assert "ontradicted" in flat or "contradicted" in flat


@pytest.mark.parametrize("form", FORMS)
def test_no_format_lets_control_characters_through(form):
    assert CONTROL.search(render(attacked(), form)) is None


def test_json_reads_back():
    lists = attacked()
    assert Checklist.model_validate(json.loads(render(lists, "json"))) == Checklist.model_validate(
        json.loads(render(lists, "json"))
    )
    plain = filled(_1a={"answer": "x"})
    assert Checklist.model_validate(json.loads(render(plain, "json"))) == plain


def test_the_page_holds_no_markup_of_the_data():
    class Tags(HTMLParser):
        def __init__(self):
            super().__init__()
            self.tags, self.attributes = set(), set()

        def handle_starttag(self, tag, attrs):
            self.tags.add(tag)
            self.attributes |= {name for name, _ in attrs}

    known, parser = Tags(), Tags()
    known.feed(render(filled(_1a={"answer": "x", "holds": True}, _6b={"holds": True}), "html"))
    parser.feed(render(attacked(), "html"))
    assert parser.tags <= known.tags
    assert "script" not in parser.tags
    assert not [name for name in parser.attributes if name.startswith("on")]


def test_the_policy_allows_this_style_and_nothing_else():
    page = render(filled(), "html")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1].replace("&#39;", "'")
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


def test_markdown_holds_no_markup_of_the_data():
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(render(attacked(), "markdown"))
    inline = [child for token in tokens for child in token.children or ()]
    links = {child.attrs["href"] for child in inline if child.type == "link_open"}
    assert links <= {"https://reforms.cs.princeton.edu/", "https://arxiv.org/abs/2108.02497v5"}
    assert not [child for child in inline if child.type == "image"]
    html = {child.content for child in inline if child.type == "html_inline"}
    assert html <= {"<sub>", "</sub>"}


@pytest.mark.parametrize("form", FORMS)
def test_a_long_record_stays_a_short_list(form):
    assert len(render(filled(many()), form)) < 250_000


def test_text_keeps_to_its_width():
    text = render(filled(_1a={"answer": "word " * 300}), "text")
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(("encoding", "sign"), [("utf-8", "✔ 2c"), ("ascii", "+ 2c")])
def test_a_console_gets_the_characters_it_can_write(encoding, sign):
    sink = TextIOWrapper(BytesIO(), encoding=encoding)
    as_text.print_lists(filled(), Console(file=sink, width=80, force_terminal=True, color_system="standard"))
    sink.seek(0)
    text = re.sub("\x1b\\[[0-9;]*m", "", sink.read())
    assert sign in text
    assert text.translate(as_text.PLAIN) == render(filled(), "text").translate(as_text.PLAIN)


def test_an_unknown_format_is_named():
    with pytest.raises(BadInput, match="known are html, json, markdown, text"):
        render(filled(), "pdf")
