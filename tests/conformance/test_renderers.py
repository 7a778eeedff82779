"""What every output format keeps, whatever the run: safe text, one form for one run, no slowness."""

import json
import re
import time
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from holdfast.core.durable import write_whole
from holdfast.core.record import Run
from holdfast.core.store import read_run
from holdfast.report.render import formats, render
from report_runs import ALL, realistic

RUNS = {name: make() for name, make in ALL.items()}
CASES = [(form, name) for form in formats() for name in RUNS]
# Control characters, directions, surrogates, and characters that never are any: nothing may write them.
UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u061c\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
CPU_SECONDS = 1.0


@pytest.fixture(scope="module")
def rendered():
    return {(form, name): render(RUNS[name], form) for form, name in CASES}


def test_there_is_a_file_for_each_format_the_interface_names():
    assert formats() == ("card", "html", "json", "junit", "markdown", "sarif", "text")


@pytest.mark.parametrize(("form", "name"), CASES)
def test_is_text_that_ends_with_a_line(rendered, form, name):
    text = rendered[form, name]
    assert text.encode()
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


@pytest.mark.parametrize(("form", "name"), CASES)
def test_holds_no_character_that_steers_a_terminal_or_hides(rendered, form, name):
    found = UNSAFE.search(rendered[form, name])
    assert found is None, repr(rendered[form, name][max(0, found.start() - 60) : found.end() + 20])


@pytest.mark.parametrize("form", formats())
def test_same_run_same_text(rendered, form):
    assert render(RUNS["realistic"], form) == rendered[form, "realistic"]


@pytest.mark.parametrize("form", formats())
def test_a_stored_run_reads_as_the_fresh_one(rendered, form, tmp_path):
    write_whole(tmp_path / "run.json", render(realistic(), "json").encode())
    assert render(read_run(tmp_path), form) == rendered[form, "realistic"]


@pytest.mark.parametrize("form", formats())
def test_renders_a_record_without_what_newer_ones_hold(form):
    old = json.loads(render(realistic(), "json"))
    for result in old["results"]:
        del result["why"], result["references"]
    assert render(Run.model_validate(old), form)


@pytest.mark.parametrize(("form", "name"), [(form, name) for form, name in CASES if name != "hostile"])
def test_takes_less_than_a_second(form, name):
    started = time.process_time()
    render(RUNS[name], form)
    assert time.process_time() - started < CPU_SECONDS


def test_json_is_valid_for_strict_readers(rendered):
    def refuse(constant):
        raise AssertionError(constant)

    for name in RUNS:
        assert json.loads(rendered["json", name], parse_constant=refuse)["schema"] == 1


@pytest.mark.parametrize("name", RUNS)
def test_junit_is_well_formed(rendered, name):
    suite = ET.fromstring(rendered["junit", name])[0]
    assert int(suite.get("tests")) == len(suite)
    for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.get(key)) == len(suite.findall(f"testcase/{tag}"))


class Tags(HTMLParser):
    """Collects what would matter: every tag, attribute and address."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.addresses = set(), set(), set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.addresses.update(value for name, value in attrs if name in {"href", "src", "action", "xlink:href"})


def tags_of(text):
    parser = Tags()
    parser.feed(text)
    return parser


@pytest.mark.parametrize("name", RUNS)
def test_html_holds_only_what_we_put_there(rendered, name):
    seen = tags_of(rendered["html", name])
    assert not seen.tags & {"script", "iframe", "object", "embed", "form", "base", "input", "foreignobject"}
    assert not [one for one in seen.attributes if one.startswith("on") or one == "style"]
    assert all(one.startswith(("#", "https://", "data:,", "data:image/png;base64,")) for one in seen.addresses)


@pytest.mark.parametrize("name", RUNS)
def test_markdown_holds_only_what_we_put_there(rendered, name):
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    seen = tags_of(reader.render(rendered["markdown", name]))
    allowed = "h2 h3 h4 p strong em code ul ol li a table thead tbody tr th td details summary sub"
    assert seen.tags <= set(allowed.split())
    assert seen.attributes <= {"href", "style", "align", "start"}  # a table's alignment is a style
    assert all(one.startswith("https://example.org/") or "doi.org" in one for one in seen.addresses)


def test_markdown_calls_nobody_and_refers_to_nothing(rendered):
    source = rendered["markdown", "hostile"]
    tokens = [part for token in MarkdownIt("commonmark").parse(source) for part in token.children or ()]
    text = [token.content for token in tokens if token.type == "text"]  # what is left beside code
    assert any("everyone" in one for one in text)
    assert not [one for one in text if re.search(r"[@#]\w", one)]
    assert not re.search(r"(?i)(?<!`)(https?://|www\.)evil", source)  # links are made of the source itself


def test_text_fits_its_width(rendered):
    from rich.cells import cell_len

    for name in RUNS:
        assert max(cell_len(line) for line in rendered["text", name].splitlines()) <= 80


@pytest.mark.parametrize("name", RUNS)
def test_html_stays_below_its_budget(rendered, name):
    assert len(rendered["html", name].encode()) <= 1_200_000


def test_html_that_holds_nothing_is_small(rendered):
    assert len(rendered["html", "empty"].encode()) <= 40_000
