"""Measures of frequencies of types, against the law it all began with. Contexts are averaged as often as they come."""

import numpy as np
from jaxtyping import Float

from holdfast.collapse.definitions import measure
from holdfast.collapse.states.frequencies import Frequencies
from holdfast.collapse.states.tail import TAIL, in_tail

PerReplicate = Float[np.ndarray, " replicates"]
DRAWS = 1000  # items in which the tail is looked for: the same number for every model


@measure(good="high")
def heterozygosity(model: Frequencies) -> PerReplicate:
    """Heterozygosity.

    The chance that two draws are of different types, 1 − Σ p², one minus Simpson's index. Of all measures of
    diversity it is the one with an exact law in every regime.
    """
    return _averaged(model, 1 - (model.share**2).sum(axis=2))


@measure(good="high", unit="nats")
def entropy(model: Frequencies) -> PerReplicate:
    """Entropy, −Σ p ln p."""
    return _averaged(model, entropies(model.share))


@measure(good="high", unit="types")
def types_alive(model: Frequencies) -> PerReplicate:
    """Types alive.

    How many still have a frequency above zero.
    """
    return np.asarray((model.share > 0).sum(axis=(1, 2)), dtype=np.float64)


@measure(good="high")
def none_lost(model: Frequencies, truth: Frequencies) -> PerReplicate:
    """No type lost yet.

    1 or 0, so that the mean is a share of histories.
    """
    lost = ((model.share <= 0) & (truth.share > 0)).any(axis=(1, 2))
    return np.asarray(~lost, dtype=np.float64)


@measure(good="low")
def totally_collapsed(model: Frequencies) -> PerReplicate:
    """Total collapse.

    Whether only one type is left: 1 or 0, so that the mean is a share of histories (of contexts, if there are several).
    """
    return np.asarray(((model.share > 0).sum(axis=2) == 1).mean(axis=1), dtype=np.float64)


@measure(good="low")
def lost_mass(model: Frequencies, truth: Frequencies) -> PerReplicate:
    """Lost real mass.

    How much of what is real the model can no longer say: Σ p over the types whose frequency has become zero, with p
    their true frequency.
    """
    return _averaged(model, np.where(model.share > 0, 0.0, truth.share).sum(axis=2))


@measure(good="high")
def tail_coverage(model: Frequencies, truth: Frequencies, *, tail: float = TAIL, draws: int = DRAWS) -> PerReplicate:
    """Tail coverage.

    How much of the real tail is met in a fixed number of draws, as a share of what real draws meet. The tail is the
    rarest types that hold 10% of the real mass together. Coverage is Σ p over those of them that are among 1,000
    draws, in expectation over the draws, divided by the same for draws from the truth. It falls when rare types are
    lost, whatever becomes of the others.
    """
    rare = np.where(in_tail(truth.share[0], tail), truth.share[0], 0.0)
    met = (rare * -np.expm1(draws * np.log1p(-np.minimum(model.share, 1 - 1e-15)))).sum(axis=2)
    real = (rare * -np.expm1(draws * np.log1p(-np.minimum(truth.share[0], 1 - 1e-15)))).sum(axis=1)
    return _share(_averaged(model, met), _averaged(truth, np.broadcast_to(real, met.shape)))


@measure()
def tail_mass(model: Frequencies, truth: Frequencies, *, tail: float = TAIL) -> PerReplicate:
    """Tail mass.

    How often the model says something of the real tail, as a share of how often it should. Do not judge by this one
    alone. Under unbiased recursion every type's frequency is a martingale, so the mean of this measure never moves:
    while nine of ten rare types die out, those that survive grow by as much. Tail coverage and lost real mass see
    the loss.
    """
    rare = in_tail(truth.share[0], tail)
    held = _averaged(model, np.where(rare, model.share, 0.0).sum(axis=2))
    return _share(held, _averaged(truth, np.where(rare, truth.share, 0.0).sum(axis=2)))


@measure(good="low", unit="nats")
def divergence(model: Frequencies, truth: Frequencies) -> PerReplicate:
    """Kullback–Leibler divergence of the model from the truth.

    Σ q ln(q/p), with q the model's frequencies. (The other way round it is infinite as soon as one type is lost.)
    """
    q = model.share
    ratio = np.divide(q, truth.share, out=np.ones(q.shape), where=q > 0)
    return _averaged(model, np.maximum((q * np.log(ratio)).sum(axis=2), 0.0))


@measure(good="low")
def total_variation(model: Frequencies, truth: Frequencies) -> PerReplicate:
    """Total variation distance from the truth, ½ Σ |q − p|."""
    return _averaged(model, np.abs(model.share - truth.share).sum(axis=2) / 2)


@measure()
def commonest_share(model: Frequencies, truth: Frequencies) -> PerReplicate:
    """Frequency of the type that is the most common one in the truth.

    Its mean stays where it is, its spread grows until it is everything or nothing.
    """
    first = truth.share[0].argmax(axis=1)
    return _averaged(model, model.share[:, np.arange(len(first)), first])


@measure(good="low")
def winner_share(model: Frequencies) -> PerReplicate:
    """Winner's share.

    The frequency of whatever type is most common now.
    """
    return _averaged(model, model.share.max(axis=2))


def entropies(share: Float[np.ndarray, "*rows types"]) -> Float[np.ndarray, "*rows"]:
    """Return −Σ p ln p of each row."""
    return -(share * np.log(share, out=np.zeros(share.shape), where=share > 0)).sum(axis=-1)


def _averaged(model: Frequencies, values: Float[np.ndarray, "replicates contexts"]) -> PerReplicate:
    return np.asarray((model.context * values).sum(axis=1))


def _share(part: PerReplicate, whole: PerReplicate) -> PerReplicate:
    """Return a share; NaN where there is no tail, as with a single type."""
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
