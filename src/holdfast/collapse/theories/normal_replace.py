"""The unbiased normal fit, each generation from the one before: exact moments."""

import numpy as np
from scipy.special import digamma

from holdfast.collapse.definitions import Setting, theory
from holdfast.collapse.learners.gaussian import Gaussian
from holdfast.core.errors import NotApplicable

_CASE = ({"samples": 20, "generations": 10, "regimes": ["replace"]},)
_ASSUMES = "normal, unbiased variance, each generation from the one before"


def _unbiased(setting: Setting) -> np.ndarray:
    """Return the sizes of the fits. Raises NotApplicable where the law does not hold."""
    if not isinstance(setting.learner, Gaussian) or setting.learner.variance != "unbiased" or not setting.replaces:
        raise NotApplicable(f"it is about: {_ASSUMES}")
    return setting.sizes.astype(np.float64)


@theory(
    measure="log-variance",
    formula="E ln(σ²_n/σ²) = Σ [ψ(νᵢ/2) − ln(νᵢ/2)],  νᵢ = Mᵢ − 1",
    assumes=_ASSUMES,
    source="moments of the logarithm of a chi-square",
    near_miss=lambda setting: np.concatenate([[0.0], -np.cumsum(1 / setting.sizes)]),
    cases=_CASE,
)
def log_variance_drift(setting: Setting) -> np.ndarray:
    """The logarithm of the variance drifts down: every path collapses although the mean variance does not."""
    half = (_unbiased(setting) - 1) / 2
    return np.concatenate([[0.0], np.cumsum(digamma(half) - np.log(half))])
