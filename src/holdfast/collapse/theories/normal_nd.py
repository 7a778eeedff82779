"""Normal fits in several dimensions, each generation from the one before: Wishart products."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float
from scipy.special import digamma, polygamma

from holdfast.collapse.definitions import Setting, theory
from holdfast.collapse.engines.lineage import kept_variance
from holdfast.collapse.graph import Graph
from holdfast.collapse.learners.gaussian_nd import GaussianNd
from holdfast.collapse.theories.normal_law import (
    Factors,
    factors,
    number,
    one_fit_less,
    other_variance,
    shown,
    summed,
)
from holdfast.core.errors import NotApplicable

_ASSUMES = "normal in N dimensions, each generation from the one before, more than N items"
_SOURCE = "independent entries of the triangular root of a Wishart matrix (Bartlett, 1933)"
_URL = "https://doi.org/10.1017/S0370164600026547"
_LOWEST = -1000.0  # ln of a variance; e^−1416 is the last one that has a root
_CASE = {"learner": "gaussian-nd", "samples": 20, "generations": 8, "replicates": 10_000, "regimes": ["replace"]}
_CASES = (
    {**_CASE, "options": {"dimensions": 3}},
    {**_CASE, "options": {"eigenvalues": [4.0, 1.0, 0.25], "variance": "mle"}},
)


def _law(setting: Setting) -> Factors:
    return factors(setting, GaussianNd)


def _trace(setting: Setting) -> np.ndarray:
    return number(_law(setting).log_expected(1))


@theory(
    measure="total-variance",
    formula="E Σ_n = Σ if unbiased, Σ Π (1 − 1/Mᵢ) by maximum likelihood",
    assumes=_ASSUMES,
    source=_SOURCE,
    url=_URL,
    near_miss=other_variance(_trace),
    cases=_CASES,
    checkable=shown(1, GaussianNd),
)
def nd_expected_trace(setting: Setting) -> np.ndarray:
    """The expected covariance: a martingale if unbiased, although every direction is lost."""
    return _trace(setting)


def _descent(setting: Setting) -> np.ndarray:
    if not isinstance(setting.learner, GaussianNd) or setting.learner.variance != "mle":
        raise NotApplicable("it is about normal distributions in N dimensions fitted by maximum likelihood")
    return kept_variance(setting.graph)


@theory(
    measure="total-variance",
    formula="E Σ_t = Σ F_t,  F_t = Σ wₐ w_b J̃[a, b], the same as in one dimension",
    assumes="maximum likelihood; items drawn from the model as it is; any graph of batches and weights",
    source="coalescent argument after Kingman (1982), Stochastic Processes and their Applications 13, 235–248",
    url="https://doi.org/10.1016/0304-4149(82)90011-4",
    near_miss=lambda setting: _descent(replace(setting, graph=_crowded(setting))),
    cases=(
        {
            **_CASE, "samples": 8, "options": {"dimensions": 3, "variance": "mle"}, "replicates": 4000,
            "regimes": ["accumulate", "accumulate-subsample", "fresh-real", "fixed-real"],
        },
    ),
)  # fmt: skip
def nd_trace_by_descent(setting: Setting) -> np.ndarray:
    """Expected covariance in any regime, from lines of descent."""
    return _descent(setting)


def _crowded(setting: Setting) -> Graph:
    batches = tuple(replace(one, size=one.size + 2) for one in setting.graph.batches)
    return replace(setting.graph, batches=batches)


def _mean_error(setting: Setting) -> np.ndarray:
    law = _law(setting)
    return summed(number(law.log_expected(1))[:-1] / law.sizes)


@theory(
    measure="nd-mean-error",
    formula="E |μ_n − μ|² = tr Σ · Σ 1/Mᵢ if unbiased; tr Σ [1 − Π (1 − 1/Mᵢ)] by maximum likelihood",
    assumes=_ASSUMES,
    source=_SOURCE,
    url=_URL,
    near_miss=one_fit_less(_mean_error),
    cases=_CASES,
    checkable=shown(1, GaussianNd),
)
def nd_expected_mean_error(setting: Setting) -> np.ndarray:
    """The mean walks away, by the same share of the variance as in one dimension."""
    return _mean_error(setting)


def pivot_drift(setting: Setting) -> Float[np.ndarray, "fits dimensions"]:
    """Return E ln of what each fit multiplies each pivot's variance by: ψ((M − j)/2) − ln(d/2), j = 1 … N."""
    law = _law(setting)
    freedom = law.sizes[:, None] - np.arange(1, setting.learner.dimensions + 1)
    return np.asarray(digamma(freedom / 2) - np.log(law.divisors / 2)[:, None])


def _resolved(setting: Setting) -> np.ndarray:
    """Return where the narrowest direction is still a number in nearly all histories."""
    return summed(pivot_drift(setting)[:, -1]) > _LOWEST


def _log_determinant(setting: Setting) -> np.ndarray:
    return summed(pivot_drift(setting).sum(axis=1))


@theory(
    measure="nd-log-determinant",
    formula="E ln det Σ_n/Σ = Σᵢ Σ_{j≤N} [ψ((Mᵢ−j)/2) − ln(dᵢ/2)] ≈ −n N(N+1)/(2M) if unbiased",
    assumes=_ASSUMES,
    source=_SOURCE,
    url=_URL,
    near_miss=lambda setting: summed(pivot_drift(setting)[:, 0] * setting.learner.dimensions),
    cases=_CASES,
    checkable=_resolved,
)
def nd_expected_log_determinant(setting: Setting) -> np.ndarray:
    """The volume is lost faster than N independent dimensions would lose it."""
    return _log_determinant(setting)


@theory(
    measure="nd-log-determinant",
    statistic="variance",
    formula="Var ln det Σ_n = Σᵢ Σ_{j≤N} ψ′((Mᵢ−j)/2)",
    assumes=_ASSUMES,
    source=_SOURCE,
    url=_URL,
    near_miss=lambda setting: summed(polygamma(1, (_law(setting).sizes - 1) / 2) * setting.learner.dimensions**2),
    cases=_CASES[:1],
    checkable=_resolved,
)
def nd_log_determinant_spread(setting: Setting) -> np.ndarray:
    """Histories part in the volume that they keep."""
    freedom = _law(setting).sizes[:, None] - np.arange(1, setting.learner.dimensions + 1)
    return summed(polygamma(1, freedom / 2).sum(axis=1))


@theory(
    measure="nd-log-pivot",
    formula="E ln of the last pivot = Σᵢ [ψ((Mᵢ−N)/2) − ln(dᵢ/2)] = 2 n λ_N: the lowest Lyapunov exponent",
    assumes=_ASSUMES,
    source=_SOURCE,
    url=_URL,
    near_miss=lambda setting: summed(pivot_drift(setting)[:, 0]),
    cases=_CASES,
    checkable=_resolved,
)
def nd_lowest_exponent(setting: Setting) -> np.ndarray:
    """The direction that is lost first falls at the lowest Lyapunov exponent, N times as fast as one dimension."""
    return summed(pivot_drift(setting)[:, -1])


@theory(
    measure="nd-anisotropy",
    formula="ln condition number ≈ n (λ₁ − λ_N),  λ_j = ½ [ψ((M−j)/2) − ln(d/2)] ≈ −j/(2M)",
    assumes=_ASSUMES,
    source="Lyapunov exponents of products of random matrices (Newman, 1986), of triangular ones here",
    url="https://doi.org/10.1007/BF01464284",
    exact=False,
    near_miss=lambda setting: summed(-pivot_drift(setting)[:, -1] / 2),
    cases=(
        {
            "learner": "gaussian-nd", "samples": 10, "generations": 200, "at": [200], "replicates": 500,
            "regimes": ["replace"], "options": {"dimensions": 3},
        },
    ),
)  # fmt: skip
def nd_anisotropy_rate(setting: Setting) -> np.ndarray:
    """Directions are lost one after the other: the condition number grows exponentially."""
    drift = pivot_drift(setting)
    return summed((drift[:, 0] - drift[:, -1]) / 2)


def _leading(setting: Setting, *, joint: float = 0.5) -> np.ndarray:
    law, values = _law(setting), setting.learner.spectrum
    if setting.learner.variance != "unbiased":
        raise NotApplicable("it is about the unbiased covariance")
    pairs = (values[:, None] * values / (values[:, None] + values)).sum()
    return summed((1.25 * values.sum() + joint * pairs) / values.sum() / law.sizes)


@theory(
    measure="nd-wasserstein",
    formula="E W₂² ≈ Σ 1/Mᵢ [(5/4) tr Σ + ½ Σ_jk l_j l_k/(l_j + l_k)] for n ≪ M;  N(N+5)/4 · Σ 1/Mᵢ for Σ = 1",
    assumes=f"{_ASSUMES}; unbiased covariance; few generations against the number of items",
    source="second-order expansion of the Bures distance",
    exact=False,
    near_miss=lambda setting: _leading(setting, joint=0.0),
    cases=(
        {
            "learner": "gaussian-nd", "samples": 400, "generations": 4, "replicates": 10_000, "regimes": ["replace"],
            "options": {"eigenvalues": [4.0, 2.0, 1.0, 1.0]},
        },
    ),
)  # fmt: skip
def nd_wasserstein_leading(setting: Setting) -> np.ndarray:
    """Early on the distance grows with the square of the number of dimensions."""
    return _leading(setting)
