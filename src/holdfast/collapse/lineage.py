"""The lineage engine: exact expectations for any regime, from the chance that two items go back to one real item.

J[a, b] is the probability that random members of the batches a and b (two distinct ones if a = b) are *not* identical
by descent; it is 1 for real batches. Fitting weights w makes a model whose two draws are not identical with
probability F = Σ wₐ w_b J̃[a, b], where J̃[a, a] = J[a, a] (1 − 1/Mₐ) counts an item drawn twice. Then

    E[variance of model t] = variance of the truth × F_t                 (fit by maximum likelihood)
    E[1 − Σ p²  of model t] = (1 − Σ p²  of the truth) × F_t             (frequencies)

because a normal with the sample's mean and variance has the first two moments of drawing from the sample again. This is
the structured coalescent of population genetics (Kingman, 1982; Wright, 1931), carried from genes to training items.
"""

import numpy as np
from jaxtyping import Float

from holdfast.collapse.graph import Graph
from holdfast.core.errors import NotApplicable


def kept_variance(graph: Graph) -> Float[np.ndarray, " generations_and_truth"]:
    """Return E[variance of model t] as a share of the true one; index 0 is the truth.

    Raises NotApplicable where items are drawn by a rule or chosen by a taste: descent alone then says nothing.
    """
    if not graph.draws_plainly():
        raise NotApplicable("items are drawn by a rule or a verifier with a taste, which descent does not describe")
    n = len(graph.batches)
    sizes = graph.sizes().astype(np.float64)
    joint = np.ones((n, n))  # J
    kept = np.ones(graph.generations + 1)
    made: list[tuple[np.ndarray, np.ndarray]] = []  # of each model: the batches and weights it was fitted on
    first = 0
    for generation in range(1, graph.generations + 1):
        while first < n and graph.batches[first].generation == generation:
            parent = graph.batches[first].parent
            if parent:
                used, weights = made[parent - 1]
                seen = joint[:first, used].copy()
                seen[used, np.arange(len(used))] *= 1 - 1 / sizes[used]
                joint[:first, first] = joint[first, :first] = seen @ weights
                joint[first, first] = kept[parent]
            first += 1
        fit = graph.fits[generation - 1]
        if fit.subsample is not None:
            raise NotApplicable("a subsample of what was kept has a law of its own")
        pairs = joint[np.ix_(fit.batches, fit.batches)]
        pairs[np.diag_indices(len(fit.batches))] *= 1 - 1 / sizes[fit.batches]
        kept[generation] = fit.weights @ pairs @ fit.weights
        made.append((fit.batches, fit.weights))
    return kept
