import re

import pytest
from markdown_it import MarkdownIt

from holdfast.core.record import Status
from holdfast.report.renderers.markdown import MOST_CHARACTERS, code, escaped, prose, render
from report_findings import checked, overlap
from report_runs import ALL, blank, realistic

TRICKS = [
    "- a list", "1. a list", "12) a list", "# a heading", "+ x", "= x", "> quoted", "*a* _b_ **c** ~~d~~ `e`",
    "[a](http://b.c)", "![a](b)", "<b>", "&lt;", "a | b", "\\", "---", "===", "<http://a.b>", "a\nb", "```", "$x$",
]  # fmt: skip


@pytest.mark.parametrize("text", TRICKS)
def test_text_reads_as_it_is_whatever_it_contains(text):
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(escaped(text))
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    kinds = {child.type for child in tokens[1].children}
    assert kinds <= {"text", "text_special"}
    assert "".join(child.content for child in tokens[1].children) == text.replace("\n", " ")


@pytest.mark.parametrize("text", ["@everyone", "#12", "a@b.c", "x #3"])
def test_nobody_is_called_and_nothing_referred_to(text):
    (_, inline, _) = MarkdownIt("commonmark").parse(escaped(text))
    shown = "".join(child.content for child in inline.children)
    assert shown.replace("\u2060", "") == text
    assert shown != text


@pytest.mark.parametrize("text", ["a", "`", "a``b", "``", "|"])
def test_code_stays_code(text):
    (_, inline, _) = MarkdownIt("commonmark").parse(code(text))
    assert [(child.type, child.content) for child in inline.children] == [("code_inline", text)]


def test_backticks_of_messages_are_code():
    assert prose("`a_b` is *c*") == "`a_b` is \\*c\\*"


def test_a_comment_is_never_too_long():
    text = render(blank(results=[checked(f"check-{i}", "x", Status.FOUND, [overlap()]) for i in range(150)]))
    assert len(text) <= MOST_CHARACTERS + 100
    assert text.endswith("The rest is in the HTML report.\n")


def test_folded_parts_are_closed():
    text = render(realistic())
    assert text.count("<details>") == text.count("</details>") > 0


def test_a_comment_is_found_again_by_its_first_line():
    run = realistic()
    first = render(run).splitlines()[0]
    assert re.fullmatch(r"<!-- holdfast [0-9a-f]{12} -->", first)
    later = run.model_copy(update={"id": "20270101-000000-0000", "results": ()})
    assert render(later).splitlines()[0] == first
    assert render(run.model_copy(update={"title": "other.csv -->"})).splitlines()[0] != first


@pytest.mark.parametrize("name", list(ALL))
def test_a_comment_fits(name):
    assert len(render(ALL[name]())) <= 65_536
