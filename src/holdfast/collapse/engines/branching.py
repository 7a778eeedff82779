"""The branching engine: which rare types are still there, in any regime.

While a type is rare, each of its items has descendants of its own, independent of all others: an item of batch a, with
weight w in a fit, has a Poisson number of them, of mean M_b w / Mₐ, in a batch b that is drawn from that model. Going
back from the training set of model t, with zₐ the chance that none of one item's lines comes there,

    zₐ = [a not in that training set] Π exp(−(w / Mₐ) Σ_b M_b (1 − z_b)),
    P(a type of true frequency p is lost in model t) = exp(−p R_t),   R_t = Σ M_b (1 − z_b) over the real batches.

For replacement R_t = M s_{t−1} with s₀ = 1, s_{k+1} = 1 − exp(−s_k), so that R_t → 2 M / t (Kolmogorov, 1938; Haldane,
1927); with new real items in each generation R_t goes to a limit; where everything is kept it only grows.
"""

import numpy as np
from jaxtyping import Float

from holdfast.collapse.graph import Graph
from holdfast.core.errors import NotApplicable

_MOST_ENTRIES = 5e7  # batches × generations
_MOST_WORK = 4e9  # batches in all fits × generations


def reach(graph: Graph) -> Float[np.ndarray, " generations_and_truth"]:
    """Return R_t: as many real draws would meet a rare type as likely as model t still knows it. Infinite for t = 0.

    Raises NotApplicable where items are drawn by a rule or a taste.
    """
    if not graph.draws_plainly():
        raise NotApplicable("items are drawn by a rule or a verifier with a taste")
    n, count = graph.generations, len(graph.batches)
    if count * n > _MOST_ENTRIES or sum(len(fit.batches) for fit in graph.fits) * n > _MOST_WORK:
        raise NotApplicable("there are too many generations to go back through all of them")
    sizes = graph.sizes().astype(np.float64)
    parents = np.array([batch.parent for batch in graph.batches])
    missed = np.ones((count, n))  # z of each batch, for each model that is asked about
    for t in range(n, 0, -1):
        fit = graph.fits[t - 1]
        later = slice(t, None)  # models after t
        children = np.flatnonzero(parents == t)
        arriving = sizes[children] @ (1 - missed[children, later])
        if fit.subsample is None:
            heirs = fit.weights / sizes[fit.batches]
            missed[fit.batches, later] *= np.exp(-heirs[:, None] * arriving)
            missed[fit.batches, t - 1] = np.where(fit.weights > 0, 0.0, missed[fit.batches, t - 1])
        else:
            taken = min(1.0, fit.subsample / sizes[fit.batches].sum())
            missed[fit.batches, later] *= 1 - taken + taken * np.exp(-arriving / fit.subsample)
            missed[fit.batches, t - 1] *= 1 - taken
    real = np.flatnonzero(parents == 0)
    return np.concatenate([[np.inf], sizes[real] @ (1 - missed[real])])
