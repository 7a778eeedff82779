"""Texts and pictures as vectors, so that measures on vectors speak of them too; nothing is downloaded or fitted.

A view maps each item for itself, whatever stands beside it. So a part of a sample set seen through a view is the view
of the part, and two sample sets lie in the same space.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from zlib import crc32

import numpy as np

from holdfast.collapse.definitions import Measure
from holdfast.collapse.measures.sound import documents, pictures
from holdfast.collapse.measures.words import Tokenised, Words, found
from holdfast.collapse.samples import Images, Points, SampleSet, Texts
from holdfast.core.errors import unknown
from holdfast.data.bulk.bits import GOLDEN, finished

_DIMENSIONS = 256
_GRID = 32  # pictures are brought to this height and width
_CELLS, _ANGLES = 4, 8


@dataclass(frozen=True, slots=True)
class View:
    """A way to see one kind of sample set as another."""

    name: str
    of: type
    to: type
    run: Callable[[Any], Any]

    @property
    def doc(self) -> str:
        """What the view does, in words."""
        return " ".join((self.run.__doc__ or "").split())


@dataclass(frozen=True, slots=True)
class Through:
    """A measure taken of what a view shows."""

    view: View
    measure: Measure

    def __call__(self, sample: Any, real: Any = None, **options: Any) -> float:
        """Return the measure of the sample seen through the view."""
        if self.measure.against:
            return float(self.measure.run(self.view.run(sample), self.view.run(real), **options))
        return float(self.measure.run(self.view.run(sample), **options))


def hashed_words(sample: Texts) -> Points:
    """Texts are seen as vectors of hashed words and pairs of words.

    Each word and each pair of neighbouring words adds ±ln(1 + its count) to one of 256 places, both chosen by a hash
    (Weinberger et al. 2009); the vector is scaled to a mean square of 1, so that length does not count. Such vectors
    know words, not meanings.
    """
    texts = documents(sample)
    words = texts.words if isinstance(texts, Tokenised) else found(texts)
    one = _hashes(words)
    inside = np.flatnonzero(words.document[1:] == words.document[:-1]) if len(one) > 1 else np.zeros(0, np.int64)
    two = finished(one[inside] * np.uint64(3) + one[inside + 1] + GOLDEN)
    hashes = np.concatenate([one, two])
    document = np.concatenate([words.document, words.document[inside]])
    order = np.lexsort((hashes, document))
    hashes, document = hashes[order], document[order]
    new = np.ones(len(hashes), dtype=bool)
    new[1:] = (hashes[1:] != hashes[:-1]) | (document[1:] != document[:-1])
    times = np.diff(np.append(np.flatnonzero(new), len(hashes)))
    hashes, document = hashes[new], document[new]
    place = (hashes % np.uint64(_DIMENSIONS)).astype(np.int64)
    sign = np.where((hashes >> np.uint64(40)) & np.uint64(1), 1.0, -1.0)
    size = len(texts) * _DIMENSIONS
    points = np.bincount(document * _DIMENSIONS + place, weights=sign * np.log1p(times), minlength=size)
    return Points(_scaled(points.reshape(len(texts), _DIMENSIONS).astype(np.float64, copy=False)))


def _hashes(words: Words) -> np.ndarray:
    known = [crc32(word.encode("utf-8", "surrogatepass")) for word in words.vocabulary]
    return finished(np.array(known, dtype=np.uint64) + GOLDEN)[words.codes]


def picture_features(sample: Images) -> Points:
    """Pictures are seen as vectors of edges and colours.

    Each picture is brought to 32 × 32; each of its 4 × 4 cells gives the strength of edges in 8 directions
    (histograms of oriented gradients, Dalal & Triggs 2005, square roots of them) and its mean colour. Such vectors know
    shapes and colours, not what is shown: distances are not comparable with published ones on Inception features.
    """
    pixels = _resized(pictures(sample))
    grey = pixels.mean(axis=3)
    down, right = np.gradient(grey, axis=1), np.gradient(grey, axis=2)
    turn = np.mod(np.arctan2(down, right), np.pi) * (_ANGLES / np.pi)
    low = np.floor(turn)
    share, bins = turn - low, low.astype(np.int64) % _ANGLES
    strength = np.hypot(down, right)
    edges = np.zeros((len(grey), _CELLS, _CELLS, _ANGLES))
    for angle in range(_ANGLES):
        here = np.where(bins == angle, 1 - share, 0.0) + np.where((bins + 1) % _ANGLES == angle, share, 0.0)
        edges[..., angle] = _cells((strength * here)[..., None])[..., 0]
    colours = _cells(pixels)
    n = len(grey)
    return Points(np.concatenate([np.sqrt(edges).reshape(n, -1), colours.reshape(n, -1)], axis=1))


def _cells(pixels: np.ndarray) -> np.ndarray:
    n, _, _, channels = pixels.shape
    step = _GRID // _CELLS
    return np.asarray(pixels.reshape(n, _CELLS, step, _CELLS, step, channels).mean(axis=(2, 4)))


def _resized(pixels: np.ndarray) -> np.ndarray:
    """Return pictures of 32 × 32, each value the mean over the area that it stands for."""
    return np.einsum("hH,nHWc,wW->nhwc", _areas(pixels.shape[1]), pixels, _areas(pixels.shape[2]), optimize=True)


def _areas(size: int) -> np.ndarray:
    """Return how much of each old row is in each new one."""
    new, old = np.arange(_GRID) * (size / _GRID), np.arange(size)
    overlap = np.minimum(new[:, None] + size / _GRID, old + 1) - np.maximum(new[:, None], old)
    return np.clip(overlap, 0, None) * (_GRID / size)


def _scaled(points: np.ndarray) -> np.ndarray:
    length = np.sqrt((points**2).mean(axis=1, keepdims=True))
    return np.divide(points, length, out=np.zeros_like(points), where=length > 0)


VIEWS = (
    View("hashed-words", Texts, Points, hashed_words),
    View("picture-features", Images, Points, picture_features),
)


def through(measure: Measure, view: View) -> Measure:
    """Return the measure of what a view shows, with a name that says so: `vendi-of-hashed-words`."""
    return replace(
        measure,
        name=f"{measure.name}-of-{view.name}",
        title=f"{measure.title} (of {view.name.replace('-', ' ')})",
        run=Through(view, measure),
        takes=view.of,
        doc=f"{measure.doc}\n\n{view.doc}",
    )


def with_views(known: Mapping[str, Measure]) -> dict[str, Measure]:
    """Return the measures, and each again through every view that leads to what it reads."""
    seen = [
        through(one, view) for one in known.values() if one.on == "sample" for view in VIEWS if one.takes is view.to
    ]
    return {**known, **{one.name: one for one in seen}}


def with_options(measure: Measure, options: Mapping[str, Any]) -> Measure:
    """Return the measure with some of its options set. Raises BadInput for one that it does not have."""
    for name in options:
        if name not in measure.options:
            raise unknown("option", name, measure.options, f"the measure {measure.name}")
    if not options:
        return measure
    given = {**measure.options, **options}
    if isinstance(measure.run, Through):
        behind = with_options(measure.run.measure, options)
        return replace(measure, run=Through(measure.run.view, behind), options=given)
    return replace(measure, run=partial(measure.run, **options), options=given)


def unwrapped(measure: Measure) -> tuple[str, Measure]:
    """Return the name of the view that a measure looks through, empty for none, and the measure behind it."""
    return (measure.run.view.name, measure.run.measure) if isinstance(measure.run, Through) else ("", measure)


def seen(sample: SampleSet, view: str) -> SampleSet:
    """Return a sample set as the view of this name shows it."""
    shown: SampleSet = next(one for one in VIEWS if one.name == view).run(sample)
    return shown
