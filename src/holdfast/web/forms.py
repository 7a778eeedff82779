"""What a form sends: read with a limit, and taken from our own pages only."""

import hmac
from urllib.parse import parse_qsl

from starlette.requests import Request

MOST = 65_536  # bytes of a form
_MOST_FIELDS = 60
_TYPE = "application/x-www-form-urlencoded"


async def form_of(request: Request) -> list[tuple[str, str]] | None:
    """Return the fields of a form; None for what is none, or too long."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _TYPE:
        return None
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MOST:
            return None
    try:
        return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return None


def is_ours(form: list[tuple[str, str]], guard: str) -> bool:
    """Return whether a form came from one of our pages: they hold a secret that no other site can read."""
    given = dict(form).get("guard", "")
    return hmac.compare_digest(given.encode("utf-8", "replace"), guard.encode())
