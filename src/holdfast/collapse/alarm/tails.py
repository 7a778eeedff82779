"""Layer A: has a generation lost more of a tail than is tolerated? An e-process for each tail stratum.

A stratum is a region of the data that real items fall into at a rate of at least `floor`, a Clopper–Pearson bound from
real items that were held out. The null hypothesis is that every generation's rate π stays at or above

    p₀ = (1 − eps) · floor.

Of B fresh items of generation t, k fall into the stratum. For a bet g < 1 the factor

    f_t(g) = g^k · ((1 − g p₀) / (1 − p₀))^(B − k)

has a mean of at most 1 under the null whatever the past, because it falls with k. The e-process mixes the bets with
equal weight, and the generation s at which the loss began with weight w_s = 1 / (s (s + 1)):

    E_t = Σ_{s ≤ t} w_s · mean_g ∏_{u=s..t} f_u(g) + Σ_{s > t} w_s.

By Ville's inequality the chance that E ever reaches 1/a is at most a, over any number of generations, and the average
over strata is such a process as well: all of them bet on the same items. The two tails of a number are two strata,
because a mean that drifts refills one tail while the other one empties.

Items must be independent given the model: count documents, not tokens.

Everything is in logarithms, over any leading axes (runs) at once, with one step a generation.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

BETS = np.geomspace(0.02, 0.98, 16)  # from "nearly all is gone" to "2% less than tolerated"
_LOG_BETS = np.log(BETS)


class Bets(NamedTuple):
    """Where the e-processes stand after `after` generations."""

    after: int
    log_sums: Float[np.ndarray, "... strata bets"]


def floors(hits: Int[np.ndarray, "... strata"], held: int, level: float) -> Float[np.ndarray, "... strata"]:
    """Return lower bounds of the strata's rates that all hold together with a chance of at least 1 − `level`.

    Clopper & Pearson (1934), with `level` shared out among the strata. `hits` of `held` items fell into each.
    """
    from scipy.special import betaincinv

    hits = np.asarray(hits)
    each = level / max(1, hits.shape[-1])
    found = betaincinv(np.maximum(hits, 1), held - np.minimum(hits, held) + 1, each)
    return np.asarray(np.where(hits > 0, found, 0.0))


def log_factors(
    hits: Int[np.ndarray, "... strata"], items: Int[np.ndarray, "..."], least: Float[np.ndarray, "... strata"]
) -> Float[np.ndarray, "... strata bets"]:
    """Return log f(g) of one generation for each bet; `least` is p₀. A stratum whose p₀ is 0 says nothing.

    `items` is how many were looked at: of all strata, or of each.
    """
    k, p = np.asarray(hits, dtype=np.float64)[..., None], np.clip(least, 0.0, 1.0 - 1e-12)[..., None]
    missed = np.broadcast_to(items, np.shape(hits))[..., None] - k
    return np.where(p > 0, k * _LOG_BETS + missed * (np.log1p(-BETS * p) - np.log1p(-p)), 0.0)


def begin(shape: tuple[int, ...]) -> Bets:
    """Return the e-processes of strata (and runs) before the first generation."""
    return Bets(0, np.full((*shape, len(BETS)), -np.inf))


def step(bets: Bets, factors: Float[np.ndarray, "... strata bets"]) -> Bets:
    """Return the e-processes after one more generation."""
    t = bets.after + 1
    start = -np.log(t) - np.log(t + 1)  # the weight of a loss that begins now
    return Bets(t, factors + np.logaddexp(bets.log_sums, start))


def log_values(bets: Bets) -> Float[np.ndarray, "... strata"]:
    """Return log E of each stratum; what is kept for losses that begin later counts in full."""
    return np.logaddexp(log_mean(bets.log_sums), -np.log(bets.after + 1))


def log_mean(logs: Float[np.ndarray, "... values"]) -> Float[np.ndarray, "..."]:
    """Return the logarithm of the mean of exp(logs) over the last axis."""
    return np.asarray(np.logaddexp.reduce(logs, axis=-1) - np.log(logs.shape[-1]))


def loss_paths(
    hits: Int[np.ndarray, "generations ... strata"],
    items: Int[np.ndarray, "generations ..."],
    floor: Float[np.ndarray, "... strata"],
    eps: float,
) -> Float[np.ndarray, "generations ... strata"]:
    """Return log E of each stratum after each generation."""
    bets, found = begin(hits.shape[1:]), []
    for k, size in zip(hits, np.asarray(items), strict=True):
        bets = step(bets, log_factors(k, size, (1.0 - eps) * floor))
        found.append(log_values(bets))
    return np.array(found)
