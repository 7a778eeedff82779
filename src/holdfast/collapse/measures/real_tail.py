"""What of the real tail, and of all real mass, a sample still holds."""

import numpy as np
from jaxtyping import Float, Int

from holdfast.collapse.definitions import measure
from holdfast.collapse.measures.rarefaction import absent
from holdfast.collapse.measures.sound import both_counted, drawn
from holdfast.collapse.measures.words import together
from holdfast.collapse.samples import Counts, Texts
from holdfast.collapse.states.tail import TAIL, in_tail
from holdfast.core.errors import NotApplicable


@measure(good="high", unit="share of the real tail")
def sampled_tail_coverage(sample: Counts, real: Counts, *, tail: float = TAIL, draws: int | None = None) -> float:
    """Tail coverage: share of the real tail's mass that the sample still holds.

    The tail are the rarest types that together hold a tenth of the real items. Its mass in the sample would say
    nothing: under unbiased recursion its expectation never moves. What is lost are types.

    Formula: Σ_{i in tail} pᵢ P(i is among m items of the sample)/Σ_{i in tail} pᵢ, pᵢ the real shares.

    Caveat: real types are known from a sample, whose single ones another real sample has not; so real samples are below
    1 too. Look at the interval of real samples.

    Source: Good 1953 (coverage); the distinction from tail mass is checked by simulation in this project.
    """
    some, true = both_counted(sample, real)
    m = drawn(draws, int(some.sum()), "items")
    return _coverage(some, true, in_tail(true / true.sum(), tail), m)


@measure(good="low", unit="share of the real mass")
def sampled_lost_mass(sample: Counts, real: Counts, *, draws: int | None = None) -> float:
    """Lost mass: share of the real mass whose types the sample does not hold.

    Formula: Σᵢ pᵢ P(i is not among m items of the sample), pᵢ the real shares.

    Caveat: two real samples miss some of each other's types. Look at the interval of real samples.

    Source: Good 1953, The population frequencies of species and the estimation of population parameters.
    """
    some, true = both_counted(sample, real)
    m = drawn(draws, int(some.sum()), "items")
    return 1.0 - _coverage(some, true, true > 0, m)


@measure(good="high", unit="share of the real tail")
def word_tail_coverage(sample: Texts, real: Texts, *, tail: float = TAIL, draws: int | None = None) -> float:
    """Tail coverage: share of the mass of rare real words that the sample still holds.

    The tail are the rarest words that together make up a tenth of the real ones.

    Formula: Σ_{i in tail} pᵢ P(i is among m words of the sample)/Σ_{i in tail} pᵢ, pᵢ the real shares.

    Caveat: names and misspellings fill the tail, and another real sample has not the same; so real samples are far
    below 1 too. Look at the interval of real samples.

    Source: Good 1953 (coverage); the distinction from tail mass is checked by simulation in this project.
    """
    some, true, m = _words(sample, real, draws)
    return _coverage(some, true, in_tail(true / true.sum(), tail), m)


@measure(good="low", unit="share of the real words")
def lost_words(sample: Texts, real: Texts, *, draws: int | None = None) -> float:
    """Lost words: share of the real words whose types the sample does not hold.

    Formula: Σᵢ pᵢ P(i is not among m words of the sample), pᵢ the real shares.

    Caveat: two real samples miss some of each other's words. Look at the interval of real samples.

    Source: Good 1953, The population frequencies of species and the estimation of population parameters.
    """
    some, true, m = _words(sample, real, draws)
    return 1.0 - _coverage(some, true, true > 0, m)


def _words(sample: Texts, real: Texts, draws: int | None) -> tuple[np.ndarray, np.ndarray, int]:
    """Return how often each word stands in both, in the order of the alphabet, and how many words are drawn."""
    some, true = together(sample, real)
    m = drawn(draws, len(some.codes), "words")
    order = sorted(range(len(true.vocabulary)), key=true.vocabulary.__getitem__)
    ours = np.bincount(some.codes, minlength=len(true.vocabulary))
    return ours[order], true.counts[order], m


def _coverage(some: Int[np.ndarray, " types"], true: Int[np.ndarray, " types"], of: np.ndarray, draws: int) -> float:
    """Return the share of the mass of some real types that `draws` items of the sample hold in expectation."""
    weight: Float[np.ndarray, " types"] = np.where(of, true, 0).astype(np.float64)
    if weight.sum() == 0:
        raise NotApplicable("there is no real tail: all real items are of one type, or of frequent ones")
    return float((weight * (1.0 - absent(some, int(some.sum()), draws))).sum() / weight.sum())
