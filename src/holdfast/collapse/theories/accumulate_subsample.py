"""A normal fit to a choice, of fixed size, of all that was ever made."""

import numpy as np

from holdfast.collapse.definitions import Setting, theory
from holdfast.collapse.engines.structure import kept_in_equal_batches
from holdfast.collapse.theories.accumulate import normal
from holdfast.core.errors import NotApplicable

_ASSUMES = "normal, maximum likelihood; all batches are kept, of M items each, M of all are chosen without replacement"
_SOURCE = "own derivation; the regime: Kazdan et al. (2024), Collapse or Thrive?, arXiv:2410.16713"
_URL = "https://arxiv.org/abs/2410.16713"
_CASE = {"samples": 4, "generations": 10, "regimes": ["accumulate-subsample"], "options": {"variance": "mle"}}


def _chosen(setting: Setting) -> int:
    if normal(setting).variance != "mle":
        raise NotApplicable("it is about maximum likelihood")
    size = kept_in_equal_batches(setting, subsample=True)
    if size != setting.samples:
        raise NotApplicable("it is about choices as large as a batch")
    return size


def _with_all(setting: Setting) -> np.ndarray:
    """Return the near miss: the law of learning from all that was kept."""
    k = np.arange(1, setting.generations + 1)
    return np.concatenate([[1.0], np.cumprod(1 - 1 / (_chosen(setting) * k**2))])


@theory(
    measure="variance",
    formula="E σ²_t = σ² (1 − 1/M) Π_{k=2}^t [1 − (3M − 1)/(kM (kM − 1))]",
    assumes=_ASSUMES,
    source=_SOURCE,
    url=_URL,
    near_miss=_with_all,
    cases=(_CASE,),
)
def accumulate_subsample_variance(setting: Setting) -> np.ndarray:
    """Learning from a choice of all data, the variance sinks slowly, and further than from all of it."""
    size = _chosen(setting)
    k = np.arange(2, setting.generations + 1)
    factors = 1 - (3 * size - 1) / (k * size * (k * size - 1))
    return np.concatenate([[1.0], (1 - 1 / size) * np.cumprod(np.concatenate([[1.0], factors]))])


@theory(
    measure="variance",
    formula="E σ²_∞ ≈ σ² [1 − (1 + 3 (π²/6 − 1))/M], that is 1 − 2.93/M",
    assumes=_ASSUMES + "; large M, many generations",
    source=_SOURCE,
    url=_URL,
    exact=False,
    near_miss=lambda setting: np.concatenate([[1.0], np.full(setting.generations, 1 - 1 / _chosen(setting))]),
    cases=({**_CASE, "samples": 10, "generations": 20},),
)
def accumulate_subsample_limit(setting: Setting) -> np.ndarray:
    """The level at which the variance stays when a choice of all data is learnt from."""
    lost = (1 + 3 * (np.pi**2 / 6 - 1)) / _chosen(setting)
    if lost >= 1:
        raise NotApplicable("so few items are far from the limit of many")
    return np.concatenate([[1.0], np.full(setting.generations, 1 - lost)])
