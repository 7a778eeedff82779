"""Expected variance and position of a normal fit in any regime, from lines of descent."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
from scipy.special import ndtri

from holdfast.collapse.definitions import Setting, theory
from holdfast.collapse.engines.lineage import Descent, bessel, descent
from holdfast.collapse.engines.risk import plain_risk
from holdfast.collapse.graph import Graph
from holdfast.collapse.learners.gaussian import Gaussian
from holdfast.collapse.regimes import Rule
from holdfast.core.errors import NotApplicable

_ASSUMES = "a normal distribution; any graph of batches, weights, subsamples, lags and widths, no verifier with a taste"
_SOURCE = "structured coalescent after Wright (1931) and Kingman (1982), Stochastic Processes and their Applications 13"
_URL = "https://doi.org/10.1016/0304-4149(82)90011-4"
# Where ln E Q²/(E Q)² is larger, a mean of Q over ten thousand histories is carried by ones too rare to be among them.
_MOST_CARRIED = 1.5
_OLDER = {"feeds": [{"name": "all", "of": "model", "keep": "all", "share": 0.3},
                    {"name": "old", "of": "model", "lag": 2, "share": 0.5, "rule": {"temperature": 1.3}},
                    {"name": "cut", "of": "model", "share": 0.4, "rule": {"top_p": 0.9}}]}  # fmt: skip
_CHOSEN = {"subsample": True, "feeds": [{"name": "real", "of": "real", "every": "once", "share": 0.5},
                                        {"name": "all", "of": "model", "keep": "all", "lag": 2}]}  # fmt: skip
_EVERY = {"samples": 10, "generations": 8, "regime": {"older": _OLDER, "chosen": _CHOSEN}}
_CASES = tuple(
    {**_EVERY, "options": {"variance": way}, "regimes": ["accumulate", "fixed-real", "golden", "verified"]}
    for way in ("mle", "unbiased")
)


def widened(rule: Rule) -> float:
    """Return what a rule multiplies the variance of a normal distribution by.

    Density to the power 1/T is normal with T times the variance; the likely part that holds p lies within ±c, where
    the variance is 1 − 2 c φ(c) / p.
    """
    if rule.top_p == 1:
        return rule.temperature
    c = float(ndtri((1 + rule.top_p) / 2))
    density = np.exp(-c * c / 2) / np.sqrt(2 * np.pi)
    return float(rule.temperature * (1 - 2 * c * density / rule.top_p))


@lru_cache(maxsize=16)
def _followed(graph: Graph, unbiased: bool) -> Descent:  # noqa: FBT001 — the key of a cache
    return descent(graph, widened, bessel if unbiased else None)


def expected(setting: Setting) -> Descent:
    """Return the expectations for a setting. Raises NotApplicable where the learner is no normal distribution."""
    if not isinstance(setting.learner, Gaussian):
        raise NotApplicable("it is about normal distributions in one dimension")
    return _followed(setting.graph, setting.learner.variance == "unbiased")


def one_item_more(setting: Setting) -> Setting:
    """Return the setting of the near misses: as if each batch had one item more."""
    grown = setting.graph
    batches = tuple(replace(one, size=one.size + 1) for one in grown.batches)
    return replace(setting, graph=Graph(batches, grown.fits))


def _other_estimate(setting: Setting) -> np.ndarray:
    """Return the near miss: the law of the other way of estimating a variance."""
    assert isinstance(setting.learner, Gaussian)
    return _followed(setting.graph, setting.learner.variance != "unbiased").variance


def _common(setting: Setting) -> np.ndarray:
    """Return where histories are near enough to each other; the logarithm of the variance spreads by twice the risk."""
    return 2 * plain_risk(setting.graph) < _MOST_CARRIED


@theory(
    measure="variance",
    formula="E σ²_t = σ² c F_t, F_t = Σ wₐ w_b K̃[a, b]; c = 1 by maximum likelihood, n/(n − 1) if unbiased",
    assumes=_ASSUMES,
    source=_SOURCE,
    url=_URL,
    near_miss=_other_estimate,
    cases=_CASES,
    checkable=_common,
)
def variance_by_descent(setting: Setting) -> np.ndarray:
    """Expected variance in any regime, from lines of descent."""
    return expected(setting).variance


@theory(
    measure="mean-error",
    formula="E(μ_t − μ)² = σ² (2 Σ wₐ K[a, truth] − F_t)",
    assumes=_ASSUMES,
    source=_SOURCE,
    url=_URL,
    near_miss=lambda setting: expected(one_item_more(setting)).offset,
    cases=_CASES,
    checkable=_common,
)
def mean_error_by_descent(setting: Setting) -> np.ndarray:
    """Expected squared distance of the mean from the true one in any regime, from lines of descent."""
    return expected(setting).offset


def _total(setting: Setting) -> np.ndarray:
    found = expected(setting)
    return found.variance + found.offset


@theory(
    measure="item-second-moment",
    formula="E(X_t − μ)² = E σ²_t + E(μ_t − μ)²; by maximum likelihood, drawn as it is, σ² for all time",
    assumes=_ASSUMES,
    source=_SOURCE,
    url=_URL,
    near_miss=lambda setting: expected(setting).variance,
    cases=_CASES,
    checkable=_common,
)
def item_variance_by_descent(setting: Setting) -> np.ndarray:
    """How far items lie from the true mean in any regime, within and between histories."""
    return _total(setting)
