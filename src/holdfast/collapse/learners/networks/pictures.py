"""Real pictures: those of a data set, or shapes that are drawn on the spot."""

from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from holdfast.collapse.learners.networks.real import Real, parted
from holdfast.collapse.samples import Images
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput
from holdfast.core.random import Streams

_MOST = 10_000  # pictures that are read, chosen at random
_FEWEST = 50
_DRAWN = 6000
_DECODED = 128  # side of what the decoder gives, whatever the picture's size


def pictures(found: UInt8[np.ndarray, "n side side"]) -> Real:
    """Return pictures in grey as real items: bytes, which networks see from 0 to 1."""
    learn, held_out, mark = parted(found)
    side = found.shape[1]
    return Real(
        learn, held_out, mark, bounded=True,
        numbers=lambda items: (items.astype(np.float32) / np.float32(255)).reshape(len(items), -1),
        items=lambda values: np.rint(255 * np.clip(values, 0, 1)).astype(np.uint8).reshape(-1, side, side),
        seen=lambda items: Images(items[..., None] / 255.0),
    )  # fmt: skip


def of_data(found: Dataset, path: Path, side: int) -> UInt8[np.ndarray, "n side side"]:
    """Return the pictures of a data set at this height and width. Raises BadInput, MissingExtra."""
    from holdfast.audit.facts.images.decoding import decoded, quiet

    columns = found.of(kind="image")
    if not columns:
        raise BadInput(f"{path} holds no pictures; a folder of images, an IDX file or a table of images is wanted")
    values = found.values(columns[0].name).drop_null().to_pylist()
    rng = Streams(0)("pictures")
    kept = []
    with quiet():
        for place in rng.permutation(len(values))[:_MOST]:
            try:
                luma = decoded(found.media.read(values[place])).luma
            except OSError:
                continue
            if luma is not None:
                kept.append(_smaller(luma, side))
    if len(kept) < _FEWEST:
        raise BadInput(f"{path} holds {len(kept)} pictures that can be read; a model needs {_FEWEST} at the least")
    return np.stack(kept)


def drawn_shapes(side: int) -> UInt8[np.ndarray, "n side side"]:
    """Return the shapes that stand for real pictures where none are given."""
    return shapes(_DRAWN, side, Streams(0)("shapes"))


def _smaller(luma: UInt8[np.ndarray, "high wide"], side: int) -> UInt8[np.ndarray, "side side"]:
    """Return a square picture at a smaller side, each value the mean over the area that it stands for."""
    new, old = np.arange(side) * (_DECODED / side), np.arange(_DECODED)
    overlap = np.minimum(new[:, None] + _DECODED / side, old + 1) - np.maximum(new[:, None], old)
    areas = np.clip(overlap, 0, None) * (side / _DECODED)
    return np.asarray(np.rint(areas @ luma.astype(np.float64) @ areas.T), dtype=np.uint8)


def shapes(n: int, side: int, rng: np.random.Generator) -> UInt8[np.ndarray, "n side side"]:
    """Return pictures of one bright shape each: discs often, then squares, rings, crosses, and bars seldom.

    Place, size, turn and brightness vary; kinds follow Zipf's law, so that there is a rare one to lose.
    """
    share = 1 / np.arange(1, 6)
    kind = rng.choice(5, n, p=share / share.sum())[:, None, None]
    middle = rng.uniform(-0.25, 0.25, (2, n, 1, 1))
    radius = rng.uniform(0.35, 0.7, (n, 1, 1))
    turn = rng.uniform(0, np.pi, (n, 1, 1))
    bright = rng.uniform(0.6, 1.0, (n, 1, 1))
    axis = (np.arange(side) + 0.5) / side * 2 - 1
    y, x = axis[None, :, None] - middle[0], axis[None, None, :] - middle[1]
    u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    far = np.hypot(u, v)
    square = np.maximum(np.abs(u), np.abs(v)) - 0.8 * radius
    bar = np.maximum(np.abs(u) - radius, np.abs(v) - 0.25 * radius)
    other = np.maximum(np.abs(v) - radius, np.abs(u) - 0.25 * radius)
    # How far each pixel is outside of each shape; an edge is one pixel wide.
    outside = [far - radius, square, np.abs(far - 0.8 * radius) - 0.2 * radius, np.minimum(bar, other), bar]
    value = bright * np.clip(0.5 - np.choose(kind, outside) * side / 2, 0, 1)
    return np.asarray(np.rint(255 * value), dtype=np.uint8)
