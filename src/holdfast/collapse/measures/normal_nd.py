"""Measures of a fitted normal distribution in several dimensions, against the one it all began with."""

import numpy as np
from jaxtyping import Float

from holdfast.collapse.definitions import measure
from holdfast.collapse.learners.gaussian_nd import NormalNd

PerReplicate = Float[np.ndarray, " replicates"]
_SMALLEST = np.finfo(np.float64).tiny  # a standard deviation below this (e^−708) is not told from none


@measure(title="Total variance")
def total_variance(model: NormalNd, truth: NormalNd) -> PerReplicate:
    """Total variance, the trace of the covariance, as a share of the true one.

    It is carried by the widest direction and hides that the others are lost before.
    """
    return _trace(model) / _trace(truth)


@measure(good="low")
def nd_mean_error(model: NormalNd, truth: NormalNd) -> PerReplicate:
    """Distance of the mean from the true one, squared, in true total variances."""
    return ((model.mean - truth.mean) ** 2).sum(axis=1) / _trace(truth)


@measure(title="Logarithm of the determinant")
def nd_log_determinant(model: NormalNd, truth: NormalNd) -> PerReplicate:
    """Logarithm of the determinant of the covariance, as a share of the true one: the volume that is left."""
    return 2 * (_log_pivots(model) - _log_pivots(truth)).sum(axis=1)


@measure()
def nd_log_pivot(model: NormalNd, truth: NormalNd) -> PerReplicate:
    """Logarithm of the variance of the last coordinate, given all others, as a share of the true one.

    It falls at the rate of the direction that is lost first. What is below e^−1416 of it is not resolved.
    """
    return 2 * (_log_pivots(model) - _log_pivots(truth))[:, -1]


@measure(good="low", title="Wasserstein distance (W₂), squared, in several dimensions")
def nd_wasserstein(model: NormalNd, truth: NormalNd) -> PerReplicate:
    """Squared Wasserstein distance W₂ from the truth, in true total variances.

    |μ − μ₀|² + tr Σ + tr Σ₀ − 2 tr (Σ₀^½ Σ Σ₀^½)^½; the last trace is the sum of the singular values of L₀ᵀ L.
    """
    shared = np.linalg.svd(truth.root.transpose(0, 2, 1) @ model.root, compute_uv=False).sum(axis=1)
    apart = ((model.mean - truth.mean) ** 2).sum(axis=1) + _trace(model) + _trace(truth) - 2 * shared
    return np.asarray(apart / _trace(truth))


@measure(title="Anisotropy")
def nd_anisotropy(model: NormalNd, truth: NormalNd) -> PerReplicate:
    """Logarithm of the condition number of the standard deviations: widest direction to narrowest, beyond the truth's.

    Directions are lost one after the other. Ratios beyond 1e15 (34.5 on this scale) are not resolved.
    """
    return _log_condition(model) - _log_condition(truth)


@measure(good="high", title="Effective rank")
def nd_effective_rank(model: NormalNd) -> PerReplicate:
    """Effective rank of the covariance: e to the entropy of the shares that its eigenvalues have of their sum."""
    shares = np.linalg.svd(model.root, compute_uv=False) ** 2
    shares = shares / shares.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(shares > 0, shares * np.log(shares), 0.0)
    return np.asarray(np.exp(-terms.sum(axis=1)))


def _trace(model: NormalNd) -> PerReplicate:
    return np.asarray((model.root**2).sum(axis=(1, 2)))


def _log_pivots(model: NormalNd) -> Float[np.ndarray, "replicates dimensions"]:
    pivots = np.diagonal(model.root, axis1=1, axis2=2)
    return np.asarray(np.log(np.maximum(pivots, _SMALLEST)))


def _log_condition(model: NormalNd) -> PerReplicate:
    values = np.linalg.svd(model.root, compute_uv=False)
    return np.asarray(np.log(values[:, 0]) - np.log(np.maximum(values[:, -1], 1e-15 * values[:, 0])))
