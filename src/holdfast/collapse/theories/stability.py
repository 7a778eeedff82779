"""Sampling that is wider or narrower than the model, with new real items; and first-order laws of any regime."""

import numpy as np

from holdfast.collapse.definitions import Setting, theory
from holdfast.collapse.engines.risk import plain_risk
from holdfast.collapse.engines.structure import Mix, mixed
from holdfast.collapse.regimes import Rule
from holdfast.collapse.theories.accumulate import normal
from holdfast.collapse.theories.descent import widened
from holdfast.core.errors import NotApplicable

_BIASED = (
    "normal; a steady mix of new real items and items drawn by one rule λ times as wide; large M, many generations"
)
_SOURCE = "fixed point of the recursion of second moments; sampling bias λ: Alemohammad et al. (2023), arXiv:2307.01850"
_URL = "https://arxiv.org/abs/2307.01850"


def _hot(temperature: float) -> dict[str, object]:
    feeds = [
        {"name": "real", "of": "real", "share": 0.5},
        {"name": "synthetic", "of": "model", "share": 0.5, "rule": {"temperature": temperature}},
    ]
    return {"feeds": feeds}


_CASE = {"samples": 50, "generations": 20, "regimes": [], "regime": {"wide": _hot(1.4), "narrow": _hot(0.4)}}


def _width(setting: Setting) -> tuple[Mix, float]:
    """Return the mix and λ², the factor by which synthetic items vary more than the model."""
    normal(setting)
    mix = mixed(setting, fresh=True, plain=False)
    rules = {batch.rule for batch in setting.graph.batches if batch.parent}
    if len(rules) > 1 or rules == {Rule()}:
        raise NotApplicable("it is about items drawn by one rule that makes them wider or narrower than the model")
    width = widened(rules.pop())
    handed_on = (1 - mix.share) * width
    if handed_on >= 1:
        raise NotApplicable(
            f"nothing is stable: β λ² = {handed_on:.3g}, and from 1 on the variance grows without end; "
            f"a real share above {1 - 1 / width:.0%} would hold it"
        )
    return mix, width


def _line(setting: Setting, start: float, value: float) -> np.ndarray:
    return np.concatenate([[start], np.full(setting.generations, value)])


def _level(mix: Mix, width: float) -> float:
    return mix.share / (1 - (1 - mix.share) * width)


@theory(
    measure="variance",
    formula="v* = σ² α/(1 − β λ²), stable only if β λ² < 1, that is α > 1 − 1/λ²",
    assumes=_BIASED,
    source=_SOURCE,
    url=_URL,
    exact=False,
    near_miss=lambda setting: _line(setting, 1.0, _level(_width(setting)[0], np.sqrt(_width(setting)[1]))),
    cases=(_CASE,),
)
def stability_variance(setting: Setting) -> np.ndarray:
    """Sampling too widely or too narrowly, real data holds the variance at another level than the truth's."""
    return _line(setting, 1.0, _level(*_width(setting)))


def _wandering(mix: Mix, width: float) -> float:
    share = mix.share
    noise = share**2 / mix.real + (1 - share) ** 2 * width * _level(mix, width) / mix.synthetic
    return float(noise / (1 - (1 - share) ** 2))


@theory(
    measure="mean-error",
    formula="Var μ* = [α² σ²/M_r + β² λ² v*/M_s]/(1 − β²), v* = σ² α/(1 − β λ²)",
    assumes=_BIASED,
    source=_SOURCE,
    url=_URL,
    exact=False,
    near_miss=lambda setting: _line(setting, 0.0, _wandering(_width(setting)[0], 1.0)),
    cases=({**_CASE, "regime": {"narrow": _hot(0.2)}},),
)
def stability_mean_error(setting: Setting) -> np.ndarray:
    """What is sampled more widely makes the mean wander further."""
    return _line(setting, 0.0, _wandering(*_width(setting)))


def _risk(setting: Setting) -> np.ndarray:
    """Return the parameter risk of the graph, for a normal learner that draws from its model as it is."""
    normal(setting)
    if not setting.graph.draws_plainly():
        raise NotApplicable("it is about items drawn from the model as it is")
    risk = plain_risk(setting.graph)
    if risk.max() > _FIRST_ORDER:
        raise NotApplicable(
            f"models are too far from the truth for a law of first order: {risk.max():.2g} variances of an item"
        )
    return risk


_FIRST_ORDER = 0.1  # parameter risk up to which second-order terms stay below some 10%
_RISK = "normal; any graph of batches, weights and subsamples; first order in 1/M"
_RISK_SOURCE = "parameter-risk engine; Dey & Donoho (2024), arXiv:2410.22812, for its scope"
_RISK_URL = "https://arxiv.org/abs/2410.22812"
_RISK_CASE = {"samples": 50, "generations": 4, "regimes": ["replace", "accumulate", "golden", "accumulate-subsample"]}


@theory(
    measure="log-variance",
    statistic="variance",
    formula="Var ln σ²_t ≈ 2 Σ_b c²_{t,b}/M_b, c the weight with which batch b's noise arrives in model t",
    assumes=_RISK,
    source=_RISK_SOURCE,
    url=_RISK_URL,
    exact=False,
    near_miss=_risk,
    cases=(_RISK_CASE,),
)
def stability_log_variance(setting: Setting) -> np.ndarray:
    """How far the logarithms of variances part: twice the parameter risk, in any regime."""
    return 2 * _risk(setting)


@theory(
    measure="wasserstein",
    formula="E W₂² ≈ (3/2) σ² Σ_b c²_{t,b}/M_b",
    assumes=_RISK,
    source=_RISK_SOURCE,
    url=_RISK_URL,
    exact=False,
    near_miss=_risk,
    cases=(_RISK_CASE,),
)
def stability_wasserstein(setting: Setting) -> np.ndarray:
    """The distance from the truth: one and a half times the parameter risk, in any regime."""
    return 1.5 * _risk(setting)
