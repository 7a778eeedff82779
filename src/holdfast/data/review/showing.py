"""One record as a person looks at it in a terminal: wrapped text, cells by name, a picture in blocks of colour."""

import os
import textwrap
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from holdfast.core.dataset import Column, Dataset
from holdfast.core.media import ABSENT
from holdfast.core.text import one_line, visible
from holdfast.data.review.records import Header, Item

MOST_TEXT = 4_000  # characters of one text; more is cut, and said so
_MOST_CELL = 200
_MOST_CELLS = 40
_PREVIEW = (48, 24)  # columns and half rows of a picture
_MOST_PIXELS = 50_000_000
_HIDDEN_ROLES = frozenset({"label", "split", "origin", "id"})  # what could tell a blind reviewer the answer


def shown(dataset: Dataset, item: Item, header: Header, *, width: int = 80, blind: bool = True) -> list[str]:
    """Return the lines that show one record. Blind ones hide labels, scores and where the record came from."""
    lines: list[str] = []
    columns = [one for one in dataset.columns if is_shown(one, header, blind=blind)]
    for column in columns[:_MOST_CELLS]:
        value = dataset.values(column.name)[item.row].as_py()
        if column.kind == "image":
            lines += _picture(dataset, value)
        elif column.kind == "text" and value is not None:
            lines += [*_wrapped(str(value), width), ""]
        else:
            lines.append(f"{one_line(column.name, 30)}: {_cell(value)}")
    if len(columns) > _MOST_CELLS:
        lines.append(f"… and {len(columns) - _MOST_CELLS:,} more columns")
    if not blind:
        lines += _known(item, header)
    return lines


def is_shown(column: Column, header: Header, *, blind: bool) -> bool:
    """Return whether a reviewer sees a column among the record's values."""
    if column.name == header.label:
        return False  # told on a line of its own, where it is told at all
    return not (blind and (column.name.startswith("_") or column.role in _HIDDEN_ROLES or column.name == header.score))


def _known(item: Item, header: Header) -> list[str]:
    said = [("label", item.given), ("origin", item.origin)]
    lines = [f"{name}: {one_line(value, 60)}" for name, value in said if value is not None]
    if item.score is not None:
        lines.append(f"{header.score or 'score'}: {item.score:.3g}")
    return lines


def _wrapped(text: str, width: int) -> list[str]:
    cut = len(text) > MOST_TEXT
    lines: list[str] = []
    for paragraph in visible(text[:MOST_TEXT]).replace("\t", "    ").split("\n"):
        lines += textwrap.wrap(paragraph, max(20, width)) or [""]
    return [*lines, f"… {len(text) - MOST_TEXT:,} more characters"] if cut else lines


def _cell(value: object) -> str:
    if isinstance(value, list):
        return one_line(f"[{', '.join(f'{one:.4g}' for one in value[:6])}{', …' if len(value) > 6 else ''}]")
    return "–" if value is None else one_line(str(value)[: _MOST_CELL * 4], _MOST_CELL)


def _picture(dataset: Dataset, value: str | None) -> list[str]:
    """Return name, size and place of a picture, and the picture itself where the terminal shows colours."""
    if value is None or value.startswith(ABSENT) or value not in dataset.media:
        return [f"image: {one_line((value or '–').removeprefix(ABSENT), 100)} (not there)"]
    place = dataset.media.places[value]
    try:
        content = bytes(dataset.media.read(value))
    except OSError as error:
        return [f"image: cannot be read: {error.strerror or error}"]
    size, blocks = _decoded(content)
    where = one_line(str(place), 200) if isinstance(place, Path) else "inside the table"
    return [f"image: {where}", f"{len(content):,} bytes{size}", *blocks]


def _decoded(content: bytes) -> tuple[str, Sequence[str]]:
    """Return the size of a picture in words, and its blocks; nothing where it cannot be decoded."""
    try:
        from PIL import Image
    except ImportError:
        return "", ()
    try:
        with Image.open(BytesIO(content)) as image:
            wide, high = image.size
            said = f", {wide} × {high}"
            if wide * high > _MOST_PIXELS or not _shows_colours():
                return said, ()
            image.draft("RGB", _PREVIEW)
            small = image.convert("RGB")
            small.thumbnail((_PREVIEW[0], _PREVIEW[1] * 2))
            return said, _blocks(small.size, small.tobytes())
    except Exception:  # noqa: BLE001 decoders raise anything for broken pictures; a review goes on without
        return ", which cannot be decoded", ()


def _blocks(size: tuple[int, int], pixels: bytes) -> list[str]:
    """Return lines of half blocks: the upper pixel is the colour of the character, the lower one of its ground."""
    wide, high = size
    lines = []
    for y in range(0, high - high % 2, 2):
        cells = []
        for x in range(wide):
            up, down = 3 * (y * wide + x), 3 * ((y + 1) * wide + x)
            (r, g, b), (s, h, c) = pixels[up : up + 3], pixels[down : down + 3]
            cells.append(f"\x1b[38;2;{r};{g};{b}m\x1b[48;2;{s};{h};{c}m▀")
        lines.append("".join(cells) + "\x1b[0m")
    return lines


def _shows_colours() -> bool:
    """Return whether standard output is a terminal that says that it shows all colours."""
    if "NO_COLOR" in os.environ:
        return False
    return os.isatty(1) and os.environ.get("COLORTERM", "") in {"truecolor", "24bit"}
