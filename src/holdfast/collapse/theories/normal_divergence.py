"""Normal fits, each generation from the one before: the expected divergence from the truth, in both directions."""

import numpy as np

from holdfast.collapse.definitions import Setting, theory
from holdfast.collapse.theories.normal_law import (
    ASSUMES,
    CASE,
    SOURCE,
    factors,
    moments,
    number,
    one_fit_less,
    shown,
    summed,
)
from holdfast.core.errors import NotApplicable

# The reciprocal variance has heavy tails at small M: 40 items leave it moments enough to be checked.
_CASES = tuple({**CASE, "samples": 40, "options": {"variance": one}} for one in ("unbiased", "mle"))


def _from_truth(setting: Setting) -> np.ndarray:
    expected = moments(setting)
    return (expected(0, 2) + expected(2, 0) - 1 - factors(setting).log_drift()) / 2


@theory(
    measure="divergence-from-truth",
    formula="E KL(P_n‖P₀) = ½ [Var μ_n + E σ²_n − 1 − E ln σ²_n];  ½ [Σ 1/Mᵢ − Σ (ψ(νᵢ/2) − ln(νᵢ/2))] if unbiased",
    assumes=ASSUMES,
    source=SOURCE,
    near_miss=one_fit_less(_from_truth),
    cases=_CASES,
    checkable=shown(1),
)
def normal_divergence_from_truth(setting: Setting) -> np.ndarray:
    """The divergence of a model from the truth grows by about 1/M a generation."""
    return _from_truth(setting)


def _to_truth(setting: Setting) -> np.ndarray:
    law = factors(setting)
    inverse = law.log_moment(-1)  # ln E 1/S
    if np.isinf(inverse).any():
        raise NotApplicable("with 3 items or fewer the expected divergence is infinite")
    # σᵢ²/σ_n² is the reciprocal of the factors after i, so the walk of the mean before them counts as it grew.
    log_inverse = summed(inverse)
    walked = np.concatenate([[-np.inf], np.logaddexp.accumulate(-np.log(law.sizes) - log_inverse[:-1])]) + log_inverse
    return (number(np.logaddexp(log_inverse, walked)) - 1 + law.log_drift()) / 2


@theory(
    measure="divergence-to-truth",
    formula="E KL(P₀‖P_n) = ½ [rⁿ + (1/M) Σ_{j≤n} rʲ − 1 + n (ψ(ν/2) − ln(d/2))],  r = d/(ν − 2)",
    assumes=f"{ASSUMES}; more than 3 items",
    source=SOURCE,
    near_miss=one_fit_less(_to_truth),
    cases=_CASES,
    checkable=shown(-1),
)
def normal_divergence_to_truth(setting: Setting) -> np.ndarray:
    """The loss on real items grows geometrically: collapsed histories find the truth impossible."""
    return _to_truth(setting)
