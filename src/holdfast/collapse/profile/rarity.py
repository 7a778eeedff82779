"""Whether types are lost in order of rarity, as chance loses them, or otherwise."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

_STEPS = 60
_FEWEST = 10  # types that are there, and that are absent, for a slope between them
_LARGEST = 30.0  # of an exponent; e^30 expected items are surely there


@dataclass(frozen=True, slots=True)
class Rarity:
    """The power with which a type's chance to be there goes with its frequency, with a 95% interval.

    Chance alone gives 1: P(there) = 1 − exp(−θ p), whatever the number of generations. A loss that has nothing to do
    with rarity gives 0.
    """

    power: float
    low: float
    high: float


def rarity(share: Float[np.ndarray, " types"], there: Bool[np.ndarray, " types"]) -> Rarity | None:
    """Return how survival goes with frequency: ln(−ln P(absent)) = c + power × ln p. None where it cannot be told."""
    real = share > 0
    x, y = np.log(share[real]), there[real].astype(float)
    if min(y.sum(), (1 - y).sum()) < _FEWEST or x.std() <= 0:
        return None
    x = x - x.mean()
    design = np.stack([np.ones_like(x), x], axis=1)
    found = np.array([np.log(-np.log(1 - y.mean())), 1.0])
    inverse = np.eye(2)
    for _ in range(_STEPS):
        line = np.clip(design @ found, -_LARGEST, np.log(_LARGEST))
        hazard = np.exp(line)
        absent = np.exp(-hazard)
        chance = np.clip(1 - absent, 1e-12, 1 - 1e-12)
        slope = np.maximum(hazard * absent, 1e-12)
        weight = slope**2 / (chance * (1 - chance))
        inverse = np.linalg.pinv(design.T @ (design * weight[:, None]))
        step = inverse @ (design.T @ (slope * (y - chance) / (chance * (1 - chance))))
        found = found + np.clip(step, -1.0, 1.0)
        if np.abs(step).max() < 1e-8:
            break
    error = float(np.sqrt(inverse[1, 1]))
    return Rarity(float(found[1]), float(found[1]) - 1.96 * error, float(found[1]) + 1.96 * error)
