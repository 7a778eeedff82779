"""A stored report in a frame: whatever its bytes say, nothing in it runs, and it belongs to no site."""

import base64
import hashlib
import re

_STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL)
_MOST_STYLES = 20
_LINK = b'<a href="http'  # as our own templates write links of the web; text from data cannot hold it unescaped


def framed(page: bytes) -> bytes:
    """Return the page with its links of the web leading out of the frame, into a tab of their own."""
    return page.replace(_LINK, b'<a target="_blank" href="http')


def headers(page: bytes) -> dict[str, str]:
    """Return what keeps the page shut in: no script, no form, no request, no style but its own."""
    own = [base64.b64encode(hashlib.sha256(one).digest()).decode() for one in _STYLE.findall(page)[:_MOST_STYLES]]
    style = " ".join(f"'sha256-{one}'" for one in own) or "'none'"
    policy = (
        f"default-src 'none'; style-src {style}; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
    )
    return {"content-security-policy": policy, "x-frame-options": "SAMEORIGIN"}
