"""What replicates of one generation say: how many independent items it is worth, and whether it sharpens.

The effective size is the temporal method of population genetics (Krimbas & Tsakas 1971; Nei & Tajima 1981; Waples 1989)
with replicates in place of time: the frequency x of a type that is drawn M times at random varies by x(1 − x)/M between
replicates. Models that were fitted with different luck differ in frequent types by more than that; what they differ by
beside is fitted as a power of x.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from holdfast.core.errors import NotApplicable
from holdfast.data.intervals import Z_95

LEAST_REPLICATES = 4  # a variance from fewer is worth next to nothing: its 95% interval spans a factor of 70 at 3
LEAST_COUNT = 5  # mean count of a type that is looked at
LEAST_TYPES = 10
LEVEL = 0.95
_BENDS = (0.5, 0.75, 1.0)  # powers of x tried for what frequent types vary by beside; 1 is the same relative variance
_EVIDENCE = 10.8  # fall of the deviance from which on that is believed; chance alone passes it once in 1,000 (χ², 1)
_STEPS = 30  # of iterated least squares; they settle within ten

Counts = Int[np.ndarray, "types replicates"]
Start = Int[np.ndarray, " types"]


@dataclass(frozen=True, slots=True)
class Estimated:
    """A number with its interval."""

    value: float
    low: float
    high: float
    freedom: float = math.inf  # degrees of freedom of the variance below it


@dataclass(frozen=True, slots=True)
class Scatter:
    """How much a frequency x varies between replicates: Var(x) / x(1 − x) = 1/size + extra × x^bend.

    `renewal` is the frequency that a model gives to each type that it did not learn: by it lost types come back.
    """

    size: Estimated
    extra: float = 0.0
    bend: float = 1.0
    renewal: float = 0.0

    def of(self, share: Float[np.ndarray, " types"]) -> Float[np.ndarray, " types"]:
        """Return the variance of frequencies between replicates, over x(1 − x)."""
        return np.asarray(1 / self.size.value + self.extra * share**self.bend)

    def relative(self, share: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """Return the relative variance that models have beside that of drawing."""
        return np.asarray(self.extra * share ** (self.bend - 1))


def scatter(replicates: Counts) -> Scatter:
    """Return how much replicates of a generation scatter.

    The ratio Var(x) / x(1 − x) is averaged over types with the same weight: the sums of the temporal method are carried
    by a few frequent types (with Zipf's law some 15), and the tail is what a forecast is about. The interval of the
    size is that of a chi-square which scatters over types as the ratios do. Raises NotApplicable.
    """
    used = replicates.mean(axis=1) >= LEAST_COUNT
    _refuse(replicates.shape[1], used)
    shares = replicates[used] / replicates.sum(axis=0)
    centre = shares.mean(axis=1)
    ratios = shares.var(axis=1, ddof=1) / (centre * (1 - centre))
    if ratios.mean() <= 0:
        raise NotApplicable("the replicates are all the same, so that nothing can be told from their differences")
    plain = np.full(len(ratios), ratios.mean())
    best, fitted, evidence = (float(ratios.mean()), 0.0, 1.0), plain, _EVIDENCE
    for bend in _BENDS:
        floor, extra = _rising(centre**bend, ratios)
        line = floor + extra * centre**bend
        gain = (replicates.shape[1] - 1) * (_deviance(ratios, plain) - _deviance(ratios, line))
        if gain > evidence and floor > 0:
            best, fitted, evidence = (floor, extra, bend), line, gain
    relative = ratios / fitted
    error = float(relative.std(ddof=1)) / float(relative.mean()) / math.sqrt(len(relative))
    return Scatter(_size(1 / best[0], 2 / error**2), best[1], best[2])


def _rising(x: Float[np.ndarray, " types"], ratios: Float[np.ndarray, " types"]) -> tuple[float, float]:
    """Return floor and slope of a line that does not fall, each ratio scattering in proportion to the line."""
    from scipy.optimize import nnls

    line = np.full(len(x), ratios.mean())
    floor = slope = 0.0
    for _ in range(_STEPS):
        design = np.stack([1 / line, x / line], axis=1)
        scale = np.linalg.norm(design, axis=0)
        (floor, slope), _ = nnls(design / scale, ratios / line)
        floor, slope = floor / scale[0], slope / scale[1]
        line = np.maximum(floor + slope * x, 1e-3 * ratios.mean())
    return float(floor), float(slope)


def _deviance(ratios: Float[np.ndarray, " types"], line: Float[np.ndarray, " types"]) -> float:
    return float((ratios / line + np.log(line)).sum())


def renewal(start: Start, replicates: Counts) -> float:
    """Return the frequency that models give to each type which they did not learn.

    How many such types there are is what was counted, or, if that is more, what Chao (1984) estimates from those that
    were written once and twice.
    """
    written = replicates[start == 0].sum(axis=1)
    seen = int((written > 0).sum())
    if not seen:
        return 0.0
    once, twice = int((written == 1).sum()), int((written == 2).sum())
    types = max(len(written), seen + once * (once - 1) / (2 * (twice + 1)))
    return float(written.sum() / replicates.sum() / types)


def effective_size_of_fits(variances: Float[np.ndarray, " replicates"]) -> Estimated:
    """Return how many independent items a fit of a variance is worth: 1 + 2/Var(ln v). Raises NotApplicable."""
    _refuse(len(variances))
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


def sharpening(start: Start, replicates: Counts, spread: Scatter) -> Estimated:
    """Return the power a to which one generation raises frequencies: mean counts go as start^a.

    `start` is what the models learnt from. Fitted to counts with a logarithmic link, so that types that vanished are
    used as they are; each type weighs by how surely it is known. The interval allows for types that go their own way
    (White 1980), not only for chance. Raises NotApplicable.
    """
    used = start > 0
    _refuse(replicates.shape[1], replicates.mean(axis=1) >= LEAST_COUNT)
    x = np.log(start[used] / start.sum())
    mean = replicates[used].mean(axis=1) / replicates.sum(axis=0).mean()
    if x.std() <= 1e-9:
        raise NotApplicable("all types are equally frequent, so that sharpening leaves them as they are")
    slope, level = 1.0, float(np.log(mean.sum() / np.exp(x).sum()))
    sandwich = np.eye(2)
    for _ in range(_STEPS):
        line = np.exp(level + slope * x)
        weight = line / spread.of(line)  # of a logarithm, up to a factor
        design = np.stack([np.ones_like(x), x], axis=1)
        inverse = np.linalg.inv(design.T @ (design * weight[:, None]))
        off = (mean - line) / line
        step = inverse @ (design.T @ (weight * off))
        level, slope = level + step[0], slope + step[1]
        meat = design.T @ (design * (weight * off)[:, None] ** 2)
        sandwich = inverse @ meat @ inverse
    error = math.sqrt(sandwich[1, 1] * len(x) / max(1, len(x) - 2))
    return Estimated(slope, slope - Z_95 * error, slope + Z_95 * error)


def _refuse(replicates: int, used: Bool[np.ndarray, " types"] | None = None) -> None:
    """Raise NotApplicable where there are too few replicates, or too few types that come often enough."""
    if replicates < LEAST_REPLICATES:
        raise NotApplicable(
            f"{replicates} replicates of a generation are too few to see how they differ; at least {LEAST_REPLICATES} "
            "models, all of which learnt from the same data, are needed"
        )
    if used is not None and int(used.sum()) < LEAST_TYPES:
        raise NotApplicable(
            f"only {int(used.sum())} types come at least {LEAST_COUNT} times; {LEAST_TYPES} are the least. Larger "
            "samples, or coarser types, would do"
        )
