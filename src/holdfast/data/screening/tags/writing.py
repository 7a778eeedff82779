"""Tags written into copies of pictures: the bytes of the pixels stay as they are, and no file is replaced."""

import json
import zlib

from holdfast.core.errors import BadInput
from holdfast.data.origin import Origin
from holdfast.data.screening.tags import exif, xmp
from holdfast.data.screening.tags.container import (
    EXIF_HEAD,
    JPEG_START,
    PNG_START,
    XMP_HEAD,
    XMP_KEY,
    jpeg_segments,
    parts_of,
    png_chunks,
    webp_chunks,
)

SOURCE_TYPE = {"synthetic": "trainedAlgorithmicMedia", "human": "digitalCapture"}
_WEBP_EXIF, _WEBP_XMP, _WEBP_ALPHA = 0x08, 0x04, 0x10  # flags of VP8X, RFC 9649 section 2.7


def tagged(data: bytes, origin: Origin, generator: str = "", kind: str = "") -> bytes:
    """Return the file with an XMP DigitalSourceType, and with EXIF or a text that name the generator.

    `kind` is a source type of the IPTC; by default that of the origin. Raises BadInput for a file that is no PNG, JPEG
    or WebP, that says something of its source already, or that has a signed manifest, which a change would break.
    """
    parts = parts_of(data)
    if parts.format not in {"png", "jpeg", "webp"}:
        raise BadInput("tags are written into PNG, JPEG and WebP")
    if parts.manifest:
        raise BadInput("it has a signed manifest, which any change breaks")
    kind = kind or SOURCE_TYPE.get(origin, "")
    if not kind:
        raise BadInput(f"no tag says that something is {origin}; known are human and synthetic")
    packet = xmp.packet_with(kind, generator, parts.xmp)
    if packet is None:
        said = xmp.source_type(parts.xmp)
        raise BadInput(f"it says already that it is {said}" if said else "its XMP has no place for another statement")
    comment = json.dumps({"holdfast": {"origin": origin, "generator": generator}}, ensure_ascii=True)
    fields = b"" if parts.exif else exif.made(generator or "holdfast", comment)
    if len(packet.encode()) > 65_000 - len(XMP_HEAD) and parts.format == "jpeg":
        raise BadInput("its XMP fills its segment")
    write = {"png": _png, "jpeg": _jpeg, "webp": _webp}[parts.format]
    return write(data, packet.encode("utf-8", "replace"), fields, comment)


def _png(data: bytes, packet: bytes, fields: bytes, comment: str) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return len(content).to_bytes(4) + kind + content + zlib.crc32(kind + content).to_bytes(4)

    new = chunk(b"iTXt", XMP_KEY.encode() + b"\0\0\0\0\0" + packet)
    new += chunk(b"tEXt", b"holdfast\0" + comment.encode("latin-1", "replace"))
    new += chunk(b"eXIf", fields) if fields else b""
    found, view = [PNG_START], memoryview(data)
    stop = len(PNG_START)
    for kind, start, end in png_chunks(view):
        stop = end + 4
        if kind == b"iTXt" and bytes(view[start : start + len(XMP_KEY) + 1]) == XMP_KEY.encode() + b"\0":
            continue
        found.append(bytes(view[start - 8 : stop]))
        if kind == b"IHDR":
            found.append(new)
    return b"".join([*found, data[stop:]])


def _jpeg(data: bytes, packet: bytes, fields: bytes, comment: str) -> bytes:
    del comment

    def segment(marker: int, content: bytes) -> bytes:
        return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2) + content

    new = (segment(0xE1, EXIF_HEAD + fields) if fields else b"") + segment(0xE1, XMP_HEAD + packet)
    head, rest, view = b"", [], memoryview(data)
    stop, leading = 2, True
    for marker, start, end in jpeg_segments(view):
        stop, content = end, bytes(view[start - 4 : end])
        if marker == 0xE1 and bytes(view[start : start + len(XMP_HEAD)]) == XMP_HEAD:
            continue
        # JFIF and EXIF come first: readers look for them there.
        leading = leading and (marker == 0xE0 or (marker == 0xE1 and not fields))
        if leading:
            head += content
        else:
            rest.append(content)
    return b"".join([JPEG_START, head, new, *rest, data[stop:]])


def _webp(data: bytes, packet: bytes, fields: bytes, comment: str) -> bytes:
    del comment

    def chunk(kind: bytes, content: bytes) -> bytes:
        return kind + len(content).to_bytes(4, "little") + content + b"\0" * (len(content) & 1)

    view = memoryview(data)
    chunks = [(kind, bytes(view[start:end])) for kind, start, end in webp_chunks(view)]
    kept = [(kind, content) for kind, content in chunks if kind not in {b"XMP ", b"VP8X"}]
    head = next((content for kind, content in chunks if kind == b"VP8X"), None) or _extended(kept)
    head = bytes([head[0] | _WEBP_XMP | (_WEBP_EXIF if fields else 0)]) + head[1:]
    body = chunk(b"VP8X", head) + b"".join(chunk(kind, content) for kind, content in kept)
    body += (chunk(b"EXIF", fields) if fields else b"") + chunk(b"XMP ", packet)
    return b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WEBP" + body


def _extended(chunks: list[tuple[bytes, bytes]]) -> bytes:
    """Return the head of an extended file for a plain one: flags, and the size of the picture."""
    for kind, content in chunks:
        if kind == b"VP8 " and len(content) >= 10:
            wide, high = (int.from_bytes(content[at : at + 2], "little") & 0x3FFF for at in (6, 8))
            return _head(0, wide, high)
        if kind == b"VP8L" and len(content) >= 5:
            bits = int.from_bytes(content[1:5], "little")
            return _head(_WEBP_ALPHA if bits >> 28 & 1 else 0, (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    raise BadInput("it is a WebP without a picture")


def _head(flags: int, wide: int, high: int) -> bytes:
    return bytes([flags, 0, 0, 0]) + (wide - 1).to_bytes(3, "little") + (high - 1).to_bytes(3, "little")
