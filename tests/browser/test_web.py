"""The dashboard in a real browser: light and dark, by keyboard, with hostile data; nothing runs, nothing is amiss."""

import http.server
import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pyarrow as pa
import pytest

from holdfast.core.dataset import Column, Dataset, Source
from holdfast.core.durable import write_whole
from holdfast.core.record import Status
from holdfast.core.store import RunStore
from holdfast.data.review.building import Asked, build
from holdfast.data.review.queue import Queue
from holdfast.report.render import render
from pages import CONTRAST, LOOKS
from records import make_result, make_run
from report_findings import ATTACKS
from report_runs import ALL
from short_runs import short

pytestmark = pytest.mark.browser

AXE = (Path(__file__).parent / "vendored" / "axe.min.js").read_text("utf-8")
SAFE = [one.encode("utf-8", "replace").decode().replace("\x00", "") for one in ATTACKS]  # as tables can hold them
KINDS = ("realistic", "hostile", "crashed", "told", "pictured", "empty")
IDS = {kind: f"2026010{number}-000000-aaa{number}" for number, kind in enumerate(KINDS, start=1)}
PAGES = {
    "runs": "/runs",
    "run": f"/runs/{IDS['realistic']}",
    "hostile": f"/runs/{IDS['hostile']}",
    "told": f"/runs/{IDS['told']}",
    "compare": f"/compare?a={IDS['realistic']}&b={IDS['hostile']}",
    "findings": "/findings",
    "finding": "/findings/1",
    "generations": "/generations",
    "data": "/data",
    "version": "/data/corpus@2",
    "review": "/review",
    "queue": "/review/texts",
    "checks": "/checks",
    "check": "/checks/split-overlap",
    "checklist": f"/checklist?run={IDS['realistic']}&run={IDS['hostile']}",
    "missing": "/nowhere",
}


def store_of_data(folder):
    from holdfast.data.store import Store

    store = Store.create(folder / "corpus")
    for number in range(2):
        table = pa.table({"text": [f"text {i} of {number} {SAFE[i % len(SAFE)]}" for i in range(20)]})
        name = f"<img src=x onerror=alert(1)> {number}"
        dataset = Dataset(name, table, (Column("text", "text", "feature"),), (Source(name, 0, 20, f"b2:{number:032}"),))
        store.add(dataset, message=f"</script><script>alert(2)</script> {number}")
    return store.folder


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with runs, a store of data and a review queue, all full of attacks."""
    folder = tmp_path_factory.mktemp("home")
    store = RunStore(folder / ".holdfast")
    for kind in KINDS:
        run = short(ALL[kind]()).model_copy(update={"id": IDS[kind]})
        with store.begin(run) as writer:
            writer.finish(run)
        write_whole(store.folder / run.id / "report.html", render(run, "html").encode("utf-8", "replace"))
    store_of_data(folder)
    lines = [{"text": f"words number {i} {attack}", "y": "ab"[i % 2]} for i, attack in enumerate([*SAFE, *"cdef"])]
    (folder / "texts.jsonl").write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    from holdfast.data.standing import load_standing

    dataset = load_standing([folder / "texts.jsonl"], label="y")
    build(dataset, Asked(sample=6), store.root / "reviews" / "texts", address=str(folder / "texts.jsonl"))
    return folder


@pytest.fixture(scope="module")
def address(home):
    """Where the dashboard of that folder is, with its token."""
    command = [sys.executable, "-m", "holdfast", "serve", "--port", "0", "--data", "corpus", "--reviewer", "ada"]
    around = {**os.environ, "HOLDFAST_TOKEN": ""}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=home, env=around, **pipes) as server:
        yield server.stdout.readline().strip()
        server.send_signal(2)
        said = server.communicate(timeout=20)[1]
    assert server.returncode == 0
    assert "Traceback" not in said


@pytest.fixture(scope="module")
def visits(browser, address):
    """Open pages in a look, in one session for each; return the page and all that it said or asked others for."""
    sessions = {}
    base = address.partition("/?")[0]

    def visit(path, look="light"):
        if look not in sessions:
            chosen = LOOKS[look]
            size = {"width": chosen["width"], "height": 800}
            context = browser.new_context(color_scheme=chosen["color_scheme"], viewport=size)
            page, seen = context.new_page(), []
            page.on("console", lambda message: seen.append(f"console: {message.text}"))
            page.on("pageerror", lambda error: seen.append(f"error: {error}"))
            page.on("dialog", lambda dialog: (seen.append(f"dialog: {dialog.message}"), dialog.dismiss()))
            page.on("request", lambda one: None if one.url.startswith((base, "data:")) else seen.append(one.url))
            page.goto(address)
            if look == "print":
                page.emulate_media(media="print")
            sessions[look] = (page, seen)
        page, seen = sessions[look]
        seen.clear()
        page.goto(base + path, wait_until="load")
        return page, seen

    yield visit
    for page, _ in sessions.values():
        page.context.close()


def amiss(page, rules=None):
    """Return what axe-core finds on a page, as rule and place; only of some rules, where they are named."""
    only = f"runOnly: {json.dumps(rules)}," if rules else ""
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found = page.evaluate(f"{AXE}; axe.run(document, {{{only} iframes: false, resultTypes: ['violations']}})")
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found["violations"]]


@pytest.mark.parametrize("look", ["light", "dark"])
def test_every_page_is_quiet_and_accessible(visits, look):
    wrong = {}
    for name, path in PAGES.items():
        page, seen = visits(path, look)
        said = [one for one in seen if not (name == "missing" and "404" in one)]
        rules = ["color-contrast"] if look == "dark" else None  # the others do not depend on colours
        wrong[name] = [*said, *amiss(page, rules), *page.evaluate(CONTRAST)]
        if page.evaluate("document.documentElement.scrollWidth") > LOOKS[look]["width"]:
            wrong[name].append("it is wider than its window")
    assert {name: said for name, said in wrong.items() if said} == {}


@pytest.mark.parametrize("look", ["phone", "print"])
def test_every_page_fits_a_phone_and_paper(visits, look):
    wide = []
    for name, path in PAGES.items():
        page, _ = visits(path, look)
        if page.evaluate("document.documentElement.scrollWidth") > LOOKS[look]["width"]:
            wide.append(name)
    assert wide == []


def test_nothing_in_hostile_data_runs(visits):
    for path in PAGES.values():
        page, seen = visits(path)
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        page.wait_for_timeout(50)
        assert [one for one in seen if one.startswith(("dialog", "http"))] == []
        assert (
            page.evaluate("document.querySelectorAll('main script, [onerror], [onmouseover], object, embed').length")
            == 0
        )
        assert page.evaluate("[...document.images].every(one => one.src.startsWith('data:image/png'))")


def test_script_that_got_in_is_not_run(visits):
    page, seen = visits("/runs")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"document.title=1\">')")
    page.wait_for_timeout(100)
    assert page.title() != "1"
    assert any("Content Security Policy" in one for one in seen)


def test_the_report_stands_in_a_frame_in_which_nothing_runs(visits):
    page, seen = visits(f"/runs/{IDS['realistic']}")
    page.locator("iframe").scroll_into_view_if_needed()
    frame = page.frame(name="report")
    frame.wait_for_selector("text=Findings")
    assert frame.evaluate("window.origin") == "null"
    page.get_by_role("link", name=re.compile("duration alone")).first.click()
    page.wait_for_timeout(200)
    assert frame.url.endswith("#f1") or "#f" in frame.url
    assert [one for one in seen if not one.startswith("console: Blocked script execution")] == []


def test_the_token_leaves_the_address_and_no_script_can_read_it(visits, address):
    page, _ = visits("/runs")
    assert "token" not in page.url
    assert page.evaluate("document.cookie") == ""
    assert page.evaluate("localStorage.length") == 0
    assert page.evaluate("Object.keys(sessionStorage)") in ([], ["htmx-current-path-for-history"])
    assert address.partition("token=")[2] not in page.content()


def test_another_site_gets_nothing(browser, visits, address, tmp_path):
    """A page of another origin asks for runs, frames them and posts an answer, from the browser that is logged in."""
    page, _ = visits("/runs")
    base = address.partition("/?")[0]
    name = tmp_path / "index.html"
    name.write_text(
        f'<iframe id=f src="{base}/runs"></iframe><form id=p method=post target=f action="{base}/checklist">'
        "<input name=list value=reforms><input name=item value=1a><input name=answer value=evil></form>"
        f'<script>fetch("{base}/runs", {{credentials: "include", mode: "no-cors"}}).catch(() => null);'
        'document.getElementById("p").submit()</script>'
    )

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *given):
            super().__init__(*given, directory=str(tmp_path))

        def log_message(self, *_):
            pass

    evil = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    threading.Thread(target=evil.serve_forever, daemon=True).start()
    other = page.context.new_page()
    statuses = {}
    other.on("response", lambda one: statuses.setdefault((one.request.method, one.url.partition("?")[0]), one.status))
    for host in ("127.0.0.1", "localhost"):
        other.goto(f"http://{host}:{evil.server_address[1]}/index.html")
        other.wait_for_timeout(400)
    other.close()
    evil.shutdown()
    evil.server_close()
    ours = {key: status for key, status in statuses.items() if key[1].startswith(base)}
    assert ours
    assert set(ours.values()) <= {401, 403}


BUTTONS_AS_THEY_COME = """() => {
  window.came = [];
  new MutationObserver(() => {
    const button = document.querySelector("button[data-needs]");
    if (button && window.last !== button) window.came.push((window.last = button).disabled);
  }).observe(document.body, {childList: true, subtree: true});
}"""


def test_the_list_is_narrowed_as_one_types_and_by_keyboard_alone(visits):
    page, seen = visits("/runs")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "text"
    page.keyboard.type("zzz")
    page.wait_for_selector("text=No run fits")
    assert "text=zzz" in page.url
    page.evaluate(BUTTONS_AS_THEY_COME)
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.wait_for_selector("table.runs")
    boxes = page.locator(".tick input")
    button = page.get_by_role("button", name="Compare the two")
    assert page.evaluate("window.came") == [True], "the button can be pressed before its page is settled"
    assert button.is_disabled()
    for number in (0, 1):
        boxes.nth(number).focus()
        page.keyboard.press("Space")
    assert button.is_enabled()
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Two runs, side by side")
    assert seen == []


RENEWED = """() => new Promise(done => {
  document.addEventListener("htmx:afterSettle", done, {once: true});
  htmx.ajax("GET", location.href, {target: "#list", select: "#list", swap: "outerHTML"});
})"""


def test_ticks_and_the_place_of_the_keyboard_outlive_a_list_that_renews_itself(visits):
    page, seen = visits("/runs")
    page.locator(".tick input").nth(1).check()
    page.locator("a.title").nth(1).focus()
    page.evaluate("document.querySelector('table.runs').dataset.old = 'yes'")
    page.evaluate(RENEWED)
    assert page.evaluate("document.querySelector('table.runs').dataset.old") is None
    assert [box.is_checked() for box in page.locator(".tick input").all()[:3]] == [False, True, False]
    assert page.evaluate("document.activeElement === document.querySelectorAll('a.title')[1]")
    assert seen == []


def test_records_are_reviewed_by_keys(visits, home):
    page, seen = visits("/review/texts")
    assert page.locator(".record-shown").get_by_text(re.compile("words number")).count() == 1
    for key in ("1", "2", "r", "k"):
        shown = page.locator(".record-shown").inner_text()
        page.keyboard.press(key)
        page.wait_for_function("text => document.querySelector('.record-shown').innerText !== text", arg=shown)
    page.keyboard.press("u")
    page.wait_for_selector("text=3 of 6")
    page.keyboard.press("n")
    page.keyboard.type("a note with 1 and r in it")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("2")
    page.wait_for_selector("text=4 of 6")
    queue = Queue.open(home / ".holdfast" / "reviews" / "texts")
    decided = [one for one in queue.decisions() if one.verdict != "undone"]
    assert [one.label for one in decided[:2]] == ["a", "b"]
    assert {one.reviewer for one in decided} == {"ada"}
    assert all(one.blind and one.seconds is not None for one in decided)
    assert decided[-1].note == "a note with 1 and r in it"
    assert seen == []


def test_an_answer_to_the_checklist_is_written_and_shown(visits, home):
    page, seen = visits(f"/checklist?run={IDS['realistic']}")
    draft = page.locator("#reforms-1b textarea")
    draft.evaluate("node => { node.closest('details').open = true; node.value = 'not sent yet'; }")
    entry = page.locator("#reforms-1a")
    entry.locator("summary").last.focus()
    page.keyboard.press("Enter")
    entry.locator("textarea").fill('adults <b>in</b> "1974"\nsecond line')
    entry.get_by_role("button", name="Keep the answer").press("Enter")
    page.wait_for_selector("#reforms-1a blockquote")
    assert "second line" in page.locator("#reforms-1a blockquote").inner_text()
    assert draft.input_value() == "not sent yet"
    assert draft.is_visible()
    assert entry.locator("textarea").input_value() == 'adults <b>in</b> "1974"\nsecond line'
    assert 'adults <b>in</b> \\"1974\\"\nsecond line' in (home / "reforms.toml").read_text("utf-8")
    assert seen == []


def test_progress_arrives_without_a_key_being_pressed(visits, home):
    store = RunStore(home / ".holdfast")
    run = make_run("20260501-000000-beef", title="slow.csv", status="running")
    with store.begin(run) as writer:
        writer.event({"event": "started", "task": "checks", "total": 9, "unit": "checks"})
        page, seen = visits(f"/runs/{run.id}")
        page.wait_for_selector("text=0 of 9 checks")
        writer.event({"event": "advanced", "task": "checks", "done": 4, "total": 9, "unit": "checks"})
        page.wait_for_selector("text=4 of 9 checks")
        finding = ALL["realistic"]().findings[0]
        result = make_result("leak").model_copy(update={"status": Status.FOUND, "findings": (finding,)})
        writer.result(result)
        page.wait_for_selector("text=Found so far")
        assert amiss(page) == []
        writer.finish(run.model_copy(update={"status": "finished", "results": (result,)}))
        page.wait_for_selector("section.verdict")
    assert seen == []
    time.sleep(0.1)
