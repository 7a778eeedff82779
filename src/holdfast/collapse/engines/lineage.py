"""The lineage engine: exact expectations for any regime, from the chance that two items go back to one real item.

K[a, b] is half the expected squared distance of random members of the batches a and b (two distinct ones if a = b), in
variances of the truth. For frequencies the same number is the probability that they are *not* identical by descent, as
a share of what it is in the truth. A fit with weights w makes a model whose variance is

    F = Σ wₐ w_b K̃[a, b],   K̃[a, a] = K[a, a] (1 − 1/Mₐ)  counts an item met twice,  K̃[a, b] = K[a, b] else,

by maximum likelihood, c F with a correction c of the fit, λ² c F in a batch that is drawn λ times as wide; a fit on m
of the N items of its pool has F (1 − 1/m) / (1 − 1/N). Its items are at the distance Σ wₐ K̃[a, b] + (λ² c − 1) F / 2
from those of a batch b: a normal with the sample's mean and variance has the first two moments of drawing from the
sample again. With the truth's mean as one more node the same table gives E(mean − true mean)² = 2 K − F.

This is the structured coalescent of population genetics (Kingman, 1982; Wright, 1931), carried from genes to training
items.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from holdfast.collapse.engines.pairs import Drawn, Law, second_moments
from holdfast.collapse.graph import Batch, Fit, Graph
from holdfast.collapse.regimes import Rule
from holdfast.core.errors import NotApplicable

Line = Float[np.ndarray, " generations_and_truth"]


class Descent(NamedTuple):
    """Expectations of each model, the truth first, in variances of the truth."""

    variance: Line  # of the model
    offset: Line  # squared distance of its mean from the true one


def kept_variance(graph: Graph) -> Line:
    """Return the share of variance or diversity that is expected to be left: E of 1 − Σ p² or of a fit's variance.

    Raises NotApplicable where items are drawn by a rule or chosen by a taste: descent alone then says nothing.
    """
    if not graph.draws_plainly():
        raise NotApplicable("items are drawn by a rule or a verifier with a taste, which descent does not describe")
    return descent(graph).variance


def descent(
    graph: Graph,
    widened: Callable[[Rule], float] | None = None,
    corrected: Callable[[Fit, Graph], float] | None = None,
) -> Descent:
    """Return the expectations for a graph; `widened` gives λ² of a rule, `corrected` gives c of a fit, both 1 if None.

    Raises NotApplicable where a verifier has a taste: then variance is not linear in what it came from.
    """
    if any(batch.verifier is not None for batch in graph.batches):
        raise NotApplicable("a verifier has a taste, which descent does not describe")
    factors = np.ones(graph.generations + 1)
    if corrected is not None:
        factors[1:] = [corrected(fit, graph) for fit in graph.fits]
    known: dict[Rule, float] = {}

    def draw(batch: Batch, own: float) -> Drawn:
        if batch.parent == 0:
            return Drawn(1.0, 0.5, 1.0)
        if batch.rule not in known:
            known[batch.rule] = 1.0 if widened is None else widened(batch.rule)
        width = known[batch.rule] * factors[batch.parent] * own
        return Drawn(1.0, (width - own) / 2, width)

    def fit(made: Fit, pool: float, items: float) -> float:
        return pool if made.subsample is None else pool * (1 - 1 / made.subsample) / (1 - 1 / items)

    within, to_truth = second_moments(graph, Law(0.0, draw, fit, twice=True))
    variance = factors * within
    variance[0] = 1.0
    return Descent(variance, 2 * to_truth - within)


def kish(fit: Fit, graph: Graph) -> float:
    """Return how many items of equal weight a training set is worth: 1 / Σ wᵢ² over its items (Kish, 1965)."""
    if fit.subsample is not None:
        return float(fit.subsample)
    return float(1 / np.sum(fit.weights**2 / graph.sizes()[fit.batches]))


def bessel(fit: Fit, graph: Graph) -> float:
    """Return n / (n − 1), which makes the variance of n independent items unbiased."""
    n = kish(fit, graph)
    return n / (n - 1)
