"""Texts that may be alike: candidates for near-copies, from small samples of their pairs of neighbouring words.

Each text keeps those pairs of words whose hash is small: all of a short text, 10 to 20 of a longer one. Whether a
hash is kept depends on nothing else, so that a text and a part of it keep the same ones (bottom sketches; Broder,
1997). What few texts share links all of them. What many share, such as a letterhead, links only texts that agree in
several of it (minwise hashing in bands; Indyk & Motwani, 1998). Cost grows linearly with the number of words.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Int, UInt64

from holdfast.core.progress import Advance
from holdfast.data.bulk.bits import GOLDEN
from holdfast.data.bulk.words import blocks_of, words_of

FEWEST_WORDS = 6  # of a text; shorter ones are never candidates
_KEPT = 10  # pairs of words of a text, at least; twice that at most
_FEW = 8  # texts that share a pair of words: up to so many are all compared with one another
_SHARED = 2  # kept pairs of words that two texts must share, and which part of those of the one that kept fewer
_SHARED_PART = 0.2
_BANDS, _ROWS = 6, 3  # of minwise hashes over what many texts share: texts alike to 0.8 are linked in 98%
_OCTAVES = 2  # at most so far from the frequency that is typical of the text, either way
_FORM = 4  # of them that a text must have (or half of what was kept of it) to be one of many of its kind
_TABLE_BITS = 24
_WHOLE = (1 << 64) - 1
_LIMITS = np.array([min(_WHOLE, int(_WHOLE * (_KEPT / 2**size))) for size in range(64)], dtype=np.uint64)


@dataclass(frozen=True)
class Sketches:
    """What is kept of texts. `normal` is equal where texts are, but for case, punctuation and spaces.

    `hashes` holds the kept pairs of words of all texts, `text` the place of the text of each, rising.
    """

    n_words: Int[np.ndarray, " texts"]
    normal: UInt64[np.ndarray, " texts"]
    hashes: UInt64[np.ndarray, " kept"]
    text: Int[np.ndarray, " kept"]


def sketches(texts: pa.ChunkedArray, advance: Advance) -> Sketches:
    """Return what is kept of texts, one block after the other."""
    counts, normals, kept, owners = [], [], [], []
    for at, block in blocks_of(texts):
        words = words_of(block)
        runs, starts = words.runs(2)
        n_runs = np.diff(starts)
        size = np.frexp(np.maximum(n_runs, 1).astype(np.float64))[1] - 1  # the whole part of the binary logarithm
        keep = np.flatnonzero(runs <= np.repeat(_LIMITS[size], n_runs))
        kept.append(runs[keep])
        owners.append((np.searchsorted(starts, keep, side="right") + (at - 1)).astype(np.int32))
        counts.append(words.counts.astype(np.int32))
        normals.append(_normal(words.hashes, words.starts, runs, starts))
        advance(len(block))
    return Sketches(*(np.concatenate(each) if each else np.empty(0) for each in (counts, normals, kept, owners)))


def _normal(words: np.ndarray, starts: np.ndarray, runs: np.ndarray, run_starts: np.ndarray) -> np.ndarray:
    """Return a hash of each text's words: of the first one and of all pairs of neighbours."""
    total = np.zeros(len(starts) - 1, dtype=np.uint64)
    some = starts[1:] > starts[:-1]
    total[some] = words[starts[:-1][some]]
    with np.errstate(over="ignore"):
        sums = np.concatenate((np.zeros(1, dtype=np.uint64), np.cumsum(runs)))
        return total + np.diff(sums[run_starts]) * GOLDEN


def candidates(
    hashes: UInt64[np.ndarray, " kept"],
    text: Int[np.ndarray, " kept"],
    n: int,
    sides: tuple[Bool[np.ndarray, " texts"], ...],
) -> tuple[Int[np.ndarray, " pairs"], Int[np.ndarray, " pairs"]]:
    """Return pairs of the `n` texts that may be alike, of which `hashes` were kept; those of one text stand together.

    Where very many are, each text is paired with a few neighbours and one of each of the `sides`, masks of texts.
    """
    few, common = _sharing_few(hashes, text, n)
    codes = np.unique(np.concatenate([few, _sharing_many(hashes, text, common, n, sides)]))
    a, b = codes // n, codes % n
    enough = _share_enough(hashes, text, n, a, b)
    return a[enough], b[enough]


def _sharing_few(hashes: np.ndarray, text: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs of texts that share several rare hashes, and a table of those that many share.

    It holds the binary logarithm of how many do, and 0 for rare hashes.
    """
    bits = np.uint64(max(1, int(n - 1).bit_length()))
    low = np.uint64((1 << int(bits)) - 1)
    keys = (hashes & ~low) | text.astype(np.uint64)
    keys.sort()
    keys = keys[np.concatenate(([True], keys[1:] != keys[:-1]))] if len(keys) else keys
    same = (keys[1:] ^ keys[:-1]) <= low
    edges = np.flatnonzero(np.concatenate(([True], ~same, [True]))) if len(keys) else np.zeros(1, dtype=np.int64)
    lengths = np.diff(edges)
    common = np.zeros(1 << _TABLE_BITS, dtype=np.uint8)
    long = lengths > _FEW
    common[keys[edges[:-1][long]] >> np.uint64(64 - _TABLE_BITS)] = np.frexp(lengths[long].astype(np.float64))[1]
    keys = keys[np.repeat((lengths > 1) & ~long, lengths)]
    codes = []
    for lag in range(1, _FEW):
        alike = np.flatnonzero((keys[lag:] ^ keys[:-lag]) <= low)
        if not len(alike):
            break
        codes.append((keys[alike] & low) * np.uint64(n) + (keys[alike + lag] & low))
    found = np.concatenate(codes) if codes else np.empty(0, dtype=np.uint64)
    found.sort()
    often = found[_SHARED - 1 :] == found[: len(found) - _SHARED + 1] if len(found) >= _SHARED else np.zeros(0, bool)
    return np.unique(found[: len(often)][often]).astype(np.int64), common


def _sharing_many(
    hashes: np.ndarray, text: np.ndarray, common: np.ndarray, n: int, sides: tuple[np.ndarray, ...]
) -> np.ndarray:
    """Return pairs of texts that agree in a band of minwise hashes over the hashes that many texts share."""
    n_kept = np.bincount(text, minlength=n)
    level = common[hashes >> np.uint64(64 - _TABLE_BITS)]
    frequent = np.flatnonzero(level)
    if not len(frequent):
        return np.empty(0, dtype=np.int64)
    hashes, text, level = hashes[frequent], text[frequent], level[frequent]
    first = np.flatnonzero(np.concatenate(([True], text[1:] != text[:-1])))
    # What many texts of one kind share is about as frequent; "of the" is more frequent, and says nothing.
    counts = np.diff(np.append(first, len(text)))
    ordered = np.sort((np.repeat(np.arange(len(first)), counts) << 8) | level)
    typical = np.repeat(ordered[first + (counts - 1) // 2] & 255, counts)
    kind = np.abs(level.astype(np.int64) - typical) <= _OCTAVES
    enough = np.minimum(_FORM, (n_kept + 1) // 2)
    kind = np.flatnonzero(kind & (np.bincount(text[kind], minlength=n) >= enough)[text])
    if not len(kind):
        return np.empty(0, dtype=np.int64)
    hashes, text = hashes[kind], text[kind]
    first = np.flatnonzero(np.concatenate(([True], text[1:] != text[:-1])))
    owners = text[first].astype(np.int64)
    codes = []
    for band in range(_BANDS):
        key = np.zeros(len(first), dtype=np.uint64)
        with np.errstate(over="ignore"):
            for row in range(_ROWS):
                key = key * np.uint64(3) + _least(hashes, first, band * _ROWS + row)
        then = _least(hashes, first, _BANDS * _ROWS + band)
        order = np.lexsort((then, key))
        codes.extend(_linked(key[order], owners[order], n, sides))
    return np.concatenate(codes)


def _share_enough(hashes: np.ndarray, text: np.ndarray, n: int, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return which pairs share enough of what was kept of them to be compared word by word."""
    bits = np.uint64(max(1, int(n - 1).bit_length()))
    keys = (text.astype(np.uint64) << (np.uint64(64) - bits)) | (hashes >> bits)
    keys.sort()
    starts = np.searchsorted(keys >> (np.uint64(64) - bits), np.arange(n + 1, dtype=np.uint64))
    sizes = np.diff(starts)
    fewer = np.where(sizes[a] <= sizes[b], a, b)
    other = np.where(sizes[a] <= sizes[b], b, a)
    lengths = sizes[fewer]
    pair = np.repeat(np.arange(len(a)), lengths)
    within = np.arange(len(pair)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    content = (keys[starts[fewer][pair] + within] << bits) >> bits
    wanted = (other[pair].astype(np.uint64) << (np.uint64(64) - bits)) | content
    place = np.minimum(np.searchsorted(keys, wanted), max(0, len(keys) - 1))
    n_shared = np.bincount(pair[keys[place] == wanted], minlength=len(a)) if len(keys) else np.zeros(len(a))
    return np.asarray(n_shared >= np.maximum(_SHARED, _SHARED_PART * lengths))


def _least(hashes: np.ndarray, first: np.ndarray, which: int) -> np.ndarray:
    """Return for each text its least hash under one of several orders."""
    with np.errstate(over="ignore"):
        mixed = (hashes ^ np.uint64(0xD6E8FEB86659FD93 + which)) * (GOLDEN + np.uint64(2 * which))
        mixed ^= mixed >> np.uint64(32)
        mixed *= np.uint64(0xD6E8FEB86659FD93)
    return np.minimum.reduceat(mixed, first)


def _linked(key: np.ndarray, owners: np.ndarray, n: int, sides: tuple[np.ndarray, ...]) -> list[np.ndarray]:
    """Return pairs within runs of equal keys: neighbours, and the nearest one before and behind on each side."""
    codes = []
    for lag in (1, 2):
        alike = np.flatnonzero(key[lag:] == key[:-lag])
        codes.append(_code(owners[alike], owners[alike + lag], n))
    place = np.arange(len(key))
    for side in sides:
        on_side = side[owners]
        before = np.maximum.accumulate(np.where(on_side, place, -1))
        before = np.concatenate(([-1], before[:-1]))
        behind = np.minimum.accumulate(np.where(on_side, place, len(key))[::-1])[::-1]
        behind = np.concatenate((behind[1:], [len(key)]))
        for other in (before, behind):
            there = np.flatnonzero((other >= 0) & (other < len(key)))
            there = there[key[other[there]] == key[there]]
            codes.append(_code(owners[there], owners[other[there]], n))
    return codes


def _code(a: np.ndarray, b: np.ndarray, n: int) -> np.ndarray:
    return np.minimum(a, b) * n + np.maximum(a, b)
