"""Measures of an n-gram model: what it can say, and perplexity in both directions."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from zlib import crc32

import numpy as np
from jaxtyping import Float, Int

from holdfast.collapse.definitions import measure
from holdfast.collapse.ngrams.index import Grams
from holdfast.collapse.ngrams.surprise import Book, Law, book, law_of, surprises, surprises_of_grams

PerReplicate = Float[np.ndarray, " replicates"]
_DRAWS = 1000  # n-grams that are looked at: the same number for every model, however long its training text


@measure(good="high", unit="types")
def types_spoken(model: Grams) -> PerReplicate:
    """Types of tokens that the model can still say."""
    of = _distinct(model)
    return _for_all(_summed(of, 1, np.ones_like), model)


@measure(good="high", unit="n-grams")
def ngrams_met(model: Grams, *, draws: int = _DRAWS) -> PerReplicate:
    """n-grams met in 1,000 draws, of the model's order.

    Expected number among 1,000 that are drawn from the model independently: Σ 1 − (1 − p)¹⁰⁰⁰. The same number of draws
    for every model, because longer texts have more n-grams in any case.
    """
    of = _distinct(model)
    return _for_all(_summed(of, _order(of), lambda p: -np.expm1(draws * np.log1p(-np.minimum(p, 1 - 1e-15)))), model)


@measure(good="high", unit="nats")
def entropy_rate(model: Grams) -> PerReplicate:
    """Entropy rate: the mean surprise of the model by its own next token."""
    of = _distinct(model)
    found = _summed(of, _order(of), _surprise)
    if _order(of) > 1:
        found = found - _summed(of, _order(of) - 1, _surprise)
    return _for_all(np.maximum(found, 0.0), model)


@measure(good="high")
def token_heterozygosity(model: Grams) -> PerReplicate:
    """Heterozygosity of tokens: the chance that two tokens of the model's text are different types."""
    of = _distinct(model)
    return _for_all(1 - _summed(of, 1, np.square), model)


@measure()
def commonest_token_share(model: Grams, truth: Grams) -> PerReplicate:
    """Frequency of the token that is the most common one in the truth."""
    first = np.bincount(truth.tokens[0]).argmax()
    of = _distinct(model)
    return _for_all(_mean(of.tokens == first, of), model)


@measure(good="low", unit="perplexity")
def ngram_perplexity_of_real(model: Grams, truth: Grams) -> PerReplicate:
    """Perplexity of real text that was held out, under the model.

    exp of the mean of −log probability by Witten–Bell smoothing, so that unseen n-grams cost much and not infinitely
    much. It rises as the model forgets what is real, and where a training text repeats itself, because the model then
    takes for well known what it has read once.
    """
    of = _distinct(model)
    each = surprises(of.tokens, of.weight, _order(of), _types(truth), truth.held_out[0])
    return _for_all(np.exp(each.mean(axis=1)), model)


@measure(unit="perplexity")
def ngram_perplexity_of_generated(model: Grams, truth: Grams) -> PerReplicate:
    """Perplexity of the model's own text under the n-gram model of the real text.

    The mean is over the model's own n-grams, which is what its text comes to in the long run; the real text's model is
    smoothed by Witten and Bell. It falls when only what is likely is said, and rises with what real text never says:
    neither direction is good.
    """
    of = _distinct(model)
    law = law_of(of.tokens, of.weight, _order(of))
    each = law.share * surprises_of_grams(_marked(truth), law.grams, law.row)
    return _for_all(np.exp(np.bincount(law.row, weights=each, minlength=len(of.tokens))), model)


@dataclass(frozen=True)
class _Marked:
    """The truth, told from another one by a mark: its counts are made once."""

    mark: int
    order: int
    types: int
    tokens: Int[np.ndarray, "one tokens"] = field(compare=False)


def _marked(truth: Grams) -> Book:
    row = np.ascontiguousarray(truth.tokens[:1])
    return _counted(_Marked(crc32(row.tobytes()), _order(truth), _types(truth), row))


@lru_cache(maxsize=2)
def _counted(truth: _Marked) -> Book:
    return book(truth.tokens, np.empty((1, 0)), truth.order, truth.types)


def _is_shared(model: Grams) -> bool:
    """Return whether it is the truth, the same for all replicates."""
    return model.held_out.shape[1] > 0


def _distinct(model: Grams) -> Grams:
    """Return the models that have to be looked at: one only, where it is the truth."""
    return Grams(*(part[:1] for part in model)) if _is_shared(model) else model


def _for_all(found: Float[np.ndarray, " some"], model: Grams) -> PerReplicate:
    return np.broadcast_to(found, len(model.tokens))


def _mean(values: np.ndarray, model: Grams) -> PerReplicate:
    """Return the mean over the positions of a text, as they weigh."""
    return np.asarray((values * model.weight).mean(axis=1) if model.weight.shape[1] else values.mean(axis=1))


def _order(model: Grams) -> int:
    return int(model.order[0])


def _types(truth: Grams) -> int:
    return 1 + max(int(truth.tokens[0].max()), int(truth.held_out[0].max(initial=0)))


def _summed(
    model: Grams, order: int, value: Callable[[Float[np.ndarray, " grams"]], Float[np.ndarray, " grams"]]
) -> PerReplicate:
    """Return the sum of a function of the probability over the different n-grams of each replicate."""
    law: Law = law_of(model.tokens, model.weight, order)
    kept = law.share > 0
    return np.bincount(law.row[kept], weights=value(law.share[kept]), minlength=len(model.tokens))


def _surprise(p: Float[np.ndarray, " grams"]) -> Float[np.ndarray, " grams"]:
    return np.asarray(-p * np.log(p))
