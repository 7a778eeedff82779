"""Intervals for shares: exact and by score for simple samples, and one for weighted samples that rare cases need.

Exact: Clopper & Pearson 1934 (Biometrika 26:404), and by inversion of the hypergeometric distribution where the sample
is part of a finite population. Wilson 1927 (JASA 22:209), with n − 1 scaled by (N − 1) / (N − n).

Weighted: a beta distribution with the mean and the variance of the estimate. For its upper end it is moved as if one
more case had been found, of the largest weight, for its lower end the same is done for the others. So it stays honest
where no case was found, or few: Fay & Feuer 1997 (Statistics in Medicine 16:791) did this with the gamma distribution
for rates, Korn & Graubard 1998 (Survey Methodology 24:193) use the beta for surveys. With equal weights it is the
Clopper-Pearson interval.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor, sqrt

import numpy as np

LEVEL = 0.95
Z_95 = 1.959964  # 95% of a standard normal distribution lie within ± this


@dataclass(frozen=True, slots=True)
class Interval:
    """A share with its interval."""

    value: float
    low: float
    high: float
    level: float = LEVEL

    @property
    def half(self) -> float:
        """Half its width."""
        return (self.high - self.low) / 2


def wilson(k: float, n: float, *, level: float = LEVEL, of: int | None = None) -> Interval:
    """Return the share k/n with Wilson's interval; `of` is the size of the population that the sample is part of."""
    from scipy.special import ndtri

    if n <= 0:
        return Interval(np.nan, 0.0, 1.0, level)
    p = k / n
    if of is not None and n >= of:
        return Interval(p, p, p, level)
    m = n if of is None else n * (of - 1) / (of - n)
    z = float(ndtri((1 + level) / 2))
    centre = (p + z * z / (2 * m)) / (1 + z * z / m)
    half = z / (1 + z * z / m) * sqrt(p * (1 - p) / m + z * z / (4 * m * m))
    return Interval(p, max(0.0, centre - half), min(1.0, centre + half), level)


@lru_cache(maxsize=4096)
def exact(k: float, n: int, *, level: float = LEVEL, of: int | None = None) -> Interval:
    """Return the share k/n with an interval that covers at least as often as it says; `of` as in `wilson`.

    k is a whole number where `of` is given.
    """
    from scipy.special import betaincinv

    if n <= 0:
        return Interval(np.nan, 0.0, 1.0, level)
    tail = (1 - level) / 2
    if of is not None:
        fewest, most = _fewest(int(k), n, of, tail), of - _fewest(n - int(k), n, of, tail)
        return Interval(k / n, fewest / of, most / of, level)
    low = float(betaincinv(k, n - k + 1, tail)) if k > 0 else 0.0
    high = float(betaincinv(k + 1, n - k, 1 - tail)) if k < n else 1.0
    return Interval(k / n, low, high, level)


def _fewest(k: int, n: int, of: int, tail: float) -> int:
    """Return the least number of cases among `of` with which k or more in a sample of n are not too unlikely."""
    low, high = k, of - (n - k)
    while low < high:
        middle = (low + high) // 2
        if _at_least(k, n, middle, of) > tail:
            high = middle
        else:
            low = middle + 1
    return low


def _at_least(k: int, n: int, cases: int, of: int) -> float:
    """Return the chance of k or more cases in a sample of n from a population with so many: hypergeometric."""
    from scipy.special import gammaln

    found = np.arange(max(k, n - (of - cases)), min(n, cases) + 1, dtype=float)

    def ways(total: float, taken: np.ndarray | float) -> np.ndarray:
        return np.asarray(gammaln(total + 1) - gammaln(np.add(taken, 1)) - gammaln(np.subtract(total, taken) + 1))

    return float(np.exp(ways(cases, found) + ways(of - cases, n - found) - ways(of, float(n))).sum())


def weighted(p: float, variance: float, heaviest: float, *, level: float = LEVEL) -> Interval:
    """Return an estimated share with its interval; `heaviest` is the largest part that one record has in it."""
    tail = (1 - level) / 2
    if variance <= 0 and heaviest <= 0:  # every record was looked at
        return Interval(p, p, p, level)
    low = 1.0 - _upper(1.0 - p, variance, heaviest, tail)
    return Interval(p, min(p, max(0.0, low)), max(p, _upper(p, variance, heaviest, tail)), level)


def _upper(p: float, variance: float, heaviest: float, tail: float) -> float:
    from scipy.special import betaincinv

    mean = (p + heaviest) / (1 + heaviest)
    spread = (variance + heaviest**2) / (1 + heaviest) ** 2
    if mean >= 1.0 or p >= 1.0:
        return 1.0
    strength = mean * (1 - mean) / spread - 1
    if strength <= 0:
        return 1.0
    return float(betaincinv(mean * strength, (1 - mean) * strength, 1 - tail))


def more_needed(p: float, n: int, half: float, *, of: int | None = None, effect: float = 1.0) -> int:
    """Return how many more reviews bring half the width down to `half`, if the share stays p.

    `effect` is the variance of the design over that of a simple sample of the same size. Found by bisection on
    Wilson's interval; the rate is pulled a little towards one half, as a rate of 0 in a small sample is not 0.
    """
    if not 0 < half < 1:
        return 0
    likely = (p * n + 1.0) / (n + 2.0)
    low, high = 1, ceil(10 / half**2) if of is None else of
    while low < high:
        middle = (low + high) // 2
        if wilson(likely * middle, middle, of=of).half * sqrt(max(effect, 1e-9)) <= half:
            high = middle
        else:
            low = middle + 1
    return max(0, floor(low) - n)
