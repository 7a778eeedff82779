"""What an image file says beside its pixels: container, compression, EXIF."""

from typing import Any

_MAKE, _MODEL, _ORIENTATION, _SOFTWARE, _DATE = 0x010F, 0x0110, 0x0112, 0x0131, 0x0132  # EXIF 2.32, table 4
_EXIF_IFD, _GPS_IFD, _TAKEN = 0x8769, 0x8825, 0x9003
_MOST_CHARACTERS = 200
_BITS = {"1": 1, "L": 8, "P": 8, "I;16": 16, "I;16B": 16, "I;16L": 16, "I;16N": 16, "I": 32, "F": 32}

# Sum of the luminance table in ITU-T T.81, annex K.1: libjpeg scales it by the quality setting.
_STANDARD_SUM = 3685


def jpeg_quality(tables: Any) -> float:
    """Return the setting 1 to 100 with which libjpeg would have made the luminance table; NaN where there is none."""
    if not isinstance(tables, dict) or not tables:
        return float("nan")
    table = tables.get(0) or next(iter(tables.values()))
    if len(table) != 64:
        return float("nan")
    scale = 100.0 * sum(table) / _STANDARD_SUM
    if scale <= 0:
        return float("nan")
    quality = (200.0 - scale) / 2.0 if scale <= 100.0 else 5000.0 / scale
    return float(min(100.0, max(1.0, round(quality))))


def bits_of(image: Any, begin: bytes) -> int:
    """Return the bits of one channel, as the file stores them."""
    if image.format == "PNG" and len(begin) > 24:
        return begin[24]  # the header names them; decoded colours always have 8
    if image.format == "TIFF":
        stored = _tag(getattr(image, "tag_v2", {}), 258)
        first = stored[0] if isinstance(stored, tuple) and stored else stored
        if isinstance(first, int):
            return first
    return _BITS.get(image.mode, 8)


def exif_of(image: Any) -> dict[str, Any]:
    """Return make, model, software, taken (texts), orientation, gps and whether there is EXIF at all."""
    found: dict[str, Any] = {"exif": False}
    if "exif" not in image.info and image.format not in {"TIFF", "MPO"}:
        return found
    try:
        tags = image.getexif()
        found["exif"] = "exif" in image.info
        found["make"], found["model"] = _text(_tag(tags, _MAKE)), _text(_tag(tags, _MODEL))
        found["software"] = _text(_tag(tags, _SOFTWARE))
        found["taken"] = _text(_tag(tags.get_ifd(_EXIF_IFD), _TAKEN)) or _text(_tag(tags, _DATE))
        orientation = _tag(tags, _ORIENTATION)
        found["orientation"] = orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 0
        found["gps"] = bool(tags.get_ifd(_GPS_IFD))
    except Exception:  # noqa: BLE001 damaged EXIF raises nearly everything, and the pixels may be good
        return found
    return found


def comment_of(image: Any) -> str:
    """Return the comment that stands in a JPEG, GIF or PNG, cut to 200 characters."""
    for key in ("comment", "Comment", "Description", "Software"):
        if text := _text(image.info.get(key)):
            return text
    return ""


def _tag(tags: Any, number: int) -> Any:
    try:
        return tags.get(number)
    except Exception:  # noqa: BLE001 one damaged tag must not hide the others
        return None


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        value = value[:_MOST_CHARACTERS].decode("utf-8", "replace")
    return str(value)[:_MOST_CHARACTERS].strip("\0 \t\r\n")
