"""Measures of a kernel density estimate, against the normal distribution it all began with."""

import numpy as np
from jaxtyping import Float

from holdfast.collapse.definitions import measure
from holdfast.collapse.learners.kde import Kernels, moments

PerReplicate = Float[np.ndarray, " replicates"]


@measure(title="Variance of the density estimate")
def kde_variance(model: Kernels, truth: Kernels) -> PerReplicate:
    """Variance of the estimated density, as a share of the true one.

    That of the items it was made of, and the kernels' on top: it may grow without end where others collapse.
    """
    return moments(model)[1] / moments(truth)[1]


@measure(good="low", title="Error of the density estimate's mean")
def kde_mean_error(model: Kernels, truth: Kernels) -> PerReplicate:
    """Distance of the mean of the estimated density from the true one, squared, in true variances."""
    mean, variance = moments(truth)
    return (moments(model)[0] - mean) ** 2 / variance


@measure(title="Width of the kernels")
def kde_width(model: Kernels, truth: Kernels) -> PerReplicate:
    """Width of the kernels, in true standard deviations."""
    return model.width / np.sqrt(moments(truth)[1])
