"""Looking for a mark in documents: a p-value each, corrected for their number, and one for all of them together."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Float, Int64, UInt64

from holdfast.core.progress import Advance
from holdfast.data.screening.watermarks.keys import Key
from holdfast.data.screening.watermarks.prf import scattered
from holdfast.data.screening.watermarks.rarity import Common
from holdfast.data.screening.watermarks.scheme import Scheme, Scored
from holdfast.data.screening.watermarks.tokens import Cut, blocks

_SHORTEST_WINDOW = 32  # tokens; with fewer hardly any mark shows
_STEPS = 4  # a window of L tokens moves on by L/4
_MOST_POOLED = 1 << 22  # inputs kept for the test of all documents together: 64 MB


@dataclass(frozen=True)
class Marks:
    """What was found. Arrays run over documents; `p` is of one document alone, `flagged` is corrected for all."""

    n: Int64[np.ndarray, " documents"]  # tokens that count
    total: Int64[np.ndarray, " documents"]  # what they are worth
    common: Int64[np.ndarray, " documents"]  # tokens that were left out as common in all documents
    p: Float[np.ndarray, " documents"]
    window: Bool[np.ndarray, " documents"]  # whether a window, not the whole, made p
    start: Int64[np.ndarray, " documents"]  # of the best window, in counted tokens
    stop: Int64[np.ndarray, " documents"]
    pooled: "Pooled"

    def z(self, scheme: Scheme) -> Float[np.ndarray, " documents"]:
        """Return (worth − expected) in standard deviations; NaN where nothing counts."""
        return _z(scheme, self.n, self.total)

    def share(self, scheme: Scheme) -> Float[np.ndarray, " documents"]:
        """Return the mean worth as a share: of green tokens, or of g-values that are 1."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.total / self.n / scheme.scale

    def flagged(self, alpha: float, scheme: Scheme) -> Bool[np.ndarray, " documents"]:
        """Return documents in which a mark is shown, with a share of false ones of at most alpha.

        Benjamini and Hochberg (1995). Documents share n-grams, so that their p-values depend on each other: sums of
        coins that are shared out among documents depend positively (Efron 1965), under which it holds (Benjamini and
        Yekutieli 2001). Where coins have weights that is not proven, and the form for any dependence is taken. Copies
        of a document share their fate; documents without a token to count are never flagged.
        """
        from scipy.stats import false_discovery_control

        if not len(self.p):
            return np.zeros(0, dtype=bool)
        adjusted = false_discovery_control(self.p, method="bh" if scheme.exact else "by")
        return (adjusted <= alpha) & (self.n > 0)

    def hopeless(self, scheme: Scheme, alpha: float) -> Bool[np.ndarray, " documents"]:
        """Return documents so short that even a perfect mark would have p above alpha."""
        return scheme.p_values(self.n, self.n * scheme.best) > alpha


@dataclass(frozen=True, slots=True)
class Pooled:
    """All documents together, each input of the keyed function once: exact however much documents repeat."""

    n: int
    total: int
    p: float
    z: float
    of: int  # inputs met, also those that a sample leaves out; repeats between documents count each time


def detect(
    texts: pa.ChunkedArray, cut: Cut, scheme: Scheme, key: Key, *, windows: bool = False, keep_common: bool = False,
    advance: Advance | None = None,
) -> Marks:  # fmt: skip
    """Return what a key finds in texts, which are read twice, in blocks. `windows` looks for marked passages too.

    N-grams that are common in the texts are left out of the tests of single documents unless `keep_common`. The
    p-value of a window is multiplied by the number of windows, that of a document with windows by two: the union
    bound, which holds for windows that overlap. Raises BadInput for texts that cannot be cut.
    """
    common = Common()
    if not keep_common:
        for block in blocks(texts):
            common.add(scheme.scored(key, cut(block)))
            if advance is not None:
                advance(len(block))
    parts: list[tuple[np.ndarray, ...]] = []
    pool = _Pool()
    for block in blocks(texts):
        scored = scheme.scored(key, cut(block))
        pool.add(scored)
        kept = np.ones(len(scored.value), dtype=bool) if keep_common else common.rare(scored)
        left = scored.only(kept)
        parts.append((*_documents(scheme, left, len(block), windows=windows), _left_out(scored, kept, len(block))))
        if advance is not None:
            advance(len(block))
    whole = [np.zeros(0, dtype=np.int64)] * 7
    n, total, p, window, start, stop, shared = (
        np.concatenate(column) for column in (zip(*parts, strict=True) if parts else ([one] for one in whole))
    )
    return Marks(n, total, shared, p.astype(float), window.astype(bool), start, stop, pool.result(scheme))


def _left_out(scored: Scored, kept: np.ndarray, documents: int) -> Int64[np.ndarray, " documents"]:
    return np.bincount(scored.document[~kept], minlength=documents).astype(np.int64)


def _documents(scheme: Scheme, scored: Scored, documents: int, *, windows: bool) -> tuple[np.ndarray, ...]:
    n = np.bincount(scored.document, minlength=documents).astype(np.int64)
    # Whole numbers below 2**53, which float64 adds exactly.
    total = np.bincount(scored.document, weights=scored.worth, minlength=documents).astype(np.int64)
    p = np.where(n > 0, scheme.p_values(n, total), 1.0)
    nothing = np.zeros(documents, dtype=np.int64)
    if not windows:
        return n, total, p, nothing, nothing, n
    best, tried, start, length = _best_window(scheme, scored, n)
    scanned = np.minimum(1.0, best * np.maximum(tried, 1))
    both = np.where(tried > 0, np.minimum(1.0, 2 * np.minimum(p, scanned)), p)
    by_window = (tried > 0) & (scanned < p)
    return n, total, both, by_window.astype(np.int64), np.where(by_window, start, 0), np.where(
        by_window, start + length, n
    )  # fmt: skip


def _best_window(
    scheme: Scheme, scored: Scored, n: Int64[np.ndarray, " documents"]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return for each document its smallest p of a window, how many were tried, and where the best one is."""
    offset = np.cumsum(n) - n
    sums = np.concatenate([[0], np.cumsum(scored.worth)])
    best, tried = np.ones(len(n)), np.zeros(len(n), dtype=np.int64)
    start, size = np.zeros(len(n), dtype=np.int64), n.copy()
    length = _SHORTEST_WINDOW
    while length < n.max(initial=0):
        step = length // _STEPS
        many = np.where(n > length, (n - length) // step + 1, 0)
        owner = np.repeat(np.arange(len(n)), many)
        place = np.arange(len(owner)) - np.repeat(np.cumsum(many) - many, many)
        begin = offset[owner] + place * step
        worth = sums[begin + length] - sums[begin]
        # p falls as worth grows: only the best window of each document needs one.
        top = np.full(len(n), -1, dtype=np.int64)
        np.maximum.at(top, owner, worth)
        there = np.flatnonzero(many)
        p = scheme.p_values(np.full(len(there), length), top[there])
        first = np.full(len(n), np.iinfo(np.int64).max)
        at_top = worth == top[owner]
        np.minimum.at(first, owner[at_top], place[at_top] * step)
        better = p < best[there]
        chosen = there[better]
        best[chosen], start[chosen], size[chosen] = p[better], first[chosen], length
        tried += many
        length *= 2
    return best, tried, start, size


class _Pool:
    """Distinct inputs over all documents; beyond a bound a sample of them, chosen without looking at their worth."""

    def __init__(self) -> None:
        self._rank: UInt64[np.ndarray, " kept"] = np.empty(0, dtype=np.uint64)
        self._worth: Int64[np.ndarray, " kept"] = np.empty(0, dtype=np.int64)
        self._below = np.uint64(0xFFFFFFFFFFFFFFFF)
        self._met = 0

    def add(self, scored: Scored) -> None:
        """Take in a block."""
        self._met += len(scored.value)
        rank = scattered(scored.value)
        new = rank <= self._below
        ranks, first = np.unique(np.concatenate([self._rank, rank[new]]), return_index=True)
        worth = np.concatenate([self._worth, scored.worth[new]])[first]
        if len(ranks) > _MOST_POOLED:
            self._below = ranks[_MOST_POOLED - 1]
            ranks, worth = ranks[:_MOST_POOLED], worth[:_MOST_POOLED]
        self._rank, self._worth = ranks, worth

    def result(self, scheme: Scheme) -> Pooled:
        """Return the test of all that was kept."""
        n, total = np.array([len(self._rank)]), np.array([int(self._worth.sum())])
        p = float(scheme.p_values(n, total)[0]) if n[0] else 1.0
        return Pooled(int(n[0]), int(total[0]), p, float(_z(scheme, n, total)[0]), self._met)


def _z(scheme: Scheme, n: np.ndarray, total: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((total - scheme.mean * n) / (scheme.deviation * np.sqrt(n)))
