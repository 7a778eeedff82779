"""Joining e-values.

E-processes that bet on the same items may be averaged with any weights: the average is one again, under any dependence
(Vovk & Wang, 2021). Layer A averages its strata. Layers A and B are not averaged with each other: ranks are seen by
layer B only, and an average over different views may cross too often when one stops at its highest point (Choe &
Ramdas, 2024). They share the level instead: each has half of alpha, and the chance that either is wrong is at most
alpha.

When an average is an alarm, and which of its parts can be named, is in `holdfast.audit.generations`.
"""

import numpy as np
from jaxtyping import Float


def averaged(logs: Float[np.ndarray, "... parts"], weights: Float[np.ndarray, " parts"]) -> Float[np.ndarray, "..."]:
    """Return the logarithm of the weighted average of e-values; weights sum to 1."""
    return np.asarray(np.logaddexp.reduce(logs + np.log(weights), axis=-1))
