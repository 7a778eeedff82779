"""Self-BLEU: how well each document is foretold by the others. Exact, at a cost that grows with the words alone."""

import numpy as np
from jaxtyping import Float, Int

from holdfast.collapse.definitions import measure
from holdfast.collapse.measures.words import Words, words_of
from holdfast.collapse.samples import Texts

_ORDERS = 4
_EPSILON = 0.1  # stands for a precision of nought (smoothing 1 of Chen & Cherry 2014)


@measure(good="low", unit="BLEU")
def self_bleu(sample: Texts) -> float:
    """Self-BLEU: mean BLEU of each document, with all the others as references.

    Computed exactly. The naive way compares every document with all the others; but of all references a run of words
    needs the greatest count alone, so the greatest and second greatest over all documents are enough.

    Formula: mean over i of BP · exp(¼ Σₙ ln pₙ), pₙ = Σ_g min(cᵢ(g), max_{j≠i} cⱼ(g))/Σ_g cᵢ(g) over runs g of n = 1…4
    words, with 0.1 for a sum of nought, BP = min(1, exp(1 − r/|i|)), r the length nearest to that of i.

    Caveat: it grows with the number of documents, so it is compared at equal numbers only. Long documents score high.

    Source: Zhu et al. 2018, Texygen; BLEU by Papineni et al. 2002.
    """
    return float(bleu_of_each(words_of(sample, least=2)).mean())


def bleu_of_each(words: Words) -> Float[np.ndarray, " documents"]:
    """Return the BLEU of each document against all the others."""
    n = len(words.lengths)
    log = np.zeros(n)
    nothing = np.zeros(n, dtype=bool)
    for order in range(1, _ORDERS + 1):
        hits, runs = _matches(*words.ngrams(order), n)
        nothing |= (hits == 0) & (order == 1)
        log += np.log(np.where(hits == 0, _EPSILON, hits) / np.maximum(runs, 1)) / _ORDERS
    nearest = _nearest(words.lengths)
    own = np.maximum(words.lengths, 1)
    log += np.minimum(0.0, 1.0 - nearest / own)
    return np.where(nothing, 0.0, np.exp(log))


def _matches(
    grams: Int[np.ndarray, " grams"], document: Int[np.ndarray, " grams"], n: int
) -> tuple[Int[np.ndarray, " documents"], Int[np.ndarray, " documents"]]:
    """Return how many runs of each document the others hold too, and how many it has."""
    if not len(grams):
        return np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    pairs, times = np.unique(grams * n + document, return_counts=True)
    gram, where = np.divmod(pairs, n)
    new = np.ones(len(gram), dtype=bool)
    new[1:] = gram[1:] != gram[:-1]
    first, group = np.flatnonzero(new), np.cumsum(new) - 1
    top = times == np.maximum.reduceat(times, first)[group]
    alone = np.add.reduceat(top.astype(np.int64), first)[group] == 1
    greatest = np.maximum.reduceat(times, first)
    second = np.maximum.reduceat(np.where(top, 0, times), first)
    others = np.where(top & alone, second[group], greatest[group])
    hits = np.bincount(where, weights=np.minimum(times, others), minlength=n)
    return np.rint(hits).astype(np.int64), np.bincount(where, weights=times, minlength=n).astype(np.int64)


def _nearest(lengths: Int[np.ndarray, " documents"]) -> Int[np.ndarray, " documents"]:
    """Return for each document the length of another that is nearest to its own, the shorter of two."""
    order = np.argsort(lengths, kind="stable")
    line = lengths[order]
    # Equal lengths stand together, so the nearest other length is that of a neighbour in the line.
    far = np.iinfo(np.int64).max
    below = np.concatenate([[far], line[1:] - line[:-1]])
    above = np.concatenate([line[1:] - line[:-1], [far]])
    found = np.where(below <= above, line - below, line + above)
    nearest = np.empty_like(lengths)
    nearest[order] = found
    return nearest
