"""Who may see the dashboard, and through which door: host, token, site of origin; and what every answer says of itself.

A page on the web can make a browser send requests to this computer, under any name that it had resolved to it. So an
answer is given only to a host name that we know, from our own pages, to somebody who has the token. The token comes in
the address that the terminal printed, and is swapped for a cookie at once; scripts send it as `Authorization: Bearer`.
"""

import hashlib
import hmac
import ipaddress
import secrets
import socket
from dataclasses import dataclass
from functools import cache
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode, urlsplit

from markupsafe import escape
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "::1")
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cache-control": "no-store",
}
_READS = frozenset({"GET", "HEAD"})
_LONGEST = 200  # characters of a token that is looked at


def new_token() -> str:
    """Return a token that nobody guesses: 256 bits."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True)
class Doors:
    """The token, and the names under which this server is reached."""

    token: str
    port: int = 0
    host: str = "127.0.0.1"

    @property
    def cookie(self) -> str:
        """The name of the cookie: cookies are shared between the ports of a host."""
        return f"holdfast-{self.port}"

    @property
    def pass_(self) -> str:
        """What the cookie holds: made from the token, and not the token."""
        return self._made("cookie")

    @property
    def guard(self) -> str:
        """What the forms of our own pages hold."""
        return self._made("form")

    def _made(self, purpose: str) -> str:
        return hmac.new(self.token.encode(), f"holdfast {purpose} {self.port}".encode(), hashlib.sha256).hexdigest()

    def knows(self, host: str) -> bool:
        """Return whether a Host header names this server.

        Addresses made of numbers cannot have been resolved by somebody else; of names only our own are known.
        """
        name = _name_of(host)
        if name in LOOPBACK:
            return True
        if self.host in LOOPBACK:
            return False
        return _is_address(name) or name in {self.host.lower(), *_own_names()}


class Guards:
    """Lets through what may come in, and says why not; an ASGI middleware."""

    def __init__(self, app: ASGIApp, doors: Doors) -> None:
        """Stand before `app`."""
        self.app, self.doors = app, doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in {**_HEADERS, "content-security-policy": PAGE_POLICY}.items():
                    headers.setdefault(name, value)
                headers.setdefault("x-frame-options", "DENY")
            await send(message)

        answer = self._answer(scope)
        await (answer or self.app)(scope, receive, sealed)

    def _answer(self, scope: Scope) -> Response | None:
        """Return the answer of the door; None for whoever may come in."""
        headers, method = Headers(scope=scope), scope["method"]
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self.doors.knows(hosts[0]):
            return _refused(421, "This dashboard does not answer to that host name.")
        site = headers.get("sec-fetch-site", "")
        given = dict(_asked(scope)).get("token", "")
        if given and method == "GET" and _same(given, self.doors.token):
            return self._let_in(scope, direct=site in {"", "none", "same-origin"})
        bearer = headers.get("authorization", "").partition("Bearer ")[2]
        by_script = bool(bearer) and _same(bearer, self.doors.token)
        if not by_script and not _same(_cookie(headers, self.doors.cookie), self.doors.pass_):
            return _refused(401, "Open the address that holdfast serve printed: it holds the token.")
        return _wrong_site(headers, site, hosts[0], method, by_script=by_script)

    def _let_in(self, scope: Scope, *, direct: bool) -> Response:
        """Return the way to the page without the token in its address, and the cookie.

        Who comes from another site, or from a file, is sent on by a page of ours: a browser keeps a strict cookie from
        a request that began elsewhere, also after it was sent on.
        """
        asked = [pair for pair in _asked(scope) if pair[0] != "token"]
        path = "/" + scope["raw_path"].decode("latin-1").lstrip("/\\")
        place = path + (f"?{urlencode(asked)}" if asked else "")
        answer: Response
        if direct:
            answer = RedirectResponse(place, 303)
        else:
            answer = HTMLResponse(
                f'<!DOCTYPE html><html lang="en"><title>Holdfast</title>'
                f'<meta http-equiv="refresh" content="0;url={escape(place)}"><p><a href="{escape(place)}">Go on</a>'
            )
        answer.set_cookie(self.doors.cookie, self.doors.pass_, httponly=True, samesite="strict", path="/")
        return answer


def _wrong_site(headers: Headers, site: str, host: str, method: str, *, by_script: bool) -> Response | None:
    """Return a refusal of what another site caused, None for what our own pages or a person did."""
    reads = method in _READS
    visits = reads and headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    if site not in {"", "none", "same-origin"} and not (site == "same-site" and visits):
        return _refused(403, "Another site asked for this; only this dashboard's own pages may.")
    if reads:
        return None
    if method != "POST":
        return _refused(405, "There is no such request here.")
    origin = headers.get("origin", "")
    if origin in {"", "null"}:
        known = by_script or site == "same-origin"  # a form without script sends no origin, as we send no referrer
    else:
        parts = urlsplit(origin)
        known = parts.scheme in {"http", "https"} and parts.netloc.lower() == host.lower()
    return None if known else _refused(403, "Answers are taken from this dashboard's own pages only.")


def _asked(scope: Scope) -> list[tuple[str, str]]:
    try:
        return parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True, max_num_fields=50)
    except ValueError:
        return []


def _refused(status: int, why: str) -> Response:
    return PlainTextResponse(f"Holdfast: {why}\n", status)


def _same(given: str, wanted: str) -> bool:
    """Return whether two secrets are equal, in a time that does not depend on where they differ."""
    return len(given) <= _LONGEST and hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def _cookie(headers: Headers, name: str) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return found.value if found is not None else ""


def _name_of(host: str) -> str:
    """Return the name in a Host header, without its port."""
    try:
        parts = urlsplit(f"//{host}")
        parts.port  # noqa: B018 raises ValueError for what is no port
    except ValueError:
        return ""
    plain = not (parts.path or parts.query or parts.fragment or parts.username or parts.password)
    return (parts.hostname or "").lower().rstrip(".") if plain else ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


@cache
def _own_names() -> set[str]:
    return {socket.gethostname().lower(), socket.getfqdn().lower()}
