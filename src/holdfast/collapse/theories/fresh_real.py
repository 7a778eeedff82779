"""A normal fit to new real items and items of the last model, in a steady mix."""

import numpy as np

from holdfast.collapse.definitions import Setting, theory
from holdfast.collapse.engines.structure import Mix, mixed
from holdfast.collapse.theories.accumulate import normal
from holdfast.core.errors import NotApplicable

_ASSUMES = "normal, maximum likelihood; M_r new real and M_s synthetic items of the same weight in each generation"
_SOURCE = "migration and drift in balance (Wright, 1931, Genetics 16), with real data as migrants"
_URL = "https://doi.org/10.1093/genetics/16.2.97"
_CASE = {"samples": 20, "generations": 12, "options": {"variance": "mle"}}
_FEW = {"feeds": [{"name": "real", "of": "real", "size": 3}, {"name": "synthetic", "of": "model", "size": 17}]}
_CASES = ({**_CASE, "regimes": ["fresh-real", "verified"], "regime": {"few": _FEW}},)


def _pooled(setting: Setting) -> Mix:
    if normal(setting).variance != "mle":
        raise NotApplicable("it is about maximum likelihood")
    mix = mixed(setting, fresh=True)
    if not mix.pooled:
        raise NotApplicable("it is about real and synthetic items of the same weight")
    return mix


def _settling(setting: Setting, both_synthetic: float) -> np.ndarray:
    """Return E σ²_t where two items of a training set are both synthetic with such a probability."""
    items = _pooled(setting).items
    stays = both_synthetic * (1 - 1 / items)
    level = (1 - 1 / items) * (1 - both_synthetic) / (1 - stays)
    return np.asarray(level + (1 - level) * stays ** np.arange(setting.generations + 1))


def _pairs(mix: Mix) -> float:
    return mix.synthetic * (mix.synthetic - 1) / (mix.items * (mix.items - 1))


@theory(
    measure="variance",
    formula="E σ²_t = v* + (σ² − v*) [p (1−1/M)]ᵗ, v* = σ² (1−1/M) (1−p)/(1 − p (1−1/M)), p = M_s (M_s−1)/(M (M−1))",
    assumes=_ASSUMES,
    source=_SOURCE,
    url=_URL,
    near_miss=lambda setting: _settling(setting, (_pooled(setting).synthetic / _pooled(setting).items) ** 2),
    cases=({**_CASES[0], "samples": 6, "replicates": 100_000},),
)
def fresh_real_variance(setting: Setting) -> np.ndarray:
    """With new real items in each generation, the expected variance settles at a level that is known exactly."""
    return _settling(setting, _pairs(_pooled(setting)))


@theory(
    measure="variance",
    formula="E σ²_∞ ≈ σ² 2M_r/(1 + 2M_r), whatever the number of synthetic items, M ≫ M_r",
    assumes=_ASSUMES + "; many more synthetic ones than real ones, many generations",
    source=_SOURCE,
    url=_URL,
    exact=False,
    near_miss=lambda setting: np.concatenate(
        [[1.0], np.full(setting.generations, 1 - 1 / _pooled(setting).items)]
    ),
    cases=({**_CASE, "generations": 20, "regimes": [], "regime": {"few": {"feeds": [
        {"name": "real", "of": "real", "size": 2}, {"name": "synthetic", "of": "model", "size": 18}]}}},),
)  # fmt: skip
def fresh_real_count(setting: Setting) -> np.ndarray:
    """What keeps the variance is the number of new real items in a generation, not their share."""
    mix = _pooled(setting)
    if mix.synthetic < 4 * mix.real:
        raise NotApplicable("it is about many more synthetic items than real ones")
    level = 2 * mix.real / (1 + 2 * mix.real)
    return np.concatenate([[1.0], np.full(setting.generations, level)])


def _wandering(setting: Setting, synthetic_noise: float) -> np.ndarray:
    mix = _pooled(setting)
    share = mix.synthetic / mix.items
    level = fresh_real_variance.run(setting)[-1]
    error = ((1 - share) ** 2 / mix.real + synthetic_noise * share**2 * level / mix.synthetic) / (1 - share**2)
    return np.concatenate([[0.0], np.full(setting.generations, error)])


@theory(
    measure="mean-error",
    formula="Var μ* = [α² σ²/M_r + β² v*/M_s]/(1 − β²), α = M_r/M, β = 1 − α",
    assumes=_ASSUMES + "; many generations",
    source=_SOURCE,
    url=_URL,
    exact=False,
    near_miss=lambda setting: _wandering(setting, 0.0),
    cases=({**_CASES[0], "generations": 20, "samples": 10, "regime": {}},),
)
def fresh_real_mean_error(setting: Setting) -> np.ndarray:
    """With new real items in each generation, the mean ceases to wander away."""
    return _wandering(setting, 1.0)
