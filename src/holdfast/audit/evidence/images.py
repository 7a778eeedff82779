"""Pictures as evidence: thumbnails that Holdfast encodes itself, of single rows and of rows beside their partners."""

import base64
import io

import numpy as np

from holdfast.audit.facts.images.decoding import FORMATS, MOST_PIXELS, eight_bit, pillow, quiet
from holdfast.audit.facts.rows.near import NearPairs
from holdfast.core.dataset import Dataset
from holdfast.core.errors import MissingExtra
from holdfast.core.finding import Picture, Pictures
from holdfast.core.text import one_line

FILE = "file"  # the column in which loaders of images name the files
MOST_SHOWN = 6
_MOST_BASE64 = 40_000
_FEWEST_COLOURS = 16


def thumbnail(dataset: Dataset, row: int, most: int = 96) -> Picture | None:
    """Return the picture of a row, at most `most` pixels wide and high; None where there is none to show."""
    name = next((column.name for column in dataset.of(kind="image") if column.role != "ignore"), None)
    if name is None:
        return None
    value = dataset.values(name)[int(row)].as_py()
    if value is None:
        return None
    try:
        data = dataset.media.read(value)
        png = _small_png(data, most)
    except (OSError, MissingExtra):
        return None
    return Picture(png=png, title=_title(dataset, int(row)), row=int(row)) if png else None


def pictures(dataset: Dataset, rows: np.ndarray, caption: str, most: int = MOST_SHOWN) -> Pictures | None:
    """Return the pictures of up to `most` rows, each on its own; None where none can be shown."""
    shown = (thumbnail(dataset, int(row)) for row in rows[:most])
    groups = tuple((one,) for one in shown if one is not None)
    return Pictures(caption=caption, groups=groups) if groups else None


def picture_pairs(dataset: Dataset, rows: np.ndarray, partners: np.ndarray, caption: str) -> Pictures | None:
    """Return the pictures of up to MOST_SHOWN rows, each beside its partner; None where none can be shown."""
    groups = []
    for row, partner in zip(rows[:MOST_SHOWN], partners[:MOST_SHOWN], strict=True):
        one, other = thumbnail(dataset, int(row)), thumbnail(dataset, int(partner))
        if one is not None and other is not None:
            groups.append((one, other))
    return Pictures(caption=caption, groups=tuple(groups)) if groups else None


def pictures_of(
    dataset: Dataset, pairs: NearPairs, rows: np.ndarray, partners: np.ndarray, caption: str
) -> tuple[Pictures, ...]:
    """Return pictures of near-copies side by side; nothing where no pictures were compared."""
    shown = picture_pairs(dataset, rows, partners, caption) if pairs.what == "images" else None
    return (shown,) if shown else ()


def _title(dataset: Dataset, row: int) -> str:
    """Return the file of a row, or else its split and label; a report adds the place where it has neither."""
    names = {column.name for column in dataset.of(role="metadata")} & {FILE}
    for columns in (names, [column.name for role in ("split", "label") if (column := dataset.one(role))]):
        values = [dataset.values(name)[row].as_py() for name in columns]
        said = [one_line(str(value), 60) for value in values if value is not None]
        if said:
            return " · ".join(said)
    return ""


def _small_png(data: bytes | memoryview, most: int) -> str:
    """Return an image as a small PNG in base64, empty where it cannot be decoded. Nothing of the file survives."""
    module = pillow()
    try:
        with quiet(), module.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                return ""
            image.draft("RGB", (most, most))
            image.load()
            picture = eight_bit(image) if image.mode.startswith(("I", "F")) else image
            if picture.mode == "P":
                picture = picture.convert("RGBA")
            small = picture.convert("L" if picture.mode in {"1", "L"} else "RGB")
            small.thumbnail((most, most))
            return _encoded(small)
    except Exception:  # noqa: BLE001 a picture that cannot be shown is left out; decoders raise nearly everything
        return ""


def _encoded(image: object) -> str:
    """Return an image as PNG in base64, with fewer colours or pixels where it would be too large."""
    picture = image
    colours = 256
    while True:
        buffer = io.BytesIO()
        picture.save(buffer, "PNG", optimize=True)  # type: ignore[attr-defined]
        text = base64.b64encode(buffer.getvalue()).decode()
        if len(text) <= _MOST_BASE64:
            return text
        if colours > _FEWEST_COLOURS:
            colours //= 2
            picture = image.quantize(colours)  # type: ignore[attr-defined]
        else:
            image = picture = image.resize((image.width // 2, image.height // 2))  # type: ignore[attr-defined]
