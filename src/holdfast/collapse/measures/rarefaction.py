"""How many different words a fixed number of words holds, in expectation over all draws of so many: exact."""

import numpy as np
from jaxtyping import Float, Int

from holdfast.collapse.definitions import measure
from holdfast.collapse.measures.sound import drawn
from holdfast.collapse.measures.words import words_of
from holdfast.collapse.samples import Texts

_SMALL = 64  # draws up to which the product is taken factor by factor: the logarithms of factorials lose digits


@measure(good="high", unit="types per word")
def rarefied_types(sample: Texts, *, draws: int | None = None) -> float:
    """Type-token ratio: different words among equally many words, as a share.

    The type-token ratio falls with the length of a text, so it is taken at a fixed number of words m: the expected
    number of different words among m drawn without replacement, divided by m.

    Formula: (1/m) Σᵢ [1 − C(N − cᵢ, m)/C(N, m)], with cᵢ the count of word i and N = Σ cᵢ.

    Caveat: numbers at different m cannot be compared. A model that makes up words scores high.

    Source: Hurlbert 1971, The nonconcept of species diversity; Heck et al. 1975.
    """
    words = words_of(sample)
    m = drawn(draws, len(words.codes), "words")
    return expected_types(words.counts, m) / m


@measure(good="high", unit="types in 42 words")
def hdd(sample: Texts, *, length: int = 42) -> float:
    """HD-D: different words among 42 drawn ones, as a share.

    The same as the rarefied share of types at 42 words. It answers to the frequent words, hardly to the tail.

    Formula: (1/42) Σᵢ [1 − C(N − cᵢ, 42)/C(N, 42)].

    Caveat: the words of all documents are one urn; a set of many subjects scores higher than each of its documents.

    Source: McCarthy & Jarvis 2007, vocd: a theoretical and empirical evaluation; 2010, MTLD, vocd-D, and HD-D.
    """
    words = words_of(sample)
    return expected_types(words.counts, drawn(length, len(words.codes), "words")) / length


@measure(good="high", unit="share of words")
def unseen_words(sample: Texts, *, draws: int | None = None) -> float:
    """Unseen words: share of further words that would be new (Good–Turing).

    The share of words that stand there once estimates the probability that one more word is a new one. It is the
    slope at which the vocabulary still grows; a collapsed model has nothing left to say. Taken at a fixed number of
    words m, in expectation over all draws of m.

    Formula: E n₁(m)/m, with n₁ the number of words seen once: (1/m) Σᵢ cᵢ C(N − cᵢ, m − 1)/C(N, m).

    Caveat: misspelt and made-up words count as new. Words of one document are not independent draws.

    Source: Good 1953, The population frequencies of species and the estimation of population parameters.
    """
    words = words_of(sample)
    m = drawn(draws, len(words.codes), "words")
    return expected_singles(words.counts, m) / m


def absent(counts: Int[np.ndarray, " types"], total: int, draws: int) -> Float[np.ndarray, " types"]:
    """Return the probability that each type is not among `draws` items out of `total`, without replacement."""
    left = total - counts
    if draws <= _SMALL:
        steps = np.arange(draws)
        chance = np.clip((left[:, None] - steps) / (total - steps), 0.0, None).prod(axis=1)
    else:
        from scipy.special import gammaln

        inside = left >= draws
        some = np.where(inside, left, draws)
        log = gammaln(some + 1) - gammaln(some - draws + 1) - gammaln(total + 1) + gammaln(total - draws + 1)
        chance = np.where(inside, np.exp(np.minimum(log, 0.0)), 0.0)
    return np.asarray(chance)


def expected_types(counts: Int[np.ndarray, " types"], draws: int) -> float:
    """Return how many types `draws` items hold in expectation, drawn without replacement."""
    kinds, many, total = _by_count(counts)
    return float((many * (1.0 - absent(kinds, total, draws))).sum())


def expected_singles(counts: Int[np.ndarray, " types"], draws: int) -> float:
    """Return how many types `draws` items hold exactly once in expectation, drawn without replacement."""
    kinds, many, total = _by_count(counts)
    # C(N − c, m − 1)/C(N, m) = [C(N − c, m − 1)/C(N, m − 1)] · m/(N − m + 1)
    return float((many * kinds * absent(kinds, total, draws - 1)).sum() * draws / (total - draws + 1))


def _by_count(counts: Int[np.ndarray, " types"]) -> tuple[np.ndarray, np.ndarray, int]:
    """Return which counts there are above 0, how many types have each, and the sum of all."""
    kinds, many = np.unique(counts[counts > 0], return_counts=True)
    return kinds, many, int((kinds * many).sum())
