"""Different runs of words, and how probable two of them are the same."""

import numpy as np

from holdfast.collapse.definitions import measure
from holdfast.collapse.measures.rarefaction import expected_types
from holdfast.collapse.measures.sound import drawn
from holdfast.collapse.measures.words import words_of
from holdfast.collapse.samples import Texts
from holdfast.core.errors import NotApplicable


@measure(good="high", unit="types per run of words")
def distinct_ngrams(sample: Texts, *, length: int = 3, draws: int | None = None) -> float:
    """Distinct-n: different runs of three words among equally many, as a share.

    Distinct-n as published divides by what there is and so falls with length; here it is rarefied to a fixed number.

    Formula: (1/m) Σᵢ [1 − C(N − cᵢ, m)/C(N, m)] over runs of n words within documents, n = 3 unless told otherwise.

    Caveat: numbers at different m cannot be compared. Word salad scores highest.

    Source: Li et al. 2016, A diversity-promoting objective function for neural conversation models; rarefied as by
    Hurlbert 1971.
    """
    grams, _ = words_of(sample).ngrams(length)
    m = drawn(draws, len(grams), f"runs of {length} words")
    return expected_types(np.bincount(grams), m) / m


@measure(good="high", unit="probability")
def bigram_heterozygosity(sample: Texts) -> float:
    """Heterozygosity: probability that two pairs of neighbouring words are different.

    The heterozygosity of population genetics, of pairs of neighbouring words. Of types that are drawn independently its
    expectation falls by the factor 1 − 1/M in each generation of recursive training on M items; of pairs in running
    text that is a guide and no law. It does not depend on the number of words.

    Formula: N/(N − 1) · (1 − Σ pᵢ²), pᵢ the share of pair i among N pairs.

    Caveat: it lies close to 1 in natural text and answers to the frequent pairs; look at its distance from 1.

    Source: Nei 1978, Estimation of average heterozygosity (the unbiased form); Simpson 1949.
    """
    grams, _ = words_of(sample).ngrams(2)
    if len(grams) < 2:
        raise NotApplicable("the documents hold fewer than two pairs of neighbouring words")
    return heterozygosity(np.bincount(grams))


def heterozygosity(counts: np.ndarray) -> float:
    """Return the probability that two different items are of different types, of two items at the least."""
    total = int(counts.sum())
    many = counts.astype(np.float64)
    return 1.0 - float((many * (many - 1)).sum()) / (total * (total - 1.0))
