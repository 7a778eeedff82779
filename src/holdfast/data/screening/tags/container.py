"""The parts of PNG, JPEG and WebP files that say something beside the pixels: texts, EXIF, XMP, manifests.

Everything here is read from untrusted bytes: lengths are checked, counts and sizes bounded, nothing is unpacked beyond
a bound, and pixels are not decoded.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Format = Literal["png", "jpeg", "webp", "bmff", ""]

MOST_TEXT = 1 << 20  # bytes of one text, unpacked: a workflow of ComfyUI has some 100 kB
_MOST_PARTS = 10_000  # chunks or segments that are looked at
_MOST_TEXTS = 64
PNG_START = b"\x89PNG\r\n\x1a\n"
JPEG_START = b"\xff\xd8"
EXIF_HEAD = b"Exif\0\0"
XMP_HEAD = b"http://ns.adobe.com/xap/1.0/\0"
XMP_KEY = "XML:com.adobe.xmp"
# ISO/IEC 14496-12 files (AVIF, HEIC) hold manifests in a box with this identifier: C2PA 2.1, section 11.3.
_BMFF_MANIFEST = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")


@dataclass(frozen=True, slots=True)
class Parts:
    """What a file holds beside pixels. `manifest` is the start of a C2PA manifest store, empty where there is none."""

    format: Format
    texts: tuple[tuple[str, str], ...] = ()
    exif: bytes = b""
    xmp: str = ""
    manifest: bytes = b""
    note: str = ""


def parts_of(data: bytes | memoryview) -> Parts:
    """Return what a file holds beside pixels; whatever the bytes are, nothing is raised."""
    data = memoryview(data)
    begin = bytes(data[:16])
    if begin.startswith(PNG_START):
        return _png(data)
    if begin.startswith(JPEG_START):
        return _jpeg(data)
    if begin[:4] == b"RIFF" and begin[8:12] == b"WEBP":
        return _webp(data)
    if begin[4:8] == b"ftyp":
        return _bmff(data)
    return Parts("")


def png_chunks(data: memoryview) -> Iterator[tuple[bytes, int, int]]:
    """Yield (type, start, stop) of each chunk's content; stops at the first that does not fit into the file."""
    at = len(PNG_START)
    for _ in range(_MOST_PARTS):
        if at + 12 > len(data):
            return
        size, kind = int.from_bytes(data[at : at + 4]), bytes(data[at + 4 : at + 8])
        if at + 12 + size > len(data):
            return
        yield kind, at + 8, at + 8 + size
        if kind == b"IEND":
            return
        at += 12 + size


def jpeg_segments(data: memoryview) -> Iterator[tuple[int, int, int]]:
    """Yield (marker, start, stop) of each segment's content up to where the pixels begin."""
    at = 2
    for _ in range(_MOST_PARTS):
        while at < len(data) - 1 and data[at] == 0xFF and data[at + 1] == 0xFF:
            at += 1  # padding
        if at + 4 > len(data) or data[at] != 0xFF:
            return
        marker, size = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if marker in {0xDA, 0xD9} or size < 2 or at + 2 + size > len(data):
            return
        yield marker, at + 4, at + 2 + size
        at += 2 + size


def webp_chunks(data: memoryview) -> Iterator[tuple[bytes, int, int]]:
    """Yield (type, start, stop) of each chunk's content."""
    at = 12
    for _ in range(_MOST_PARTS):
        if at + 8 > len(data):
            return
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if at + 8 + size > len(data):
            return
        yield bytes(data[at : at + 4]), at + 8, at + 8 + size
        at += 8 + size + (size & 1)


def _png(data: memoryview) -> Parts:
    texts: list[tuple[str, str]] = []
    exif, xmp, manifest = b"", "", b""
    for kind, start, stop in png_chunks(data):
        content = data[start:stop]
        if kind in {b"tEXt", b"zTXt", b"iTXt"} and len(texts) < _MOST_TEXTS:
            if (text := _png_text(kind, content)) is not None:
                xmp = xmp or (text[1] if text[0] == XMP_KEY else "")
                texts += [text] if text[0] != XMP_KEY else []
        elif kind == b"eXIf":
            exif = exif or bytes(content[:MOST_TEXT])
        elif kind == b"caBX":
            manifest = manifest or _manifest(bytes(content[:MOST_TEXT]))
    return Parts("png", tuple(texts), exif, xmp, manifest)


def _png_text(kind: bytes, content: memoryview) -> tuple[str, str] | None:
    head = bytes(content[:80])
    keyword, end, _ = head.partition(b"\0")
    if not end:
        return None
    rest, name = content[len(keyword) + 1 :], keyword.decode("latin-1")
    if kind == b"tEXt":
        return name, bytes(rest[:MOST_TEXT]).decode("latin-1")
    if kind == b"zTXt":
        return name, _unpacked(rest[1:]).decode("latin-1")
    packed = bool(len(rest) and rest[0])
    body = bytes(rest[2 : MOST_TEXT + 2])  # flag, method, language\0, keyword\0, text
    for _ in range(2):
        _, end, body = body.partition(b"\0")
        if not end:
            return None
    return name, (_unpacked(memoryview(body)) if packed else body).decode("utf-8", "replace")


def _unpacked(packed: memoryview) -> bytes:
    """Return at most a bounded text: what would grow further is cut, not unpacked."""
    try:
        return zlib.decompressobj().decompress(packed[:MOST_TEXT], MOST_TEXT)
    except zlib.error:
        return b""


def _jpeg(data: memoryview) -> Parts:
    texts: list[tuple[str, str]] = []
    exif, xmp, manifest = b"", "", b""
    for marker, start, stop in jpeg_segments(data):
        content = bytes(data[start:stop])
        if marker == 0xE1 and content.startswith(EXIF_HEAD):
            exif = exif or content[len(EXIF_HEAD) :]
        elif marker == 0xE1 and content.startswith(XMP_HEAD):
            xmp = xmp or packet(content[len(XMP_HEAD) :])
        elif marker == 0xFE and len(texts) < _MOST_TEXTS:
            texts.append(("comment", content.decode("utf-8", "replace")))
        elif marker == 0xEB and content[:2] == b"JP" and len(manifest) < MOST_TEXT:
            # Segments of one box repeat its length and type after the first one: ISO/IEC 19566-5, annex D.
            manifest += content[8:] if not manifest else content[16:]
    return Parts("jpeg", tuple(texts), exif, xmp, _manifest(manifest))


def _webp(data: memoryview) -> Parts:
    exif, xmp, manifest = b"", "", b""
    for kind, start, stop in webp_chunks(data):
        content = bytes(data[start : min(stop, start + MOST_TEXT)])
        if kind == b"EXIF":
            exif = exif or content.removeprefix(EXIF_HEAD)
        elif kind == b"XMP ":
            xmp = xmp or packet(content)
        elif kind == b"C2PA":
            manifest = manifest or _manifest(content)
    return Parts("webp", (), exif, xmp, manifest)


def _bmff(data: memoryview) -> Parts:
    at = 0
    for _ in range(_MOST_PARTS):
        if at + 8 > len(data):
            break
        size, kind = int.from_bytes(data[at : at + 4]), bytes(data[at + 4 : at + 8])
        if size == 1 and at + 16 <= len(data):
            size = int.from_bytes(data[at + 8 : at + 16])
        if kind == b"uuid" and bytes(data[at + 8 : at + 24]) == _BMFF_MANIFEST:
            stop = at + min(max(size, 24), MOST_TEXT)
            return Parts("bmff", manifest=bytes(data[at + 24 : stop]))
        if size < 8:
            break
        at += size
    return Parts("bmff")


def packet(raw: bytes) -> str:
    """Return XMP as text; it may be UTF-8 or UTF-16."""
    raw = raw[:MOST_TEXT]
    if raw[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return raw.decode("utf-16", "replace")
    return raw.decode("utf-8", "replace").lstrip("\ufeff")


def _manifest(content: bytes) -> bytes:
    """Return the content where it is a C2PA manifest store: a JUMBF superbox that describes itself as `c2pa`."""
    return content if content[4:8] == b"jumb" and b"c2pa" in content[:64] else b""
