"""How much of one text stands in another: pairs of texts compared by their pairs of neighbouring words."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Int

from holdfast.audit.facts.texts.weights import Weights
from holdfast.core.progress import Advance
from holdfast.data.bulk.words import blocks_of, words_of

_COMPARED = 128  # pairs of words of a text that are looked up, at least; twice that at most
_PAIRS_AT_ONCE = 1 << 17  # fewer than half as many texts as a key has room for
# A key is one number: text, hash, bits, half.
_TEXT_BITS, _HASH_BITS, _WEIGHT_BITS = 20, 39, 4
_LOW = np.uint64(_WEIGHT_BITS + 1)
_WHOLE = (1 << 64) - 1
_LIMITS = np.array([min(_WHOLE, int(_WHOLE * (_COMPARED / 2**size))) for size in range(64)], dtype=np.uint64)


@dataclass(frozen=True)
class Overlap:
    """For each pair of texts: how much of each half of the shorter one stands in the longer one.

    `size` is how many different pairs of words the shorter one has that were looked up, of its first and second half,
    but for those that most texts hold; `shared` how many of them stand in the other, and `bits` how much those say;
    `likeness` is the share of both texts' pairs of words that they have in common (Jaccard).
    """

    size: Int[np.ndarray, "pairs 2"]
    shared: Int[np.ndarray, "pairs 2"]
    bits: Float[np.ndarray, " pairs"]
    likeness: Float[np.ndarray, " pairs"]

    @property
    def halves(self) -> Float[np.ndarray, "pairs 2"]:
        """Share of each half of the shorter text that stands in the longer one."""
        return np.asarray(self.shared / np.maximum(self.size, 1))


def overlap(texts: pa.ChunkedArray, weights: Weights, a: np.ndarray, b: np.ndarray, advance: Advance) -> Overlap:
    """Compare the texts at places `a` with those at places `b`, exactly or, where they are long, by 128 samples."""
    size, shared = np.zeros((len(a), 2), dtype=np.int32), np.zeros((len(a), 2), dtype=np.int32)
    bits, likeness = np.zeros(len(a)), np.zeros(len(a))
    for start in range(0, len(a), _PAIRS_AT_ONCE):
        here = slice(start, start + _PAIRS_AT_ONCE)
        size[here], shared[here], bits[here], likeness[here] = _compared(texts, weights, a[here], b[here])
        advance(len(a[here]))
    return Overlap(size, shared, bits, likeness)


def _compared(
    texts: pa.ChunkedArray, weights: Weights, a: np.ndarray, b: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    places, back = np.unique(np.concatenate([a, b]), return_inverse=True)
    a, b = back[: len(a)], back[len(a) :]
    keys, n_runs = _keys(texts, weights, places)
    starts = np.searchsorted(keys >> np.uint64(64 - _TEXT_BITS), np.arange(len(places) + 1, dtype=np.uint64))
    swap = n_runs[a] > n_runs[b]
    small, large = np.where(swap, b, a), np.where(swap, a, b)
    lengths = np.diff(starts)[small]
    pair = np.repeat(np.arange(len(small)), lengths)
    within = np.arange(len(pair)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    mine = keys[starts[small][pair] + within]
    content = (mine << np.uint64(_TEXT_BITS)) >> (np.uint64(_TEXT_BITS) + _LOW)
    sparser = np.minimum(_limit(n_runs[small]), _limit(n_runs[large])) >> np.uint64(64 - _HASH_BITS)
    asked = np.flatnonzero(content <= sparser[pair])
    pair, content, mine = pair[asked], content[asked], mine[asked]
    wanted = (large[pair].astype(np.uint64) << np.uint64(_HASH_BITS)) | content
    found = _is_in(wanted, keys >> _LOW)
    weight = (mine >> np.uint64(1)) & np.uint64((1 << _WEIGHT_BITS) - 1)
    slot = 2 * pair + (mine & np.uint64(1)).astype(np.int64)
    n = len(small)
    telling = weight > 0
    size = np.bincount(slot[telling], minlength=2 * n).reshape(-1, 2)
    shared = np.bincount(slot[telling & found], minlength=2 * n).reshape(-1, 2)
    n_asked, n_found = np.bincount(pair, minlength=n), np.bincount(pair[found], minlength=n)
    rate = n_asked / np.maximum(n_runs[small], 1)  # of the pairs of words that were looked up
    bits = np.bincount(pair[found], weights=weight[found].astype(np.float64), minlength=n) / np.maximum(rate, 1e-9)
    return size, shared, bits, n_found / np.maximum(n_asked + rate * n_runs[large] - n_found, 1)


def _keys(texts: pa.ChunkedArray, weights: Weights, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the different pairs of words of the texts at `places` as sorted keys, and how many pairs each has."""
    found, n_runs = [], np.zeros(len(places), dtype=np.int64)
    for at, block in blocks_of(texts, places):
        words = words_of(block)
        runs, starts = words.runs(2)
        counts = np.diff(starts)
        n_runs[at : at + len(block)] = counts
        text = np.repeat(np.arange(len(block)), counts)
        keep = np.flatnonzero(runs <= _limit(counts)[text])
        text = text[keep]
        key = ((text + at).astype(np.uint64) << np.uint64(_HASH_BITS)) | (runs[keep] >> np.uint64(64 - _HASH_BITS))
        key = (key << np.uint64(_WEIGHT_BITS)) | weights.of(words, runs)[keep].astype(np.uint64)
        second = 2 * (keep - starts[text]) >= counts[text]
        found.append((key << np.uint64(1)) | second.astype(np.uint64))
    keys = np.concatenate(found) if found else np.empty(0, dtype=np.uint64)
    keys.sort()
    if len(keys):
        keys = keys[np.concatenate(([True], (keys[1:] >> _LOW) != (keys[:-1] >> _LOW)))]
    return keys, n_runs


def _limit(counts: np.ndarray) -> np.ndarray:
    return _LIMITS[np.frexp(np.maximum(counts, 1).astype(np.float64))[1] - 1]


def _is_in(wanted: np.ndarray, known: np.ndarray) -> np.ndarray:
    place = np.searchsorted(known, wanted)
    return np.asarray(known[np.minimum(place, len(known) - 1)] == wanted) if len(known) else np.zeros(len(wanted), bool)
