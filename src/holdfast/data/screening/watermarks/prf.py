"""SipHash-2-4 over arrays: what makes a mark unreadable without its key.

Aumasson and Bernstein (2012), "SipHash: a fast short-input PRF". A mark needs a keyed function whose values nobody can
tell from coin flips: then, whatever the text, chance is known exactly.
"""

import numpy as np
from jaxtyping import UInt64

from holdfast.data.bulk.bits import GOLDEN, finished

Words = UInt64[np.ndarray, " n"]
Pair = tuple[int, int]  # 128 bits of key

_BLOCK = 1 << 15  # hashed at once: five arrays of this length stay in a core's cache
_START = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
_COMPRESSING, _FINISHING = 2, 4


def siphash(key: Pair, *words: Words) -> Words:
    """Return a 64-bit value for each message; message i is `words[0][i], words[1][i], …`, little-endian."""
    n = len(words[0])
    found = np.empty(n, dtype=np.uint64)
    for start in range(0, n, _BLOCK):
        part = slice(start, start + _BLOCK)
        found[part] = _hashed(key, [word[part] for word in words])
    return found


def _hashed(key: Pair, words: list[Words]) -> Words:
    n = len(words[0])
    state = [np.full(n, start ^ half, dtype=np.uint64) for start, half in zip(_START, (*key, *key), strict=True)]
    length = np.full(n, (8 * len(words) & 0xFF) << 56, dtype=np.uint64)
    for word in (*words, length):
        state[3] ^= word
        for _ in range(_COMPRESSING):
            _round(state)
        state[0] ^= word
    state[2] ^= np.uint64(0xFF)
    for _ in range(_FINISHING):
        _round(state)
    return np.asarray(state[0] ^ state[1] ^ state[2] ^ state[3])


def _round(state: list[Words]) -> None:
    _half(state, 0, 1, 13, swap=True)
    _half(state, 2, 3, 16)
    _half(state, 0, 3, 21)
    _half(state, 2, 1, 17, swap=True)


def _half(state: list[Words], into: int, of: int, by: int, *, swap: bool = False) -> None:
    """Add, turn and mix one pair of the four words in place; `swap` turns the sum by 32 as well."""
    state[into] += state[of]
    state[of] = _turned(state[of], by)
    state[of] ^= state[into]
    if swap:
        state[into] = _turned(state[into], 32)


def _turned(word: Words, by: int) -> Words:
    return (word << np.uint64(by)) | (word >> np.uint64(64 - by))


def scattered(values: Words) -> Words:
    """Return each value mixed by a fixed bijection, for sampling that does not depend on what a value means."""
    return finished(values + GOLDEN)
