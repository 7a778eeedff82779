"""The few EXIF fields that say who made a picture, read within bounds and written anew."""

import struct
from collections.abc import Iterator

_SOFTWARE, _DESCRIPTION, _ARTIST, _MAKE, _MODEL = 0x0131, 0x010E, 0x013B, 0x010F, 0x0110  # EXIF 2.32
_EXIF_IFD, _COMMENT = 0x8769, 0x9286
_NAMES = {
    _SOFTWARE: "Software", _DESCRIPTION: "ImageDescription", _ARTIST: "Artist", _MAKE: "Make", _MODEL: "Model",
    _COMMENT: "UserComment",
}  # fmt: skip
_SIZES = {1: 1, 2: 1, 7: 1}  # bytes, letters, undefined: the only types that hold these fields
_MOST_ENTRIES = 1000
_MOST_CHARACTERS = 1 << 18


def fields(data: bytes) -> dict[str, str]:
    """Return the fields that are there, by name; nothing is raised, whatever the bytes are."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None or len(data) < 8:
        return {}
    found: dict[str, str] = {}
    first = struct.unpack(order + "I", data[4:8])[0]
    inner = 0
    for tag, kind, count, value in _entries(data, order, first):
        if tag == _EXIF_IFD and kind == 4:
            inner = struct.unpack(order + "I", value)[0]
        _keep(found, data, order, tag, kind, count, value)
    for tag, kind, count, value in _entries(data, order, inner) if inner else ():
        _keep(found, data, order, tag, kind, count, value)
    return found


def _entries(data: bytes, order: str, at: int) -> Iterator[tuple[int, int, int, bytes]]:
    if at + 2 > len(data):
        return
    count = min(struct.unpack(order + "H", data[at : at + 2])[0], _MOST_ENTRIES)
    for place in range(at + 2, at + 2 + 12 * count, 12):
        if place + 12 > len(data):
            return
        tag, kind, n = struct.unpack(order + "HHI", data[place : place + 8])
        yield tag, kind, n, data[place + 8 : place + 12]


def _keep(found: dict[str, str], data: bytes, order: str, tag: int, kind: int, count: int, value: bytes) -> None:
    name = _NAMES.get(tag)
    if name is None or name in found or kind not in _SIZES or not count:
        return
    size = min(count, _MOST_CHARACTERS)
    if count <= 4:
        raw = value[:count]
    else:
        start = struct.unpack(order + "I", value)[0]
        raw = data[start : start + size]
    text = _comment(raw, order) if tag == _COMMENT else raw.decode("utf-8", "replace")
    if text := text.strip("\0 \t\r\n"):
        found[name] = text


def _comment(raw: bytes, order: str) -> str:
    """Return a user comment: eight bytes name its encoding."""
    code, body = raw[:8], raw[8:]
    if code == b"UNICODE\0":
        # The standard does not say which byte comes first: most writers take that of the file, some always little.
        text = body.decode("utf-16-le" if order == "<" else "utf-16-be", "replace")
        other = body.decode("utf-16-be" if order == "<" else "utf-16-le", "replace")
        return text if _plain(text) >= _plain(other) else other
    if code in {b"ASCII\0\0\0", b"JIS\0\0\0\0\0", b"\0" * 8}:
        return body.decode("utf-8", "replace")
    return raw.decode("utf-8", "replace")


def _plain(text: str) -> float:
    return sum(character.isascii() for character in text) / max(1, len(text))


def made(software: str, comment: str) -> bytes:
    """Return EXIF with a software and a user comment, little-endian."""
    one = software.encode("ascii", "replace") + b"\0"
    two = b"ASCII\0\0\0" + comment.encode("utf-8", "replace")
    one = one.ljust(5, b"\0")  # four bytes or fewer would stand in the entry itself
    after_first = 8 + 2 + 2 * 12 + 4
    second = after_first + len(one) + (len(one) & 1)
    after_second = second + 2 + 12 + 4
    head = struct.pack("<4sI", b"II*\0", 8)
    head += struct.pack("<HHHII", 2, _SOFTWARE, 2, len(one), after_first)
    head += struct.pack("<HHIII", _EXIF_IFD, 4, 1, second, 0)
    head += one + b"\0" * (len(one) & 1)
    return head + struct.pack("<HHHIII", 1, _COMMENT, 7, len(two), after_second, 0) + two
