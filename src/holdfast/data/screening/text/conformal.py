"""How a text compares with people's texts of the same kind: p-values that hold for any score and any sample size.

If a text and the held-out texts of people are exchangeable, p ≤ a happens with probability a at most (Vovk, Gammerman &
Shafer, 2005); in each stratum of its own where strata are calibrated apart (Mondrian).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy import stats


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of people's texts a level flags: the mean over calibrations, and what this calibration may have."""

    stratum: int
    held: int  # people's texts that calibrated it
    mean: float  # never above the level
    low: float
    high: float
    threshold: float  # a score at or above it is flagged; infinite where the level is out of reach


def p_values(
    scores: Float[np.ndarray, " texts"],
    strata: Int[np.ndarray, " texts"],
    held: Float[np.ndarray, " held"],
    held_strata: Int[np.ndarray, " held"],
) -> Float[np.ndarray, " texts"]:
    """Return (1 + held-out texts of people with a score as high) / (1 + held-out texts); NaN without any."""
    found = np.full(len(scores), np.nan)
    for stratum in np.unique(strata):
        own = np.sort(held[held_strata == stratum])
        if len(own):
            here = strata == stratum
            above = len(own) - np.searchsorted(own, scores[here], side="left")
            found[here] = (1.0 + above) / (1.0 + len(own))
    return found


def rates(
    held: Float[np.ndarray, " held"], held_strata: Int[np.ndarray, " held"], level: float, coverage: float = 0.95
) -> tuple[Rate, ...]:
    """Return the false-positive rate of flagging p ≤ level in each stratum.

    With k = ⌊level (n + 1)⌋ the rate that one calibration ends up with is Beta(k, n + 1 − k) (Vovk, 2012), which
    gives the interval; its mean is k / (n + 1), at most the level. Ties only lower it.
    """
    found = []
    for stratum in np.unique(held_strata):
        own = np.sort(held[held_strata == stratum])[::-1]
        n = len(own)
        k = int(np.floor(level * (n + 1) + 1e-9))
        if k == 0:
            found.append(Rate(int(stratum), n, 0.0, 0.0, 0.0, float("inf")))
            continue
        law = stats.beta(k, n + 1 - k)
        tail = (1 - coverage) / 2
        # p ≤ level means that fewer than k held-out scores are as high: the score lies above the k-th largest.
        above = float(np.nextafter(own[k - 1], np.inf))
        found.append(Rate(int(stratum), n, k / (n + 1), float(law.ppf(tail)), float(law.ppf(1 - tail)), above))
    return tuple(found)
