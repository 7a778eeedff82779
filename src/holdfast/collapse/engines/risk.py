"""The parameter-risk engine: how far a fitted parameter is from the truth, in any regime.

An estimator that is unbiased and asymptotically linear is a weighted mean of what its batches say,

    θ_t = Σ_b w_{t,b} (λ_b θ_parent(b) + η_b),   E η_b² = q_b V / M_b,

θ being the distance from the true parameter and V the inverse Fisher information of one item. Then E θ_t² is a sum over
the noises of all batches, each with the square of the weight with which it arrives in model t, and follows from the
graph alone. It is exact for means and for least squares on one design, first order in 1/M for other estimators. λ is a
bias of sampling in its linearised form; q says how much wider than plain a batch is drawn. A fit on m of N items adds
V (1/m − 1/N). Scope: Dey & Donoho (2024), arXiv:2410.22812, who show the universality of π²/6 this way.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from holdfast.collapse.engines.pairs import Drawn, Law, second_moments
from holdfast.collapse.graph import Batch, Fit, Graph
from holdfast.collapse.regimes import Rule

Line = Float[np.ndarray, " generations_and_truth"]


def parameter_risk(
    graph: Graph,
    bias: Callable[[Rule], float] | None = None,
    widened: Callable[[Rule], float] | None = None,
) -> Line:
    """Return E|θ_t − θ_0|² / V for each model, the truth first; `bias` gives λ of a rule, `widened` gives q.

    A verifier with a taste is not described; its batches count as plain ones. Raises NotApplicable
    for a graph with too many batches alive at once.
    """

    def draw(batch: Batch, own: float) -> Drawn:
        real = batch.parent == 0
        gain = 1.0 if real or bias is None else bias(batch.rule)
        noise = 1.0 if real or widened is None else widened(batch.rule)
        return Drawn(gain, 0.0, gain**2 * own + noise / batch.size)

    def fit(made: Fit, pool: float, items: float) -> float:
        return pool if made.subsample is None else pool + 1 / made.subsample - 1 / items

    return second_moments(graph, Law(0.0, draw, fit, twice=False)).own


@lru_cache(maxsize=16)
def plain_risk(graph: Graph) -> Line:
    """Return the parameter risk where nothing is biased or wider than plain; several theories ask for it."""
    return parameter_risk(graph)
