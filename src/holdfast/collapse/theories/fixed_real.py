"""A normal fit to items of the last model and always the same real ones."""

import numpy as np

from holdfast.collapse.definitions import Setting, theory
from holdfast.collapse.engines.structure import mixed
from holdfast.collapse.theories.accumulate import normal
from holdfast.core.errors import NotApplicable

_ASSUMES = "normal, maximum likelihood; always the same M_r real items and M_s of the last model, of the same weight"
_SOURCE = "own derivation: a stationary first-order recursion around the real sample"
_FEW = {"feeds": [{"name": "real", "of": "real", "size": 3, "every": "once"},
                  {"name": "synthetic", "of": "model", "size": 5}]}  # fmt: skip
_CASES = ({"samples": 8, "generations": 20, "regimes": [], "regime": {"few": _FEW}, "options": {"variance": "mle"}},)


def _levels(setting: Setting) -> tuple[int, float, float]:
    """Return the number of real items, how far the mean wanders about theirs in model variances, and E σ²."""
    if normal(setting).variance != "mle":
        raise NotApplicable("it is about maximum likelihood")
    mix = mixed(setting, fresh=False)
    if not mix.pooled:
        raise NotApplicable("it is about real and synthetic items of the same weight")
    share = mix.synthetic / mix.items
    wander = share / (mix.items * (1 - share**2))
    return mix.real, wander, (1 - 1 / mix.real) / (1 + wander)


def _line(setting: Setting, start: float, value: float) -> np.ndarray:
    return np.concatenate([[start], np.full(setting.generations, value)])


@theory(
    measure="variance",
    formula="E σ²* = E v_real/(1 + β/(M (1 − β²))), E v_real = σ² (1 − 1/M_r), β = M_s/M",
    assumes=_ASSUMES + "; many generations",
    source=_SOURCE,
    exact=False,
    near_miss=lambda setting: _line(setting, 1.0, 2 * _levels(setting)[0] / (1 + 2 * _levels(setting)[0])),
    cases=_CASES,
)
def fixed_real_variance(setting: Setting) -> np.ndarray:
    """Always the same real items hold the variance, a little below that of their own sample."""
    return _line(setting, 1.0, _levels(setting)[2])


@theory(
    measure="mean-error",
    formula="Var μ* = σ²/M_r + E σ²* β/(M (1 − β²))",
    assumes=_ASSUMES + "; many generations",
    source=_SOURCE,
    exact=False,
    near_miss=lambda setting: _line(setting, 0.0, _levels(setting)[1] * _levels(setting)[2]),
    cases=_CASES,
)
def fixed_real_mean_error(setting: Setting) -> np.ndarray:
    """Always the same real items: the mean wanders about that of their sample and never comes nearer to the truth."""
    real, wander, level = _levels(setting)
    return _line(setting, 0.0, 1 / real + wander * level)
