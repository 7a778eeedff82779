"""P-values of permutation tests, also where none of the permutations reaches what was seen."""

import numpy as np
from jaxtyping import Float

PERMUTATIONS = 499
RESAMPLES = 200
_ENOUGH = 10  # permutations that reach it: then their share is the p-value
_FLAT = 0.05  # skewness below which a gamma law is as good as normal


def permuted(n: int, n_first: int, rng: np.random.Generator) -> Float[np.ndarray, "draws rows"]:
    """Return who is on the first side, 1 or 0: in the first line those who are, in the others a draw of as many."""
    drawn = np.zeros((1 + PERMUTATIONS, n))
    drawn[0, :n_first] = 1.0
    for line in drawn[1:]:
        line[rng.permutation(n)[:n_first]] = 1.0
    return drawn


def resampled(n: int, rng: np.random.Generator) -> Float[np.ndarray, "draws rows"]:
    """Return how often a bootstrap draws each row."""
    return rng.multinomial(n, np.full(n, 1 / n), size=RESAMPLES).astype(np.float64)


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
