"""Small sets of pictures with something planted that follows the class, for cases, tests and benchmarks."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from holdfast.audit.cases.images import encoded, picture_data
from holdfast.core.dataset import Dataset

SIDE = 48
_COARSE = 6  # points across and down from which a ground is drawn
CLASSES = ("heron", "stork")


@dataclass(frozen=True)
class Tied:
    """A label of two classes, and which rows carry the planted thing."""

    label: np.ndarray
    planted: np.ndarray


def tied(rng: np.random.Generator, n: int, share: float) -> Tied:
    """Return random labels, and a mark that agrees with the label in this share of the rows (0.5: not at all)."""
    label = rng.integers(0, 2, size=n)
    return Tied(label, np.where(rng.random(n) < share, label, 1 - label).astype(bool))


def pictures_of_glyphs(
    rng: np.random.Generator,
    label: np.ndarray,
    change: Callable[[np.ndarray, int], np.ndarray] = lambda pixels, _: pixels,
    *,
    quality: Callable[[int], int] | None = None,
    split: np.ndarray | None = None,
    names: np.ndarray | None = None,
) -> Dataset:
    """Return pictures of a cross or a ring (by the label) of any colour and place on a cloudy ground; then `change`d.

    They are PNG files, or JPEG with the `quality` of each row. `names` is the label that is told, where another.
    """
    files = []
    for row, which in enumerate(label.tolist()):
        pixels = change(glyph(rng, int(which)), row)
        files.append(encoded(pixels) if quality is None else encoded(pixels, "JPEG", quality=quality(row)))
    told = label if names is None else names
    numbers = [f"{row:05d}" for row in rng.permutation(len(label))]
    end = "png" if quality is None else "jpg"
    columns = {"file": [f"{name}.{end}" for name in numbers], "y": [CLASSES[which] for which in told.tolist()]}
    return picture_data(files, columns, split=split)


def glyph(rng: np.random.Generator, which: int) -> np.ndarray:
    """Return a cloudy ground with a cross (0) or a ring (1) of random colour, size and place near the middle."""
    pixels = _clouds(rng)
    y, x = np.indices((SIDE, SIDE)) - SIDE / 2 - rng.uniform(-4, 4, size=2)[:, None, None]
    size = rng.uniform(9, 15)
    far = np.hypot(x, y)
    ring = (far < size) & (far > 0.6 * size)
    cross = (far < size) & (np.minimum(abs(x), abs(y)) < 0.22 * size)
    pixels[ring if which else cross] = rng.integers(0, 256, size=3)
    return pixels


def _clouds(rng: np.random.Generator) -> np.ndarray:
    """Return smooth random colours: a coarse grid drawn out by straight lines, with some noise."""
    at = np.linspace(0, _COARSE - 1.001, SIDE)
    low, part = at.astype(int), (at % 1)[:, None, None]
    coarse = 128 + rng.normal(size=(_COARSE, _COARSE, 3)) * [40, 25, 25] + rng.normal(size=3) * 30
    rows = coarse[low] * (1 - part) + coarse[low + 1] * part
    columns = rows.swapaxes(0, 1)
    both = (columns[low] * (1 - part) + columns[low + 1] * part).swapaxes(0, 1)
    return np.asarray(np.clip(both + 6 * rng.normal(size=both.shape), 0, 255).astype(np.uint8))
