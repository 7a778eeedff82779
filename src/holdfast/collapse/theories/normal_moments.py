"""Normal fits, each generation from the one before: exact moments of mean, variance, distance and items."""

import numpy as np

from holdfast.collapse.definitions import Setting, theory
from holdfast.collapse.theories.normal_law import (
    ASSUMES,
    CASES,
    GROWING,
    SOURCE,
    moments,
    one_fit_less,
    other_variance,
    shown,
)


def _variance(setting: Setting) -> np.ndarray:
    return moments(setting)(0, 2)


@theory(
    measure="variance",
    formula="E σ²_n = σ² if unbiased, σ² Π (1 − 1/Mᵢ) by maximum likelihood",
    assumes=ASSUMES,
    source=SOURCE,
    near_miss=other_variance(_variance),
    cases=(*CASES, GROWING),
    checkable=shown(1),
)
def normal_variance(setting: Setting) -> np.ndarray:
    """The expected variance: a martingale if unbiased, although every path collapses."""
    return _variance(setting)


def _spread(setting: Setting) -> np.ndarray:
    expected = moments(setting)
    return expected(0, 4) - expected(0, 2) ** 2


@theory(
    measure="variance",
    statistic="variance",
    formula="Var σ²_n = σ⁴ [Π (Mᵢ+1)/(Mᵢ−1) − 1] if unbiased; σ⁴ [Π (1−Mᵢ⁻²) − Π (1−1/Mᵢ)²] by maximum likelihood",
    assumes=ASSUMES,
    source=SOURCE,
    near_miss=other_variance(_spread),
    cases=tuple({**case, "samples": 30, "generations": 3} for case in CASES),
    checkable=shown(2),
)
def normal_variance_spread(setting: Setting) -> np.ndarray:
    """Histories part: the variance of the variance grows geometrically if unbiased."""
    return _spread(setting)


def _sd(setting: Setting) -> np.ndarray:
    return moments(setting)(0, 1)


@theory(
    measure="sd",
    formula="E σ_n = σ Π √(2/dᵢ) Γ(Mᵢ/2)/Γ((Mᵢ−1)/2), dᵢ = Mᵢ − 1 if unbiased (c₄), Mᵢ by maximum likelihood",
    assumes=ASSUMES,
    source="mean of a chi distribution; c₄ of quality control",
    near_miss=one_fit_less(_sd),
    cases=(*CASES, GROWING),
    checkable=shown(0.5),
)
def normal_sd(setting: Setting) -> np.ndarray:
    """The expected standard deviation shrinks although the expected variance does not."""
    return _sd(setting)


def _mean_error(setting: Setting) -> np.ndarray:
    return moments(setting)(2, 0)


@theory(
    measure="mean-error",
    formula="Var μ_n = σ² Σ 1/Mᵢ if unbiased; σ² [1 − Π (1 − 1/Mᵢ)] by maximum likelihood",
    assumes=ASSUMES,
    source=SOURCE,
    near_miss=other_variance(_mean_error),
    cases=(*CASES, {**GROWING, "options": {"variance": "mle"}}),
    checkable=shown(1),
)
def normal_mean_error(setting: Setting) -> np.ndarray:
    """The mean walks away; by maximum likelihood its variance is what the fitted variance loses."""
    return _mean_error(setting)


def _distance(setting: Setting) -> np.ndarray:
    expected = moments(setting)
    return expected(2, 0) + expected(0, 2) - 2 * expected(0, 1) + 1


@theory(
    measure="wasserstein",
    formula="E W₂² = Var μ_n + E σ²_n − 2σ E σ_n + σ²;  σ² [Σ 1/Mᵢ + 2 (1 − Π c₄(Mᵢ))] if unbiased",
    assumes=ASSUMES,
    source=SOURCE,
    near_miss=one_fit_less(_distance),
    cases=(*CASES, GROWING),
    checkable=shown(1),
)
def normal_wasserstein(setting: Setting) -> np.ndarray:
    """The expected squared distance grows without bound if unbiased, though mean and variance both converge."""
    return _distance(setting)


def _distance_spread(setting: Setting) -> np.ndarray:
    e = moments(setting)
    squared = e(4, 0) + 2 * (e(2, 2) - 2 * e(2, 1) + e(2, 0))
    squared += e(0, 4) - 4 * e(0, 3) + 6 * e(0, 2) - 4 * e(0, 1) + 1
    return squared - _distance(setting) ** 2


@theory(
    measure="wasserstein",
    statistic="variance",
    formula="Var W₂² from E μ^j σ^k, j + k ≤ 4, each a recursion;  (5/2) σ⁴ (Σ 1/Mᵢ)² for large M",
    assumes=ASSUMES,
    source=SOURCE,
    near_miss=lambda setting: 2.5 * np.concatenate([[0.0], np.cumsum(1 / setting.sizes)]) ** 2,
    cases=tuple({**case, "samples": 30, "generations": 3, "replicates": 200_000} for case in CASES),
    checkable=shown(2),
)
def normal_wasserstein_spread(setting: Setting) -> np.ndarray:
    """How much histories differ in their distance from the truth."""
    return _distance_spread(setting)


def _second(setting: Setting) -> np.ndarray:
    expected = moments(setting)
    return expected(0, 2) + expected(2, 0)


@theory(
    measure="item-second-moment",
    formula="Var Xⁿ = σ² (1 + Σ 1/Mᵢ) if unbiased (n terms), exactly σ² by maximum likelihood",
    assumes=ASSUMES,
    source=SOURCE,
    near_miss=other_variance(_second),
    cases=(*CASES, GROWING),
    checkable=shown(1),
)
def normal_item_variance(setting: Setting) -> np.ndarray:
    """An item of generation n, whichever its history: by maximum likelihood its variance never changes."""
    return _second(setting)


def _fourth(setting: Setting) -> np.ndarray:
    expected = moments(setting)
    return 3 * expected(0, 4) + 6 * expected(2, 2) + expected(4, 0)


@theory(
    measure="item-fourth-moment",
    formula="E (Xⁿ − μ)⁴ = 3 E σ_n⁴ + 6 E μ_n² σ_n² + E μ_n⁴; over (Var Xⁿ)² the kurtosis, 3 at first",
    assumes=ASSUMES,
    source=SOURCE,
    near_miss=lambda setting: 3 * _second(setting) ** 2,
    cases=tuple({**case, "samples": 30, "generations": 3} for case in CASES),
    checkable=shown(2),
)
def normal_item_kurtosis(setting: Setting) -> np.ndarray:
    """Items of later generations have heavier tails than a normal distribution of the same variance."""
    return _fourth(setting)
