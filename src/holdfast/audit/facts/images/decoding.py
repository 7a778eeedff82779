"""One image file, decoded once and defensively: what is wrong with it, what it says of itself, and its pixels."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from jaxtyping import UInt8

from holdfast.audit.facts.images.container import bits_of, comment_of, exif_of, jpeg_quality
from holdfast.core.errors import MissingExtra

Problem = Literal["", "absent", "unreadable", "empty", "no image", "truncated", "broken", "giant"]

SIDE = 128  # pixels of the square that the brightness of every image is brought to
SMALL = 32  # of the square in colour
MOST_PIXELS = 100_000_000  # beyond, an image is told as giant and not decoded: 300 MB as RGB
MOST_BYTES = 500_000_000  # of a file
MOST_FRAMES = 1_000  # counted; finding the end of a long animation can take as long as decoding it
_LONGEST_SIDE = 1 << 20

# Decoders that are widely used and read pixels only. Not EPS (it starts Ghostscript), and no container of others.
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "DIB", "TIFF", "WEBP", "AVIF", "PPM", "JPEG2000", "ICO")
_WIDE = {"I;16", "I;16B", "I;16L", "I;16N", "I", "F"}


@dataclass(slots=True)
class Decoded:
    """What one file came to. `luma` and `small` are the whole image as squares; `centre` its middle, unscaled."""

    problem: Problem = ""
    detail: str = ""
    width: int = 0
    height: int = 0
    mode: str = ""
    bits: int = 0
    format: str = ""
    n_frames: int = 0
    n_bytes: int = 0
    animated: bool = False
    progressive: bool = False
    quality: float = float("nan")
    icc: bool = False
    alpha: bool = False
    comment: str = ""
    scaled: bool = False  # decoded at 1/2, 1/4 or 1/8, which JPEG allows
    exif: dict[str, Any] = field(default_factory=dict)
    luma: UInt8[np.ndarray, "128 128"] | None = None
    small: UInt8[np.ndarray, "32 32 3"] | None = None
    centre: UInt8[np.ndarray, "high wide"] | None = None


def pillow() -> Any:
    """Return Pillow's module Image. Raises MissingExtra."""
    try:
        from PIL import Image
    except ImportError:
        raise MissingExtra.for_package("Pillow", "images", "looking into images") from None
    return Image


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Pillow's warnings about damaged and large files from being shown; both are told in other ways."""
    pillow().init()  # of all decoders, before threads ask for one at the same time
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def decoded(data: bytes | memoryview) -> Decoded:
    """Return what the bytes of a file came to; whatever they are, nothing is raised. Call it inside `quiet`."""
    image_module = pillow()
    result = Decoded(n_bytes=len(data))
    if not len(data):
        result.problem = "empty"
        return result
    if len(data) > MOST_BYTES:
        result.problem, result.detail = "giant", f"{len(data):,} bytes"
        return result
    try:
        with image_module.open(io.BytesIO(data), formats=FORMATS) as image:
            _describe(result, image, bytes(data[:32]))
            if not result.problem:
                _decode(result, image)
    except image_module.DecompressionBombError as error:
        result.problem, result.detail = "giant", str(error)[:200]
    except image_module.UnidentifiedImageError:
        result.problem = "no image"
    except MemoryError:
        result.problem = "giant"
    except Exception as error:  # noqa: BLE001 decoders of damaged files raise nearly everything
        text = f"{type(error).__name__}: {error}"[:200]
        cut = "truncated" in text.lower() or "unexpected end" in text.lower() or "not enough" in text.lower()
        result.problem, result.detail = "truncated" if cut else "broken", text
    if result.problem:
        result.luma = result.small = result.centre = None
    return result


def _describe(result: Decoded, image: Any, begin: bytes) -> None:
    result.width, result.height = image.size
    result.mode, result.format = image.mode, image.format or ""
    result.bits = bits_of(image, begin)
    if result.width * result.height > MOST_PIXELS or max(image.size) > _LONGEST_SIDE:
        result.problem, result.detail = "giant", f"{result.width:,} × {result.height:,} pixels"
        return
    info = image.info
    result.progressive = bool(info.get("progressive") or info.get("progression") or info.get("interlace"))
    result.quality = jpeg_quality(getattr(image, "quantization", None)) if result.format in {"JPEG", "MPO"} else np.nan
    result.icc = bool(info.get("icc_profile"))
    result.alpha = image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in info
    result.comment = comment_of(image)
    result.exif = exif_of(image)
    result.n_frames = 1
    if result.format in {"GIF", "PNG", "WEBP", "TIFF", "AVIF"} and getattr(image, "is_animated", False):
        result.n_frames = min(int(image.n_frames), MOST_FRAMES)
        result.animated = result.n_frames > 1
        image.seek(0)


def _decode(result: Decoded, image: Any) -> None:
    resampling = pillow().Resampling
    if result.format in {"JPEG", "MPO"}:
        image.draft("L" if image.mode == "L" else "RGB", (SIDE, SIDE))
    image.load()
    result.scaled = image.size != (result.width, result.height)
    picture = eight_bit(image) if image.mode in _WIDE else image
    if picture.mode not in {"L", "RGB"}:
        if picture.mode == "P" and "transparency" in picture.info:
            picture = picture.convert("RGBA")
        picture = picture.convert("RGB")
    luma = picture if picture.mode == "L" else picture.convert("L")
    wide, high = picture.size
    # The middle starts at a multiple of 8, so that the blocks of JPEG stay where they are.
    left, top = max(0, (wide - SIDE) // 16 * 8), max(0, (high - SIDE) // 16 * 8)
    result.centre = np.asarray(luma.crop((left, top, min(wide, left + SIDE), min(high, top + SIDE))), dtype=np.uint8)
    square = luma if luma.size == (SIDE, SIDE) else luma.resize((SIDE, SIDE), resampling.BILINEAR)
    result.luma = np.asarray(square, dtype=np.uint8)
    small = np.asarray(picture.resize((SMALL, SMALL), resampling.BILINEAR, reducing_gap=2.0), dtype=np.uint8)
    result.small = small if small.ndim == 3 else np.repeat(small[:, :, None], 3, axis=2)


def eight_bit(image: Any) -> Any:
    """Return 16- and 32-bit values as 8 bits: by the range that cameras and scanners use, else stretched."""
    values = np.asarray(image).astype(np.float64)
    values[~np.isfinite(values)] = 0.0
    low, high = float(values.min(initial=0.0)), float(values.max(initial=0.0))
    if low >= 0 and image.mode != "F":
        top = next((top for top in (255.0, 1023.0, 4095.0, 16383.0, 65535.0) if high <= top), high)
        scaled = values * (255.0 / top)
    else:
        scaled = (values - low) * (255.0 / (high - low)) if high > low else np.zeros_like(values)
    return pillow().fromarray(np.round(scaled).astype(np.uint8))
