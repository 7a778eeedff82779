"""Normal fits, each generation from the one before: the logarithm of the variance, a sum of independent steps."""

import numpy as np
from jaxtyping import Complex, Float
from scipy.special import digamma, gammaln, loggamma, ndtri, polygamma

from holdfast.collapse.definitions import Setting, theory
from holdfast.collapse.lab.curves import BAND
from holdfast.collapse.theories.normal_law import (
    ASSUMES,
    CASE,
    CASES,
    GROWING,
    Factors,
    Line,
    factors,
    number,
    one_fit_less,
    other_variance,
    summed,
)
from holdfast.core.errors import NotApplicable

# The characteristic function of a standardised step falls like e^(−0.7 u) at worst (one degree of freedom), so that
# nothing is left at u = 51; a step of 0.05 separates what lies within 62 standard deviations.
_STEP, _NODES = 0.05, 1024
_NEWTON = 12  # steps; it converges in about 5
_EACH = 40  # the quantiles of the first generations are computed one by one, later ones interpolated between
_LATER = 60

_ASSUMES_EQUAL = "normal, each generation from the one before, all of the same size"
_LAW = "inversion of the characteristic function (Gil-Pelaez, 1951, Biometrika 38, 481–482)"
_URL = "https://doi.org/10.1093/biomet/38.3-4.481"
_QUANTILE_CASES = tuple({**case, "samples": 5, "generations": 4} for case in CASES)


def _drift(setting: Setting) -> np.ndarray:
    return factors(setting).log_drift()


@theory(
    measure="log-variance",
    formula="E ln(σ²_n/σ²) = Σ [ψ(νᵢ/2) − ln(dᵢ/2)],  νᵢ = Mᵢ − 1,  dᵢ = νᵢ if unbiased, Mᵢ by maximum likelihood",
    assumes=ASSUMES,
    source="moments of the logarithm of a chi-square",
    near_miss=one_fit_less(_drift),
    cases=(*CASES, GROWING),
)
def log_variance_drift(setting: Setting) -> np.ndarray:
    """The logarithm of the variance drifts down: every path collapses although the mean variance does not."""
    return _drift(setting)


def _spread(setting: Setting) -> np.ndarray:
    return summed(polygamma(1, factors(setting).degrees / 2))


@theory(
    measure="log-variance",
    statistic="variance",
    formula="Var ln σ²_n = Σ ψ′(νᵢ/2) ≈ 2n/ν",
    assumes=ASSUMES,
    source="moments of the logarithm of a chi-square",
    near_miss=lambda setting: summed(2 / (factors(setting).degrees)),
    cases=({**CASE, "samples": 6}, GROWING),
)
def log_variance_spread(setting: Setting) -> np.ndarray:
    """The logarithm of the variance spreads like a random walk."""
    return _spread(setting)


def quantile(law: Factors, probability: float) -> Line:
    """Return a quantile of ln(σ²_t/σ²) for each t. Raises NotApplicable for unequal sizes.

    ln S has the characteristic function (2/d)^{iu} Γ(ν/2 + iu)/Γ(ν/2), and that of the sum of t of them is its power.
    """
    if np.ptp(law.sizes) > 0:
        raise NotApplicable(f"it is about: {_ASSUMES_EQUAL}")
    half, n = law.degrees[0] / 2, len(law.sizes)
    drift, width = digamma(half) - np.log(law.divisors[0] / 2), np.sqrt(polygamma(1, half))
    t = np.unique([*range(1, min(n, _EACH) + 1), *np.geomspace(1, n, _LATER).round().astype(int)]).astype(np.float64)
    u = (np.arange(_NODES) + 0.5) * _STEP
    scaled = u / (width * np.sqrt(t)[:, None])
    # Standardised: mean 0 and standard deviation 1 at each t.
    log = t[:, None] * (loggamma(half + 1j * scaled) - gammaln(half) - 1j * scaled * digamma(half))
    standard = _inverted(np.exp(log), u, probability)
    # In 1/√t the standardised quantile is almost a line (Cornish & Fisher, 1938): nothing is lost between the nodes.
    every = np.arange(1, n + 1)
    between = np.interp(-1 / np.sqrt(every), -1 / np.sqrt(t), standard)
    return np.concatenate([[0.0], every * drift + width * np.sqrt(every) * between])


def _inverted(
    phi: Complex[np.ndarray, "t nodes"], u: Float[np.ndarray, " nodes"], probability: float
) -> Float[np.ndarray, " t"]:
    """Return where the distribution functions with these characteristic functions reach a probability."""
    x = np.full(len(phi), ndtri(probability))
    for _ in range(_NEWTON):
        turned = phi * np.exp(-1j * u * x[:, None])
        below = 0.5 - _STEP / np.pi * (turned.imag / u).sum(axis=1)
        x = x - np.clip((below - probability) / (_STEP / np.pi * turned.real.sum(axis=1)), -1, 1)
    return x


def _normal_quantile(law: Factors, probability: float) -> Line:
    """Return the near miss of all quantiles: a normal law with the right mean and variance."""
    t = np.arange(len(law.sizes) + 1)
    return law.log_drift() + ndtri(probability) * np.sqrt(t * polygamma(1, law.degrees[0] / 2))


@theory(
    measure="log-variance",
    statistic="median",
    formula="median of ln σ²_n from Π (2/d)^{iu} Γ(ν/2+iu)/Γ(ν/2);  ≈ mean + 1/(3ν)",
    assumes=_ASSUMES_EQUAL,
    source=_LAW,
    url=_URL,
    near_miss=lambda setting: _normal_quantile(factors(setting), 0.5),
    cases=_QUANTILE_CASES,
)
def log_variance_median(setting: Setting) -> np.ndarray:
    """The median history, from the exact law: half-life 2 ln 2 (M − 1) generations if unbiased."""
    return quantile(factors(setting), 0.5)


@theory(
    measure="log-variance",
    statistic="low",
    formula="5% quantile of ln σ²_n from Π (2/d)^{iu} Γ(ν/2+iu)/Γ(ν/2)",
    assumes=_ASSUMES_EQUAL,
    source=_LAW,
    url=_URL,
    near_miss=lambda setting: _normal_quantile(factors(setting), BAND[0]),
    cases=_QUANTILE_CASES,
)
def log_variance_low(setting: Setting) -> np.ndarray:
    """The lower end of the middle 90% of histories, from the exact law."""
    return quantile(factors(setting), BAND[0])


@theory(
    measure="log-variance",
    statistic="high",
    formula="95% quantile of ln σ²_n from Π (2/d)^{iu} Γ(ν/2+iu)/Γ(ν/2)",
    assumes=_ASSUMES_EQUAL,
    source=_LAW,
    url=_URL,
    near_miss=lambda setting: _normal_quantile(factors(setting), BAND[1]),
    cases=_QUANTILE_CASES,
)
def log_variance_high(setting: Setting) -> np.ndarray:
    """The upper end of the middle 90% of histories, from the exact law."""
    return quantile(factors(setting), BAND[1])


def _median(setting: Setting) -> np.ndarray:
    return number(quantile(factors(setting), 0.5))


def _low(setting: Setting) -> np.ndarray:
    return number(quantile(factors(setting), BAND[0]))


def _high(setting: Setting) -> np.ndarray:
    return number(quantile(factors(setting), BAND[1]))


@theory(
    measure="variance",
    statistic="median",
    formula="median of σ²_n: e to that of ln σ²_n, from its exact law",
    assumes=_ASSUMES_EQUAL,
    source=_LAW,
    url=_URL,
    near_miss=other_variance(_median),
    cases=_QUANTILE_CASES,
)
def variance_median(setting: Setting) -> np.ndarray:
    """The median history loses its variance, from the exact law."""
    return _median(setting)


@theory(
    measure="variance",
    statistic="low",
    formula="5% quantile of σ²_n: e to that of ln σ²_n, from its exact law",
    assumes=_ASSUMES_EQUAL,
    source=_LAW,
    url=_URL,
    near_miss=other_variance(_low),
    cases=_QUANTILE_CASES,
)
def variance_low(setting: Setting) -> np.ndarray:
    """The lower end of the middle 90% of histories, from the exact law."""
    return _low(setting)


@theory(
    measure="variance",
    statistic="high",
    formula="95% quantile of σ²_n: e to that of ln σ²_n, from its exact law",
    assumes=_ASSUMES_EQUAL,
    source=_LAW,
    url=_URL,
    near_miss=other_variance(_high),
    cases=_QUANTILE_CASES,
)
def variance_high(setting: Setting) -> np.ndarray:
    """The upper end of the middle 90% of histories, from the exact law."""
    return _high(setting)
