"""Pairs of images whose perceptual hashes are near, also where one is a cropped, mirrored or turned version.

Each image is asked for under many versions of itself: turned in eight ways, and cropped in forty, mirrored or not.
A version finds all images that agree with it in sixteen or so of the lowest frequencies (locality-sensitive hashing
by sampling bits; Indyk & Motwani, 1998), in one of several tables. Cost grows linearly with images.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from jaxtyping import Float, Int, UInt64

from holdfast.audit.facts.images.properties import TURNS, cosines, packed
from holdfast.core.random import Streams

MOST_BITS_APART = 11  # of 63; copies cropped between two places of the grid differ in 3 to 10, others in 15 to 45
N_TABLES = 12
_LOWEST = 7  # frequencies (down + across) up to here are sampled: they move least when a crop does not quite fit
_MOST_OF_BUCKET = 24  # images of one bucket that a version is compared with: bounds the work
_MOST_PER_IMAGE = 8
_CHUNK = 2048
_MIRRORED = TURNS.index((False, True, False))

# (start, size) along one side, by how much is cut: a copy cropped by up to a fifth is near one of these.
_CUTS = (
    ((0.0, 1.0),),
    tuple((0.04 * step, 0.92) for step in range(3)),
    tuple((0.17 * step / 3, 0.83) for step in range(4)),
)
CROPS: tuple[tuple[tuple[float, float], tuple[float, float]], ...] = tuple(
    crop
    for down, across in product(range(3), range(3))
    if down == across or not (down and across)
    for crop in product(_CUTS[down], _CUTS[across])
)


@dataclass(frozen=True)
class Candidates:
    """Image `right` looks like `left` after `turn` and `crop` (places in TURNS and CROPS), up to `apart` bits."""

    left: Int[np.ndarray, " pairs"]
    right: Int[np.ndarray, " pairs"]
    turn: Int[np.ndarray, " pairs"]
    crop: Int[np.ndarray, " pairs"]
    apart: Int[np.ndarray, " pairs"]


def candidates(squares: Float[np.ndarray, "n s s"], hashes: UInt64[np.ndarray, "n 8"], streams: Streams) -> Candidates:
    """Return candidate pairs, each once, with the version that fits best."""
    n = len(hashes)
    tables = _tables(np.ascontiguousarray(hashes[:, 0]), streams)
    found = []
    for start in range(0, n, _CHUNK):
        versions, turn, crop = _versions(squares[start : start + _CHUNK], hashes[start : start + _CHUNK])
        n_versions = versions.shape[1]
        for table in tables:
            asked, right, apart = table.near(versions.reshape(-1))
            left = start + asked // n_versions
            other = left != right
            version = asked[other] % n_versions
            found.append(np.stack([left[other], right[other], turn[version], crop[version], apart[other]]))
    return _best(np.concatenate(found, axis=1) if found else np.empty((5, 0), dtype=np.int64), n)


def _best(found: np.ndarray, n: int) -> Candidates:
    """Return each pair once: with the version that needs least, then with the fewest bits apart."""
    left, right, turn, crop, apart = found
    code = np.minimum(left, right) * n + np.maximum(left, right)
    order = np.lexsort((left, crop, turn, apart + 2 * (turn > 0) + 2 * (crop > 0), code))
    code = code[order]
    first = order[np.concatenate(([True], code[1:] != code[:-1]))] if len(code) else order
    found = found[:, first]
    near = _among_nearest(found[0], found[4]) | _among_nearest(found[1], found[4])
    return Candidates(*found[:, near])


def _among_nearest(end: np.ndarray, apart: np.ndarray) -> np.ndarray:
    """Return which pairs are among the few nearest of the image at this end: where all resemble all, there are many."""
    order = np.lexsort((apart, end))
    begins = np.concatenate(([True], end[order][1:] != end[order][:-1])) if len(end) else np.empty(0, dtype=bool)
    first = np.flatnonzero(begins)
    rank = np.empty(len(end), dtype=np.int64)
    rank[order] = np.arange(len(end)) - np.repeat(first, np.diff(np.append(first, len(end))))
    return rank < _MOST_PER_IMAGE


def _versions(
    squares: np.ndarray, hashes: np.ndarray
) -> tuple[UInt64[np.ndarray, "n versions"], np.ndarray, np.ndarray]:
    """Return the hashes of all versions of some images, and the turn and crop of each."""
    side = squares.shape[1]
    each = sorted({cut for crop in CROPS for cut in crop})
    basis = np.concatenate([cosines(side) @ sampling(np.array(cut), side) for cut in each])
    every = basis @ squares.astype(np.float32) @ basis.T
    every = every.reshape(len(squares), len(each), 8, len(each), 8)
    cropped = [(number, each.index(crop[0]), each.index(crop[1])) for number, crop in enumerate(CROPS) if number]
    straight = np.stack([packed(every[:, down, :, across, :]) for _, down, across in cropped], axis=1)
    mirrored = straight ^ _odd_columns()
    numbers = np.array([number for number, _, _ in cropped])
    turn = np.concatenate([np.arange(len(TURNS)), np.zeros(len(numbers)), np.full(len(numbers), _MIRRORED)])
    crop = np.concatenate([np.zeros(len(TURNS)), numbers, [_mirror_of(number) for number in numbers]])
    return np.concatenate([hashes, straight, mirrored], axis=1), turn.astype(np.int64), crop.astype(np.int64)


def _mirror_of(number: int) -> int:
    """Return the crop that cuts from the mirrored image what this one cuts from the image."""
    down, (start, size) = CROPS[number]
    wanted = np.array([*down, 1.0 - start - size, size])
    return int(np.abs(np.array(CROPS).reshape(len(CROPS), 4) - wanted).sum(axis=1).argmin())


def _odd_columns() -> np.uint64:
    """Return the bits whose frequency changes its sign when an image is mirrored."""
    return packed(np.tile(np.arange(8) % 2, (1, 8, 1)).astype(np.float32))[0]


def sampling(cut: np.ndarray, side: int) -> Float[np.ndarray, "*n side side"]:
    """Return the matrix that stretches a piece (start, size; as shares) of `side` points to `side` points.

    `cut` may hold many pieces, in its last axis.
    """
    start, size = cut[..., 0, None], cut[..., 1, None]
    places = (start + size * (np.arange(side) + 0.5) / side) * side - 0.5
    places = np.clip(places, 0.0, side - 1.0)
    low = np.minimum(np.floor(places).astype(np.int64), side - 2)
    share = (places - low).astype(np.float32)
    matrix = np.zeros((*places.shape, side), dtype=np.float32)
    np.put_along_axis(matrix, low[..., None], (1.0 - share)[..., None], axis=-1)
    np.put_along_axis(matrix, low[..., None] + 1, share[..., None], axis=-1)
    return matrix


@dataclass(frozen=True)
class _Table:
    """Images in buckets by some bits of their hashes."""

    hashes: UInt64[np.ndarray, " n"]
    mask: np.uint64
    factor: np.uint64
    shift: np.uint64
    order: Int[np.ndarray, " n"]
    start: Int[np.ndarray, " buckets_and_end"]

    def near(self, asked: UInt64[np.ndarray, " asked"]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (place in `asked`, image, bits apart) for all near pairs in one bucket."""
        bucket = _bucket(asked, self.mask, self.factor, self.shift)
        first, size = self.start[bucket], self.start[bucket + 1] - self.start[bucket]
        taken = np.minimum(size, _MOST_OF_BUCKET)
        with np.errstate(over="ignore"):  # of a crowded bucket, another part in each table
            first = first + ((asked * self.factor) >> np.uint64(33)).astype(np.int64) % (size - taken + 1)
        who = np.repeat(np.arange(len(asked)), taken)
        ahead = np.repeat(first - np.concatenate(([0], np.cumsum(taken)[:-1])), taken)
        image = self.order[ahead + np.arange(len(who))]
        apart = bits_apart(asked[who], self.hashes[image])
        near = apart <= MOST_BITS_APART
        return who[near], image[near], apart[near].astype(np.int64)


def _tables(hashes: np.ndarray, streams: Streams) -> list[_Table]:
    n_bits = int(np.clip(np.ceil(np.log2(max(2, len(hashes)))), 5, 18))
    low = [row * 8 + column for row in range(8) for column in range(8) if 0 < row + column <= _LOWEST]
    tables = []
    for number in range(N_TABLES):
        rng = streams("image_candidates", number)
        mask = np.uint64(sum(1 << int(bit) for bit in rng.choice(low, size=n_bits, replace=False)))
        factor = np.uint64(int(rng.integers(1 << 62)) * 2 + 1)
        shift = np.uint64(64 - n_bits - 1)
        bucket = _bucket(hashes, mask, factor, shift)
        start = np.concatenate(([0], np.cumsum(np.bincount(bucket, minlength=2 << n_bits))))
        tables.append(_Table(hashes, mask, factor, shift, np.argsort(bucket, kind="stable"), start))
    return tables


def _bucket(hashes: np.ndarray, mask: np.uint64, factor: np.uint64, shift: np.uint64) -> Int[np.ndarray, " n"]:
    with np.errstate(over="ignore"):
        mixed = (hashes & mask) * factor
        mixed = (mixed ^ (mixed >> np.uint64(32))) * factor  # one multiplication moves bits up only
    return np.asarray(mixed >> shift, dtype=np.int64)


def bits_apart(one: UInt64[np.ndarray, " n"], other: UInt64[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
    """Return in how many bits two hashes differ."""
    different = one ^ other
    if hasattr(np, "bitwise_count"):  # NumPy 2
        return np.asarray(np.bitwise_count(different))
    return np.asarray(np.unpackbits(different.view(np.uint8).reshape(-1, 8), axis=1).sum(axis=1))
