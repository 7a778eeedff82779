"""JSON that any reader takes and no terminal is steered by: ASCII only, no NaN, no lone surrogates."""

import re
from typing import Any

from pydantic_core import to_json

_NOT_ASCII = re.compile(r"[^\x00-\x7e]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def ascii_json(value: Any) -> str:
    """Return a value as JSON; NaN and infinities, which JSON does not know, become strings."""
    text = to_json(_whole(value), indent=2, inf_nan_mode="strings", fallback=str).decode()
    return _NOT_ASCII.sub(_escape, text) + "\n"


def _whole(value: Any) -> Any:
    """Return the value with lone surrogates, which no encoding knows, replaced."""
    if isinstance(value, str):
        return value if value.isascii() else _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_whole(str(key)): _whole(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(one) for one in value]
    return value


def _escape(found: re.Match[str]) -> str:
    pair = found[0].encode("utf-16-be").hex()
    return "".join(f"\\u{pair[i : i + 4]}" for i in range(0, len(pair), 4))
