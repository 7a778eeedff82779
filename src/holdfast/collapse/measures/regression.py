"""Measures of a fitted line, against the one it all began with."""

import numpy as np
from jaxtyping import Float

from holdfast.collapse.definitions import measure
from holdfast.collapse.learners.linear_regression import Linear

PerReplicate = Float[np.ndarray, " replicates"]


@measure(good="low")
def coefficient_error(model: Linear, truth: Linear) -> PerReplicate:
    """Squared distance of the coefficients from the true ones."""
    return np.sum((model.coefficients - truth.coefficients) ** 2, axis=1)


@measure(good="low")
def prediction_error(model: Linear, truth: Linear) -> PerReplicate:
    """Expected squared error of a prediction on new real data, in variances of the noise.

    Inputs are standard normal, so this is 1 + |w − w*|² / s²: 1 is the best that can be reached, and what exceeds it is
    what the model adds.
    """
    return 1 + coefficient_error.run(model, truth) / truth.noise**2


@measure(good="same")
def signal_left(model: Linear, truth: Linear) -> PerReplicate:
    """Share of the true coefficients that the model still has: their projection on the true direction.

    A ridge penalty shrinks what it learns, and in each generation the next one learns from what was shrunk. 1 is no
    loss; it is not a number where the truth is flat.
    """
    length = np.sum(truth.coefficients**2, axis=1)
    along = np.sum(model.coefficients * truth.coefficients, axis=1)
    return np.divide(along, length, out=np.full(len(length), np.nan), where=length > 0)
