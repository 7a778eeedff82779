"""Sentence patterns: runs of words of which the rarer ones are replaced by what they look like."""

import numpy as np

from holdfast.collapse.definitions import measure
from holdfast.collapse.measures.rarefaction import expected_types
from holdfast.collapse.measures.sound import drawn
from holdfast.collapse.measures.words import Words, together
from holdfast.collapse.samples import Texts

_KEPT = 100  # words that stay as they are; function words are the most frequent ones of most languages
_ENDING = 2  # letters


@measure(good="high", unit="types per pattern")
def pattern_diversity(sample: Texts, real: Texts, *, length: int = 5, draws: int | None = None) -> float:
    """Sentence patterns: different ones of five words among equally many, as a share.

    Needs no parser: the 100 most frequent words of the real sample stay as they are, every other word is replaced by
    its last two letters, a number by 0. Runs of five of these, within documents, are counted as types, rarefied to a
    fixed number. Models that repeat sentence frames with other nouns in them are seen here and not in distinct-n.

    Formula: (1/m) Σᵢ [1 − C(N − cᵢ, m)/C(N, m)] over patterns.

    Caveat: endings stand for parts of speech well enough in English and other European languages, hardly elsewhere.
    Where a parser is at hand, syntax-diversity says more.

    Source: our own, after the part-of-speech templates of Shaib et al. 2024, Detection and measurement of syntactic
    templates in generated text.
    """
    some, true = together(sample, real)
    patterns = _patterns(some, true)
    grams, _ = patterns.ngrams(length)
    m = drawn(draws, len(grams), f"patterns of {length} words")
    return expected_types(np.bincount(grams), m) / m


def _patterns(some: Words, true: Words) -> Words:
    """Return the words with all but the real ones' most frequent replaced."""
    # Ties are broken by the word, so that the order of documents does not count.
    by_count = sorted(range(len(true.counts)), key=lambda i: (-int(true.counts[i]), true.vocabulary[i]))
    kept = {i for i in by_count[:_KEPT] if true.counts[i]}
    code: dict[str, int] = {}
    new = np.zeros(len(some.vocabulary), dtype=np.int64)
    used = np.flatnonzero(np.bincount(some.codes, minlength=len(some.vocabulary)))
    for i in used.tolist():
        word = some.vocabulary[i]
        shape = word if i in kept else f" {'0' if word[0].isdigit() else word[-_ENDING:]}"
        new[i] = code.setdefault(shape, len(code))
    return Words(new[some.codes], some.starts, list(code))
