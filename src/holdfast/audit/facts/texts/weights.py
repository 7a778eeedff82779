"""How much a pair of neighbouring words says: bits, from how many texts hold it."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from jaxtyping import Int, UInt8, UInt64

from holdfast.data.bulk.bits import GOLDEN
from holdfast.data.bulk.words import Words, blocks_of, words_of

MOST_BITS = 15  # a number of four bits
_MOST_TEXTS = 4_000
_MOST_WORDS = 400_000
_FEWEST_TEXTS = 200
_TABLE_BITS = 20


@dataclass(frozen=True)
class Weights:
    """How many of `n_texts` sampled texts hold a word, and a pair of neighbouring words, by their hash."""

    n_texts: int
    words: Int[np.ndarray, " table"]
    runs: Int[np.ndarray, " table"]

    def of(self, words: Words, runs: UInt64[np.ndarray, " runs"]) -> UInt8[np.ndarray, " runs"]:
        """Return whole bits for each pair of neighbours: how rarely it, and its second word, stand in a text.

        A letterhead that every text has says nothing; a pair that no other text has says as much as its second word.
        """
        later = np.ones(len(words.hashes), dtype=bool)
        later[words.starts[:-1][words.counts > 0]] = False
        bits = self._bits(self.words[_slot(words.hashes[later])])
        return np.minimum(bits, 2 * self._bits(self.runs[_slot(runs)]))  # a pair is two words

    def _bits(self, n_holding: np.ndarray) -> np.ndarray:
        table = np.log2((self.n_texts + 1.0) / np.maximum(np.arange(self.n_texts + 2), 1))
        return np.minimum(np.rint(table), MOST_BITS).astype(np.uint8)[np.minimum(n_holding, self.n_texts + 1)]


def weights_of(
    texts: pa.ChunkedArray, among: np.ndarray, normal: UInt64[np.ndarray, " texts"], n_words: np.ndarray
) -> Weights:
    """Return how telling words are, from a sample of the texts at `among` that does not depend on their order."""
    long_enough = among[n_words[among] > 1]
    typical = float(n_words[long_enough].mean()) if len(long_enough) else 1.0
    most = int(min(_MOST_TEXTS, max(_FEWEST_TEXTS, _MOST_WORDS / typical)))
    chosen = long_enough[np.argsort(normal[long_enough] * GOLDEN, kind="stable")[:most]]
    held: dict[str, list[np.ndarray]] = {"words": [], "runs": []}
    for _, block in blocks_of(texts, np.sort(chosen)):
        words = words_of(block)
        runs, starts = words.runs(2)
        held["words"].append(_once(words.hashes, words.starts))
        held["runs"].append(_once(runs, starts))
    counts = {
        name: np.bincount(np.concatenate([np.empty(0, np.int64), *slots]), minlength=1 << _TABLE_BITS).astype(np.int32)
        for name, slots in held.items()
    }
    return Weights(len(chosen), counts["words"], counts["runs"])


def _slot(hashes: np.ndarray) -> np.ndarray:
    """Return places in a table for hashes whose low bits are as good as any."""
    with np.errstate(over="ignore"):
        return ((hashes * np.uint64(0xD6E8FEB86659FD93)) >> np.uint64(64 - _TABLE_BITS)).astype(np.int64)


def _once(hashes: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the slot of each hash once for each text that holds it."""
    text = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    keys = np.unique((text << _TABLE_BITS) | _slot(hashes))
    return keys & ((1 << _TABLE_BITS) - 1)
