"""Three families of learning curves, each a floor plus an amplitude times a shape that falls from its start to 0.

    pow3   err(n) = b + a n^−c                                          (Hestness et al., 2017, 1712.00409)
    pow4   err(n) = b + a (n + d)^−c
    mmf4   err(n) = (a b' + c n^d)/(b' + n^d) = c + (a − c)/(1 + (n/h)^d), h = b'^(1/d)    (Morgan et al., 1975)

These are the families that extrapolate best over the 20 learners of LCDB (Viering & Loog, 2023, "The shape of learning
curves", section 4; Mohr et al., 2022). Given the shape, floor and amplitude are a linear fit with bounds (floor ≥ 0,
amplitude ≥ 0), so a fine grid of shapes finds the least squares of many samples at once, and no start can be bad.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

# Exponents seen over learners and data lie between 0.05 and 1, rarely to 2 (Hestness et al., 2017, table 1).
_EXPONENTS = np.geomspace(0.05, 2.0, 60)
_SHIFTS = np.array([-0.8, -0.5, -0.25, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0])  # of pow4, in least sizes; 0 is pow3
_STEEPNESS = np.geomspace(0.1, 4.0, 36)
_HALVES = 24  # places where half of mmf4's fall is over, from a hundredth of the least to 30 times the largest size


@dataclass(frozen=True, slots=True)
class Grid:
    """Shapes of one family, with the parameters of each: an exponent, and a shift or half-way size."""

    family: str
    exponent: Float[np.ndarray, " shapes"]
    place: Float[np.ndarray, " shapes"]


def grids(sizes: Float[np.ndarray, " sizes"]) -> Mapping[str, Grid]:
    """Return the shapes that are tried for each family, spread over these sizes."""
    least, largest = float(sizes.min()), float(sizes.max())
    exponent, shift = (each.reshape(-1) for each in np.meshgrid(_EXPONENTS, _SHIFTS * least))
    steep, half = (
        each.reshape(-1) for each in np.meshgrid(_STEEPNESS, np.geomspace(least / 100, largest * 30, _HALVES))
    )
    return {
        "pow3": Grid("pow3", _EXPONENTS, np.zeros_like(_EXPONENTS)),
        "pow4": Grid("pow4", exponent, shift),
        "mmf4": Grid("mmf4", steep, half),
    }


def shape(
    family: str, exponent: Float[np.ndarray, "..."], place: Float[np.ndarray, "..."], n: Float[np.ndarray, "..."]
) -> Float[np.ndarray, "..."]:
    """Return what the amplitude is multiplied by at n examples."""
    if family == "mmf4":
        return np.asarray(1.0 / (1.0 + (n / place) ** exponent))
    return np.asarray((n + place) ** -exponent)


def inverse(
    family: str, exponent: Float[np.ndarray, "..."], place: Float[np.ndarray, "..."], left: Float[np.ndarray, "..."]
) -> Float[np.ndarray, "..."]:
    """Return the examples at which the shape has fallen to `left`; infinite where it never does (left ≤ 0)."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if family == "mmf4":
            n = place * np.maximum(1.0 / left - 1.0, 0.0) ** (1.0 / exponent)
        else:
            n = left ** (-1.0 / exponent) - place
    return np.where(left > 0.0, np.maximum(n, 0.0), np.inf)
