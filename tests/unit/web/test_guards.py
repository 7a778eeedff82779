import re
import stat

import pytest

from holdfast.core.errors import BadInput
from holdfast.web.guards import Doors, new_token
from holdfast.web.opening import folder_of, stored_report
from holdfast.web.serving import opened, serve, way_in

TOKEN = "t" * 40
ORIGIN = "http://127.0.0.1:8765"
OPEN = ["/", "/runs", "/runs/20260101-000000-aaa0", "/runs/20260101-000000-aaa0/report", "/static/dashboard.css"]


@pytest.mark.parametrize("path", [*OPEN, "/nowhere", "/static/htmx.min.js", "/%2e%2e/etc/passwd"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"])
def test_nobody_is_answered_without_the_token(stranger, method, path):
    answer = stranger.request(method, path)
    assert answer.status_code == 401
    assert "holdfast serve" in answer.text or method == "HEAD"


@pytest.mark.parametrize("token", ["", "wrong", "t" * 39, "t" * 41, "T" * 40, "t" * 5000, "é", "%00"])
def test_a_wrong_token_is_no_token(stranger, token):
    assert stranger.get(f"/runs?token={token}").status_code == 401
    assert stranger.get("/runs", headers={"Authorization": f"Bearer {token}".encode()}).status_code == 401
    assert stranger.get("/runs", headers={"Cookie": f"holdfast-8765={token}".encode()}).status_code == 401


def test_the_token_is_swapped_for_a_cookie_that_scripts_and_other_sites_do_not_get(stranger):
    answer = stranger.get(f"/runs?text=a&token={TOKEN}")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/runs?text=a"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("holdfast-8765=")
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert TOKEN not in cookie
    assert stranger.get("/runs").status_code == 200


def test_the_token_in_an_address_leads_nowhere_else(stranger):
    for path in ("//evil.example", "/\\evil.example", "/%2f%2fevil.example"):
        answer = stranger.get(f"{path}?token={TOKEN}", headers={"Host": "127.0.0.1:8765"})
        assert not answer.headers.get("location", "/x").startswith(("//", "/\\", "http"))


def test_a_person_who_comes_from_a_file_is_sent_on_by_a_page_of_ours(stranger):
    answer = stranger.get(f"/?token={TOKEN}", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200
    assert '<meta http-equiv="refresh" content="0;url=/">' in answer.text
    assert "holdfast-8765=" in answer.headers["set-cookie"]


def test_scripts_send_the_token_as_a_bearer(stranger):
    assert stranger.get("/runs", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8765", "127.0.0.1.evil.example", "localhost.evil.example", "",
     "127.0.0.1@evil.example", "evil.example/127.0.0.1", "[::1", "192.168.1.7", "127.0.0.1:99999999"],
)  # fmt: skip
def test_another_host_name_is_refused_even_with_the_cookie(client, host):
    assert client.get("/runs", headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost:8765", "127.0.0.1:9000", "[::1]:8765", "LOCALHOST"])
def test_this_computer_is_known_by_its_names_also_through_a_tunnel(client, host):
    answer = client.get("/runs", headers={"Host": host, "Cookie": f"holdfast-8765={Doors(TOKEN, 8765).pass_}"})
    assert answer.status_code == 200


def test_a_server_for_others_is_known_by_numbers_and_its_own_name_only():
    doors = Doors(TOKEN, 8765, "0.0.0.0")
    assert doors.knows("192.168.1.7:8765")
    assert not doors.knows("evil.example")


@pytest.mark.parametrize("other", ["cross-site", "same-site", "nonsense"])
def test_what_another_site_asks_for_is_refused(client, other):
    headers = {"Sec-Fetch-Site": other, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    assert client.get("/runs", headers=headers).status_code == 403


def test_a_link_from_another_server_on_this_computer_may_be_followed(client):
    headers = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert client.get("/runs", headers=headers).status_code == 200
    assert client.get("/runs", headers={**headers, "Sec-Fetch-Site": "cross-site"}).status_code == 403


@pytest.mark.parametrize("path", [*OPEN, "/nowhere"])
def test_every_answer_says_what_a_browser_must_not_do_with_it(client, stranger, path):
    for answer in (client.get(path), stranger.get("/runs")):
        headers = answer.headers
        assert "unsafe" not in headers["content-security-policy"]
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
        assert path.startswith("/static") or headers["cache-control"] == "no-store"
        assert "server" not in headers
        assert "access-control-allow-origin" not in headers


def test_a_stored_report_is_shut_in(client):
    answer = client.get("/runs/20260101-000000-aaa0/report")
    policy = answer.headers["content-security-policy"]
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert "script-src" not in policy
    assert "allow-scripts" not in policy
    assert "frame-ancestors 'self'" in policy
    page = client.get("/runs/20260101-000000-aaa0").text
    frame = re.search(r"<iframe[^>]*>", page).group()
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in frame


@pytest.mark.parametrize(
    "name",
    ["...", "..%2f..%2fetc", "%2e%2e", "%2e%2e%2f", "a%00b", "\u202ea", "a" * 300, "%5c..", "~root",
     "20260101-000000-aaa0%2f..%2f20260102-000001-aaa1", "CON", "-rf"],
)  # fmt: skip
@pytest.mark.parametrize("end", ["", "/report", "/events"])
def test_no_path_leads_out_of_the_store(client, name, end):
    assert client.get(f"/runs/{name}{end}").status_code == 404


def test_links_in_the_store_lead_nowhere_else(store, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "run.json").write_text("{}")
    (outside / "report.html").write_text("secret")
    (store.folder / "20270101-000000-beef").symlink_to(outside)
    assert folder_of(store, "20270101-000000-beef") is None
    inside = store.folder / "20260101-000000-aaa0"
    (inside / "report.html").unlink()
    (inside / "report.html").symlink_to(outside / "report.html")
    assert folder_of(store, inside.name) is not None
    assert stored_report(store, inside.name) is None


def test_other_computers_are_let_in_with_a_token_that_was_chosen_only(site):
    with pytest.raises(BadInput, match="--token FILE"):
        serve(site, "0.0.0.0", 0, "")
    with pytest.raises(BadInput, match="at least 20"):
        serve(site, "127.0.0.1", 0, "short")


def test_a_port_that_is_taken_is_named():
    with opened("127.0.0.1", 0) as door:
        port = door.getsockname()[1]
        with pytest.raises(BadInput, match=f"port {port} at 127.0.0.1 cannot be used.*--port 0"):
            opened("127.0.0.1", port)


def test_the_file_that_leads_a_browser_in_is_for_its_owner_only():
    with way_in(f"http://127.0.0.1:1/?token={TOKEN}") as path:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert TOKEN in path.read_text()
    assert not path.exists()


def test_tokens_are_long_and_never_the_same():
    assert len({new_token() for _ in range(100)}) == 100
    assert min(len(new_token()) for _ in range(100)) >= 40
