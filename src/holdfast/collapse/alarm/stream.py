"""Layer C: the same bets for a stream without an end, as e-detectors.

An e-process must be watched from a beginning. A detector begins a new one at every generation and adds them up:

    R_t(g) = f_t(g) · (R_{t−1}(g) + 1).

While nothing is wrong, E[R_t] ≤ t. So the first time that R reaches 1/a comes after 1/a generations on average or
later (the average run length), and within n generations with a chance of at most n·a
(Shin, Ramdas & Rinaldo, 2023, E-detectors). That is what can be had without a horizon: sooner or later every detector
that keeps its power raises a false alarm, and 1/a is how often.
"""

import numpy as np
from jaxtyping import Float, Int

from holdfast.collapse.alarm.drift import log_bets
from holdfast.collapse.alarm.tails import log_factors, log_mean


def restarted(log_sums: Float[np.ndarray, "..."], factors: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Return log R after one more generation; log R before the first is −∞."""
    return factors + np.logaddexp(log_sums, 0.0)


def loss_detector(
    hits: Int[np.ndarray, "generations ... strata"],
    items: Int[np.ndarray, "generations ..."],
    floor: Float[np.ndarray, "... strata"],
    eps: float,
) -> Float[np.ndarray, "generations ... strata"]:
    """Return log R of each tail stratum after each generation; see `tails` for what is counted."""
    sums: np.ndarray = np.array(-np.inf)
    found = []
    for k, size in zip(hits, np.asarray(items), strict=True):
        sums = restarted(sums, log_factors(k, size, (1.0 - eps) * floor))
        found.append(log_mean(sums))
    return np.array(found)


def drift_detector(ranks: Float[np.ndarray, "generations ..."]) -> Float[np.ndarray, "generations ..."]:
    """Return log R after each generation; see `drift` for the ranks."""
    sums: np.ndarray = np.array(-np.inf)
    found = []
    for factors in log_bets(ranks):
        sums = restarted(sums, factors)
        found.append(log_mean(sums))
    return np.array(found)
