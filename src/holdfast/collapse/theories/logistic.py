"""Logistic regression, to first order in the number of items: a fit is a weighted mean of what its batches say.

The first order leaves out that the curvature of the likelihood moves with the log-odds. Their squared error, which it
predicts as well, therefore says where it holds: with standard normal inputs it is too small by about that, a tenth at
0.1, and a fifth at the worst (`benchmarks/detection/first_order.py`). Beyond it is silent.
"""

import numpy as np
from scipy.special import expit

from holdfast.collapse.definitions import Setting, theory
from holdfast.collapse.engines.risk import plain_risk
from holdfast.collapse.engines.structure import kept_in_equal_batches
from holdfast.collapse.graph import graph
from holdfast.collapse.learners.logistic_regression import LogisticRegression
from holdfast.collapse.measures.logistic import MASS, NORMAL
from holdfast.collapse.regimes import PRESETS
from holdfast.collapse.theories.golden import HE_XU_CHENG, HE_XU_CHENG_URL, golden_mix, stationary
from holdfast.core.errors import NotApplicable

_FARTHEST = 0.1  # squared error of the log-odds at which the first order is off by a tenth, see above
_DEY_DONOHO = "Dey & Donoho (2024), Universality of the π²/6 Pathway in Avoiding Model Collapse, arXiv:2410.22812"
_URL = "https://arxiv.org/abs/2410.22812"
_ODDS = {"learner": "logistic-regression", "generations": 10, "replicates": 500}
_SAME = {"dimensions": 2, "design": "same"}
_FEW_REAL = {"feeds": [{"name": "real", "of": "real", "size": 200, "weight": "golden"},
                       {"name": "synthetic", "of": "model", "size": 800, "weight": "golden"}]}  # fmt: skip


def _covariance(learner: LogisticRegression) -> tuple[np.ndarray, np.ndarray]:
    """Return I⁻¹ and E x x′, I = E p(1 − p) x x′ being Fisher's information of one item."""
    if learner.file is not None:
        rows = learner.table
        chance = expit(rows @ learner.true_coefficients)
        return np.linalg.inv((rows.T * (chance * (1 - chance))) @ rows / len(rows)), rows.T @ rows / len(rows)
    chance = expit(learner.signal * NORMAL)
    spread = chance * (1 - chance) * MASS
    each = np.full(learner.dimensions, spread.sum())
    each[0] = spread @ NORMAL**2
    return np.diag(1 / each), np.eye(learner.dimensions)


def variance_of_one_item(learner: LogisticRegression) -> float:
    """Return tr I⁻¹: the squared error of the coefficients, in units of 1 over the number of items."""
    return float(np.trace(_covariance(learner)[0]))


def _likeliest(setting: Setting) -> LogisticRegression:
    learner = setting.learner
    if not isinstance(learner, LogisticRegression) or learner.ridge:
        raise NotApplicable("it is about logistic regression without a penalty")
    return learner


def _spoken(setting: Setting, risk: np.ndarray) -> np.ndarray:
    """Return the risk where the first order is enough, not a number beyond. Raises NotApplicable if that is nowhere."""
    inverse, inputs = _covariance(_likeliest(setting))
    far = risk * float(np.sum(inverse * inputs))
    near = far <= _FARTHEST
    if not near[1]:
        least = int(np.ceil(setting.sizes[0] * far[1] / _FARTHEST))
        raise NotApplicable(
            f"it is a law of first order, and log-odds are off by {far[1]:.2g} (squared) after one fit; it begins to "
            f"hold at {_FARTHEST:g}, with about {least:,} items a fit"
        )
    return np.where(near, risk, np.nan)


def _by_risk(setting: Setting) -> np.ndarray:
    _likeliest(setting)
    if not setting.graph.draws_plainly():
        raise NotApplicable("it is about labels drawn from the fit as it is")
    return _spoken(setting, plain_risk(setting.graph))


def _replacing(setting: Setting) -> np.ndarray:
    """Return the near miss: as if all data were replaced each time."""
    replaced = plain_risk(graph(PRESETS["replace"], setting.samples, setting.generations))
    return variance_of_one_item(_likeliest(setting)) * replaced


@theory(
    measure="log-odds-error",
    formula="E|θ_t − θ*|² ≈ tr I⁻¹ Σ_b c²_{t,b}/M_b, I = E p(1 − p) x x′, c the weight of batch b's noise in model t",
    assumes=f"maximum likelihood; any graph, weights and subsamples; log-odds off by at most {_FARTHEST:g}, squared",
    source=f"parameter-risk engine; {_DEY_DONOHO}, for its scope",
    url=_URL,
    exact=False,
    near_miss=_replacing,
    cases=(
        {**_ODDS, "samples": 400, "options": _SAME, "regimes": ["accumulate", "golden", "fixed-real"]},
        {**_ODDS, "samples": 400, "options": {"dimensions": 2, "signal": 2.0}, "regimes": ["accumulate-subsample"],
         "generations": 5},
    ),
)  # fmt: skip
def logistic_by_risk(setting: Setting) -> np.ndarray:
    """With many items the graph gives the error of a logistic regression in any regime, near enough."""
    return variance_of_one_item(_likeliest(setting)) * _by_risk(setting)


@theory(
    measure="excess-log-loss",
    formula="E loss_t − loss* ≈ d/2 × Σ_b c²_{t,b}/M_b nats a label, whatever the signal and the inputs",
    assumes="as for logistic-by-risk",
    source=f"parameter-risk engine, with Wilks's expansion of the loss; {_DEY_DONOHO}, for its scope",
    url=_URL,
    exact=False,
    near_miss=lambda setting: setting.learner.width * _by_risk(setting),  # as if it were the deviance
    cases=({**_ODDS, "samples": 400, "options": _SAME, "regimes": ["accumulate", "golden", "fixed-real"]},),
)
def logistic_loss_by_risk(setting: Setting) -> np.ndarray:
    """What a label costs beyond the true model: half a nat for each input and item, times what the graph says."""
    return _likeliest(setting).width / 2 * _by_risk(setting)


def _one_fit(setting: Setting) -> np.ndarray:
    learner, size = _likeliest(setting), kept_in_equal_batches(setting)
    _spoken(setting, np.full(2, np.pi**2 / 6 / size))
    return np.concatenate([[0.0], np.full(setting.generations, variance_of_one_item(learner) / size)])


@theory(
    measure="log-odds-error",
    formula="π²/6 × tr I⁻¹/T as n → ∞: 6/π² = 0.61 of the efficiency of one fit to real data",
    assumes="as for logistic-by-risk; all batches kept, of one size, many generations",
    source=_DEY_DONOHO,
    url=_URL,
    exact=False,
    near_miss=_one_fit,
    cases=({**_ODDS, "samples": 400, "generations": 20, "options": _SAME, "regimes": ["accumulate"]},),
)
def logistic_pi_squared_over_six(setting: Setting) -> np.ndarray:
    """Keeping all data costs π²/6 times the error of one fit on real data, for logistic regression too."""
    return np.pi**2 / 6 * _one_fit(setting)


def _golden(setting: Setting, *, pooled: bool) -> np.ndarray:
    learner, mix = _likeliest(setting), golden_mix(setting)
    weight = mix.real / mix.items if pooled else mix.share
    level = variance_of_one_item(learner) * stationary(mix, weight) / mix.real
    _spoken(setting, np.full(2, level / variance_of_one_item(learner)))
    return np.asarray(level * (1 - (1 - weight) ** (2 * np.arange(setting.generations + 1))))


@theory(
    measure="log-odds-error",
    formula="E|θ_t − θ*|² ≈ w* tr I⁻¹/n [1 − (1 − w*)²ᵗ], w* = (√(k² + 4k) − k)/2;  pooled (1 + k)/(2 + k) for w*",
    assumes="as for logistic-by-risk; n new real items in each generation, k of them for each synthetic one",
    source=HE_XU_CHENG,
    url=HE_XU_CHENG_URL,
    exact=False,
    near_miss=lambda setting: _golden(setting, pooled=True),
    cases=({**_ODDS, "samples": 400, "regimes": ["few"], "options": _SAME, "regime": {"few": _FEW_REAL}},),
)
def golden_logistic(setting: Setting) -> np.ndarray:
    """The golden weight on real items leaves the least error of a logistic regression as well."""
    return _golden(setting, pooled=False)
