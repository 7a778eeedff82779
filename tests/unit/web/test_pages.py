import hashlib
import html
import json
import os
import time
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import holdfast.web
from holdfast.core.index import refresh
from holdfast.core.store import RunStore
from holdfast.web.app import application
from holdfast.web.catalogue import everything
from holdfast.web.guards import Doors
from holdfast.web.live import SILENT
from holdfast.web.site import Site
from records import make_result, make_run
from report_findings import ATTACKS

HOME, TOKEN = "http://127.0.0.1:8765", "t" * 40
REALISTIC, HOSTILE, CRASHED = (f"2026010{n}-00000{n - 1}-aaa{n - 1}" for n in (1, 2, 3))
PAGES = {
    "runs": "/runs",
    "narrowed": "/runs?kind=audit&verdict=bad&text=too&order=worst",
    "run": f"/runs/{REALISTIC}",
    "hostile": f"/runs/{HOSTILE}",
    "compare": f"/compare?a={REALISTIC}&b={HOSTILE}",
    "findings": "/findings",
    "finding": "/findings/1",
    "generations": "/generations",
    "data": "/data",
    "review": "/review",
    "checks": "/checks",
    "check": "/checks/split-overlap",
    "checklist": f"/checklist?run={REALISTIC}&run={HOSTILE}",
    "missing": "/nowhere",
}


class Tags(HTMLParser):
    """The tags of a page, and the links in it."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.handlers = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on") or name == "style"]
        self.links += [value for name, value in attrs if name in {"href", "src", "action"} and value]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_drawn_without_script_handlers_or_styles_of_its_own(client, page):
    answer = client.get(PAGES[page])
    assert answer.status_code == (404 if page == "missing" else 200)
    read = Tags(answer.text)
    assert read.handlers == []
    assert read.tags.count("script") == 3
    assert read.tags.count("h1") == 1
    assert not [one for one in read.links if one.startswith("javascript:")]
    for attack in ATTACKS:
        if "<" in attack:
            assert attack not in answer.text


def test_every_link_of_every_page_leads_somewhere(client):
    seen = set()
    for path in PAGES.values():
        if path == "/nowhere":
            continue
        for link in Tags(client.get(path).text).links:
            if link.startswith("/") and not (link.startswith("/checks/") and len(link) % 5):  # a fifth of a hundred
                seen.add(link)
    assert len(seen) > 40
    wrong = {link: status for link in sorted(seen) if (status := client.get(link).status_code) != 200}
    assert wrong == {}


def test_a_page_that_is_looked_at_changes_nothing(client, store, site):
    client.get("/runs")
    time.sleep(0.7)  # the index may be brought up to date behind the pages; it is no page that writes it

    def state():
        return {
            str(path): (path.stat().st_mtime_ns, path.stat().st_size)
            for path in store.root.parent.rglob("*")
            if path.is_file() and "sqlite" not in path.name
        }

    before = state()
    for path in PAGES.values():
        client.get(path)
    assert state() == before
    assert not site.answers.exists()


def test_runs_are_narrowed_by_what_the_address_says(client):
    assert client.get("/runs?text=nothing-like-it").text.count("<tr") == 0
    assert "No run fits" in client.get("/runs?kind=finetune").text
    assert client.get("/runs?order=';drop&page=-1&verdict=x&status=y").text.count('class="title"') == 5
    assert client.get("/runs?page=9999999999").status_code == 200


def test_two_runs_are_set_side_by_side(client):
    page = client.get(f"/compare?run={REALISTIC}&run={CRASHED}").text
    for words in ("Only in the first", "Claimed score", "Inputs that differ", "Surroundings that differ"):
        assert words in page
    assert client.get("/compare?run=a").status_code == 400
    assert client.get(f"/compare?a={REALISTIC}&b=nothing").status_code == 404


def test_a_report_is_shown_as_it_was_kept(client, store):
    kept = (store.folder / REALISTIC / "report.html").read_bytes()
    shown = client.get(f"/runs/{REALISTIC}/report").content
    assert shown.replace(b' target="_blank"', b"") == kept
    assert b'<a target="_blank" href="https://' in shown


def test_every_check_has_a_page_with_its_cases():
    known = everything()
    assert len(known) > 80
    assert all(one.sections and one.cases and one.title for one in known.values())


def test_empty_stores_say_what_to_type(tmp_path):
    site = Site(RunStore(tmp_path / ".holdfast"), answers=tmp_path / "reforms.toml")
    with TestClient(application(site, Doors(TOKEN, 8765)), base_url=HOME) as client:
        client.get(f"/?token={TOKEN}")
        for path in ("/runs", "/findings", "/generations", "/data", "/review", "/checklist"):
            page = client.get(path)
            assert page.status_code == 200
            assert "<pre" in page.text, path
            assert "holdfast " in html.unescape(page.text)
    assert list(tmp_path.iterdir()) == []


def going(store, name="20260401-000000-aaaa"):
    run = make_run(name, title="slow", command=("audit", "slow.csv"), status="running")
    return store.begin(run)


def test_a_run_that_goes_on_is_followed(client, store):
    with going(store) as writer:
        writer.event({"event": "started", "task": "checks <b>", "total": 8, "unit": "checks"})
        writer.event({"event": "advanced", "task": "checks <b>", "done": 3, "total": 8, "unit": "checks"})
        writer.event({"event": "said", "text": "half \x1b[31mway"})
        writer.result(make_result("leak"))
        page = client.get("/runs/20260401-000000-aaaa").text
        assert 'sse-connect="/runs/20260401-000000-aaaa/events"' in page
        assert "3 of 8 checks" in page
        assert "checks &lt;b&gt;" in page
        assert "half ␛[31mway" in page
        assert "1 check done" in page
        quiet = time.time() - SILENT - 14
        for path in writer.folder.iterdir():
            os.utime(path, (quiet, quiet))
        assert "It stopped answering: no sign of life for 74" in client.get("/runs/20260401-000000-aaaa").text
    stopped = client.get("/runs/20260401-000000-aaaa").text
    assert "sse-connect" not in stopped
    assert "interrupted" in stopped


def test_damaged_events_are_stepped_over(client, store):
    with going(store, "20260402-000000-aaaa") as writer:
        lines = ["[]", "null", "{", '{"event": "advanced", "task": 3, "done": 1e999, "total": "x"}', '"\\ud800"',
                 json.dumps({"event": "started", "task": "t", "total": -5}), '{"event": "ended"}']  # fmt: skip
        (writer.folder / "events.jsonl").write_text("\n".join(lines))
        assert client.get("/runs/20260402-000000-aaaa").status_code == 200


def test_the_stream_tells_progress_and_then_that_it_is_over(client, store):
    with going(store, "20260403-000000-aaaa") as writer:
        writer.event({"event": "started", "task": "checks", "total": 2, "unit": ""})
        writer.finish(make_run("20260403-000000-aaaa", title="slow"))
    text = client.get("/runs/20260403-000000-aaaa/events").text
    assert text.startswith("event: progress\ndata: ")
    assert text.endswith("event: done\ndata: over\n\n")
    assert all(line.startswith(("event: ", "data: ")) or not line for line in text.splitlines())


def test_runs_that_are_not_ours_to_write_to_are_listed_all_the_same(template, tmp_path):
    store, index = RunStore(template), tmp_path / "index"
    index.mkdir()
    refresh(store, at=index)
    with TestClient(application(Site(store, index=index), Doors(TOKEN, 8765)), base_url=HOME) as client:
        client.get(f"/?token={TOKEN}")
        assert client.get("/runs").text.count('class="title"') == 5


def test_a_page_that_cannot_be_drawn_says_that_it_is_a_bug(site, monkeypatch, caplog):
    monkeypatch.setattr("holdfast.web.pages.data.corpora", lambda _: 1 / 0)
    with TestClient(application(replace(site), Doors(TOKEN, 8765)), base_url=HOME) as client:
        client.get(f"/?token={TOKEN}")
        answer = client.get("/data")
    assert answer.status_code == 500
    assert "a bug in Holdfast" in answer.text
    assert "ZeroDivisionError" not in answer.text
    assert "ZeroDivisionError" in caplog.text
    assert answer.headers["content-security-policy"]


def test_vendored_files_are_those_that_are_documented():
    static = Path(holdfast.web.__file__).parent / "static"
    page = (Path(__file__).parents[3] / "docs" / "dependencies.md").read_text("utf-8")
    for name in ("htmx.min.js", "htmx-sse.min.js"):
        assert hashlib.sha256((static / name).read_bytes()).hexdigest() in page
        assert (static / f"{name.partition('.')[0]}.LICENSE.txt").is_file()
    axe = Path(__file__).parents[2] / "browser" / "vendored" / "axe.min.js"
    assert hashlib.sha256(axe.read_bytes()).hexdigest() in page
