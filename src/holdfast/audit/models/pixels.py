"""Images as one array of whole bytes, for a person's own model."""

import io
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import UInt8

from holdfast.audit.facts.images.decoding import FORMATS, MOST_PIXELS, pillow, quiet
from holdfast.core.media import Media

MOST_BYTES = 1 << 30  # of the array; larger images are made smaller until they fit


def pixels_of(media: Media, values: Sequence[Any], codes: np.ndarray) -> UInt8[np.ndarray, "rows high wide ..."]:
    """Return rows × height × width of grey images, and rows × height × width × 3 where any is in colour.

    Images of other sizes are brought to the most frequent one; a missing or broken one is black.
    """
    image = pillow()
    with quiet():
        shapes = Counter(found for value in values if (found := _size(image, media, value)) is not None)
        (wide, high), grey = (32, 32), True
        if shapes:
            (wide, high) = Counter({size: n for (size, _), n in shapes.items()}).most_common(1)[0][0]
            grey = all(mode in {"1", "L", "LA"} for _, mode in shapes)
        channels = 1 if grey else 3
        shrink = min(1.0, float(np.sqrt(MOST_BYTES / (max(len(codes), 1) * wide * high * channels))))
        wide, high = max(1, int(wide * shrink)), max(1, int(high * shrink))
        each = np.zeros((len(values) + 1, high, wide, channels), dtype=np.uint8)
        for place, value in enumerate(values):
            each[place] = _read(image, media, value, (wide, high), channels)
    found = each[codes]  # code -1, a missing value, is the last, which stays black
    return found[..., 0] if grey else found


def _size(image: Any, media: Media, value: Any) -> tuple[tuple[int, int], str] | None:
    try:
        with image.open(io.BytesIO(media.read(value)), formats=FORMATS) as opened:
            return opened.size, opened.mode
    except Exception:  # noqa: BLE001 decoders of damaged files raise nearly everything; corrupt-files tells it
        return None


def _read(image: Any, media: Media, value: Any, size: tuple[int, int], channels: int) -> np.ndarray:
    try:
        with image.open(io.BytesIO(media.read(value)), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                return np.zeros((size[1], size[0], channels), dtype=np.uint8)
            picture = opened.convert("L" if channels == 1 else "RGB")
            if picture.size != size:
                picture = picture.resize(size, image.Resampling.BILINEAR)
            return np.asarray(picture, dtype=np.uint8).reshape(size[1], size[0], channels)
    except Exception:  # noqa: BLE001 as above
        return np.zeros((size[1], size[0], channels), dtype=np.uint8)
