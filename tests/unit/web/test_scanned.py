"""What a scanner of web servers tries first: files that should not be there, reflected input, split headers."""

import html

import pytest

FILES = [
    r"/.git/config",
    r"/.env",
    r"/.htpasswd",
    r"/.well-known/security.txt",
    r"/admin",
    r"/actuator/env",
    r"/api/v1/token",
    r"/backup.zip",
    r"/cgi-bin/test",
    r"/config.json",
    r"/console",
    r"/debug",
    r"/docs",
    r"/etc/passwd",
    r"/favicon.ico",
    r"/graphql",
    r"/index.php",
    r"/index.sqlite",
    r"/metrics",
    r"/openapi.json",
    r"/phpinfo.php",
    r"/robots.txt",
    r"/run.json",
    r"/runs.json",
    r"/server-status",
    r"/static/",
    r"/static/..%2fapp.py",
    r"/static/%2e%2e/app.py",
    r"/static/dashboard.css.map",
    r"/static/htmx.LICENSE.txt",
    r"/swagger",
    r"/runs/index.sqlite",
    r"/runs/..%2findex.sqlite",
    r"/data/corpus",
    r"/WEB-INF/web.xml",
    r"/wp-login.php",
    r"/runs/20260101-000000-aaa0/run.json",
    r"/runs/20260101-000000-aaa0/lock",
    r"/runs/20260101-000000-aaa0/report/x",
    r"/%2e%2e/%2e%2e/etc/passwd",
    r"/..;/manager",
    r"/%c0%ae%c0%ae/etc/passwd",
    r"/\..\..\windows\win.ini",
    r"/%00",
]
PROBES = (
    '"><script>alert(1)</script>',
    "'\"><img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "{{7*7}}",
    "${7*7}",
    "{%25 if 1 %25}",
    "' OR '1'='1",
    "1; DROP TABLE runs",
    "../../../etc/passwd",
    "%0d%0aSet-Cookie: a=b",
    "\r\nX-Injected: yes",
    "//evil.example",
    "\x00",
    "\u202e",
    "A" * 4000,
    "1e999",
    "-1",
    "NaN",
    "[]",
    "%",
)
ASKED = {
    "/runs": ("text", "kind", "command", "verdict", "status", "order", "page", "of"),
    "/findings": ("text", "check", "severity", "state", "page", "of"),
    "/compare": ("a", "b", "run"),
    "/generations": ("page",),
    "/checklist": ("run",),
}
DANGEROUS = ("<script>alert", "<img src=x", "onerror=alert(1)>")


@pytest.mark.parametrize("kind", ["owner", "stranger"])
def test_nothing_is_there_that_is_no_page(client, stranger, kind):
    for path in FILES:
        answer = (client if kind == "owner" else stranger).get(path, follow_redirects=False)
        assert answer.status_code == (404 if kind == "owner" else 401), path
        assert "root:" not in answer.text
        assert "Traceback" not in answer.text


@pytest.mark.parametrize("path", ASKED)
def test_what_is_asked_comes_back_as_text_if_at_all(client, path):
    for name in ASKED[path]:
        for probe in PROBES:
            answer = client.get(path, params={name: probe}, follow_redirects=False)
            assert answer.status_code in {200, 303, 400, 404}, (name, probe)
            assert not [bad for bad in DANGEROUS if bad in answer.text], (name, probe)
            assert "x-injected" not in answer.headers
            assert answer.headers.get("location", "/").startswith("/")
            assert not answer.headers.get("location", "/").startswith("//")
            assert "49" not in html.unescape(answer.text).partition('value="')[2][:4]


def test_odd_headers_break_nothing(client):
    for name, value in (
        ("Cookie", "holdfast-8765=\x01; =; ;;" + "a=b;" * 500),
        ("Authorization", "Basic dDp0"),
        ("Authorization", "Bearer"),
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-HTTP-Method-Override", "DELETE"),
        ("Range", "bytes=0-1,5-9,-99999999999"),
        ("If-None-Match", "*"),
        ("Accept-Encoding", "gzip;q=-1"),
        ("HX-Request", "true"),
        ("Origin", "http://evil.example"),
        ("Access-Control-Request-Method", "POST"),
    ):
        answer = client.get("/runs", headers={name: value})
        assert answer.status_code in {200, 401}, name
        assert "evil.example" not in answer.text
        assert "access-control-allow-origin" not in answer.headers


def test_two_hosts_or_none_are_refused(client):
    for headers in ([("host", "127.0.0.1:8765"), ("host", "evil.example")], [("host", "")]):
        assert client.get("/runs", headers=headers).status_code == 421
