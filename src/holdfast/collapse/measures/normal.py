"""Measures of a fitted normal distribution, against the one it all began with."""

import numpy as np
from jaxtyping import Float

from holdfast.collapse.definitions import measure
from holdfast.collapse.learners.gaussian import Normal

PerReplicate = Float[np.ndarray, " replicates"]
_LARGEST = 170.0  # a ratio of variances is cut off at e to this power: its fourth power is still a number


@measure()
def variance(model: Normal, truth: Normal) -> PerReplicate:
    """Variance, as a share of the true one."""
    return np.exp(_log_ratio(model, truth))


@measure(good="high")
def sd(model: Normal, truth: Normal) -> PerReplicate:
    """Standard deviation, as a share of the true one."""
    return np.exp(_log_ratio(model, truth) / 2)


@measure(good="low")
def mean_error(model: Normal, truth: Normal) -> PerReplicate:
    """Distance of the mean from the true one, squared, in true variances."""
    return (model.mean - truth.mean) ** 2 / truth.variance


@measure()
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


@measure(good="low", unit="nats", title="Divergence KL(model ‖ truth)")
def divergence_from_truth(model: Normal, truth: Normal) -> PerReplicate:
    """Kullback–Leibler divergence of the truth from the model, in nats: what a model makes that reality would not.

    ½ (σ²/σ₀² + (μ − μ₀)²/σ₀² − 1 − ln σ²/σ₀²).
    """
    ratio = _log_ratio(model, truth)
    return (np.exp(ratio) + mean_error.run(model, truth) - 1 - ratio) / 2


@measure(good="low", unit="nats", title="Divergence KL(truth ‖ model)")
def divergence_to_truth(model: Normal, truth: Normal) -> PerReplicate:
    """Kullback–Leibler divergence of the model from the truth, in nats: what of reality the model has lost.

    ½ (σ₀²/σ² + (μ − μ₀)²/σ² − 1 + ln σ²/σ₀²): the expected loss on real items, beyond what is unavoidable.
    """
    ratio = _log_ratio(model, truth)
    return ((1 + mean_error.run(model, truth)) * np.exp(np.minimum(-ratio, _LARGEST)) - 1 + ratio) / 2


@measure(title="Second moment of an item")
def item_second_moment(model: Normal, truth: Normal) -> PerReplicate:
    """Expected squared distance of the model's items from the true mean, in true variances.

    σ² + (μ − μ₀)². Its mean over histories is the variance of an item of that generation, whichever the history.
    """
    return np.exp(_log_ratio(model, truth)) + mean_error.run(model, truth)


@measure(title="Fourth moment of an item")
def item_fourth_moment(model: Normal, truth: Normal) -> PerReplicate:
    """Expected fourth power of the distance of the model's items from the true mean, in true variances; 3 at first.

    3σ⁴ + 6σ²d² + d⁴ with d = μ − μ₀. Over its second moment squared, the means give the kurtosis of an item.
    """
    spread, apart = np.exp(_log_ratio(model, truth)), mean_error.run(model, truth)
    return 3 * spread**2 + 6 * spread * apart + apart**2


def _log_ratio(model: Normal, truth: Normal) -> PerReplicate:
    return np.minimum(model.log_variance - truth.log_variance, _LARGEST)
