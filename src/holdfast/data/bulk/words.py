"""Texts as hashes of their words, read from Arrow's buffers without a loop over texts or words.

A word is a run of letters and digits; case, punctuation and spaces do not count, nor do apostrophes. Scripts that
write no spaces (Chinese, Japanese, Thai …) are read character by character.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Int, UInt64

from holdfast.data.bulk.bits import finished

MOST_BYTES = 1 << 20  # of one text that are read: 150,000 words
_BLOCK = 1 << 17  # bytes read at once: their hashes fit a processor's cache

_APOSTROPHE = 0x27
_LEFT, _RIGHT = "\u2018".encode(), "\u2019".encode()
_IN_WORD = bytes(byte for byte in range(256) if byte >= 0x80 or chr(byte).isalnum())
_FOLDED = bytes(
    ord(chr(byte).lower()) if byte < 0x80 and byte in _IN_WORD else byte * (byte >= 0x80) for byte in range(256)
)
_PAD = bytes(8)
_MASKS = np.array([(1 << (8 * size)) - 1 for size in range(9)], dtype=np.uint64)
_LONGEST_WORD = 64  # bytes; longer ones are no words
_BASE = 0x5851F42D4C957F2D  # Knuth's multiplier of MMIX: odd, so that no two words of up to 8 bytes share a hash
_STEP = 0x2545F4914F6CDD1D  # Vigna's multiplier of xorshift*: the first word of a pair counts otherwise than the second


@dataclass(frozen=True)
class Words:
    """The words of a block of texts. Text i has the words `starts[i]` to `starts[i + 1]`, in order."""

    hashes: UInt64[np.ndarray, " words"]  # to be spread before they are compared in size
    starts: Int[np.ndarray, " texts+1"]

    @property
    def counts(self) -> Int[np.ndarray, " texts"]:
        """How many words each text has."""
        return np.diff(self.starts)

    @property
    def text(self) -> Int[np.ndarray, " words"]:
        """Which text each word is in."""
        return np.repeat(np.arange(len(self.starts) - 1), self.counts)

    def runs(self, length: int) -> tuple[UInt64[np.ndarray, " runs"], Int[np.ndarray, " texts+1"]]:
        """Return the hashes of all runs of `length` neighbouring words, and where the runs of each text start."""
        n = max(0, len(self.hashes) - length + 1)
        total = self.hashes[:n].copy()
        with np.errstate(over="ignore"):
            for ahead in range(1, length):
                total *= np.uint64(_STEP)
                total += self.hashes[ahead : ahead + n]
        counts = np.maximum(self.counts - (length - 1), 0)
        inside = np.ones(n, dtype=bool)
        for back in range(1, length):  # runs that begin in one text and end in another
            places = self.starts[1:] - back
            inside[places[(places >= 0) & (places < n)]] = False
        starts = np.concatenate(([0], np.cumsum(counts)))
        return finished(total[inside]), starts


def blocks_of(texts: pa.ChunkedArray, rows: np.ndarray | None = None) -> Iterator[tuple[int, pa.LargeStringArray]]:
    """Yield (place of the first, texts) of blocks of about `_BLOCK` bytes; `rows` picks texts, in that order."""
    if rows is not None:
        texts = _picked(texts, rows)
    at = 0
    for chunk in texts.chunks:
        offsets = offsets_of(chunk)
        start = 0
        while start < len(chunk):
            stop = int(np.searchsorted(offsets, offsets[start] + _BLOCK))
            stop = min(max(stop, start + 1), len(chunk))
            yield at + start, chunk.slice(start, stop - start)
            start = stop
        at += len(chunk)


def words_of(block: pa.LargeStringArray) -> Words:
    """Return the words of some texts; a missing one has none. Of a very long text the first `MOST_BYTES` are read."""
    data, offsets = _bytes_of(block)
    high = _places_beyond_ascii(data)
    if _holds_capitals(data, high):
        data, offsets = _bytes_of(pc.utf8_lower(block))
    raw = data.tobytes()
    if _LEFT in raw or _RIGHT in raw:
        raw = raw.replace(_LEFT, b"'''").replace(_RIGHT, b"'''")
    if b"'" in raw:
        offsets = offsets - np.searchsorted(np.flatnonzero(np.frombuffer(raw, np.uint8) == _APOSTROPHE), offsets)
    raw = raw.translate(_FOLDED, b"'") + _PAD  # what stands between words is 0
    folded = np.frombuffer(bytearray(raw) if len(high) else raw, np.uint8)
    alone = _part_wide(folded) if len(high) else high
    inside = folded != 0
    begins, ends = inside.copy(), inside.copy()
    begins[1:] &= ~inside[:-1]
    edges = offsets[:-1][np.diff(offsets) > 0]
    begins[edges] = inside[edges]
    begins[alone] = True
    ends[:-1] &= begins[1:] | ~inside[1:]
    first = np.flatnonzero(begins)
    return Words(_hashes(folded, first, np.flatnonzero(ends) + 1 - first), np.searchsorted(first, offsets))


def _hashes(folded: np.ndarray, first: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Return the hash of each word: its bytes, eight at a time. Of a very long one, the middle does not count."""
    eights = np.ndarray((len(folded) - len(_PAD) + 1,), "<u8", folded.data, strides=(1,))  # the 8 bytes from each place
    with np.errstate(over="ignore"):
        total = (eights[first] & _MASKS[np.minimum(length, 8)]) * np.uint64(_BASE)
        long = np.flatnonzero(length > 8)
        for at in range(8, _LONGEST_WORD, 8):
            if not len(long):
                break
            more = eights[first[long] + at] & _MASKS[np.minimum(length[long] - at, 8)]
            total[long] = finished(total[long] + more) * np.uint64(_BASE)
            long = long[length[long] > at + 8]
        if len(long):
            last = eights[first[long] + length[long] - 8]
            total[long] = finished(total[long] + last + length[long].astype(np.uint64)) * np.uint64(_BASE)
    return total


def offsets_of(block: pa.LargeStringArray) -> Int[np.ndarray, " texts+1"]:
    """Return where each text begins in the buffer of bytes, and where the last one ends."""
    if not len(block):
        return np.zeros(1, dtype=np.int64)
    buffer = block.buffers()[1]
    return np.frombuffer(buffer, np.int64)[block.offset : block.offset + len(block) + 1]


def _bytes_of(block: pa.LargeStringArray) -> tuple[np.ndarray, np.ndarray]:
    """Return the bytes of the texts, one behind the other, and where each begins."""
    if block.null_count:
        block = pc.fill_null(block, "")
    offsets = offsets_of(block)
    buffer = block.buffers()[2]
    if buffer is None:
        return np.empty(0, dtype=np.uint8), np.zeros(len(block) + 1, dtype=np.int64)
    data = np.frombuffer(buffer, np.uint8)[offsets[0] : offsets[-1]]
    offsets = offsets - offsets[0]
    lengths = np.diff(offsets)
    if len(lengths) and lengths.max() > MOST_BYTES:
        kept = np.minimum(lengths, MOST_BYTES)
        starts = np.concatenate(([0], np.cumsum(kept)))
        data = np.concatenate([data[a : a + k] for a, k in zip(offsets[:-1].tolist(), kept.tolist(), strict=True)])
        offsets = starts
    return data, offsets


def _picked(texts: pa.ChunkedArray, rows: np.ndarray) -> pa.ChunkedArray:
    return texts.take(pa.array(rows))


def _places_beyond_ascii(data: np.ndarray) -> np.ndarray:
    if not len(data) or int(data.max()) < 0x80:
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(data >= 0x80)


def _holds_capitals(data: np.ndarray, high: np.ndarray) -> bool:
    """Return whether a letter beyond ASCII may be a capital: two bytes from C3 to D6, or three, E1 or EF first."""
    lead = data[high]
    french = high[lead == 0xC3]  # À to Þ, the rest being small
    if (data[np.minimum(french + 1, len(data) - 1)] <= 0x9E).any():
        return True
    return bool((((lead >= 0xC4) & (lead <= 0xD6)) | (lead == 0xE1) | (lead == 0xEF)).any())


def _part_wide(folded: np.ndarray) -> np.ndarray:
    """Blank signs beyond ASCII out, in place; return where a word begins whatever stands before."""
    high = _places_beyond_ascii(folded)
    lead = folded[high]
    for byte, at_least, at_most, width in (
        (0xC2, 0x80, 0xBF, 2),  # Latin-1 signs: « » £ ¿ and the no-break space
        (0xE2, 0x80, 0x81, 3),  # dashes, curly quotes, bullets, wide spaces
        (0xE3, 0x80, 0x80, 3),  # 、 。 「 」
    ):
        found = high[(lead == byte) & (high + width <= len(folded))]
        found = found[(folded[found + 1] >= at_least) & (folded[found + 1] <= at_most)]
        for place in range(width):
            folded[found + place] = 0
    lead = folded[high]
    alone = high[(lead >= 0xE3) & (lead <= 0xE9)]  # kana and Chinese characters
    thai = high[(lead == 0xE0) & (high + 1 < len(folded))]
    thai = thai[(folded[thai + 1] >= 0xB8) & (folded[thai + 1] <= 0xBB)]  # Thai and Lao
    return np.concatenate([alone, thai])
