"""The weight of new real items that leaves the least error: the golden ratio, where both sides are of one size."""

import numpy as np

from holdfast.collapse.definitions import Setting, theory
from holdfast.collapse.engines.structure import Mix, mixed
from holdfast.collapse.regimes import golden_weight
from holdfast.collapse.theories.accumulate import normal
from holdfast.collapse.theories.regression import LINES, least_squares
from holdfast.core.errors import NotApplicable

HE_XU_CHENG = "He, Xu & Cheng (2025), Recursive Learning Without Collapse, arXiv:2502.18049"
HE_XU_CHENG_URL = "https://arxiv.org/abs/2502.18049"
_FEW_REAL = {"feeds": [{"name": "real", "of": "real", "size": 10, "weight": "golden"},
                       {"name": "synthetic", "of": "model", "size": 40, "weight": "golden"}]}  # fmt: skip


def golden_mix(setting: Setting) -> Mix:
    """Return the mix of new real items with the last model's, if it has the golden weight. Raises NotApplicable."""
    mix = mixed(setting, fresh=True)
    if abs(mix.share - golden_weight(mix.real / mix.synthetic)) > _EQUAL:
        raise NotApplicable("it is about the weight (√(k² + 4k) − k)/2 on real items, k of them for each synthetic one")
    return mix


_EQUAL = 1e-9


def stationary(mix: Mix, weight: float) -> float:
    """Return V(w) n/s²: the stationary squared error, in units of that of one fit to the n real items."""
    ratio = mix.real / mix.synthetic
    return (weight**2 + ratio * (1 - weight) ** 2) / (weight * (2 - weight))


def _settling(setting: Setting, *, pooled: bool) -> np.ndarray:
    learner, mix = least_squares(setting, "same"), golden_mix(setting)
    sizes = setting.graph.sizes()
    if sizes.min() < sizes.max():
        raise NotApplicable("inputs are the same only in batches of one size")
    size, d = mix.real, learner.dimensions
    if size < d + 2:
        raise NotApplicable("batches of fewer than d + 2 items have an error that is infinite on average")
    weight = mix.real / mix.items if pooled else mix.share
    level = learner.noise**2 * d / (size - d - 1) * stationary(mix, weight)
    return np.asarray(level * (1 - (1 - weight) ** (2 * np.arange(setting.generations + 1))))


@theory(
    measure="coefficient-error",
    formula="E|w_t − w*|² = V* [1 − (1 − w*)²ᵗ], V* = w* s² d/(n − d − 1), w* = (√5 − 1)/2;  pooling leaves 2/3 for w*",
    assumes="least squares on inputs that stay the same; as many new real as synthetic items; the golden weight",
    source=HE_XU_CHENG,
    url=HE_XU_CHENG_URL,
    near_miss=lambda setting: _settling(setting, pooled=True),
    cases=(
        {
            **LINES,
            "samples": 40,
            "replicates": 40_000,
            "regimes": ["golden"],
            "options": {"dimensions": 4, "design": "same"},
        },
    ),
)
def golden_regression(setting: Setting) -> np.ndarray:
    """The best weight on real items is what remains of their error: 0.618, where pooling leaves 0.667."""
    return _settling(setting, pooled=False)


def _mean_error(setting: Setting, weight: float, mix: Mix) -> np.ndarray:
    return np.concatenate([[0.0], np.full(setting.generations, stationary(mix, weight) / mix.real)])


@theory(
    measure="mean-error",
    formula="Var μ* ≈ w* σ²/n, w* = (√(k² + 4k) − k)/2 with k = n/m;  pooling leaves (1 + k)/(2 + k) for w*",
    assumes="normal; n new real and m synthetic items in each generation; first order in 1/n, many generations",
    source=HE_XU_CHENG,
    url=HE_XU_CHENG_URL,
    exact=False,
    near_miss=lambda setting: _mean_error(
        setting, golden_mix(setting).real / golden_mix(setting).items, golden_mix(setting)
    ),
    cases=({"samples": 50, "generations": 20, "regimes": ["few"], "regime": {"few": _FEW_REAL}},),
)
def golden_mean_error(setting: Setting) -> np.ndarray:
    """The best weight on few real items leaves much less error than treating all items alike."""
    normal(setting)
    mix = golden_mix(setting)
    return _mean_error(setting, mix.share, mix)
