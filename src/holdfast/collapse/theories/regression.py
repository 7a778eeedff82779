"""Least squares, each generation from the one before, or on inputs that stay the same in any regime."""

from dataclasses import replace

import numpy as np

from holdfast.collapse.definitions import Setting, theory
from holdfast.collapse.engines.risk import parameter_risk, plain_risk
from holdfast.collapse.graph import Graph, graph
from holdfast.collapse.learners.linear_regression import LinearRegression
from holdfast.collapse.regimes import PRESETS
from holdfast.core.errors import NotApplicable

DOHMATOB = "Dohmatob, Feng & Kempe (2024), Model Collapse Demystified: The Case of Regression, NeurIPS 37"
GERSTGRASSER = "Gerstgrasser et al. (2024), Is Model Collapse Inevitable?, arXiv:2404.01413"
LINES = {"learner": "linear-regression", "generations": 10}


def least_squares(setting: Setting, design: str) -> LinearRegression:
    """Return the learner. Raises NotApplicable where it is not least squares on such inputs."""
    learner = setting.learner
    if not isinstance(learner, LinearRegression) or learner.ridge or learner.design != design:
        which = "new in each batch" if design == "fresh" else "that stay the same"
        raise NotApplicable(f"it is about least squares without a penalty, on inputs {which}")
    return learner


def _replaced(setting: Setting, less: int) -> np.ndarray:
    learner = least_squares(setting, "fresh")
    if not setting.replaces:
        raise NotApplicable("it is about learning only from the generation before")
    risk = learner.noise**2 * learner.dimensions / (setting.sizes - learner.dimensions - less)
    return np.concatenate([[0.0], np.cumsum(risk)])


@theory(
    measure="coefficient-error",
    formula="E|w_n − w*|² = s² d Σ 1/(Tᵢ − d − 1)",
    assumes="least squares on new normal inputs, labels from the fit before with noise of the same size, Tᵢ > d + 1",
    source=DOHMATOB,
    url="https://arxiv.org/abs/2402.07712",
    near_miss=lambda setting: _replaced(setting, 0),
    cases=(
        {**LINES, "samples": 24, "regimes": ["replace"], "options": {"dimensions": 5, "noise": 2.0}},
        {**LINES, "samples": 24, "regimes": ["grows"], "regime": {"grows": {
            "feeds": [{"name": "last", "of": "model", "growth": 1.2}]}}},
    ),
)  # fmt: skip
def regression_replace(setting: Setting) -> np.ndarray:
    """Replacing all data, the squared error of the coefficients grows in a straight line."""
    return _replaced(setting, 1)


def _on_one_design(setting: Setting, less: int) -> np.ndarray:
    learner = least_squares(setting, "same")
    sizes = setting.graph.sizes()
    if sizes.min() < sizes.max() or setting.regime.subsample:
        raise NotApplicable("inputs are the same only in batches of one size, all of whose items are learnt from")
    size = int(sizes[0])
    if size < learner.dimensions + 2:
        raise NotApplicable("batches of fewer than d + 2 items have an error that is infinite on average")
    if not all(batch.verifier is None and batch.rule.top_p == 1 for batch in setting.graph.batches):
        raise NotApplicable("it is about labels with normal noise")
    risk = parameter_risk(setting.graph, widened=lambda rule: rule.temperature)
    return learner.noise**2 * learner.dimensions / (size - learner.dimensions - less) * size * risk


@theory(
    measure="coefficient-error",
    formula="E|w_t − w*|² = s² d/(T − d − 1) × T × Σ_b c²_{t,b}/M_b, c the weight with which batch b's noise arrives",
    assumes="least squares on inputs that stay the same, batches of one size; any graph and any weights",
    source=f"parameter-risk engine; for the factor π²/6 of keeping all: {GERSTGRASSER}",
    url="https://arxiv.org/abs/2404.01413",
    near_miss=lambda setting: _on_one_design(setting, 0),
    cases=(
        {**LINES, "samples": 20, "options": {"dimensions": 4, "design": "same"}, "regimes": ["replace", "accumulate"]},
        {**LINES, "samples": 40, "options": {"dimensions": 4, "design": "same"},
         "regimes": ["fresh-real", "fixed-real", "golden", "older"], "regime": {"older": {"feeds": [
             {"name": "all", "of": "model", "keep": "all", "weight": 0.7},
             {"name": "old", "of": "model", "lag": 3, "weight": 0.3, "rule": {"temperature": 1.5}}]}}},
    ),
)  # fmt: skip
def regression_on_one_design(setting: Setting) -> np.ndarray:
    """On the same inputs every fit is a weighted mean of fits to batches, so the graph gives the error exactly."""
    return _on_one_design(setting, 1)


def _by_risk(setting: Setting) -> np.ndarray:
    learner = least_squares(setting, "fresh")
    if not setting.graph.draws_plainly():
        raise NotApplicable("it is about labels drawn from the fit as it is")
    if setting.sizes.min() < _MANY * learner.dimensions:
        raise NotApplicable(f"it is a law of first order, for fits on {_MANY} items a dimension or more")
    return learner.noise**2 * learner.dimensions * plain_risk(setting.graph)


def _replacing(setting: Setting) -> Graph:
    """Return the graph of the near miss: as if all data were replaced each time."""
    return graph(PRESETS["replace"], setting.samples, setting.generations)


_MANY = 20  # items a dimension from which X′X is near enough to its mean


@theory(
    measure="coefficient-error",
    formula="E|w_t − w*|² ≈ s² d Σ_b c²_{t,b}/M_b, c the weight with which batch b's noise arrives in model t",
    assumes="least squares on new normal inputs, many items a dimension; any graph of batches, weights and subsamples",
    source="parameter-risk engine; Dey & Donoho (2024), arXiv:2410.22812, for its scope",
    url="https://arxiv.org/abs/2410.22812",
    exact=False,
    near_miss=lambda setting: _by_risk(replace(setting, regime=PRESETS["replace"], graph=_replacing(setting))),
    cases=({**LINES, "samples": 50, "options": {"dimensions": 2},
            "regimes": ["golden", "fixed-real", "accumulate-subsample"]},),
)  # fmt: skip
def regression_by_risk(setting: Setting) -> np.ndarray:
    """With many items a dimension the graph gives the error of least squares in any regime, near enough."""
    return _by_risk(setting)
