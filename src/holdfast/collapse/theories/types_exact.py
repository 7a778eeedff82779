"""Types alive, real mass lost, total collapse: exact, from the binomial chain of one type."""

import numpy as np

from holdfast.collapse.definitions import Setting, theory
from holdfast.collapse.engines.chains import chains
from holdfast.collapse.engines.single_type import single
from holdfast.collapse.measures.frequencies import DRAWS
from holdfast.collapse.states.tail import TAIL, in_tail
from holdfast.collapse.theories.frequency_cases import CONTEXTS, FEW
from holdfast.core.errors import NotApplicable

_ASSUMES = "fitted by counting M ≤ 3,000 items: those of the model before, and as many new real ones each time"
_SOURCE = "Fisher (1930), The Genetical Theory of Natural Selection; Wright (1931), Genetics 16, 97–159"
_CASES = (FEW, CONTEXTS)
# So few items that many histories come to an end while they are looked at.
_SOON = (
    {"learner": "categorical", "samples": 8, "generations": 12, "regimes": ["replace"], "options": {"types": 4}},
    {
        "learner": "contexts",
        "samples": 14,
        "generations": 12,
        "regimes": ["replace"],
        "options": {"contexts": 2, "types": 4},
    },
)


@theory(
    measure="types-alive",
    formula="Σᵢ [1 − (πᵢ Pᵗ)₀],  P_jk = Binomial(k; M, j/M)",
    assumes=_ASSUMES,
    source=_SOURCE,
    near_miss=lambda setting: _alive_if(setting, 1.0),
    cases=_CASES,
)
def types_alive_exactly(setting: Setting) -> np.ndarray:
    """Expected number of types alive: each type alone is a binomial chain."""
    found = [one.contexts * single(one.law, one.graph, DRAWS).alive.sum(axis=1) for one in chains(setting)]
    return np.concatenate([[_types(setting)], np.sum(found, axis=0)])


@theory(
    measure="lost-mass",
    formula="Σᵢ pᵢ (πᵢ Pᵗ)₀,  P_jk = Binomial(k; M, j/M)",
    assumes=_ASSUMES,
    source=_SOURCE,
    near_miss=lambda setting: _one_fit_too_many(_lost_mass(setting)),
    cases=_CASES,
)
def lost_mass_exactly(setting: Setting) -> np.ndarray:
    """Expected real mass that has been lost, exactly."""
    return _lost_mass(setting)


def _lost_mass(setting: Setting) -> np.ndarray:
    found = [
        one.weight * ((1 - single(one.law, one.graph, DRAWS).alive) * one.law).sum(axis=1) for one in chains(setting)
    ]
    return np.concatenate([[0.0], np.sum(found, axis=0)])


@theory(
    measure="totally-collapsed",
    formula="Σᵢ (πᵢ Pᵗ)_M;  its mean time is about −2M Σ (1 − pᵢ) ln(1 − pᵢ)",
    assumes=_ASSUMES,
    source=_SOURCE + "; the mean time is Kimura & Ohta's (1969, Genetics 61, 763–771)",
    near_miss=lambda setting: 1 - _heterozygosity_if_independent(setting),
    cases=_SOON,
)
def total_collapse_exactly(setting: Setting) -> np.ndarray:
    """Probability that a single type is left, exactly."""
    found = chains(setting)
    shares = [one.contexts * single(one.law, one.graph, DRAWS).only.sum(axis=1) for one in found]
    lone = [one.contexts * float((one.law == 1).any()) for one in found]
    contexts = sum(one.contexts for one in found)
    return np.concatenate([[sum(lone)], np.sum(shares, axis=0)]) / contexts


@theory(
    measure="tail-coverage",
    formula="Σ_tail p (1 − E[(1 − q_t)ᵐ]) / Σ_tail p (1 − (1 − p)ᵐ)",
    assumes=_ASSUMES,
    source="the binomial chain of one type, carried to the chance of being among m draws",
    near_miss=lambda setting: _one_fit_too_many(_coverage(setting)),
    cases=_CASES,
)
def tail_coverage_exactly(setting: Setting) -> np.ndarray:
    """Expected coverage of the real tail by a fixed number of draws, exactly."""
    return _coverage(setting)


def _coverage(setting: Setting) -> np.ndarray:
    covered = np.zeros(setting.generations)
    real = 0.0
    for one in chains(setting):
        rare = np.where(in_tail(one.law, TAIL), one.law, 0.0)
        covered += one.weight * (rare * (1 - single(one.law, one.graph, DRAWS).missed)).sum(axis=1)
        real += one.weight * float((rare * -np.expm1(DRAWS * np.log1p(-np.minimum(one.law, 1 - 1e-15)))).sum())
    if real == 0:
        raise NotApplicable("with a single type there is no tail")
    return np.concatenate([[1.0], covered / real])


def _types(setting: Setting) -> float:
    return float(sum(one.contexts * (one.law > 0).sum() for one in chains(setting)))


def _alive_if(setting: Setting, share: float) -> np.ndarray:
    """Return the near miss 1 − exp(−λ/t) with λ = M p items at the beginning: right order, factor 2 loose.

    As a lower bound it is right (Suresh et al., 2025, arXiv:2411.09642).
    """
    t = np.arange(1, setting.generations + 1)[:, None]
    found = np.zeros(setting.generations)
    for one in chains(setting):
        items = one.graph.sizes()[one.graph.fits[0].batches].sum()
        found += one.contexts * -np.expm1(-share * items * one.law / t).sum(axis=1)
    return np.concatenate([[_types(setting)], found])


def _one_fit_too_many(values: np.ndarray) -> np.ndarray:
    """Return the near miss: as if the first model had already been refitted once."""
    return np.concatenate([values[:1], values[2:], values[-1:]])


def _heterozygosity_if_independent(setting: Setting) -> np.ndarray:
    """Return what would be left if collapse were that two draws agree."""
    items = setting.sizes[0]
    start = 1 - float((chains(setting)[0].law ** 2).sum())
    return start * (1 - 1 / items) ** np.arange(setting.generations + 1)
