"""Rare types in any regime, from branching: how many are alive, what real mass is lost, whether any is gone."""

import numpy as np

from holdfast.collapse.definitions import Setting, theory
from holdfast.collapse.engines.branching import reach
from holdfast.collapse.engines.chains import Chain, chains
from holdfast.collapse.theories.frequency_cases import MANY, MANY_CONTEXTS

_ASSUMES = "fitted by counting; items drawn from the model as it is; any graph; what dies out was rare (p ≪ 1)"
_SOURCE = "branching processes: Haldane (1927), Kolmogorov (1938)"
_CASES = (MANY, MANY_CONTEXTS)


def _lost(chain: Chain, factor: float = 1.0) -> np.ndarray:
    """Return the chance that each type is lost in each model, the truth first."""
    lines = reach(chain.graph)
    lost = np.zeros((len(lines), len(chain.law)))
    lost[1:] = np.exp(-factor * lines[1:, None] * chain.law)
    return lost


def _alive(setting: Setting, factor: float = 1.0) -> np.ndarray:
    return np.sum(
        [one.contexts * (1 - _lost(one, factor)[:, one.law > 0]).sum(axis=1) for one in chains(setting)], axis=0
    )


def _mass(setting: Setting, factor: float = 1.0) -> np.ndarray:
    return np.sum([one.weight * (_lost(one, factor) * one.law).sum(axis=1) for one in chains(setting)], axis=0)


@theory(
    measure="types-alive",
    exact=False,
    formula="Σᵢ [1 − exp(−pᵢ R_t)];  for replacement R_t = M s_{t−1}, s₀ = 1, s_{k+1} = 1 − e^{−s_k}, R_t → 2M/t",
    assumes=_ASSUMES,
    source=_SOURCE,
    near_miss=lambda setting: _alive(setting, 0.5),
    cases=_CASES,
)
def types_alive_by_branching(setting: Setting) -> np.ndarray:
    """Expected number of types alive in any regime, near enough: types of p below about t/2M go.

    The lower bound 1 − exp(−M p/t) of Suresh et al. (2025) has the right order and half the rate.
    """
    return _alive(setting)


@theory(
    measure="lost-mass",
    exact=False,
    formula="Σᵢ pᵢ exp(−pᵢ R_t)",
    assumes=_ASSUMES,
    source=_SOURCE,
    near_miss=lambda setting: _mass(setting, 0.5),
    cases=_CASES,
)
def lost_mass_by_branching(setting: Setting) -> np.ndarray:
    """Expected real mass that has been lost in any regime, near enough."""
    return _mass(setting)


@theory(
    measure="none-lost",
    exact=False,
    formula="P(no type is lost by t) ≈ Πᵢ [1 − exp(−pᵢ R_t)]",
    assumes=_ASSUMES + "; types die out independently, nearly",
    source=_SOURCE + "; the first extinction in recursive sampling: Benati et al. (2025), arXiv:2509.20101",
    url="https://arxiv.org/abs/2509.20101",
    near_miss=lambda setting: _complete(setting, 0.5),
    cases=(
        {
            "learner": "categorical", "samples": 400, "generations": 8, "options": {"types": 20, "law": "uniform"},
            "regimes": ["replace"], "replicates": 2000,
        },
        {
            "learner": "contexts", "samples": 600, "generations": 10, "regimes": ["replace"], "replicates": 2000,
            "options": {"contexts": 2, "types": 12, "law": "uniform"},
        },
    ),
)  # fmt: skip
def first_extinction(setting: Setting) -> np.ndarray:
    """Probability that no type has been lost yet."""
    return _complete(setting, 1.0)


def _complete(setting: Setting, factor: float) -> np.ndarray:
    """Return the product over types and contexts."""
    with np.errstate(divide="ignore"):
        logs = [
            one.contexts * np.log1p(-np.minimum(_lost(one, factor)[:, one.law > 0], 1.0)).sum(axis=1)
            for one in chains(setting)
        ]
    return np.exp(np.sum(logs, axis=0))
