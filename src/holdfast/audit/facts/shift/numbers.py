"""How two samples of numbers differ: the gap between cumulative shares, and how far values moved."""

from typing import NamedTuple

import numpy as np

from holdfast.data.intervals import Z_95

_BAND = 1.358099  # of Kolmogorov's law, for 95%
_MOST_EXACT = 10_000  # pairs of values up to which the exact law of the gap is computed
_WORTH = 0.2  # limiting p-value from which the exact one is asked for; it is a little smaller with few values
_FOLDED = 0.7978845608  # √(2/π): mean size of a standard normal number
_CLEAR = 4.0  # standard errors
_DOUBT = 0.76  # standard deviation of Anderson & Darling's (1954) statistic, whose mean is 1
_AT = (np.arange(1_000) + 0.5) / 1_000  # places at which quantile functions of large samples are compared


class Effect(NamedTuple):
    """An effect size with its 95% interval and a p-value against no difference."""

    value: float
    low: float
    high: float
    p_value: float


class Moved(NamedTuple):
    """How far values moved on average, in interquartile ranges, with a 95% interval."""

    value: float
    low: float
    high: float


def gap(a: np.ndarray, b: np.ndarray, n_a: float, n_b: float, *, exact: bool = True) -> Effect:
    """Return the Kolmogorov-Smirnov distance of two sorted samples; `n_a` and `n_b` count what is independent.

    The lower end is the estimate less a 95% band about both cumulative shares (Kolmogorov, 1933), which holds
    wherever the largest gap is; the upper end that of a difference of two shares at the place of the largest gap
    (Raghavachari, 1973), as the estimate errs upwards. With few values a small p-value is exact where none are equal.
    """
    places = np.concatenate([a, b])
    below_a = np.searchsorted(a, places, side="right") / len(a)
    below_b = np.searchsorted(b, places, side="right") / len(b)
    at = int(np.argmax(np.abs(below_a - below_b)))
    effect = float(abs(below_a[at] - below_b[at]))
    spread = np.sqrt(1 / n_a + 1 / n_b)
    here, there = (float(np.clip(below[at], 0.5 / n, 1 - 0.5 / n)) for below, n in ((below_a, n_a), (below_b, n_b)))
    margin = Z_95 * float(np.sqrt(here * (1 - here) / n_a + there * (1 - there) / n_b))
    p_value = kolmogorov(effect / float(spread))
    if exact and p_value <= _WORTH and len(a) * len(b) <= _MOST_EXACT and n_a == len(a) and n_b == len(b):
        from scipy.stats import ks_2samp

        p_value = float(ks_2samp(a, b, method="exact").pvalue)
    return Effect(effect, max(0.0, effect - _BAND * float(spread)), min(1.0, effect + margin), p_value)


def kolmogorov(x: float) -> float:
    """Return the chance that Kolmogorov's statistic exceeds `x` (Smirnov, 1948); too large for values with ties."""
    if x < 0.3:
        return 1.0
    k = np.arange(1, 101)
    return float(np.clip(2 * np.sum((-1.0) ** (k - 1) * np.exp(-2 * (k * x) ** 2)), 0.0, 1.0))


def moved(a: np.ndarray, b: np.ndarray, n_a: float, n_b: float) -> Moved:
    """Return the mean distance of the quantile functions (Wasserstein) of two sorted samples, in ranges of quartiles.

    The unit is the interquartile range of the first, or its standard deviation where that is 0. The interval is that
    of Kantorovich's dual, E f(b) − E f(a), whose f grows by 1 where one cumulative share is the lower and falls by 1
    elsewhere: normal where the samples differ (del Barrio, Giné & Matrán, 1999), widened by the error of the unit and
    by what `chance` leaves open.
    """
    a, b = _thinned(a), _thinned(b)
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        scale, unsure = _unit(a, n_a)
        places = np.unique(np.concatenate([a, b]))
        step = np.diff(places) / scale
        if not np.isfinite(scale) or not np.isfinite(step).all():
            return Moved(0.0, 0.0, 0.0)
        below_a = np.searchsorted(a, places[:-1], side="right") / len(a)
        below_b = np.searchsorted(b, places[:-1], side="right") / len(b)
        off = below_a - below_b
        both = (below_a * n_a + below_b * n_b) / (n_a + n_b)
        error = np.sqrt(np.maximum(both * (1 - both), 0) * (1 / n_a + 1 / n_b))
        raw = float((np.abs(off) * step).sum())
        usual, most = chance(off, error, step, doubt=_DOUBT)
        potential = np.concatenate(([0.0], np.cumsum(np.sign(off) * step)))
        variance = (raw * unsure) ** 2
        for sample, n in ((a, n_a), (b, n_b)):
            variance += float(potential[np.searchsorted(places, sample)].var()) / n
        margin = Z_95 * float(np.sqrt(variance))
    if not np.isfinite(raw) or not np.isfinite(margin):
        return Moved(0.0, 0.0, 0.0)
    return Moved(max(0.0, raw - usual), max(0.0, raw - most - margin), raw + margin)


def chance(off: np.ndarray, error: np.ndarray, weight: np.ndarray, doubt: float) -> tuple[float, float]:
    """Return what chance adds to the weighted sum of sizes of differences: about, and at the most.

    The size of a normal difference with mean d and standard error s is larger than |d| by s·b(|d|/s) on average, with
    b(δ) = √(2/π)·exp(−δ²/2) − 2δ·Φ(−δ), which is largest where there is no difference. How large differences are
    beside their errors is told by their mean square, less 1 and less `doubt`, its own standard error without any. What
    is clearly there, at four errors or more, is left as it is.
    """
    from scipy.special import ndtr

    open_ = (error > 0) & (np.abs(off) < _CLEAR * error)
    amount = weight[open_] * error[open_]
    total = float(amount.sum())
    if total <= 0:
        return 0.0, 0.0
    mean = float((amount * (off[open_] / error[open_]) ** 2).sum() / total)
    at = float(np.sqrt(max(0.0, mean - 1 - doubt)))
    share = float(_FOLDED * np.exp(-at * at / 2) - 2 * at * ndtr(-at))
    return total * share, total * _FOLDED


def _unit(a: np.ndarray, n: float) -> tuple[float, float]:
    """Return the interquartile range of a sorted sample, and its standard error as a share of it.

    Quartiles err by what lies between the values one standard error of their rank below and above; together they err
    by √(2/3) of what they would as independent ones (covariance 1/16 beside variances of 3/16).
    """
    scale = float(np.quantile(a, 0.75) - np.quantile(a, 0.25))
    if scale <= 0:
        return float(np.std(a)) or 1.0, float(np.sqrt(1 / (2 * n)))
    off = np.sqrt(3 / 16 / n)
    sides = [float(np.quantile(a, min(q + off, 1)) - np.quantile(a, max(q - off, 0))) / 2 for q in (0.25, 0.75)]
    return scale, float(np.sqrt(2 / 3) * np.hypot(sides[0], sides[1])) / scale


def _thinned(ordered: np.ndarray) -> np.ndarray:
    """Return the quantiles of a large sorted sample: their distances are those of the sample, to a thousandth."""
    if len(ordered) <= len(_AT):
        return ordered
    return np.asarray(ordered[(_AT * len(ordered)).astype(np.int64)])
