"""How surprising the sample is to a reader of real texts, and real texts to a reader of the sample."""

import numpy as np

from holdfast.collapse.definitions import measure
from holdfast.collapse.measures.words import Words, together
from holdfast.collapse.samples import Texts

_BEFORE = 20.0  # weight of the share of a word against what follows the word before it, in occurrences
_ANY = 100.0  # weight of all words being alike against their shares, in occurrences


@measure(unit="nats per word")
def surprise_of_sample(sample: Texts, real: Texts) -> float:
    """Surprise of the sample's words to one who has read the real ones.

    A small language model (pairs of words, backed by words, backed by all words alike) is made of the real sample and
    reads the other one. Collapse lowers this number: what is left is what is common. Garbage raises it.

    Formula: −mean ln P(w | v), P(w | v) = (c(vw) + 20 P(w))/(c(v) + 20), P(w) = (c(w) + 100/V)/(N + 100), V the number
    of different words in both samples, plus one.

    Caveat: the model knows pairs of words alone and is as good as the real sample is large. Never read it without its
    twin, the surprise of real texts.

    Source: MacKay & Peto 1995, A hierarchical Dirichlet language model; fixed weights are ours.
    """
    some, true = together(sample, real)
    return _surprise(true, some)


@measure(good="low", unit="nats per word")
def surprise_of_real(sample: Texts, real: Texts) -> float:
    """Surprise of real words to one who has read the sample.

    The same small language model, made of the sample and reading the real texts. Collapse raises this number: what is
    real has been forgotten.

    Formula: −mean ln P(w | v), P(w | v) = (c(vw) + 20 P(w))/(c(v) + 20), P(w) = (c(w) + 100/V)/(N + 100), V the number
    of different words in both samples, plus one.

    Caveat: the model knows pairs of words alone. Another subject raises it as well as a loss does.

    Source: MacKay & Peto 1995, A hierarchical Dirichlet language model; fixed weights are ours.
    """
    some, true = together(sample, real)
    return _surprise(some, true)


def _surprise(read: Words, reading: Words) -> float:
    """Return the mean surprise of the words of one sample after reading the other."""
    v = len(reading.vocabulary)
    counts = np.bincount(read.codes, minlength=v)
    share = (counts + _ANY / (v + 1)) / (len(read.codes) + _ANY)
    chance = share[reading.codes]
    before, after = _pairs(read)
    known, times = np.unique(before * v + after, return_counts=True)
    follows = np.bincount(before, minlength=v)
    first, second = _pairs(reading)
    key = first * v + second
    place = np.searchsorted(known, key)
    place[place == len(known)] = 0
    seen = np.where(known[place] == key, times[place], 0) if len(known) else np.zeros(len(key))
    inside = np.flatnonzero(reading.document[1:] == reading.document[:-1]) + 1
    chance[inside] = (seen + _BEFORE * share[second]) / (follows[first] + _BEFORE)
    return float(-np.log(chance).mean())


def _pairs(words: Words) -> tuple[np.ndarray, np.ndarray]:
    """Return the words that stand beside each other in documents."""
    inside = words.document[1:] == words.document[:-1]
    return words.codes[:-1][inside], words.codes[1:][inside]
