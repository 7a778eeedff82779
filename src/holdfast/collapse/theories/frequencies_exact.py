"""Entropy and divergence, exact, from the binomial chain of one type."""

import numpy as np

from holdfast.collapse.definitions import Setting, theory
from holdfast.collapse.engines.chains import chains
from holdfast.collapse.engines.single_type import single
from holdfast.collapse.measures.frequencies import DRAWS, entropies
from holdfast.collapse.theories.frequency_cases import CONTEXTS, FEW

_ASSUMES = "fitted by counting M ≤ 3,000 items: those of the model before, and as many new real ones each time"
_CASES = (FEW, CONTEXTS)


def _bias_of_first_order(setting: Setting) -> np.ndarray:
    """Return what entropy loses by Miller's correction, (K − 1) / 2M a fit, if no type ever died."""
    t = np.arange(setting.generations + 1)
    lost = [
        one.weight * ((one.law > 0).sum() - 1) / (2 * float(one.graph.sizes()[one.graph.fits[0].batches].sum()))
        for one in chains(setting)
    ]
    return np.asarray(sum(lost) * t)


def _entropy(setting: Setting) -> np.ndarray:
    found = [one.weight * single(one.law, one.graph, DRAWS).surprise.sum(axis=1) for one in chains(setting)]
    return np.concatenate([[_true_entropy(setting)], np.sum(found, axis=0)])


def _true_entropy(setting: Setting) -> float:
    return sum(one.weight * float(entropies(one.law)) for one in chains(setting))


@theory(
    measure="entropy",
    formula="Σᵢ E[−q ln q],  q the binomial chain of type i",
    assumes=_ASSUMES,
    source="the Wright–Fisher chain of one type; its first step is Miller's (1955) bias, (K − 1)/2M",
    near_miss=lambda setting: _true_entropy(setting) - _bias_of_first_order(setting),
    cases=_CASES,
)
def entropy_exactly(setting: Setting) -> np.ndarray:
    """Expected entropy, exactly."""
    return _entropy(setting)


@theory(
    measure="divergence",
    formula="E KL(p_t ‖ p) = H(p) − E H(p_t), because frequencies are martingales",
    assumes=_ASSUMES,
    source="the Wright–Fisher chain of one type; its first step is (K − 1)/2M (Wilks, 1938)",
    near_miss=_bias_of_first_order,
    cases=_CASES,
)
def divergence_exactly(setting: Setting) -> np.ndarray:
    """Expected divergence from the truth, exactly: all that entropy loses."""
    return _true_entropy(setting) - _entropy(setting)
