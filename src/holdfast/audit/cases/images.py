"""Small sets of pictures for cases and tests: drawn from random waves, encoded in memory, without known defects."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import UInt8

from holdfast.audit.cases import subject
from holdfast.core.dataset import Dataset, Role
from holdfast.core.hashing import hasher, tagged
from holdfast.core.media import Media

_OCTAVES, _WAVES = 5, 3


def drawing(rng: np.random.Generator, high: int = 96, wide: int = 96) -> UInt8[np.ndarray, "high wide 3"]:
    """Return a picture with structure at every scale, as photographs have: a sum of random waves, with some noise."""
    octave = np.repeat(np.arange(_OCTAVES), _WAVES)
    angle, phase = rng.uniform(0, np.pi, len(octave)), rng.uniform(0, 2 * np.pi, len(octave))
    turns = 2j * np.pi * 2.0**octave * rng.uniform(0.7, 1.4, len(octave)) / max(high, wide)
    strength = (1.0 + 0.3 * rng.normal(size=(3, len(octave)))) / (1 + octave)
    across = np.exp(np.outer(turns * np.cos(angle), np.arange(wide)))
    down = np.exp(np.outer(np.arange(high), turns * np.sin(angle)) + 1j * phase)
    values = np.stack([((down * one) @ across).imag for one in strength], axis=2)
    return np.asarray(np.clip(128 + 40 * values + 3 * rng.normal(size=values.shape), 0, 255).astype(np.uint8))


def encoded(pixels: np.ndarray, form: str = "PNG", **options: Any) -> bytes:
    """Return pixels (high × wide, or with 3 or 4 channels) as the bytes of an image file."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.asarray(pixels)).save(buffer, form, **options)
    return buffer.getvalue()


def value_of(data: bytes) -> str:
    """Return what stands in an image column for these bytes."""
    state = hasher()
    state.update(data)
    return tagged(state)


def changed(pixels: UInt8[np.ndarray, "high wide 3"], how: str) -> UInt8[np.ndarray, "_ _ 3"]:
    """Return pixels smaller, cropped (by a tenth), mirrored, turned, brighter, or as they are."""
    from PIL import Image

    high, wide = pixels.shape[:2]
    match how:
        case "smaller":
            return np.asarray(Image.fromarray(pixels).resize((wide * 2 // 3, high * 2 // 3)))
        case "cropped":
            return pixels[high // 20 : high - high // 20, wide // 20 : wide - wide // 20]
        case "mirrored":
            return pixels[:, ::-1]
        case "turned":
            return np.rot90(pixels)
        case "brighter":
            return np.asarray(np.clip(pixels * 1.15 + 12, 0, 255).astype(np.uint8))
    return pixels


def picture_data(
    pictures: Sequence[bytes | None],
    columns: Mapping[str, Sequence[Any] | np.ndarray] | None = None,
    split: Sequence[str] | np.ndarray | None = None,
    **roles: Role,
) -> Dataset:
    """Return a data set of image files (None for a missing value); `columns` are metadata, `y` the label.

    Roles may be given by keyword, and the files' names as the column `file`.
    """
    values = [None if data is None else value_of(data) for data in pictures]
    others = dict(columns or {})
    given: dict[str, Role] = {name: "label" if name == "y" else "metadata" for name in others} | roles
    dataset = subject({"image": values, **others}, split=split, **given)
    kinds = tuple(replace(c, kind="image") if c.name == "image" else c for c in dataset.columns)
    media = Media({value: data for value, data in zip(values, pictures, strict=True) if value and data is not None})
    return replace(dataset, columns=kinds, media=media)


def picture_set(
    rng: np.random.Generator,
    n: int = 60,
    *,
    test: int = 20,
    changes: Mapping[int, np.ndarray | bytes] | None = None,
    side: int = 64,
    quality: int = 90,
    columns: Mapping[str, Sequence[Any] | np.ndarray] | None = None,
) -> Dataset:
    """Return `n` JPEGs of two classes that nothing but their (random) label tells apart; the last `test` are the test.

    `changes` replaces the picture of a row, by pixels or by the bytes of a file.
    """
    pictures: list[bytes | None] = []
    for row in range(n):
        own = (changes or {}).get(row)
        pixels = drawing(rng, side, side)
        if isinstance(own, bytes):
            pictures.append(own)
        else:
            pictures.append(encoded(pixels if own is None else own, "JPEG", quality=quality))
    label = rng.choice(["cat", "dog"], size=n)
    file = [f"{label[row]}/{row:04d}.jpg" for row in range(n)]
    others = {"y": label, "file": file, **(columns or {})}
    return picture_data(pictures, others, split=["train"] * (n - test) + ["test"] * test)
