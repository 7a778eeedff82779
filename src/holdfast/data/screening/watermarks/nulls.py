"""What chance does to a text without a mark: exact p-values, and one good approximation.

Given a text that was written without the key, each distinct input of the keyed function is a fresh coin flip. This
holds for every text, however odd; it fails only where one input is counted twice.
"""

import numpy as np
from jaxtyping import Float, Int

_TURNS = 60  # halvings of the interval of the saddlepoint: more than a double can show
_STEEPEST = 60.0  # of the tilt, in units of one over the largest weight


def binomial_p(n: Int[np.ndarray, " k"], hits: Int[np.ndarray, " k"], share: float) -> Float[np.ndarray, " k"]:
    """Return the chance of `hits` or more among n coin flips that fall right with `share`. Exact."""
    from scipy.special import betainc

    n, hits = np.asarray(n, dtype=float), np.asarray(hits, dtype=float)
    # P(X ≥ k) = I_p(k, n − k + 1), the regularised incomplete beta function.
    some = hits > 0
    return np.where(some, betainc(np.where(some, hits, 1.0), np.maximum(n - hits + 1, 1.0), share), 1.0)


def weighted_p(
    n: Int[np.ndarray, " k"], total: Int[np.ndarray, " k"], weights: Int[np.ndarray, " layers"]
) -> Float[np.ndarray, " k"]:
    """Return the chance that n tokens with a fair coin for each layer come to `total` or more in whole weights.

    By saddlepoint with the correction for a lattice (Lugannani and Rice 1980; Daniels 1987): against exact convolution
    it is within 0.5% from 5 tokens on, down to 1e-11, for the weights that `Tournament` has.
    """
    from scipy.special import log_ndtr, ndtr

    n, total = np.asarray(n, dtype=float), np.asarray(total, dtype=float)
    alpha = np.asarray(weights, dtype=float)
    middle = n * alpha.sum() / 2
    deviation = np.sqrt(np.maximum(n, 1) * (alpha**2).sum() / 4)
    plain = ndtr(-(total - 0.5 - middle) / deviation)
    far = (np.abs(total - middle) > 0.05 * deviation) & (n > 0)
    if not far.any():
        return np.where(n > 0, plain, 1.0)
    own, aim = np.broadcast_to(n, total.shape)[far], total[far]
    most = own * alpha.sum()
    tilt = _saddle(np.minimum(aim, most - 0.5) / own, alpha)
    raised = np.exp(-np.logaddexp(0, -tilt[:, None] * alpha))  # chance of a one under the tilt
    growth = own * (np.logaddexp(0, tilt[:, None] * alpha) - np.log(2)).sum(axis=1)
    bend = own * (alpha**2 * raised * (1 - raised)).sum(axis=1)
    root = np.sign(tilt) * np.sqrt(np.maximum(2 * (tilt * np.minimum(aim, most - 0.5) - growth), 0))
    step = -np.expm1(-tilt) * np.sqrt(bend)
    density = np.exp(-(root**2) / 2) / np.sqrt(2 * np.pi)
    tail = np.exp(log_ndtr(-root)) + density * (1 / step - 1 / root)
    tail = np.where(aim >= most, np.exp(-own * len(alpha) * np.log(2)), tail)
    found = np.where(n > 0, plain, 1.0)
    found[far] = np.clip(tail, 0.0, 1.0)
    return found


def _saddle(mean: Float[np.ndarray, " k"], alpha: Float[np.ndarray, " layers"]) -> Float[np.ndarray, " k"]:
    """Return the tilt under which a token's expected weight is `mean`, by bisection."""
    high = np.full(len(mean), _STEEPEST / alpha.min())
    low = -high
    for _ in range(_TURNS):
        tilt = (low + high) / 2
        above = (alpha * np.exp(-np.logaddexp(0, -tilt[:, None] * alpha))).sum(axis=1) > mean
        high, low = np.where(above, tilt, high), np.where(above, low, tilt)
    return (low + high) / 2


def power(n: int, chance: float, rate: float, alpha: float) -> float:
    """Return how often n coin flips that fall right with `rate` come to p ≤ alpha under `chance`. Exact.

    With n = scored tokens, chance = γ and rate = the share of green tokens that a model writes: the power of a green
    list.
    """
    from scipy.stats import binom

    needed = int(binom.isf(alpha, n, chance)) + 1
    return float(binom.sf(needed - 1, n, rate)) if needed <= n else 0.0
