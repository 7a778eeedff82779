"""Diversity and the spread of frequencies in any regime, from lines of descent."""

import numpy as np

from holdfast.collapse.definitions import Setting, theory
from holdfast.collapse.engines.chains import Chain, chains
from holdfast.collapse.engines.lineage import kept_variance
from holdfast.collapse.theories.frequency_cases import COMMON, COMMON_CONTEXTS, CONTEXTS, FEW

_ASSUMES = "fitted by counting; items drawn from the model as it is; any graph of batches and weights"


def _diversity(chain: Chain) -> float:
    return float(1 - (chain.law**2).sum())


def _one_generation_late(setting: Setting) -> np.ndarray:
    """Return the near miss: generations counted from the first model instead of from the truth."""
    values = _heterozygosity(setting)
    return np.concatenate([values[:2], values[1:-1]])


def _heterozygosity(setting: Setting) -> np.ndarray:
    return np.sum([one.weight * _diversity(one) * kept_variance(one.graph) for one in chains(setting)], axis=0)


@theory(
    measure="heterozygosity",
    formula="E[1 − Σ p_t²] = (1 − Σ p²) F_t;  for replacement F_t = (1 − 1/M)ᵗ",
    assumes=_ASSUMES,
    source="Wright (1931), Genetics 16, 97–159; for language models Seddik et al. (2024), arXiv:2404.05090",
    url="https://arxiv.org/abs/2404.05090",
    near_miss=_one_generation_late,
    cases=(FEW, CONTEXTS),
)
def heterozygosity_by_descent(setting: Setting) -> np.ndarray:
    """Expected heterozygosity in any regime: two draws differ only if they go back to different real items."""
    return _heterozygosity(setting)


@theory(
    measure="commonest-share",
    statistic="variance",
    formula="Var p_t = p (1 − p) (1 − F_t)",
    assumes=_ASSUMES,
    source="Wright (1931), Genetics 16, 97–159 (F-statistics)",
    url="https://doi.org/10.1093/genetics/16.2.97",
    near_miss=lambda setting: sum(
        (
            one.squares * one.law.max() * (1 - one.law.max()) * -np.log(kept_variance(one.graph))
            for one in chains(setting)
        ),
        start=np.zeros(setting.generations + 1),
    ),
    cases=(FEW, CONTEXTS),
)
def share_variance_by_descent(setting: Setting) -> np.ndarray:
    """Variance of a type's frequency over histories: what diversity each history loses, histories gain between them."""
    return np.sum(
        [one.squares * one.law.max() * (1 - one.law.max()) * (1 - kept_variance(one.graph)) for one in chains(setting)],
        axis=0,
    )


@theory(
    measure="total-variation",
    exact=False,
    formula="E ½ Σ |p_t − p| ≤ ½ Σ √(p (1 − p) (1 − F_t));  × √(2/π) while frequencies are near normal",
    assumes=_ASSUMES + "; no type far below 1 item a generation, and few generations",
    source="E|x| ≤ √E x² with the variance from lines of descent; bounded for a fixed real set by Seddik et al. (2024)",
    url="https://arxiv.org/abs/2404.05090",
    near_miss=lambda setting: np.sqrt(np.pi / 2) * _near_normal(setting),
    cases=(COMMON, COMMON_CONTEXTS),
)  # fmt: skip
def total_variation_near_the_truth(setting: Setting) -> np.ndarray:
    """Expected total variation distance while frequencies are near normal; √(π/2) times as much is never passed."""
    return _near_normal(setting)


def _near_normal(setting: Setting) -> np.ndarray:
    """Return √(2/π) of the bound."""
    found = [
        one.weight * np.sqrt(one.law * (1 - one.law)).sum() * np.sqrt(1 - kept_variance(one.graph))
        for one in chains(setting)
    ]
    return np.sum(found, axis=0) * np.sqrt(2 / np.pi) / 2
