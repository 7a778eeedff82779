"""Sample sets as strata are cut from them: numbers per item, places in space, and the types that an item holds.

A lens is made of reference items alone; it looks at real and generated items in the same way.
"""

from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float, Int, UInt64

from holdfast.collapse.alarm.coverage import Documents
from holdfast.collapse.measuring.views import hashed_words, picture_features
from holdfast.collapse.reading.sets import SampleItems
from holdfast.collapse.samples import Images, Points, SampleSet, Texts
from holdfast.data.bulk.words import blocks_of, words_of

MOST_COLUMNS = 20  # numbers that each have two tails; of more, the main directions have
DIRECTIONS = 10
_MOST_SEEN = 2_000  # items that main directions are made of
_FEW = 5  # main directions of pictures that have tails
DISTANCE = "distance from the middle"
TEXT_NUMBERS = ("length of documents", "unlikelihood of words")
PICTURE_NUMBERS = ("brightness", "contrast", *(f"main direction {i + 1}" for i in range(_FEW)))


class Seen(NamedTuple):
    """Items through a lens. Any part may be missing."""

    numbers: Float[np.ndarray, "items numbers"]
    places: Float[np.ndarray, "items directions"] | None
    documents: Documents | None


@dataclass(frozen=True)
class _Axes:
    """Main directions of the reference, after each dimension was centred and scaled."""

    centre: np.ndarray
    scale: np.ndarray
    directions: np.ndarray

    def of(self, points: np.ndarray) -> np.ndarray:
        return np.asarray(((points - self.centre) / self.scale) @ self.directions)


@dataclass(frozen=True)
class Lens:
    """How items are looked at; `names` are those of the numbers."""

    names: tuple[str, ...]
    columns: tuple[str, ...]  # column of the data that each number is, empty where it is none
    axes: _Axes | None
    vocabulary: UInt64[np.ndarray, " types"] | None  # sorted hashes
    weights: Float[np.ndarray, " types_and_unknown"] | None  # −log of each word's share in the reference

    def see(self, items: SampleItems) -> Seen:
        """Return items through the lens."""
        if items.texts is not None:
            words = _words(items.texts)
            return Seen(self._text_numbers(words), self._placed(_vectors(items)), self._known(words))
        if items.pixels is not None:
            placed = self._placed(_vectors(items))
            assert placed is not None
            light = items.pixels.reshape(len(items), -1)
            looks = np.stack([light.mean(axis=1), light.std(axis=1)], axis=1)
            return Seen(np.concatenate([looks, placed[:, :_FEW]], axis=1), placed, None)
        documents = self._known(_category_types(items)) if items.categories else None
        if items.points is None:
            return Seen(np.empty((len(items), 0)), None, documents)
        placed = self._placed(items.points)
        direct = items.points.shape[1] <= MOST_COLUMNS
        numbers = items.points if direct or placed is None else placed
        if items.points.shape[1] == 1 or self.axes is None:
            return Seen(numbers, None, documents)
        far = np.sqrt((((items.points - self.axes.centre) / self.axes.scale) ** 2).mean(axis=1))
        return Seen(np.column_stack([numbers, far]), placed, documents)

    def _placed(self, points: np.ndarray) -> np.ndarray | None:
        return None if self.axes is None else self.axes.of(points)

    def _known(self, words: tuple[np.ndarray, np.ndarray]) -> Documents | None:
        """Return the types of the vocabulary that each item holds, each once."""
        if self.vocabulary is None:
            return None
        hashes, starts = words
        owner = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        codes = self._codes(hashes)
        pairs = np.unique(owner[codes >= 0] * len(self.vocabulary) + codes[codes >= 0])
        owner, types = np.divmod(pairs, max(1, len(self.vocabulary)))
        sizes = np.bincount(owner, minlength=len(starts) - 1)
        return Documents(types, np.concatenate(([0], np.cumsum(sizes))).astype(np.int64))

    def _codes(self, hashes: np.ndarray) -> Int[np.ndarray, " words"]:
        assert self.vocabulary is not None
        if not len(self.vocabulary):
            return np.full(len(hashes), -1)
        at = np.minimum(np.searchsorted(self.vocabulary, hashes), len(self.vocabulary) - 1)
        return np.where(self.vocabulary[at] == hashes, at, -1)

    def _text_numbers(self, words: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        hashes, starts = words
        assert self.weights is not None
        lengths = np.diff(starts)
        sums = np.concatenate(([0.0], np.cumsum(self.weights[self._codes(hashes)])))  # code −1 is the last: unknown
        mean = (sums[starts[1:]] - sums[starts[:-1]]) / np.maximum(lengths, 1)
        return np.stack([np.log1p(lengths), mean], axis=1)


def lens_of(reference: SampleItems) -> Lens:
    """Return the lens that reference items make."""
    if reference.texts is not None:
        hashes, _ = _words(reference.texts)
        vocabulary, counts = np.unique(hashes, return_counts=True)
        weights = -np.log((np.append(counts, 0) + 0.5) / (counts.sum() + 0.5 * (len(counts) + 1)))
        return Lens(TEXT_NUMBERS, ("", ""), _axes(_vectors(reference)), vocabulary, weights)
    if reference.pixels is not None:
        axes = _axes(_vectors(reference))
        kept = PICTURE_NUMBERS[: 2 + axes.directions.shape[1]]
        return Lens(kept, ("",) * len(kept), axes, None, None)
    types = np.unique(_category_types(reference)[0]) if reference.categories else None
    if reference.points is None:
        return Lens((), (), None, types, None)
    axes, columns = _axes(reference.points), reference.columns
    if reference.points.shape[1] > MOST_COLUMNS:
        names = tuple(f"main direction {i + 1}" for i in range(axes.directions.shape[1]))
        columns = ("",) * len(names)
    else:
        names = columns
    if reference.points.shape[1] > 1:
        names, columns = (*names, DISTANCE), (*columns, "")
    return Lens(names, columns, axes, types, None)


def sample_of(items: SampleItems, scale: "Lens") -> SampleSet | None:
    """Return what measures look at: texts, pictures, or numbers in units of the reference; None for categories."""
    if items.texts is not None:
        return Texts(items.texts)
    if items.pixels is not None:
        return Images(items.pixels)
    if items.points is None or scale.axes is None:
        return None
    return Points((items.points - scale.axes.centre) / scale.axes.scale)


def content_order(items: SampleItems) -> Int[np.ndarray, " items"]:
    """Return the places of the items in an order that depends on what they are alone."""
    if items.texts is not None:
        digests = [_digest(text.encode("utf-8", "surrogatepass")) for text in items.texts]
    else:
        blocks = [block for block in (items.pixels, items.points) if block is not None]
        flat = [np.ascontiguousarray(block.reshape(len(items), -1)) for block in blocks]
        coded = [pc.cast(column, pa.large_string()).to_pylist() for column in items.categories.values()]
        digests = [
            _digest(b"".join([*(one[i].tobytes() for one in flat), *(f"\0{one[i]}".encode() for one in coded)]))
            for i in range(len(items))
        ]
    return np.array(sorted(range(len(items)), key=digests.__getitem__), dtype=np.int64)


def taken(items: SampleItems, rows: Int[np.ndarray, " some"]) -> SampleItems:
    """Return some of the items."""
    return SampleItems(
        items.name,
        len(rows),
        items.digest,
        None if items.texts is None else tuple(items.texts[i] for i in rows.tolist()),
        None if items.pixels is None else items.pixels[rows],
        None if items.points is None else items.points[rows],
        items.columns,
        {name: column.take(pa.array(rows)) for name, column in items.categories.items()},
        items.notes,
    )


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=8).digest()


def _axes(points: np.ndarray) -> _Axes:
    top = np.abs(points).max(axis=0, initial=0.0)  # squares of the largest doubles overflow
    top = np.where(top > 0, top, 1.0)
    centre, scale = (points / top).mean(axis=0) * top, (points / top).std(axis=0) * top
    scale = np.where(scale > 0, scale, 1.0)
    scaled = (points[:_MOST_SEEN] - centre) / scale
    if scaled.shape[1] <= len(scaled):
        _, directions = np.linalg.eigh(scaled.T @ scaled)  # in ascending order
    else:  # the same directions from the smaller of both products
        lengths, sides = np.linalg.eigh(scaled @ scaled.T)
        kept = lengths > lengths[-1] * 1e-10
        directions = scaled.T @ (sides[:, kept] / np.sqrt(lengths[kept]))
    return _Axes(centre, scale, directions[:, ::-1][:, :DIRECTIONS])


def _vectors(items: SampleItems) -> np.ndarray:
    if items.texts is not None:
        return hashed_words(Texts(items.texts)).points
    assert items.pixels is not None
    return picture_features(Images(items.pixels)).points


def _words(texts: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the hashes of all words, and where each document's begin."""
    hashes, sizes = [np.empty(0, dtype=np.uint64)], [np.empty(0, dtype=np.int64)]
    clean = [text.encode("utf-8", "replace").decode() for text in texts]
    for _, block in blocks_of(pa.chunked_array([pa.array(clean, pa.large_string())])):
        found = words_of(block)
        hashes.append(found.hashes)
        sizes.append(found.counts)
    return np.concatenate(hashes), np.concatenate(([0], np.cumsum(np.concatenate(sizes)))).astype(np.int64)


def _category_types(items: SampleItems) -> tuple[np.ndarray, np.ndarray]:
    """Return a hash for the value of each category column, item after item."""
    columns = []
    for name, values in items.categories.items():
        coded = values.dictionary_encode()
        known = [f"{name}\0{value}".encode("utf-8", "surrogatepass") for value in coded.dictionary.to_pylist()]
        hashes = np.array([int.from_bytes(_digest(one), "little") for one in known], dtype=np.uint64)
        columns.append(hashes[coded.indices.to_numpy(zero_copy_only=False)])
    together = np.stack(columns, axis=1)
    return together.reshape(-1), np.arange(len(items) + 1, dtype=np.int64) * len(columns)
