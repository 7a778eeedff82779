"""Measures of a fitted normal distribution, against the one it all began with."""

import numpy as np
from jaxtyping import Float

from holdfast.collapse.definitions import measure
from holdfast.collapse.learners.gaussian import Normal

PerReplicate = Float[np.ndarray, " replicates"]


@measure()
def variance(model: Normal, truth: Normal) -> PerReplicate:
    """Variance, as a share of the true one."""
    return np.exp(model.log_variance - truth.log_variance)


@measure()
def mean_error(model: Normal, truth: Normal) -> PerReplicate:
    """Distance of the mean from the true one, squared, in true variances."""
    return (model.mean - truth.mean) ** 2 / truth.variance


@measure(good="low")
def log_variance(model: Normal, truth: Normal) -> PerReplicate:
    """Logarithm of the variance, as a share of the true one."""
    return model.log_variance - truth.log_variance


@measure(good="low", title="Wasserstein distance (W₂), squared")
def wasserstein(model: Normal, truth: Normal) -> PerReplicate:
    """Squared Wasserstein distance W₂ from the truth, in true variances.

    W₂² = (μ − μ₀)² + (σ − σ₀)².
    """
    apart = (model.mean - truth.mean) ** 2 + (model.sd - truth.sd) ** 2
    return apart / truth.variance
