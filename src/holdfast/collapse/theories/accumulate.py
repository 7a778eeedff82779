"""A normal fit to all that was ever made: the exact law of its variance, batch by batch.

N_k items are there after batch k of M_k. The model's variance u is multiplied by independent factors,
by maximum likelihood R_k = [N_{k−1} + χ²_{M−1} + (N_{k−1}/N_k) Z²]/N_k, unbiased
R_k = [N_{k−1} − 1 + χ²_{M−1} + (N_{k−1}/N_k) Z²]/(N_k − 1), and the mean moves by √(u M_k) Z/N_k.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.special import gammaln

from holdfast.collapse.definitions import Setting, theory
from holdfast.collapse.engines.structure import kept, kept_in_equal_batches
from holdfast.collapse.learners.gaussian import Gaussian
from holdfast.core.errors import NotApplicable

_ASSUMES = "normal; every batch is kept, one a generation, drawn from the latest model; batches of any size"
_SOURCE = "exact law of pooled samples (analysis of variance); the regime: Gerstgrasser et al. (2024), arXiv:2404.01413"
_URL = "https://arxiv.org/abs/2404.01413"
_GROWS = {"feeds": [{"name": "all", "of": "model", "keep": "all", "growth": 1.4}]}
_CASE = {"samples": 4, "generations": 10, "regimes": ["accumulate"], "regime": {"grows": _GROWS}}
_CASES = tuple({**_CASE, "options": {"variance": way}, "replicates": 50_000} for way in ("mle", "unbiased"))


class Moments(NamedTuple):
    """Of the factor of each batch: mean and variance; and Var of the mean's step, in variances of the model before."""

    mean: Float[np.ndarray, " generations"]
    variance: Float[np.ndarray, " generations"]
    step: Float[np.ndarray, " generations"]


def normal(setting: Setting) -> Gaussian:
    """Return the learner. Raises NotApplicable where it is no normal distribution."""
    if not isinstance(setting.learner, Gaussian):
        raise NotApplicable("it is about normal distributions in one dimension")
    return setting.learner


def moments(setting: Setting, *, unbiased: bool | None = None) -> Moments:
    """Return the moments of the factors, by the learner's way of estimating unless another is asked for."""
    learner = normal(setting)
    sizes = kept(setting).astype(np.float64)
    after = np.cumsum(sizes)
    before = after - sizes
    own = learner.variance == "unbiased" if unbiased is None else unbiased
    divisor = after - 1 if own else after
    there = before - 1 if own else before
    there[0] = 0.0
    mean = (there + sizes - 1 + before / after) / divisor
    variance = (2 * (sizes - 1) + 2 * (before / after) ** 2) / divisor**2
    return Moments(mean, variance, sizes / after**2)


def _product(factors: Float[np.ndarray, " generations"]) -> np.ndarray:
    return np.concatenate([[1.0], np.cumprod(factors)])


def _other(setting: Setting) -> Moments:
    """Return the moments of the other way of estimating: the near miss."""
    return moments(setting, unbiased=normal(setting).variance != "unbiased")


@theory(
    measure="variance",
    formula="E σ²_t = σ² Π (1 − M_k/N_k²) by maximum likelihood, σ² Π_{k>1} (1 − M_k/(N_k (N_k − 1))) if unbiased",
    assumes=_ASSUMES,
    source=_SOURCE,
    url=_URL,
    near_miss=lambda setting: _product(_other(setting).mean),
    cases=_CASES,
)
def accumulate_variance(setting: Setting) -> np.ndarray:
    """Keeping all data, the expected variance sinks to a level above nothing and stays there."""
    return _product(moments(setting).mean)


def _spread(of: Moments) -> np.ndarray:
    return _product(of.mean**2 + of.variance) - _product(of.mean) ** 2


@theory(
    measure="variance",
    statistic="variance",
    formula="Var σ²_t = σ⁴ [Π E R_k² − Π (E R_k)²], Var R_k = 2 [M_k−1 + (N_{k−1}/N_k)²]/N_k², (N_k−1)² if unbiased",
    assumes=_ASSUMES,
    source=_SOURCE,
    url=_URL,
    near_miss=lambda setting: _spread(_other(setting)),
    cases=_CASES,
)
def accumulate_variance_spread(setting: Setting) -> np.ndarray:
    """Keeping all data, histories soon cease to part: how much they differ has a limit too."""
    return _spread(moments(setting))


def _wandered(of: Moments) -> np.ndarray:
    return np.concatenate([[0.0], np.cumsum(_product(of.mean)[:-1] * of.step)])


@theory(
    measure="mean-error",
    formula="Var μ_t = Σ E σ²_{k−1} M_k/N_k²; by maximum likelihood σ² − E σ²_t",
    assumes=_ASSUMES,
    source=_SOURCE,
    url=_URL,
    near_miss=lambda setting: _wandered(_other(setting)),
    cases=_CASES,
)
def accumulate_mean_error(setting: Setting) -> np.ndarray:
    """Keeping all data, the mean wanders a bounded way: each batch moves it by what it is of the whole."""
    return _wandered(moments(setting))


def _flat(setting: Setting, start: float, value: float) -> np.ndarray:
    return np.concatenate([[start], np.full(setting.generations, value)])


@theory(
    measure="variance",
    formula="sin(π/√M)/(π/√M) by maximum likelihood; 1/(Γ(2−a) Γ(2−b)/Γ(2−1/M)), a, b = (1 ± √(1+4M))/2M, if unbiased",
    assumes="normal; every batch is kept, equal batches, many generations",
    source="Euler's products of sine and gamma function",
    exact=False,
    near_miss=lambda setting: _flat(setting, 1.0, 1 - 1 / kept_in_equal_batches(setting)),
    cases=({**_CASE, "samples": 3, "generations": 20, "regime": {}, "options": {"variance": "mle"}},),
)
def accumulate_variance_limit(setting: Setting) -> np.ndarray:
    """The level at which the variance stays when all data is kept: about 1 − π²/6M."""
    size = kept_in_equal_batches(setting)
    if normal(setting).variance == "mle":
        return _flat(setting, 1.0, float(np.sinc(1 / np.sqrt(size))))
    root = np.sqrt(1 + 4 * size)
    a, b = (1 + root) / (2 * size), (1 - root) / (2 * size)
    return _flat(setting, 1.0, float(np.exp(gammaln(2 - 1 / size) - gammaln(2 - a) - gammaln(2 - b))))


@theory(
    measure="wasserstein",
    formula="E W₂² → (π²/6) (3/2) σ²/M = π²σ²/4M, for large M",
    assumes="normal; every batch is kept, equal batches, many generations, first order in 1/M",
    source="π²/6 times the distance after one fit; Dey & Donoho (2024), arXiv:2410.22812, for its universality",
    url="https://arxiv.org/abs/2410.22812",
    exact=False,
    near_miss=lambda setting: _flat(setting, 0.0, 1.5 / kept_in_equal_batches(setting)),
    cases=({**_CASE, "samples": 50, "generations": 20, "regime": {}},),
)
def accumulate_wasserstein_limit(setting: Setting) -> np.ndarray:
    """Keeping all data, the distance from the truth ends at π²/6 times what one fit costs."""
    normal(setting)
    return _flat(setting, 0.0, np.pi**2 / 4 / kept_in_equal_batches(setting))


@theory(
    measure="mean-error",
    formula="E(μ_t − μ)² ≈ σ² Σ M_k/N_k² < 2σ²/M₁ whatever the sizes, since M_k/N_k² < 1/N_{k−1} − 1/N_k for k > 1",
    assumes="every batch is kept; batches of any sizes; first order in 1/M",
    source="own telescoping bound; equal sizes: π²/6 of Gerstgrasser et al. (2024), arXiv:2404.01413",
    url=_URL,
    exact=False,
    near_miss=lambda setting: _flat(setting, 0.0, np.pi**2 / 6 / kept(setting)[0]),
    cases=({"samples": 20, "generations": 8, "regimes": [], "regime": {"triples": {
        "feeds": [{"name": "all", "of": "model", "keep": "all", "growth": 3.0}]}}},),
)  # fmt: skip
def accumulate_any_schedule(setting: Setting) -> np.ndarray:
    """Keeping all data costs less than a factor 2 over one fit, whatever the sizes of later batches."""
    normal(setting)
    return np.concatenate([[0.0], np.cumsum(moments(setting).step)])
