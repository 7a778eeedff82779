import pytest
import yaml
from markdown_it import MarkdownIt

from holdfast.core.record import ClassCount, SplitRecord
from holdfast.report.renderers.card import render
from records import make_run
from report_runs import ALL, hostile, realistic


def parts(run):
    _, front, body = render(run).split("---\n", 2)
    return yaml.safe_load(front), body


def test_the_front_matter_is_what_the_hub_reads():
    front, body = parts(realistic())
    assert front == {"pretty_name": realistic().title, "size_categories": ["10K<n<100K"], "tags": ["holdfast"]}
    assert body.startswith("\n## Known pitfalls\n")


@pytest.mark.parametrize("name", list(ALL))
def test_no_run_breaks_out_of_the_front_matter_or_its_tables(name):
    front, body = parts(ALL[name]())
    assert set(front) <= {"pretty_name", "size_categories", "tags"}
    page = MarkdownIt("commonmark").enable("table").render(body)
    assert "<script" not in page
    assert "<img" not in page


def test_a_title_that_looks_like_yaml_stays_a_title():
    for title in ("---\ntags: [evil]", "!!python/object:x", "*a", '"', "a: b # c", "\u2028---"):
        front, _ = parts(make_run(title=title, n_rows=5))
        assert set(front) == {"pretty_name", "size_categories", "tags"}
        assert isinstance(front["pretty_name"], str)
        assert front["tags"] == ["holdfast"]


def test_findings_stand_in_a_table_with_what_to_do():
    split = SplitRecord(name="te|st", rows=9043, classes=(ClassCount(name="no", rows=8000),), n_classes=2)
    page = (
        MarkdownIt("commonmark").enable("table").render(parts(realistic().model_copy(update={"splits": (split,)}))[1])
    )
    assert page.count("<table>") == 2
    assert "<td>te|st</td>" in page.replace(' style="text-align:left"', "")
    assert "1,032 of 9,043 test rows (11.4%) also occur in the training data" in page
    assert "Remove duplicates before splitting" in page


@pytest.mark.parametrize(("rows", "size"), [(999, "n<1K"), (1000, "1K<n<10K"), (10**11, "n>10B")])
def test_sizes_have_the_hub_s_words(rows, size):
    assert parts(make_run(n_rows=rows))[0]["size_categories"] == [size]


def test_many_findings_are_cut():
    assert len(render(ALL["many"]())) < 60_000
    assert len(render(hostile())) < 60_000
