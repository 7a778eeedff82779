"""Small pictures of the data, made fit for a page: few enough, each with its place and a line of words."""

import re
from collections.abc import Sequence

from holdfast.core.finding import Picture, Pictures
from holdfast.core.record import InputRecord
from holdfast.report.document import Gallery, Photo
from holdfast.report.places import line_of
from holdfast.report.words import name, plural, sentence

MOST_PHOTOS = 24
PNG = "iVBORw0KGgo"  # how the signature of a PNG file begins in base64
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")


def gallery(shown: Pictures, inputs: Sequence[InputRecord]) -> Gallery:
    """Return whole groups, as many as a page takes."""
    kept: list[tuple[Photo, ...]] = []
    room = MOST_PHOTOS
    for group in shown.groups:
        photos = tuple(photo(one, inputs) for one in group if source(one))[:MOST_PHOTOS]
        if len(photos) > room:
            break
        room -= len(photos)
        kept += [photos] if photos else []
    left = len(shown.groups) - len(kept)
    return Gallery(sentence(shown.caption), tuple(kept), f"{plural(left, 'more group')} in the record." if left else "")


def photo(one: Picture, inputs: Sequence[InputRecord]) -> Photo:
    """Return a picture with its line: what it is called, or else where it stands."""
    title = name(one.title) if one.title else line_of(one.row, inputs) if one.row is not None else "picture"
    return Photo(source(one), title)


def source(one: Picture | None) -> str:
    """Return the address of a picture, which holds its bytes; empty for anything but a PNG."""
    if one is None or not one.png.startswith(PNG) or not _BASE64.fullmatch(one.png):
        return ""
    return f"data:image/png;base64,{one.png}"
