"""MTLD: how long a text goes on before its words repeat."""

import numpy as np

from holdfast.collapse.definitions import measure
from holdfast.collapse.measures.words import Words, words_of
from holdfast.collapse.samples import Texts
from holdfast.core.errors import NotApplicable


@measure(good="high", unit="words")
def mtld(sample: Texts, *, threshold: float = 0.72) -> float:
    """MTLD: words that documents go on for before their type-token ratio has fallen to 0.72.

    Each document is read forwards and backwards; whenever the share of different words has fallen to the threshold, a
    factor is full and counting begins anew. The rest of a document counts as part of a factor, by how far its share has
    fallen.

    Formula: words/factors, both summed over documents; the mean of both directions.

    Caveat: in documents shorter than a factor all depends on the last, partial one. Only repetition within documents is
    seen: copies of one rich document score as high as different ones.

    Source: McCarthy & Jarvis 2010, MTLD, vocd-D, and HD-D: a validation study.
    """
    words = words_of(sample)
    found = []
    for one in (words, _reversed(words)):
        factors = _factors(one, threshold)
        if factors <= 0:
            raise NotApplicable("no word is repeated within a document")
        found.append(len(words.codes) / factors)
    return float(np.mean(found))


def _reversed(words: Words) -> Words:
    starts = len(words.codes) - words.starts[::-1]
    return Words(words.codes[::-1], starts, words.vocabulary)


def _factors(words: Words, threshold: float) -> float:
    """Return how many factors the documents hold, partial ones as parts."""
    # The place where a word stood before, in the same document or an earlier one: new in a factor if before its begin.
    order = np.argsort(words.codes, kind="stable")
    same = words.codes[order][1:] == words.codes[order][:-1]
    before = np.full(len(words.codes), -1, dtype=np.int64)
    before[order[1:][same]] = order[:-1][same]
    last, factors = before.tolist(), 0.0
    for start, end in zip(words.starts[:-1].tolist(), words.starts[1:].tolist(), strict=True):
        begin, types = start, 0
        for i in range(start, end):
            if last[i] < begin:
                types += 1
            elif types / (i + 1 - begin) <= threshold:
                factors += 1.0
                begin, types = i + 1, 0
        if begin < end:
            factors += (1.0 - types / (end - begin)) / (1.0 - threshold)
    return factors
