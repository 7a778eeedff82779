"""Is one model better than another? The paired test that suits the score, with an interval of the difference.

accuracy and other right-or-wrong scores   mcnemar
area under the ROC curve                   delong
a mean of losses per row                   paired_mean
losses in time order                       diebold_mariano
two samples that have no rows in common    newcombe (shares), bootstrap_two_means
a mean of rows in clusters                 bootstrap_mean
a ratio of two sums, by unit               bootstrap_ratio
resamples of any other difference          from_resamples

Every difference is a minus b. Rows with a missing value are the caller's business.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from holdfast.data.intervals import wilson

_LEAST_ROWS = 2
_CELLS_AT_ONCE = 1 << 23  # of a block of resamples; bounds memory to 64 MiB


@dataclass(frozen=True, slots=True)
class Comparison:
    """A difference with its interval; `p_value` is two-sided, for no difference."""

    test: str
    difference: float
    low: float
    high: float
    p_value: float
    level: float = 0.95


def mcnemar(right_a: Bool[np.ndarray, " n"], right_b: Bool[np.ndarray, " n"], *, level: float = 0.95) -> Comparison:
    """Compare two shares of right answers on the same rows.

    The p-value is exact (binomial on the rows on which the two differ; McNemar, 1947). The interval is the adjusted
    Wald interval of Bonett & Price (2012), whose coverage stays near its level for small n.
    """
    from scipy.stats import binomtest

    n = len(right_a)
    only_a, only_b = int(np.sum(right_a & ~right_b)), int(np.sum(right_b & ~right_a))
    p_value = binomtest(only_a, only_a + only_b, 0.5).pvalue if only_a + only_b else 1.0
    share_a, share_b = (only_a + 1) / (n + 2), (only_b + 1) / (n + 2)
    error = np.sqrt((share_a + share_b - (share_a - share_b) ** 2) / (n + 2))
    half = _normal_quantile(level) * error
    difference = (only_a - only_b) / n if n else 0.0
    centre = share_a - share_b
    return Comparison(
        "McNemar",
        difference,
        float(min(max(-1.0, centre - half), difference)),
        float(max(min(1.0, centre + half), difference)),
        float(p_value),
        level,
    )


def roc_areas(
    positive: Bool[np.ndarray, " n"], *scores: Float[np.ndarray, " n"]
) -> tuple[Float[np.ndarray, " models"], Float[np.ndarray, "models models"]]:
    """Return the areas under the ROC curves of several scores of the same rows, and their covariance.

    DeLong, DeLong & Clarke-Pearson (1988), in the O(n log n) form of Sun & Xu (2014). Both classes must occur.
    """
    from scipy.stats import rankdata

    stacked = np.stack(scores)
    n_positive = int(positive.sum())
    n_negative = len(positive) - n_positive
    both = rankdata(stacked, axis=1)
    # A row's placement is the share of the other class that it beats, ties counting half.
    high = (both[:, positive] - rankdata(stacked[:, positive], axis=1)) / n_negative
    low = 1.0 - (both[:, ~positive] - rankdata(stacked[:, ~positive], axis=1)) / n_positive
    return high.mean(axis=1), _covariance(high) / n_positive + _covariance(low) / n_negative


def delong(
    positive: Bool[np.ndarray, " n"], a: Float[np.ndarray, " n"], b: Float[np.ndarray, " n"], *, level: float = 0.95
) -> Comparison:
    """Compare the areas under two ROC curves on the same rows (DeLong et al., 1988). Both classes must occur."""
    areas, covariance = roc_areas(positive, a, b)
    variance = covariance[0, 0] + covariance[1, 1] - 2.0 * covariance[0, 1]
    return normal("DeLong", float(areas[0] - areas[1]), float(np.sqrt(max(variance, 0.0))), level)


def paired_mean(a: Float[np.ndarray, " n"], b: Float[np.ndarray, " n"], *, level: float = 0.95) -> Comparison:
    """Compare two means of a quantity known for every row, such as a loss, with the paired t-test."""
    gain = a - b
    n = len(gain)
    if n < _LEAST_ROWS:
        return _unknown("paired t", float(gain.mean()) if n else 0.0, level)
    return student("paired t", float(gain.mean()), float(gain.std(ddof=1) / np.sqrt(n)), n - 1, level)


def diebold_mariano(
    loss_a: Float[np.ndarray, " n"], loss_b: Float[np.ndarray, " n"], *, level: float = 0.95
) -> Comparison:
    """Compare two one-step forecasts by their losses, rows in time order.

    Diebold & Mariano (1995) with the small-sample correction of Harvey, Leybourne & Newbold (1997). One-step losses
    may be correlated too: the variance takes in lags up to n^(1/3) with Bartlett weights (Newey & West, 1987), which
    cannot turn negative.
    """
    gain = loss_a - loss_b
    n = len(gain)
    if n <= _LEAST_ROWS:
        return _unknown("Diebold-Mariano", float(gain.mean()) if n else 0.0, level)
    lags = int(n ** (1.0 / 3.0))
    centred = gain - gain.mean()
    variance = float(centred @ centred) / n
    for lag in range(1, lags + 1):
        weight = 1.0 - lag / (lags + 1.0)
        variance += 2.0 * weight * float(centred[lag:] @ centred[:-lag]) / n
    error = np.sqrt(max(variance, 0.0) / (n - 1))  # the correction turns n into n - 1, for one step
    return student("Diebold-Mariano", float(gain.mean()), float(error), n - 1, level)


def bootstrap_mean(
    gain: Float[np.ndarray, " n"],
    rng: np.random.Generator,
    *,
    clusters: Int[np.ndarray, " n"] | None = None,
    resamples: int = 2000,
    level: float = 0.95,
) -> Comparison:
    """Return the bootstrap interval of a mean difference, with whole clusters drawn where rows belong together.

    Percentile interval (Efron, 1979); the p-value is twice the smaller share of resamples on one side of zero
    (Davison & Hinkley, 1997, (4.11)).
    """
    group = np.arange(len(gain)) if clusters is None else np.unique(clusters, return_inverse=True)[1].reshape(-1)
    return bootstrap_ratio(
        np.bincount(group, weights=gain), np.bincount(group).astype(np.float64), rng, resamples, level
    )


def bootstrap_ratio(
    over: Float[np.ndarray, " units"],
    under: Float[np.ndarray, " units"],
    rng: np.random.Generator,
    resamples: int = 2000,
    level: float = 0.95,
) -> Comparison:
    """Return the bootstrap interval of a ratio of two sums, such as nats per token, with whole units drawn.

    A unit is what was drawn by itself: a document, a patient. `under` is positive in every unit.
    """
    m = len(over)
    observed = float(over.sum() / under.sum()) if m else 0.0
    if m < _LEAST_ROWS:
        return _unknown("paired bootstrap", observed, level)
    drawn, step = [], max(1, _CELLS_AT_ONCE // m)
    for start in range(0, resamples, step):
        chosen = rng.integers(m, size=(min(step, resamples - start), m))
        drawn.append(over[chosen].sum(axis=1) / under[chosen].sum(axis=1))
    return from_resamples(observed, np.concatenate(drawn), level=level)


def bootstrap_two_means(
    a: Float[np.ndarray, " n"],
    b: Float[np.ndarray, " m"],
    rng: np.random.Generator,
    *,
    resamples: int = 2000,
    level: float = 0.95,
) -> Comparison:
    """Return the bootstrap interval of the difference of the means of two independent samples (Efron, 1979)."""
    means = [_means_drawn(sample, rng, resamples) for sample in (a, b)]
    observed = float(np.mean(a) - np.mean(b)) if len(a) and len(b) else 0.0
    if min(len(a), len(b)) < _LEAST_ROWS:
        return _unknown("two-sample bootstrap", observed, level)
    found = from_resamples(observed, means[0] - means[1], level=level)
    return Comparison("two-sample bootstrap", observed, found.low, found.high, found.p_value, level)


def _means_drawn(
    values: Float[np.ndarray, " n"], rng: np.random.Generator, resamples: int
) -> Float[np.ndarray, " resamples"]:
    """Return means of bootstrap samples; none for no values."""
    n = len(values)
    if not n:
        return np.empty(0)
    step = max(1, _CELLS_AT_ONCE // n)
    sizes = [min(step, resamples - start) for start in range(0, resamples, step)]
    return np.concatenate([values[rng.integers(n, size=(size, n))].mean(axis=1) for size in sizes])


def newcombe(n_with_a: float, n_a: float, n_with_b: float, n_b: float, *, level: float = 0.95) -> Comparison:
    """Compare two shares of independent samples; the numbers may be of groups, and need not be whole.

    The interval is Newcombe's (1998, Statistics in Medicine 17:873, method 10), made of Wilson's for each share; the
    p-value is that of the pooled z-test, which is Pearson's χ².
    """
    from scipy.stats import norm

    if not n_a or not n_b:
        return _unknown("Newcombe-Wilson", 0.0, level)
    a, b = n_with_a / n_a, n_with_b / n_b
    of_a, of_b = wilson(n_with_a, n_a, level=level), wilson(n_with_b, n_b, level=level)
    pooled = (n_with_a + n_with_b) / (n_a + n_b)
    error = np.sqrt(pooled * (1.0 - pooled) * (1.0 / n_a + 1.0 / n_b))
    return Comparison(
        "Newcombe-Wilson",
        a - b,
        float(a - b - np.hypot(a - of_a.low, of_b.high - b)),
        float(a - b + np.hypot(of_a.high - a, b - of_b.low)),
        float(2.0 * norm.sf(abs(a - b) / error)) if error else 1.0,
        level,
    )


def from_resamples(observed: float, drawn: Float[np.ndarray, " resamples"], *, level: float = 0.95) -> Comparison:
    """Return what bootstrap resamples of a difference say about it."""
    if len(drawn) < _LEAST_ROWS:
        return _unknown("paired bootstrap", observed, level)
    low, high = np.quantile(drawn, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    below, above = int(np.sum(drawn <= 0.0)), int(np.sum(drawn >= 0.0))
    p_value = min(1.0, 2.0 * (min(below, above) + 1) / (len(drawn) + 1))
    return Comparison("paired bootstrap", observed, float(low), float(high), p_value, level)


def normal(test: str, difference: float, error: float, level: float = 0.95) -> Comparison:
    """Return the comparison of a difference that is near normal, by its standard error."""
    from scipy.stats import norm

    if error == 0.0:
        return _exact(test, difference, level)
    half = _normal_quantile(level) * error
    p_value = float(2.0 * norm.sf(abs(difference) / error))
    return Comparison(test, difference, difference - half, difference + half, p_value, level)


def student(test: str, difference: float, error: float, freedom: int, level: float = 0.95) -> Comparison:
    """Return the comparison of a difference by its standard error and the degrees of freedom of that."""
    from scipy.stats import t

    if error == 0.0:
        return _exact(test, difference, level)
    half = float(t.ppf((1.0 + level) / 2.0, freedom)) * error
    p_value = float(2.0 * t.sf(abs(difference) / error, freedom))
    return Comparison(test, difference, difference - half, difference + half, p_value, level)


def holm(p_values: Float[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
    """Return p-values adjusted so that any false rejection at α has at most chance α (Holm, 1979)."""
    k = len(p_values)
    order = np.argsort(p_values, kind="stable")
    stepped = np.maximum.accumulate(p_values[order] * np.arange(k, 0, -1))
    adjusted = np.empty(k)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def benjamini_hochberg(p_values: Float[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
    """Return p-values adjusted so that at most a share α of rejections at α is false (Benjamini & Hochberg, 1995)."""
    k = len(p_values)
    order = np.argsort(p_values, kind="stable")[::-1]
    stepped = np.minimum.accumulate(p_values[order] * k / np.arange(k, 0, -1))
    adjusted = np.empty(k)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def optimism_of_best(
    scores: Float[np.ndarray, " models"],
    covariance: Float[np.ndarray, "models models"],
    rng: np.random.Generator,
    *,
    resamples: int = 2000,
) -> float:
    """Return by how much the best of several scores is too high because it was chosen on the same rows.

    Parametric bootstrap of E[score of the chosen model - its true score], higher being better: new scores are drawn
    around those seen, with their covariance, and the best is chosen again (Efron & Tibshirani, 1993, chapter 17).
    """
    if len(scores) < 2:
        return 0.0
    drawn = rng.multivariate_normal(scores, covariance, size=resamples, method="eigh")
    chosen = drawn.argmax(axis=1)
    return max(0.0, float(np.mean(drawn[np.arange(resamples), chosen] - scores[chosen])))


def _covariance(placements: np.ndarray) -> np.ndarray:
    """Return the covariance of rows of `placements`; zero where one observation tells nothing about it."""
    if placements.shape[1] < _LEAST_ROWS:
        return np.zeros((len(placements), len(placements)))
    return np.atleast_2d(np.cov(placements))


def _exact(test: str, difference: float, level: float) -> Comparison:
    """Return the comparison of two models whose difference does not vary: certain, or none at all."""
    return Comparison(test, difference, difference, difference, 1.0 if difference == 0.0 else 0.0, level)


def _unknown(test: str, difference: float, level: float) -> Comparison:
    """Return a comparison that too few rows leave open."""
    return Comparison(test, difference, -np.inf, np.inf, 1.0, level)


def _normal_quantile(level: float) -> float:
    from scipy.stats import norm

    return float(norm.ppf((1.0 + level) / 2.0))
