"""Frequencies that are drawn at another temperature, near a uniform law: the parameter-risk engine with its bias λ."""

import numpy as np

from holdfast.collapse.definitions import Setting, theory
from holdfast.collapse.engines.risk import parameter_risk
from holdfast.collapse.learners.categorical import Categorical
from holdfast.core.errors import NotApplicable

_FIRST_ORDER = 0.15  # (K − 1) × risk up to which frequencies stay near enough to 1/K for a law of first order


def _mix(temperature: float) -> dict[str, object]:
    synthetic = {"name": "synthetic", "of": "model", "share": 0.5, "rule": {"temperature": temperature}}
    return {"feeds": [{"name": "real", "of": "real", "share": 0.5}, synthetic]}


_CASES = (
    {
        "learner": "categorical",
        "options": {"types": 2, "law": "uniform"},
        "samples": 50,
        "generations": 12,
        "replicates": 20_000,
        "regimes": [],
        "regime": {"sharp": _mix(0.75), "flat": _mix(1.5)},
    },
)


def _risk(setting: Setting, *, biased: bool = True) -> np.ndarray:
    learner = setting.learner
    if not isinstance(learner, Categorical) or np.ptp(learner.true_law) > 0 or len(learner.true_law) < 2:
        raise NotApplicable("it is about frequencies of types that are all as frequent in the truth")
    if any(batch.verifier is not None or batch.rule.top_p < 1 for batch in setting.graph.batches):
        raise NotApplicable("it is about temperature alone, without top-p and without a verifier with a taste")
    if setting.graph.draws_plainly():
        raise NotApplicable("it is about another temperature than 1; without one descent says it exactly")
    types = len(learner.true_law)
    risk = parameter_risk(setting.graph, bias=lambda rule: 1 / rule.temperature)
    if (types - 1) * risk.max() > _FIRST_ORDER:
        raise NotApplicable(
            f"frequencies leave the neighbourhood of 1/{types}; below temperature 1, a share of real items above "
            "1 − temperature in each generation holds them, if there are items enough"
        )
    found = risk if biased else parameter_risk(setting.graph)
    return found * (1 - 1 / types) / types


@theory(
    measure="commonest-share",
    statistic="variance",
    formula="Var p_t ≈ (1 − 1/K)/K Σ_b c²_{t,b}/M_b, λ = 1/T;  beside new real ones Σ → [α²/M_r + β²/M_s]/(1 − β²λ²)",
    assumes="K types, all as frequent; drawn at temperature T; any graph; first order in 1/M; stable if β λ < 1",
    source="parameter-risk engine with a bias λ of sampling, linearised about the uniform law; own derivation",
    exact=False,
    near_miss=lambda setting: _risk(setting, biased=False),
    cases=_CASES,
)
def stability_of_sharpening(setting: Setting) -> np.ndarray:
    """A temperature below 1 multiplies every deviation, and only a share of real items above 1 − T holds it."""
    return _risk(setting)
