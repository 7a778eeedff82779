"""Which n-grams are common in a corpus: they are the same coin in many documents, and carry little of a mark.

With one key, `of the` is green or it is not, in every document at once: p-values of documents that share much then lie
too high or too low together (up to 8% below 0.05 in encyclopaedia texts). Which n-grams are common is seen without the
key's colours, so that leaving them out costs no exactness; and a common n-gram has hardly an alternative, so that a
model puts hardly any of its mark there.
"""

from typing import Any

import numpy as np
from jaxtyping import Bool, UInt64

from holdfast.data.screening.watermarks.prf import scattered
from holdfast.data.screening.watermarks.scheme import Scored

_BITS = 22  # of a table of counts; a count is the smaller one of two tables, and at most too large (count-min sketch)
_SHARE = 0.01  # of distinct documents
_FEWEST = 10  # documents that may share an n-gram in any case


class Common:
    """Counts in how many distinct documents an input of the keyed function occurs; 32 MB, whatever the corpus."""

    def __init__(self) -> None:
        self._tables: Any = np.zeros((2, 1 << _BITS), dtype=np.uint32)
        self._seen: UInt64[np.ndarray, " documents"] = np.empty(0, dtype=np.uint64)

    def add(self, scored: Scored) -> None:
        """Count a block; documents that are copies of each other count once."""
        if not len(scored.value):
            return
        first = np.flatnonzero(np.diff(scored.document, prepend=-1))
        marks = np.add.reduceat(scattered(scored.value), first)
        _, new = np.unique(marks, return_index=True)
        new = new[~np.isin(marks[new], self._seen)]
        self._seen = np.concatenate([self._seen, marks[new]])
        fresh = np.zeros(len(first), dtype=bool)
        fresh[new] = True
        counted = scored.value[np.repeat(fresh, np.diff(np.append(first, len(scored.value))))]
        for i, place in enumerate(_places(counted)):
            self._tables[i] += np.bincount(place, minlength=1 << _BITS).astype(np.uint32)

    def rare(self, scored: Scored) -> Bool[np.ndarray, " scored"]:
        """Return which tokens are not common."""
        most = max(_FEWEST, int(_SHARE * len(self._seen)))
        one, two = (table[place] for table, place in zip(self._tables, _places(scored.value), strict=True))
        return np.minimum(one, two) <= most


def _places(values: UInt64[np.ndarray, " n"]) -> tuple[np.ndarray, np.ndarray]:
    mixed = scattered(values)
    last = np.uint64((1 << _BITS) - 1)
    return (mixed & last).astype(np.int64), (mixed >> np.uint64(64 - _BITS)).astype(np.int64)
