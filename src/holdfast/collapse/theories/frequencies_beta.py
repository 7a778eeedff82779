"""The law of a frequency as a Beta law: mean from the martingale, variance from lines of descent."""

import numpy as np
from scipy.special import betaincinv, digamma

from holdfast.collapse.definitions import Setting, theory
from holdfast.collapse.engines.chains import chains
from holdfast.collapse.engines.lineage import kept_variance
from holdfast.collapse.theories.frequency_cases import with_little_real
from holdfast.core.errors import NotApplicable

_ASSUMES = "fitted by counting; items drawn from the model as it is; types that are lost were rare"
_SOURCE = (
    "Wright (1931), Genetics 16, 97–159: with m = 2Mᵣ the stationary law when Mᵣ ≪ M new real items come each time"
)
_URL = "https://doi.org/10.1093/genetics/16.2.97"
_CASES = (
    with_little_real("categorical", 100, {"types": 4, "exponent": 0.5}, every="generation", share=0.03),
    with_little_real("contexts", 200, {"contexts": 2, "types": 4}, every="generation", share=0.03),
)


def _precision(kept: np.ndarray) -> np.ndarray:
    """Return m of Beta(m p, m (1 − p)) with variance p (1 − p)(1 − F); infinite for the truth."""
    with np.errstate(divide="ignore"):
        return np.asarray(kept / (1 - kept))


@theory(
    measure="entropy",
    exact=False,
    formula="ψ(m + 1) − Σᵢ pᵢ ψ(m pᵢ + 1),  p_t ~ Beta(m p, m(1 − p)),  m = F_t/(1 − F_t), at rest about 2Mᵣ",
    assumes=_ASSUMES,
    source=_SOURCE,
    url=_URL,
    near_miss=lambda setting: _entropy(setting, 0.5),
    cases=_CASES,
)
def entropy_near_beta(setting: Setting) -> np.ndarray:
    """Expected entropy in any regime, near enough. At rest the number of new real items counts, not their share."""
    return _entropy(setting, 1.0)


def _entropy(setting: Setting, factor: float) -> np.ndarray:
    total = np.zeros(setting.generations + 1)
    for one in chains(setting):
        p = one.law[one.law > 0]
        m = factor * _precision(kept_variance(one.graph))[1:, None]
        total[0] -= one.weight * float((p * np.log(p)).sum())
        total[1:] += one.weight * (digamma(m[:, 0] + 1) - (p * digamma(m * p + 1)).sum(axis=1))
    return total


@theory(
    measure="commonest-share",
    statistic="median",
    exact=False,
    formula="median of Beta(m p, m(1 − p)),  m = F_t/(1 − F_t), at rest about 2Mᵣ",
    assumes=_ASSUMES + "; one context",
    source=_SOURCE,
    url=_URL,
    near_miss=lambda setting: np.full(setting.generations + 1, float(chains(setting)[0].law.max())),
    cases=(with_little_real("categorical", 100, {"types": 4, "exponent": 0.2}, every="generation", share=0.01),),
)
def median_share_near_beta(setting: Setting) -> np.ndarray:
    """The median frequency of a type, near enough: it falls below the mean, which does not move."""
    found = chains(setting)
    if len(found) > 1 or found[0].contexts > 1:
        raise NotApplicable("it is about one context")
    p = float(found[0].law.max())
    m = _precision(kept_variance(found[0].graph))
    line = np.full(setting.generations + 1, p)
    spread = np.isfinite(m) & (m > 0)
    line[spread] = betaincinv(m[spread] * p, m[spread] * (1 - p), 0.5)
    return line
