"""A learning curve measured on subsets, extrapolated: the error at more examples, and the examples that a target needs.

Weighted least squares over the sizes, then a parametric bootstrap over the families pow3, pow4 and mmf4 in equal parts:
errors are drawn around each family's fit and fitted again, so that the interval holds both the chance of the subsets
and not knowing the family. Extrapolation alone under- and overshoots (Mahmood et al., 2022, "How much more data do I
need?", CVPR, 2207.01725): collect in rounds, plan by the upper end, forecast again. Beyond eight times the largest size
nothing is told.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.random import Streams
from holdfast.core.record import Estimate
from holdfast.finetune.learning_curves.families import grids
from holdfast.finetune.learning_curves.fitting import Fits, fitted

FEWEST_SIZES = 5
FEWEST_RESAMPLES = 3
FARTHEST = 8.0  # times the largest size
DRAWS = 400  # of each family
LEVEL = 0.9
_TREND = 4.0  # degrees of freedom that the trend of variances over sizes is trusted with, beside each size's own

Reach = Literal["reached already", "forecast", "beyond the forecast", "not reachable"]


@dataclass(frozen=True, slots=True)
class Curve:
    """Measured errors with their standard errors, and curves of every family: the fits, and draws around them."""

    sizes: Float[np.ndarray, " sizes"]
    errors: Float[np.ndarray, " sizes"]
    spread: Float[np.ndarray, " sizes"]  # standard errors of the means
    fits: tuple[Fits, ...]
    draws: tuple[Fits, ...]
    shared: Float[np.ndarray, " draws"]  # what all sizes are off by, from scoring them on one test set
    falls: bool  # clearly, from the smallest to the largest size

    @property
    def largest(self) -> float:
        """The largest measured size."""
        return float(self.sizes[-1])

    def floor(self) -> Estimate:
        """Return the error that no number of examples goes below, as far as the families tell."""
        return _estimate(np.concatenate([each.floor for each in self.draws]))


@dataclass(frozen=True, slots=True)
class Needed:
    """How many examples a target needs: `examples` may be infinite at the upper end; None where nothing is told."""

    target: float
    reach: Reach
    examples: Estimate | None
    reason: str


def learning_curve(
    sizes: Int[np.ndarray, " runs"],
    errors: Float[np.ndarray, " runs"],
    streams: Streams,
    *,
    test_error: float = 0.0,
    pool: int | None = None,
) -> Curve:
    """Return the fitted curve from one row per trained model: how many examples it had, and its error (0 or more).

    `test_error` is the standard error that one test set, shared by all runs, gives to every error; `pool` the number of
    examples from which subsets were drawn: large ones share most. Raises NotApplicable for fewer than 5 sizes,
    or fewer than 3 resamples at most of them.
    """
    n, mean, spread = _measured(np.asarray(sizes), np.asarray(errors, dtype=np.float64), pool)
    weights = 1.0 / spread**2
    tried = grids(n)
    fits = tuple(fitted(grid, n, mean[None, :], weights) for grid in tried.values())
    rng = streams("learning curve")
    draws = []
    for fit, parameters in zip(fits, (3, 4, 4), strict=True):
        # Where a family misses by more than its noise, it is drawn with what it misses by.
        wider = np.sqrt(max(1.0, float(fit.misfit[0]) / max(len(n) - parameters, 1)))
        drawn = fit.at(n) + wider * spread * rng.normal(size=(DRAWS, len(n)))
        draws.append(fitted(tried[fit.family], n, np.maximum(drawn, 0.0), weights))
    shared = test_error * rng.normal(size=DRAWS * len(fits))
    falls = mean[0] - mean[-1] > 2.0 * np.hypot(spread[0], spread[-1])
    return Curve(n, mean, spread, fits, tuple(draws), shared, bool(falls))


def error_at(curve: Curve, n: int) -> Estimate:
    """Return the expected error at n examples with its 90% interval. Raises NotApplicable too far beyond the curve."""
    if n > FARTHEST * curve.largest:
        raise NotApplicable(
            f"not estimable: {n:,} examples are {n / curve.largest:.1f} times the largest measured size, "
            f"{curve.largest:,.0f}; a forecast reaches {FARTHEST:g} times as far"
        )
    if n < curve.sizes[0]:
        raise BadInput(f"the curve begins at {curve.sizes[0]:,.0f} examples, asked for {n:,}")
    drawn = np.concatenate([each.at(np.array([n]))[:, 0] for each in curve.draws]) + curve.shared
    return _estimate(np.maximum(drawn, 0.0))


def needed_for(curve: Curve, target: float) -> Needed:
    """Return how many examples the error needs to come down to `target`, with a 90% interval, or why none is told."""
    if not target >= 0.0:
        raise BadInput(f"a target is an error of 0 or more, got {target:g}")
    drawn = np.concatenate([each.needed(target) for each in _shifted(curve)])
    if curve.errors[-1] + curve.spread[-1] <= target:
        return Needed(
            target, "reached already", None, f"{curve.largest:,.0f} examples already give {curve.errors[-1]:.3g}"
        )
    if not curve.falls:
        return Needed(
            target,
            "beyond the forecast",
            None,
            f"the error does not fall clearly from {curve.sizes[0]:,.0f} to {curve.largest:,.0f} examples "
            f"({curve.errors[0]:.3g} to {curve.errors[-1]:.3g}), so nothing says that more would help",
        )
    floor = curve.floor()
    if target < floor.low:
        return Needed(
            target,
            "not reachable",
            None,
            f"more examples of this kind bring the error down to {floor.value:.3g} ({floor.low:.3g} to "
            f"{floor.high:.3g}), not to {target:.3g}; change the model, the features or the labels",
        )
    farthest = FARTHEST * curve.largest
    found = _estimate(drawn)
    if found.value > farthest:
        return Needed(
            target,
            "beyond the forecast",
            None,
            f"more than {farthest:,.0f} examples, {FARTHEST:g} times the largest measured size, if ever; "
            "measure larger sizes",
        )
    top = f"{found.high:,.0f}" if found.high <= farthest else f"more than {farthest:,.0f}"
    return Needed(
        target,
        "forecast",
        Estimate(value=found.value, low=found.low, high=found.high if found.high <= farthest else np.inf, level=LEVEL),
        f"about {found.value:,.0f} examples ({found.low:,.0f} to {top}); plan by the upper end, and forecast "
        "again on the way",
    )


def _shifted(curve: Curve) -> list[Fits]:
    """Return the drawn curves, each moved by what the shared test set may be off by."""
    parts = np.split(curve.shared, len(curve.draws))
    return [
        Fits(each.family, np.maximum(each.floor + by, 0.0), each.amplitude, each.exponent, each.place, each.misfit)
        for each, by in zip(curve.draws, parts, strict=True)
    ]


def _measured(sizes: np.ndarray, errors: np.ndarray, pool: int | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return distinct sizes, mean errors, and standard errors from each size's scatter shrunk to its trend."""
    if sizes.shape != errors.shape or sizes.ndim != 1:
        raise BadInput(
            f"a learning curve wants one error per trained model, got {sizes.shape} sizes, {errors.shape} errors"
        )
    if len(sizes) and (sizes.min() < 1 or not np.isfinite(errors).all() or errors.min() < 0.0):
        raise BadInput("a learning curve wants sizes of 1 or more, and finite errors of 0 or more (lower is better)")
    n, of = np.unique(sizes, return_inverse=True)
    runs = np.bincount(of)
    if len(n) < FEWEST_SIZES or (runs >= FEWEST_RESAMPLES).sum() < FEWEST_SIZES - 1:
        raise NotApplicable(
            f"not estimable: {len(n)} sizes with {int(runs.min()) if len(runs) else 0} runs at least, wanted "
            f"{FEWEST_SIZES} sizes with {FEWEST_RESAMPLES} runs each"
        )
    mean = np.bincount(of, weights=errors) / runs
    squares = np.bincount(of, weights=(errors - mean[of]) ** 2)
    variance = np.divide(squares, runs - 1, out=np.full(len(n), np.nan), where=runs > 1)
    freedom = (runs - 1.0) * np.isfinite(variance)
    if pool is not None:
        # Subsets of a pool share examples; their means vary by 1 − n/pool of what fresh samples would.
        fresh = 1.0 - n / pool
        variance = np.where(fresh >= 0.5, variance / np.maximum(fresh, 0.5), np.nan)
        freedom = freedom * (fresh >= 0.5)
    known = np.isfinite(variance) & (freedom > 0)
    if known.sum() < 2:
        raise NotApplicable("not estimable: fewer than two sizes say how much errors scatter; draw smaller subsets")
    least = max(float(mean.max()) * 1e-3, 1e-9) ** 2
    level = np.log(np.maximum(variance[known], least))
    slope, start = _line(np.log(n[known]), level, freedom[known])
    # The mean of the logarithm of a variance lies below that of the variance, by about 1/degrees of freedom.
    trend = np.exp(start + slope * np.log(n) + 1.0 / max(float(freedom[known].mean()), 1.0))
    own = np.where(known, np.nan_to_num(variance), 0.0)
    pooled = (freedom * own + _TREND * trend) / (freedom + _TREND)
    return n.astype(np.float64), mean, np.sqrt(np.maximum(pooled, least) / runs)


def _line(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Return slope and start of a weighted line; errors of larger sizes never scatter more, so it does not rise."""
    x_mean, y_mean = np.average(x, weights=weights), np.average(y, weights=weights)
    spread = float(weights @ (x - x_mean) ** 2)
    slope = min(float(weights @ ((x - x_mean) * (y - y_mean))) / spread, 0.0) if spread else 0.0
    return slope, float(y_mean - slope * x_mean)


def _estimate(drawn: np.ndarray) -> Estimate:
    # An infinite number of examples is a number here: quantiles step over draws instead of mixing them.
    low, middle, high = np.quantile(drawn, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2], method="inverted_cdf")
    return Estimate(value=float(middle), low=float(low), high=float(high), level=LEVEL)
