"""What replicates of one generation say: how many independent items it is worth, and whether it sharpens.

The effective size is the temporal method of population genetics (Krimbas & Tsakas 1971; Nei & Tajima 1981; Waples 1989)
with replicates in place of time: types that would be drawn M times at random vary by x(1 − x)/M between replicates.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from holdfast.core.errors import NotApplicable

LEAST_REPLICATES = 4  # a variance from fewer is worth next to nothing: its 95 % interval spans a factor of 70 at 3
LEAST_COUNT = 20  # mean count of a type that is looked at; below it logarithms are skewed
LEAST_TYPES = 10
LEVEL = 0.95
_NORMAL = 1.959964  # of that level

Counts = Int[np.ndarray, "types replicates"]
Start = Int[np.ndarray, " types"]


@dataclass(frozen=True, slots=True)
class Estimated:
    """A number with its interval."""

    value: float
    low: float
    high: float
    freedom: float = math.inf  # degrees of freedom of the variance below it


def effective_size(replicates: Counts) -> Estimated:
    """Return how many independent items a generation of counts is worth.

    1/M is the mean of Var(x) / x(1 − x) over types that come often enough, each with the same weight: the sums of the
    temporal method are carried by a few frequent types (with Zipf's law some 15 of them), and the tail is what a
    forecast is about. The interval is that of a chi-square which scatters over types as the ratios do. Raises
    NotApplicable.
    """
    used = _often(replicates)
    _refuse_few(replicates.shape[1])
    sizes = replicates.sum(axis=0)
    shares = replicates[used] / sizes
    centre = shares.mean(axis=1)
    ratios = shares.var(axis=1, ddof=1) / (centre * (1 - centre))
    mean, error = float(ratios.mean()), float(ratios.std(ddof=1)) / math.sqrt(len(ratios))
    if mean <= 0:
        raise NotApplicable("the replicates are all the same, so that nothing can be told from their differences")
    return _size(1 / mean, 2 * (mean / error) ** 2)


def effective_size_of_fits(variances: Float[np.ndarray, " replicates"]) -> Estimated:
    """Return how many independent items a fit of a variance is worth: 1 + 2/Var(ln v). Raises NotApplicable."""
    _refuse_few(len(variances))
    spread = float(np.log(variances).var(ddof=1))
    if spread <= 0:
        raise NotApplicable("the replicates are all the same, so that nothing can be told from their differences")
    found = _size(2 / spread, len(variances) - 1)
    return Estimated(1 + found.value, 1 + found.low, 1 + found.high, found.freedom)


def _size(value: float, freedom: float) -> Estimated:
    """Return a size with its interval: it is inverse to a variance, which is a chi-square over its freedom."""
    from scipy.special import chdtri

    low = float(chdtri(freedom, (1 + LEVEL) / 2)) / freedom
    high = float(chdtri(freedom, (1 - LEVEL) / 2)) / freedom
    return Estimated(value, value * low, value * high, freedom)


def sharpening(start: Start, replicates: Counts) -> Estimated:
    """Return the power to which one generation raises frequencies: 1 + the slope of ln(mean/x) on ln x.

    `start` is what the models learnt from. The interval allows for types that go their own way (White 1980), not only
    for chance. Raises NotApplicable.
    """
    _refuse_few(replicates.shape[1])
    used = _often(replicates, start)
    before = start[used] / start.sum()
    after = (replicates[used] / replicates.sum(axis=0)).mean(axis=1)
    x, y = np.log(before), np.log(after / before)
    weight = before / before.sum()  # a logarithm of a count varies by one over it
    x = x - weight @ x
    along = float(weight @ x**2)
    if along <= 1e-9:
        raise NotApplicable("all types are equally frequent, so that sharpening leaves them as they are")
    slope = float(weight @ (x * y)) / along
    off = y - weight @ y - slope * x
    error = math.sqrt(float((weight**2 * x**2 * off**2).sum())) / along * math.sqrt(len(x) / max(1, len(x) - 2))
    return Estimated(1 + slope, 1 + slope - _NORMAL * error, 1 + slope + _NORMAL * error)


def _often(replicates: Counts, start: Start | None = None) -> np.ndarray:
    """Return which types come often enough. Raises NotApplicable where they are too few."""
    used = replicates.mean(axis=1) >= LEAST_COUNT
    if start is not None:
        # Chosen by both sides, so that types that fell below are not left out while those that rose stay in.
        used = (replicates.mean(axis=1) + start * (replicates.sum(axis=0).mean() / start.sum())) / 2 >= LEAST_COUNT
        used &= (start > 0) & (replicates.sum(axis=1) > 0)
    if int(used.sum()) < LEAST_TYPES:
        raise NotApplicable(
            f"only {int(used.sum())} types come at least {LEAST_COUNT} times; {LEAST_TYPES} are the least. Larger "
            "samples, or coarser types, would do"
        )
    return used


def _refuse_few(replicates: int) -> None:
    if replicates < LEAST_REPLICATES:
        raise NotApplicable(
            f"{replicates} replicates of a generation are too few to see how they differ; at least {LEAST_REPLICATES} "
            "models, all of which learnt from the same data, are needed"
        )
