"""Measures of a fitted mixture, against the one it all began with."""

import numpy as np
from jaxtyping import Float
from scipy.special import ndtr

from holdfast.collapse.definitions import measure
from holdfast.collapse.learners.mixture import Mixture

PerReplicate = Float[np.ndarray, " replicates"]
_NEAR = 2.0  # standard deviations around a true centre that belong to its mode
_LOST = 0.1  # of the mass that the truth has there


@measure(good="high")
def modes_kept(model: Mixture, truth: Mixture) -> PerReplicate:
    """True components that the model still has, as a share of them.

    One is lost when the model has less than a tenth of the true mass within two standard deviations of its centre.
    """
    return (_mass_ratio(model, truth) >= _LOST).mean(axis=1)


@measure(good="high")
def rarest_mode(model: Mixture, truth: Mixture) -> PerReplicate:
    """Mass near the true component that has lost most, as a share of the true mass there."""
    return np.asarray(_mass_ratio(model, truth).min(axis=1))


@measure(title="Variance of the mixture")
def mixture_variance(model: Mixture, truth: Mixture) -> PerReplicate:
    """Variance of the whole mixture, all dimensions together, as a share of the true one."""
    return _variance(model) / _variance(truth)


@measure(title="Spread within components")
def component_variance(model: Mixture, truth: Mixture) -> PerReplicate:
    """Variance within components, by their weight, as a share of the true one."""
    return _within(model) / _within(truth)


def _mass_ratio(model: Mixture, truth: Mixture) -> Float[np.ndarray, "replicates modes"]:
    return _mass_near(model, truth) / _mass_near(truth, truth)


def _mass_near(model: Mixture, truth: Mixture) -> Float[np.ndarray, "replicates modes"]:
    """Return the model's mass in a box around each true centre."""
    reach = _NEAR * np.sqrt(truth.variances)[:, :, None]
    centre, sd = truth.means[:, :, None], np.sqrt(model.variances)[:, None]
    above = (centre + reach - model.means[:, None]) / sd
    below = (centre - reach - model.means[:, None]) / sd
    inside = (ndtr(above) - ndtr(below)).prod(axis=3)
    return np.asarray((inside * model.weights[:, None]).sum(axis=2))


def _variance(model: Mixture) -> PerReplicate:
    weights = model.weights[..., None]
    mean = (weights * model.means).sum(axis=1, keepdims=True)
    return np.asarray((weights * (model.variances + (model.means - mean) ** 2)).sum(axis=(1, 2)))


def _within(model: Mixture) -> PerReplicate:
    return np.asarray((model.weights[..., None] * model.variances).sum(axis=(1, 2)))
