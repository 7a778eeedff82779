"""The law of a normal distribution that is refitted to its own items: what the theories about it share.

With M items and ν = M − 1, the variance is multiplied by S = χ²_ν / d in each generation, d = ν for the unbiased
variance and d = M for maximum likelihood; the mean moves by σ Z / √M, independent of S.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.special import digamma, gammaln

from holdfast.collapse.definitions import Setting
from holdfast.collapse.learners.gaussian import Gaussian
from holdfast.core.errors import NotApplicable

Line = Float[np.ndarray, " generations_and_truth"]
PerFit = Float[np.ndarray, " fits"]

# The mean of a positive quantity Q is carried by histories with a share of about e^−r of the weight where
# ln(E Q²/(E Q)²) = r, as for a log-normal; beyond this r ten thousand histories do not give a trustworthy mean.
MOST_CARRIED = 1.5
_LARGEST = 300.0  # a prediction above e to this power is no number to draw

CASE = {"samples": 20, "generations": 10, "replicates": 100_000, "regimes": ["replace"]}
CASES = (CASE, {**CASE, "options": {"variance": "mle"}})
GROWING = {
    "samples": 6,
    "generations": 12,
    "replicates": 100_000,
    "regimes": [],
    "regime": {"growing": {"feeds": [{"name": "synthetic", "of": "model", "power": 1.2}]}},
}
ASSUMES = "normal, each generation from the one before, of any size"
SOURCE = "law of mean and variance of a normal sample (Fisher, 1925), generation by generation"


@dataclass(frozen=True, slots=True)
class Factors:
    """What each fit multiplies the variance by: S = χ² with so many degrees of freedom, divided."""

    sizes: PerFit
    divisors: PerFit

    @property
    def degrees(self) -> PerFit:
        """Degrees of freedom."""
        return self.sizes - 1

    def log_moment(self, power: float) -> PerFit:
        """Return ln E S^power of each fit, infinite where there is no such moment."""
        half = self.degrees / 2
        there = half + power > 0
        shape = np.where(there, half + power, 1.0)
        return np.where(there, power * np.log(2 / self.divisors) + gammaln(shape) - gammaln(half), np.inf)

    def log_drift(self) -> Line:
        """Return E ln σ²_t/σ² for each generation t: the sum of E ln S = ψ(ν/2) − ln(d/2)."""
        return summed(digamma(self.degrees / 2) - np.log(self.divisors / 2))

    def log_expected(self, power: float) -> Line:
        """Return ln E (σ²_t/σ²)^power for each generation t."""
        return summed(self.log_moment(power))


def factors(setting: Setting, learner: Any = Gaussian) -> Factors:
    """Return the factors of an arm. Raises NotApplicable where generations do not each replace the one before."""
    if not isinstance(setting.learner, learner) or not setting.replaces:
        raise NotApplicable(f"it is about: {ASSUMES}")
    sizes = setting.sizes.astype(np.float64)
    return Factors(sizes, sizes - 1 if setting.learner.variance == "unbiased" else sizes)


def summed(steps: PerFit) -> Line:
    """Return the sums over the fits so far, 0 for the truth."""
    return np.concatenate([[0.0], np.cumsum(steps)])


def number(log: Line) -> Line:
    """Return e to these powers, NaN where that is no number to draw."""
    return np.where(log < _LARGEST, np.exp(np.minimum(log, _LARGEST)), np.nan)


def shown(power: float, learner: Any = Gaussian) -> Callable[[Setting], np.ndarray]:
    """Return where so many histories carry the mean of σ^(2 power) that a simulation can check it."""

    def checkable(setting: Setting) -> np.ndarray:
        law = factors(setting, learner)
        with np.errstate(invalid="ignore"):  # a moment that there is not carries nothing that can be checked
            return law.log_expected(2 * power) - 2 * law.log_expected(power) <= MOST_CARRIED

    return checkable


class Moments:
    """Expectations E (μ_t − μ)^j σ_t^k of the paths, for even j, in units of the true σ; all exact."""

    def __init__(self, law: Factors) -> None:
        """Prepare for these factors."""
        self._law, self._log_size = law, np.log(law.sizes)

    def __call__(self, j: int, k: int) -> Line:
        """Return one of them for each generation, index 0 the truth."""
        return number(self._log(j, k))

    def _log(self, j: int, k: int) -> Line:
        # σ' = σ√S and μ' = μ + σZ/√M give E μ'²σ'^k = E S^(k/2) (E μ²σ^k + E σ^(k+2)/M), and likewise for the rest.
        own = self._law.log_expected(k / 2)
        if j == 0:
            return own
        if j == 2:
            moved = self._log(0, k + 2)[:-1] - self._log_size
        elif (j, k) == (4, 0):
            once, twice = self._log(2, 2)[:-1] - self._log_size, self._log(0, 4)[:-1] - 2 * self._log_size
            moved = np.logaddexp(np.log(6) + once, np.log(3) + twice)
        else:
            raise ValueError(f"no theory asks for E μ^{j} σ^{k}")
        return own + np.concatenate([[-np.inf], np.logaddexp.accumulate(moved - own[:-1])])


def moments(setting: Setting) -> Moments:
    """Return the expectations of an arm. Raises NotApplicable."""
    return Moments(factors(setting))


Run = Callable[[Setting], np.ndarray]


def other_variance(run: Run) -> Run:
    """Return a near miss: the same for the other way to divide a sum of squares."""

    def near_miss(setting: Setting) -> np.ndarray:
        other = "mle" if setting.learner.variance == "unbiased" else "unbiased"
        return run(replace(setting, learner=setting.learner.model_copy(update={"variance": other})))

    return near_miss


def one_fit_less(run: Run) -> Run:
    """Return a near miss: the index shifted by one, as if generation 1 were still the truth."""

    def near_miss(setting: Setting) -> np.ndarray:
        values = run(setting)
        return np.concatenate([values[:1], values[:-1]])

    return near_miss
