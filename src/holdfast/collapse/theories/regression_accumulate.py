"""Least squares on all that was ever made."""

import numpy as np
from scipy.special import digamma

from holdfast.collapse.definitions import Setting, theory
from holdfast.collapse.engines.structure import kept, kept_in_equal_batches
from holdfast.collapse.theories.regression import GERSTGRASSER, LINES, least_squares
from holdfast.core.errors import NotApplicable

_MANY = {**LINES, "samples": 14, "replicates": 20_000}  # the inverse Wishart distribution has a heavy tail here
_CASES = ({**_MANY, "regimes": ["accumulate"], "options": {"dimensions": 5}},)
_GROWS = {"feeds": [{"name": "all", "of": "model", "keep": "all", "growth": 1.3}]}
_OWN = "own derivation; E (X′X)⁻¹ = I/(N − d − 1) of the inverse Wishart distribution, rows being exchangeable"


def _as_if_on_one_design(setting: Setting) -> np.ndarray:
    """Return the near miss: the sum that holds where inputs stay the same."""
    learner, sizes = least_squares(setting, "fresh"), kept(setting)
    shares = (sizes / np.cumsum(sizes)) ** 2
    risk = learner.noise**2 * learner.dimensions / (sizes - learner.dimensions - 1)
    return np.concatenate([[0.0], np.cumsum(shares * risk)])


@theory(
    measure="coefficient-error",
    formula="E|w_n − w*|² = s² d Σ (Tᵢ/Nᵢ)/(Nᵢ − d − 1), Nᵢ = T₁ + … + Tᵢ;  s² d Σ 1/(i (iT − d − 1)) in equal batches",
    assumes="least squares on all batches, each with new normal inputs and labels from the fit before",
    source=_OWN,
    near_miss=_as_if_on_one_design,
    cases=(*_CASES, {**_MANY, "regimes": ["grows"], "regime": {"grows": _GROWS}}),
)
def regression_accumulate(setting: Setting) -> np.ndarray:
    """Keeping all data, the squared error stays bounded: each new batch moves the fit by what it is of the whole."""
    learner, sizes = least_squares(setting, "fresh"), kept(setting)
    total = np.cumsum(sizes)
    steps = sizes / total / (total - learner.dimensions - 1)
    return np.concatenate([[0.0], learner.noise**2 * learner.dimensions * np.cumsum(steps)])


def _limit(setting: Setting) -> float:
    learner, size = least_squares(setting, "fresh"), kept_in_equal_batches(setting)
    d = learner.dimensions
    if size < d + 2:
        raise NotApplicable("batches of fewer than d + 2 items have an error that is infinite on average")
    return float(learner.noise**2 * d * (-digamma(1 - (d + 1) / size) - np.euler_gamma) / (d + 1))


def _line(setting: Setting, value: float) -> np.ndarray:
    return np.concatenate([[0.0], np.full(setting.generations, value)])


@theory(
    measure="coefficient-error",
    formula="s² d [−ψ(1 − (d+1)/T) − γ]/(d+1) as n → ∞",
    assumes="as for regression-accumulate, equal batches, many generations",
    source=_OWN,
    exact=False,
    near_miss=lambda setting: _line(setting, np.pi**2 / 6 * float(regression_accumulate.run(setting)[1])),
    cases=({**_CASES[0], "generations": 20},),
)
def regression_accumulate_limit(setting: Setting) -> np.ndarray:
    """What the squared error comes to with new inputs: strictly below π²/6 of that of one fit."""
    return _line(setting, _limit(setting))


@theory(
    measure="coefficient-error",
    formula="π²/6 × s² d/(T − d − 1) as n → ∞",
    assumes="least squares on all batches, inputs that stay the same, equal batches, many generations",
    source=f"factor π²/6: {GERSTGRASSER}; derived here for inputs that stay the same",
    url="https://arxiv.org/abs/2404.01413",
    exact=False,
    near_miss=lambda setting: _line(setting, _one_fit(setting)),
    cases=({**LINES, "generations": 20, "samples": 20, "regimes": ["accumulate"], "options": {"design": "same"}},),
)
def regression_pi_squared_over_six(setting: Setting) -> np.ndarray:
    """Keeping all data never costs more than π²/6 times the error of one fit on real data."""
    return _line(setting, np.pi**2 / 6 * _one_fit(setting))


def _one_fit(setting: Setting) -> float:
    learner, size = least_squares(setting, "same"), kept_in_equal_batches(setting)
    if size < learner.dimensions + 2:
        raise NotApplicable("batches of fewer than d + 2 items have an error that is infinite on average")
    return learner.noise**2 * learner.dimensions / (size - learner.dimensions - 1)
