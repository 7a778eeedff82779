"""Pictures brought to one form: a square from the middle, as it is, compressed anew in the same way for all.

Size, format and compression tell real from made pictures in many collections, and have nothing to do with how they
were made. So each is kept beside the pixels as a fact of the file, and the pixels are made alike.
"""

import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from jaxtyping import Float

from holdfast.core.errors import MissingExtra

_T = TypeVar("_T")
SIDES = (256, 128, 64, 32)  # pixels of the square: the largest one that fits
QUALITY = 85  # of the compression that all pictures get
_MOST_PIXELS = 50_000_000
_MOST_BYTES = 200_000_000
_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM")  # decoders that read pixels only


@dataclass(frozen=True, slots=True)
class Shape:
    """What the file is beside its pixels; quality is that of JPEG, 0 for other formats."""

    format: str
    width: int
    height: int
    quality: int
    n_bytes: int

    @property
    def stratum(self) -> tuple[str, int, int]:
        """Format, quality and size in steps: pictures that differ here cannot be compared by their pixels."""
        return self.format, self.quality // 5, round(2 * np.log2(max(1, min(self.width, self.height))))


def shape_of(data: bytes | memoryview) -> Shape | None:
    """Return what a file is, by its head; None for what is no picture, or a giant one. Raises MissingExtra."""
    return _opened(
        data, lambda image: Shape(image.format or "", image.size[0], image.size[1], _quality(image), len(data))
    )


def decoded(data: bytes | memoryview) -> Any:
    """Return the picture in colour; None where it cannot be read. Raises MissingExtra."""
    return _opened(data, lambda image: image.convert("RGB"))


def _opened(data: bytes | memoryview, work: Callable[[Any], _T]) -> _T | None:
    try:
        from PIL import Image
    except ImportError:
        raise MissingExtra.for_package("Pillow", "images", "looking into images") from None
    if len(data) > _MOST_BYTES:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
                return work(image) if image.size[0] * image.size[1] <= _MOST_PIXELS else None
    except Exception:  # noqa: BLE001 decoders of damaged files raise nearly everything
        return None


def square(image: Any, side: int) -> Float[np.ndarray, "side side 3"]:
    """Return the middle of a picture, compressed as all others are; brightness and two colour differences, 0 to 255."""
    from PIL import Image

    wide, high = image.size
    # Blocks of JPEG stay where they are: the corner lies on a multiple of 8.
    left, top = (wide - side) // 16 * 8, (high - side) // 16 * 8
    part = image.crop((left, top, left + side, top + side))
    file = io.BytesIO()
    part.save(file, "JPEG", quality=QUALITY, subsampling=0)
    with Image.open(file) as again:
        return np.asarray(again.convert("YCbCr"), dtype=np.float64)


def _quality(image: Any) -> int:
    """Return the setting with which libjpeg would have made the luminance table; 0 where there is none."""
    tables = getattr(image, "quantization", None)
    table = (tables.get(0) or next(iter(tables.values()), ())) if isinstance(tables, dict) and tables else ()
    if len(table) != 64 or not sum(table):
        return 0
    scale = 100.0 * sum(table) / 3685  # sum of the table of ITU-T T.81, annex K.1, which libjpeg scales
    return int(min(100, max(1, round((200 - scale) / 2 if scale <= 100 else 5000 / scale))))
