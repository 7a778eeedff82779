"""Layer B: are the generations still like the controls? A conformal test martingale, for measures of any kind.

The null hypothesis is that controls and generations are exchangeable: that generation after generation changes nothing.
The rank of each generation among the controls and the generations before it,

    p_t = (how many are stranger + θ · how many are equally strange, itself included) / (how many there are),

with θ uniform, is then uniform and independent of all earlier ones (Vovk, Nouretdinov & Gammerman, 2003), and

    M_t = mean_e ∏_{u ≤ t} e · p_u^(e − 1),     e in .1, .2, .3, .5, .7

is a martingale: the chance that it ever reaches 1/a is at most a.

Several measures are joined *before* the ranks are taken: each is centred and scaled by the median and the median
distance of all values there are so far, and the strangeness is the largest distance. Averages of several such
martingales would not do: each holds for those who see its own ranks alone, and the first crossing of an average is
chosen by somebody who sees all of them (Choe & Ramdas, 2024).
"""

from typing import Literal

import numpy as np
from jaxtyping import Float

from holdfast.collapse.alarm.tails import log_mean

POWERS = np.array([0.1, 0.2, 0.3, 0.5, 0.7])
FEWEST_CONTROLS = 10
Side = Literal["both", "low"]
_LEAST = 1e-300  # a rank of 0 has no logarithm


def conformal_ranks(
    controls: Float[np.ndarray, "controls ... measures"],
    generations: Float[np.ndarray, "generations ... measures"],
    rng: np.random.Generator,
    side: Side = "both",
) -> Float[np.ndarray, "generations ..."]:
    """Return p_t of each generation. `side` low looks only for values that are smaller than usual."""
    seen = np.concatenate([controls, generations])
    first, ties = len(controls), rng.random((len(generations), *generations.shape[1:-1]))
    found = np.empty_like(ties)
    for t in range(len(generations)):
        strange = strangeness(seen[: first + t + 1], side)
        own = strange[-1]
        found[t] = ((strange > own).sum(axis=0) + ties[t] * (strange == own).sum(axis=0)) / len(strange)
    return found


def strangeness(values: Float[np.ndarray, "all ... measures"], side: Side) -> Float[np.ndarray, "all ..."]:
    """Return how strange each of several sets is among them all; it does not depend on their order."""
    with np.errstate(invalid="ignore"):
        away = values - np.median(values, axis=0)
        spread = np.median(np.abs(away), axis=0)
    # Where more than half of the values are equal, any other one is infinitely strange.
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = np.where(spread > 0, away / spread, np.where(away == 0, 0.0, away * np.inf))
    # Infinite values stand for "nothing to measure"; when most are, the others are the strange ones.
    scaled = np.where(np.isnan(scaled), np.where(np.isfinite(values), np.inf, 0.0), scaled)
    return np.asarray((np.abs(scaled) if side == "both" else -scaled).max(axis=-1))


def log_bets(ranks: Float[np.ndarray, "..."]) -> Float[np.ndarray, "... powers"]:
    """Return log of e · p^(e − 1) for each power."""
    return np.log(POWERS) + (POWERS - 1.0) * np.log(np.maximum(ranks, _LEAST))[..., None]


def drift_path(ranks: Float[np.ndarray, "generations ..."]) -> Float[np.ndarray, "generations ..."]:
    """Return log M after each generation."""
    return log_mean(np.cumsum(log_bets(ranks), axis=0))
