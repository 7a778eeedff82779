"""Measures of a logistic regression, against the one it all began with."""

import numpy as np
from jaxtyping import Float
from scipy.special import expit

from holdfast.collapse.definitions import measure
from holdfast.collapse.learners.logistic_regression import Logistic

PerReplicate = Float[np.ndarray, " replicates"]

# A rule of equal steps is as good as exact for functions of a normal number that are smooth on the scale of a step.
_STEP = 0.02
NORMAL = np.arange(-425, 426) * _STEP
MASS = _STEP * np.exp(-(NORMAL**2) / 2) / np.sqrt(2 * np.pi)


@measure(good="low")
def log_odds_error(model: Logistic, truth: Logistic) -> PerReplicate:
    """Squared distance of the coefficients of the log-odds from the true ones.

    Infinite in a history in which no fit exists: its mean over histories does not exist then, the median does.
    """
    apart = np.sum((model.coefficients - truth.coefficients) ** 2, axis=1)
    return np.where(model.separated, np.inf, apart)


@measure(good="low")
def excess_log_loss(model: Logistic, truth: Logistic) -> PerReplicate:
    """Expected loss in nats per label of a new real item, beyond that of the true model.

    Of normal inputs it is an integral over one normal number, of a table the mean over a thousand rows. Infinite in a
    history in which no fit exists: a model that is certain of each label is wrong about some.
    """
    if truth.inputs.shape[1]:
        true, own = _odds(truth, truth), _odds(model, truth)
        loss = (np.logaddexp(0, own) - np.logaddexp(0, true) - expit(true) * (own - true)).mean(axis=1)
        return np.where(model.separated, np.inf, loss)
    true, own = (np.linalg.norm(one.coefficients, axis=1) for one in (truth, model))
    chance = expit(true[:, None] * NORMAL)
    # E p₀(x) x′θ = θ₀′θ E p₀(1 − p₀), by Stein's identity.
    agreed = np.sum((truth.coefficients - model.coefficients) * truth.coefficients, axis=1)
    loss = agreed * (chance * (1 - chance) @ MASS) + _softened(own) - _softened(true)
    return np.where(model.separated, np.inf, loss)


@measure(good="same")
def confidence(model: Logistic, truth: Logistic) -> PerReplicate:
    """How sure the model is: the length of its coefficients, as a multiple of that of the true ones.

    1 is as sure as the truth. Each fit of maximum likelihood is a little too sure on average, and the next one learns
    from its labels. Infinite in a history in which no fit exists; not a number where the truth is flat.
    """
    true, own = (np.linalg.norm(one.coefficients, axis=1) for one in (truth, model))
    found = np.divide(own, true, out=np.full(len(true), np.nan), where=true > 0)
    return np.where(model.separated & (true > 0), np.inf, found)


@measure(good="low")
def decisions_changed(model: Logistic, truth: Logistic) -> PerReplicate:
    """Share of new real items for which the model finds the other label likelier than the truth does.

    Of normal inputs it is the angle between the two vectors of coefficients over π, of a table the mean over a thousand
    rows.
    """
    if truth.inputs.shape[1]:
        return ((_odds(model, truth) > 0) != (_odds(truth, truth) > 0)).mean(axis=1)
    lengths = np.linalg.norm(model.coefficients, axis=1) * np.linalg.norm(truth.coefficients, axis=1)
    along = np.sum(model.coefficients * truth.coefficients, axis=1)
    cosine = np.divide(along, lengths, out=np.full(len(along), np.nan), where=lengths > 0)
    return np.arccos(np.clip(cosine, -1, 1)) / np.pi


@measure(good="low")
def separated(model: Logistic) -> PerReplicate:
    """Whether no fit exists: a plane divides the labels that were learnt from without an error.

    The mean over histories is the share of them that came to that.
    """
    return model.separated.astype(np.float64)


def _odds(model: Logistic, truth: Logistic) -> Float[np.ndarray, "replicates rows"]:
    return model.coefficients @ truth.inputs[0].T  # the same rows in each replicate


def _softened(spread: Float[np.ndarray, " replicates"]) -> PerReplicate:
    """Return E log(1 + e^η) for a normal η of mean 0 and this standard deviation."""
    return np.asarray(np.logaddexp(0.0, spread[:, None] * NORMAL) @ MASS)
