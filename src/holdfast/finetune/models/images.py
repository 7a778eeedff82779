"""Pictures as a model is shown them: brought to its size, and its channels scaled as it was taught.

What a model of transformers wants stands in its preprocessor_config.json. It is followed here with Pillow alone, so
that no second library for pictures is needed.
"""

import io
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from holdfast.audit.facts.images.decoding import FORMATS, MOST_BYTES, MOST_PIXELS, eight_bit, pillow, quiet
from holdfast.core.errors import BadInput
from holdfast.core.media import ABSENT, Media
from holdfast.core.text import one_line

HELD = 1 << 30  # bytes of decoded pictures that are kept; beyond, they are decoded again whenever they are shown
MOST_SIDE = 1024  # pixels; a square of it in colour is 12 MB as numbers, for one example
USUAL_SIDE = 224  # of pictures whose size nobody said, at most: what image models are usually taught with
_WIDE = {"I;16", "I;16B", "I;16L", "I;16N", "I", "F"}
_BILINEAR = 2  # Pillow's number, which is also what preprocessor_config.json says
_LOOKED_AT = 200  # pictures whose size and colour are looked at, where nobody said them


@dataclass(frozen=True)
class Input:
    """What a model is shown: `high` × `wide` pixels, and each channel less its mean, divided by its spread.

    `shortest`: first the shorter side is brought to so many pixels, then the middle is cut out; None: the whole picture
    is brought to the size, whatever its proportions.
    """

    channels: int
    high: int
    wide: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    shortest: int | None = None
    resample: int = _BILINEAR
    scale: float = 1 / 255

    def tensor(self, pixels: UInt8[np.ndarray, "examples channels high wide"]) -> Float[np.ndarray, "..."]:
        """Return pixels as the numbers that the model is given (float32)."""
        mean, std = (np.array(one, dtype=np.float32)[:, None, None] for one in (self.mean, self.std))
        return np.asarray((pixels.astype(np.float32) * np.float32(self.scale) - mean) / std, dtype=np.float32)

    def card(self) -> dict[str, Any]:
        """Return these as plain values, for JSON."""
        return {"channels": self.channels, "high": self.high, "wide": self.wide, "mean": list(self.mean),
                "std": list(self.std), "shortest": self.shortest, "resample": self.resample,
                "scale": self.scale}  # fmt: skip


def from_card(values: Mapping[str, Any]) -> Input:
    """Return what `card` returned. Raises BadInput for what it cannot have returned."""
    try:
        found = Input(
            int(values["channels"]), int(values["high"]), int(values["wide"]), tuple(map(float, values["mean"])),
            tuple(map(float, values["std"])), None if values["shortest"] is None else int(values["shortest"]),
            int(values["resample"]), float(values["scale"]),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(f"the saved model does not say what it is shown: {type(error).__name__} {error}") from error
    return refused(found)


def refused(given: Input) -> Input:
    """Return an input that can be; raise BadInput for one that cannot."""
    if given.channels not in {1, 3}:
        raise BadInput(f"the model takes pictures of {given.channels} channels; 1 (grey) and 3 (colour) are known here")
    if not (0 < given.high <= MOST_SIDE and 0 < given.wide <= MOST_SIDE):
        raise BadInput(f"the model takes pictures of {given.high} × {given.wide} pixels; wanted 1 to {MOST_SIDE}")
    if len(given.mean) != given.channels or len(given.std) != given.channels:
        raise BadInput(
            f"{len(given.mean)} means and {len(given.std)} spreads are given for {given.channels} channels; wanted one "
            "each"
        )
    if not all(map(math.isfinite, (*given.mean, *given.std, given.scale))) or min(given.std) <= 0:
        raise BadInput(
            f"means and spreads of channels must be finite, spreads above 0; got {given.mean} and {given.std}"
        )
    return given


@dataclass(frozen=True)
class Pictures:
    """The distinct pictures of a column, by their place in `values`; kept decoded where that takes little memory."""

    media: Media
    values: tuple[str, ...]
    shown: Input
    held: UInt8[np.ndarray, "pictures channels high wide"] | None

    def take(self, places: np.ndarray) -> UInt8[np.ndarray, "examples channels high wide"]:
        """Return pictures as bytes."""
        if self.held is not None:
            return self.held[places]
        with quiet():
            return np.stack([opened(self.media, self.values[place], self.shown)[0] for place in places])


def pictures(media: Media, values: Sequence[str], shown: Input, name: str) -> Pictures:
    """Decode every picture once, and keep them where they fit. Raises BadInput where any cannot be read."""
    size = shown.channels * shown.high * shown.wide
    held = (
        np.zeros((len(values), shown.channels, shown.high, shown.wide), np.uint8)
        if len(values) * size <= HELD
        else None
    )
    wrong: list[str] = []
    with quiet():
        for place, value in enumerate(values):
            found, problem = opened(media, value, shown)
            if problem:
                wrong.append(problem)
            elif held is not None:
                held[place] = found
    if wrong:
        kinds = ", ".join(f"{n:,} {what}" for what, n in Counter(wrong).most_common(4))
        raise BadInput(
            f"{len(wrong):,} of {len(values):,} pictures of {name} cannot be shown to a model: {kinds}. "
            "`holdfast audit DATA` names them; leave them out, or put whole ones in their place"
        )
    return Pictures(media, tuple(values), shown, held)


def opened(media: Media, value: str, shown: Input) -> tuple[UInt8[np.ndarray, "channels high wide"], str]:
    """Return a picture as it is shown, black where it cannot be, and what is wrong with it. Call it inside `quiet`."""
    image, black = pillow(), np.zeros((shown.channels, shown.high, shown.wide), np.uint8)
    data, problem = _bytes(media, value)
    if problem:
        return black, problem
    try:
        with image.open(io.BytesIO(data), formats=FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return black, "giant"
            return _pixels(picture, shown), ""
    except image.UnidentifiedImageError:
        return black, "no image"
    except (image.DecompressionBombError, MemoryError):
        return black, "giant"
    except Exception:  # noqa: BLE001 decoders of damaged files raise nearly everything
        return black, "broken"


def looks(media: Media, values: Sequence[str]) -> tuple[int, int, int]:
    """Return (channels, high, wide) of most pictures: in colour where any is, at most 224 pixels a side."""
    image, sizes, colour = pillow(), Counter[tuple[int, int]](), False
    spread = np.unique(np.linspace(0, max(len(values) - 1, 0), min(_LOOKED_AT, len(values))).astype(int))
    with quiet():
        for place in spread:
            data, problem = _bytes(media, values[place])
            if problem:
                continue
            # What is wrong with a picture is told when all are decoded.
            with suppress(Exception), image.open(io.BytesIO(data), formats=FORMATS) as picture:
                sizes[picture.height, picture.width] += 1
                colour = colour or picture.mode not in {"1", "L", "LA", *_WIDE}
    high, wide = max(sizes, key=lambda one: (sizes[one], one), default=(USUAL_SIDE, USUAL_SIDE))
    return 3 if colour else 1, min(high, USUAL_SIDE), min(wide, USUAL_SIDE)


def spread_of(pixels: UInt8[np.ndarray, "pictures channels high wide"]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and standard deviation of each channel, black being 0 and white 1; a flat channel has spread 1."""
    share = pixels.astype(np.float64).transpose(1, 0, 2, 3).reshape(pixels.shape[1], -1) / 255
    return tuple(np.round(share.mean(axis=1), 4).tolist()), tuple(
        one if one > 1e-3 else 1.0 for one in np.round(share.std(axis=1), 4).tolist()
    )


def input_of(said: Mapping[str, Any], config: Any, name: str) -> Input:
    """Return what preprocessor_config.json says, and the model's own settings where it is silent. Raises BadInput."""
    channels = int(getattr(config, "num_channels", 3) or 3)
    side = getattr(config, "image_size", None)
    own = (int(side), int(side)) if isinstance(side, int) else tuple(map(int, side)) if side else None
    try:
        high, wide, shortest = _size(said, own or (USUAL_SIDE, USUAL_SIDE))
        plain = not said.get("do_normalize", True)
        mean = _each(0.0 if plain else said.get("image_mean", 0.5), channels)
        std = _each(1.0 if plain else said.get("image_std", 0.5), channels)
        scale = float(said.get("rescale_factor", 1 / 255)) if said.get("do_rescale", True) else 1.0
        resample = int(said.get("resample", _BILINEAR))
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(
            f"preprocessor_config.json of model {one_line(name)} cannot be followed: {type(error).__name__} {error}"
        ) from error
    if resample not in range(6):
        raise BadInput(f"preprocessor_config.json of model {one_line(name)} says resample {resample}; wanted 0 to 5")
    return refused(Input(channels, high, wide, mean, std, shortest, resample, scale))


def _size(said: Mapping[str, Any], own: tuple[int, ...]) -> tuple[int, int, int | None]:
    """Return the height and width that are shown, and what the shorter side is brought to first."""
    size, crop = said.get("size"), said.get("crop_size") if said.get("do_center_crop") else None
    if isinstance(crop, int):
        crop = {"height": crop, "width": crop}
    if size is None:
        return own[0], own[1], None
    if isinstance(size, int):
        size = {"height": size, "width": size}
    if "shortest_edge" in size:
        edge = int(size["shortest_edge"])
        if crop:
            return int(crop["height"]), int(crop["width"]), edge
        share = said.get("crop_pct")  # of ConvNeXt: a little more is kept around the middle at first
        return edge, edge, round(edge / float(share)) if share else edge
    high, wide = int(size["height"]), int(size["width"])
    if crop and (int(crop["height"]), int(crop["width"])) != (high, wide):
        return int(crop["height"]), int(crop["width"]), min(high, wide)
    return high, wide, None


def _each(given: Any, channels: int) -> tuple[float, ...]:
    values = (float(given),) if isinstance(given, int | float) else tuple(map(float, given))
    if len(set(values)) == 1:  # one for all channels, or three alike for a model of one
        return values[:1] * channels
    return values


def _bytes(media: Media, value: str) -> tuple[bytes | memoryview, str]:
    if value.startswith(ABSENT):
        return b"", "absent"
    try:
        data = media.read(value)
    except OSError:
        return b"", "absent"
    return (b"", "giant") if len(data) > MOST_BYTES else (data, "" if len(data) else "empty")


def _pixels(picture: Any, shown: Input) -> np.ndarray:
    from PIL import ImageOps

    upright: Any = ImageOps.exif_transpose(picture)
    if upright.mode in _WIDE:
        upright = eight_bit(upright)
    if upright.mode == "P" and "transparency" in upright.info:
        upright = upright.convert("RGBA")
    plain = upright.convert("L" if shown.channels == 1 else "RGB")
    wanted = (shown.wide, shown.high)
    if shown.shortest is not None:
        factor = max(shown.shortest / min(plain.size), shown.wide / plain.width, shown.high / plain.height)
        wide, high = (max(1, round(one * factor)) for one in plain.size)
        wide, high = max(wide, shown.wide), max(high, shown.high)
        # Of a very long picture only the middle is needed: what is cut away is never made larger.
        left, top = (wide - shown.wide) / 2 / factor, (high - shown.high) / 2 / factor
        box = (left, top, min(plain.width, left + shown.wide / factor), min(plain.height, top + shown.high / factor))
        plain = plain.resize(wanted, shown.resample, box=box)
    elif plain.size != wanted:
        plain = plain.resize(wanted, shown.resample)
    values = np.asarray(plain, dtype=np.uint8)
    return values[None] if values.ndim == 2 else values.transpose(2, 0, 1)
