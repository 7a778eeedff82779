"""Joining e-values, and naming what they speak about without losing the guarantee.

E-processes that bet on the same items may be averaged with any weights: the average is one again, under any dependence
(Vovk & Wang, 2021). Layer A averages its strata. Layers A and B are not averaged with each other: ranks are seen by
layer B only, and an average over different views may cross too often when one stops at its highest point. They share
the level instead: each has half of alpha.
"""

import numpy as np
from jaxtyping import Bool, Float


def averaged(logs: Float[np.ndarray, "... parts"], weights: Float[np.ndarray, " parts"]) -> Float[np.ndarray, "..."]:
    """Return the logarithm of the weighted average of e-values; weights sum to 1."""
    return np.asarray(np.logaddexp.reduce(logs + np.log(weights), axis=-1))


def threshold(alpha: float, spent: float = 0.0) -> float:
    """Return the e-value to raise the alarm at: 1 / (alpha − what the bounds have spent), infinite if none is left."""
    return 1.0 / (alpha - spent) if alpha > spent else float("inf")


def named(
    logs: Float[np.ndarray, " parts"], weights: Float[np.ndarray, " parts"], at: float
) -> Bool[np.ndarray, " parts"]:
    """Return which parts can be named when the average has reached `at`, all of them together at its level.

    Closed testing: a part is named if every average over a set that holds it reaches the threshold. The hardest such
    set holds the part and all others that are below the threshold, so that one sum decides.
    """
    with np.errstate(over="ignore"):
        above = np.exp(np.minimum(logs, 600.0)) - at
    drag = weights * np.minimum(above, 0.0)
    return np.asarray(weights * above + drag.sum() - drag >= 0)
