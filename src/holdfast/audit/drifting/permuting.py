"""P-values of permutation tests, also where none of the permutations reaches what was seen."""

import numpy as np

_ENOUGH = 10  # permutations that reach it: then their share is the p-value
_FLAT = 0.05  # skewness below which a gamma law is as good as normal


def p_value(observed: float, null: np.ndarray) -> float:
    """Return the chance of a value as large as `observed`, given its values under permutations.

    Their share where ten or more reach it, each counting itself; else the tail of the gamma law with their mean,
    variance and skewness (Mielke & Berry, 2007, Permutation Methods, 2.3), which may be a fraction of 1 / permutations.
    """
    reached = int((null >= observed - 1e-12).sum())
    share = (1 + reached) / (len(null) + 1)
    spread = float(null.std())
    if reached >= _ENOUGH or spread <= 0:
        return share
    from scipy.special import gammaincc, ndtr

    z = (observed - float(null.mean())) / spread
    skew = float((((null - null.mean()) / spread) ** 3).mean())
    if skew < _FLAT:
        return max(min(share, float(ndtr(-z))), 1e-300)
    shape = 4 / skew**2
    return max(min(share, float(gammaincc(shape, shape + z * np.sqrt(shape)))), 1e-300)
