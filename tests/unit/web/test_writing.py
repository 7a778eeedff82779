"""What is written: answers of people, and nothing that did not come from a page of ours."""

import json

import pytest
from starlette.testclient import TestClient

from holdfast.core.store import RunStore
from holdfast.data.review.building import Asked, build
from holdfast.data.review.queue import Queue
from holdfast.data.standing import load_standing
from holdfast.report.checklist.answers import read
from holdfast.web.app import application
from holdfast.web.forms import MOST
from holdfast.web.guards import Doors
from holdfast.web.site import Site

HOME, TOKEN = "http://127.0.0.1:8765", "t" * 40
DOORS = Doors(TOKEN, 8765)
OURS = {"Origin": HOME, "Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with a queue that asks for the label and the origin of eight texts."""
    folder = tmp_path_factory.mktemp("home")
    lines = [{"text": f"words {i} <b>x</b>", "y": "ab"[i % 2]} for i in range(8)]
    (folder / "texts.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    dataset = load_standing([folder / "texts.jsonl"], label="y")
    asked = Asked(sample=8, asks=("label", "origin"))
    build(dataset, asked, folder / ".holdfast" / "reviews" / "texts", address=str(folder / "texts.jsonl"))
    return folder


@pytest.fixture(scope="module")
def client(home):
    site = Site(RunStore(home / ".holdfast"), answers=home / "reforms.toml", reviewer="ada")
    with TestClient(application(site, DOORS), base_url=HOME, follow_redirects=False) as client:
        client.get(f"/?token={TOKEN}")
        yield client


def decisions(home):
    return Queue.open(home / ".holdfast" / "reviews" / "texts").standing()


def record(client):
    page = client.get("/review/texts").text
    return page.partition('name="record" value="')[2].partition('"')[0]


def press(client, headers=OURS, guard=DOORS.guard, **fields):
    return client.post("/review/texts", data={"guard": guard, **fields}, headers=headers)


def test_an_answer_is_kept_once_it_is_whole(client, home):
    before = len(decisions(home))
    name = record(client)
    half = press(client, record=name, press="label:b", shown="0", note="sure")
    assert half.status_code == 200
    assert 'name="answered_label" value="b"' in half.text
    assert f'name="record" value="{name}"' in half.text
    assert len(decisions(home)) == before
    done = press(client, record=name, press="human", answered_label="b", note="sure")
    assert done.status_code == 303
    last = decisions(home)[-1]
    assert (last.record, last.label, last.origin, last.reviewer, last.blind) == (name, "b", "human", "ada", True)
    assert last.note == "sure"
    assert record(client) != name


def test_a_decision_is_taken_back(client, home):
    press(client, record=record(client), press="reject")
    before = decisions(home)
    assert press(client, press="undo").status_code == 303
    assert len(decisions(home)) == len(before) - 1


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"press": "label", "label": "zebra"}, "no label &#39;zebra&#39;"),
        ({"press": "label", "label": ""}, "no label was given"),
        ({"press": "approve"}, "the label is hidden"),
        ({"press": "reject", "record": "0" * 32}, "no record"),
        ({"press": "reject", "note": "x" * 20_000}, "the note has"),
        ({"press": "nonsense"}, ""),
    ],
)
def test_what_makes_no_sense_is_told_and_not_kept(client, home, fields, said):
    before = len(decisions(home))
    answer = press(client, **{"record": record(client), **fields})
    assert answer.status_code == 200
    assert said in answer.text
    assert len(decisions(home)) == before


def test_a_blind_page_tells_nothing_about_the_answer(client):
    page = client.get("/review/texts").text
    shown = page.partition('<section class="record-shown"')[2].partition("</section>")[0]
    assert "words" in shown
    assert "<b>x</b>" not in page
    assert ">y<" not in shown


REFUSED = {
    "another site": {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"},
    "another port": {"Origin": "http://127.0.0.1:9999", "Sec-Fetch-Site": "same-site"},
    "an origin alone": {"Origin": "http://evil.example"},
    "no origin at all": {},
    "a frame without origin": {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    "an origin that only begins like ours": {"Origin": f"{HOME}.evil.example"},
    "another scheme": {"Origin": "file://127.0.0.1:8765"},
}


@pytest.mark.parametrize("headers", REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("path", ["/review/texts", "/checklist"])
def test_nothing_is_taken_from_elsewhere(client, home, path, headers):
    before = len(decisions(home))
    fields = {"guard": DOORS.guard, "record": record(client), "press": "reject", "list": "reforms", "item": "1a",
              "answer": "evil"}  # fmt: skip
    assert client.post(path, data=fields, headers=headers).status_code == 403
    assert len(decisions(home)) == before
    assert not (home / "reforms.toml").exists()


def test_a_form_that_is_not_ours_is_refused(client, home):
    before = len(decisions(home))
    for guard in ("", "wrong", DOORS.pass_, TOKEN, "é"):
        assert press(client, guard=guard, record=record(client), press="reject").status_code == 403
    plain = "application/x-www-form-urlencoded"
    for content, kind in ((b"x" * (MOST + 1), plain), (b"{}", "application/json"), (b"a=1&" * 100, plain),
                          (b"", "multipart/form-data")):  # fmt: skip
        answer = client.post("/review/texts", content=content, headers={**OURS, "Content-Type": kind})
        assert answer.status_code in {403, 413}
    assert len(decisions(home)) == before


def test_a_form_without_script_is_taken(client, home):
    before = len(decisions(home))
    plain = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    assert press(client, headers=plain, record=record(client), press="skip").status_code == 303
    assert len(decisions(home)) == before + 1


@pytest.mark.parametrize("path", ["/runs", "/findings", "/checks", "/runs/x", "/data", "/", "/static/dashboard.css"])
def test_everything_else_is_for_reading_only(client, path):
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert client.request(method, path, headers=OURS).status_code == 405


@pytest.mark.parametrize("name", ["nothing", "..", "%2e%2e", "..%2freviews%2ftexts", "a%00"])
def test_no_other_folder_is_a_queue(client, name):
    assert client.get(f"/review/{name}").status_code in {303, 404}
    answer = client.post(f"/review/{name}", data={"guard": DOORS.guard, "press": "undo"}, headers=OURS)
    assert answer.status_code in {404, 405}


def test_an_answer_to_the_checklist_makes_the_file_and_keeps_it(client, home):
    fields = {"guard": DOORS.guard, "list": "reforms", "item": "6b", "answer": "", "holds": "yes"}
    assert client.post("/checklist", data=fields, headers=OURS).headers["location"] == "/checklist"
    assert read(home / "reforms.toml").reforms["6b"].holds is True
    told = client.post("/checklist", data={**fields, "item": "99"}, headers=OURS)
    assert told.status_code == 200
    (home / "reforms.toml").unlink()
