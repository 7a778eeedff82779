"""Keys under which near-copies of texts meet: minwise hashes of their runs of words, in bands.

One hash of each run is enough: it says into which of 125 bins the run falls, and the least one of a bin is what the
text has there (one-permutation minwise hashing; Li, Owen & Zhang, 2012). Bins that stay empty borrow from others, in an
order that is the same for all texts (optimal densification; Shrivastava, 2017). Two texts agree in a bin about as
often as they share runs (Jaccard, J), and in one band at least with the chance 1 − (1 − J⁵)²⁵: 0.99 at 0.7 and 0.9999
at 0.8. What meets is compared run by run afterwards, so that bands cost recall only, and never bring a false pair.
"""

import numpy as np
from jaxtyping import Int, UInt32, UInt64

from holdfast.data.bulk.bits import GOLDEN, finished

BANDS, ROWS = 25, 5  # 16 × 8 loses a fifth of the pairs at 0.7 to 0.8
BINS = BANDS * ROWS
_WIDTH = 128  # places of a text in memory: the bins, and three that nothing reads
_EMPTY = np.uint32(0xFFFFFFFF)
_PROBES = np.zeros((64, _WIDTH), dtype=np.int64)  # where a bin looks, round by round
_PROBES[:, :BINS] = [np.random.default_rng([2017, number]).permutation(BINS) for number in range(len(_PROBES))]
_STEP = np.uint64(0x2545F4914F6CDD1D)  # Vigna's multiplier of xorshift*


def band_keys(runs: UInt64[np.ndarray, " runs"], starts: Int[np.ndarray, " texts+1"]) -> Int[np.ndarray, "texts bands"]:
    """Return a key for each text and band, as signed 64-bit numbers; those of a text without a run mean nothing.

    `runs` are well-mixed hashes, those of text i from `starts[i]` on.
    """
    return np.asarray(_keys(_filled(_least(runs, starts))).view(np.int64))


def _least(runs: np.ndarray, starts: np.ndarray) -> UInt32[np.ndarray, "texts places"]:
    """Return the least hash in each bin, or `_EMPTY`: the bin is the upper half of a run's hash, the rest the lower."""
    n = len(starts) - 1
    bins = ((runs >> np.uint64(32)) * np.uint64(BINS)) >> np.uint64(32)
    place = bins.view(np.int64) | np.repeat(np.arange(n, dtype=np.int64) * _WIDTH, np.diff(starts))
    least = np.full((n, _WIDTH), _EMPTY, dtype=np.uint32)
    np.minimum.at(least.reshape(-1), place, runs.astype(np.uint32))
    least[:, BINS:] = 0
    return least


def _filled(least: np.ndarray) -> UInt32[np.ndarray, "texts bins"]:
    """Return the hashes with empty bins filled from others."""
    flat = least.reshape(-1)
    filled = flat.copy()
    missing = np.flatnonzero(flat == _EMPTY)
    for probe in _PROBES:
        if not len(missing):
            break
        values = flat[(missing & -_WIDTH) | probe[missing & (_WIDTH - 1)]]
        filled[missing] = values
        missing = missing[values == _EMPTY]
    if len(missing):  # a single run may escape 64 looks into 125 bins
        filled[missing] = least[:, :BINS].min(axis=1)[missing // _WIDTH]
    return filled.reshape(-1, _WIDTH)[:, :BINS]


def _keys(values: np.ndarray) -> UInt64[np.ndarray, "texts bands"]:
    rows = values.reshape(len(values), BANDS, ROWS)
    key = np.arange(1, BANDS + 1, dtype=np.uint64) * GOLDEN + rows[:, :, 0]
    with np.errstate(over="ignore"):
        for row in range(1, ROWS):
            key = key * _STEP + rows[:, :, row]
    return finished(key)
