"""The Fréchet distance: the Wasserstein distance between the normal distributions fitted to two samples."""

import numpy as np

from holdfast.collapse.definitions import measure
from holdfast.collapse.measures.sound import Rows, pair
from holdfast.collapse.samples import Points


@measure(good="low", unit="squared distance")
def frechet_distance(sample: Points, real: Points) -> float:
    """Fréchet distance from the real sample: W₂² between fitted normal distributions.

    On Inception features of pictures this is the FID; here it is taken on whatever the points are.

    Formula: |μ₁ − μ₂|² + tr Σ₁ + tr Σ₂ − 2 tr (Σ₁Σ₂)^½; the last trace is the sum of square roots of the eigenvalues of
    LᵀΣ₂L with Σ₁ = LLᵀ, or of the singular values of X₁X₂ᵀ where there are fewer points than dimensions.

    Caveat: biased upwards by an amount that depends on the number of points, so that two real samples are not at 0; it
    sees means and covariances alone.

    Source: Dowson & Landau 1982; Heusel et al. 2017, GANs trained by a two time-scale update rule (FID).
    """
    some, true = pair(sample, real)
    apart = some.mean(axis=0) - true.mean(axis=0)
    one, two = _centred(some), _centred(true)
    trace = float((one * one).sum() + (two * two).sum())
    return max(0.0, float(apart @ apart) + trace - 2.0 * _cross(one, two))


def _centred(points: Rows) -> Rows:
    """Return X with covariance XᵀX."""
    return (points - points.mean(axis=0)) / np.sqrt(len(points) - 1)


def _cross(one: Rows, two: Rows) -> float:
    """Return tr (Σ₁Σ₂)^½."""
    if min(len(one), len(two)) > one.shape[1]:
        first = one.T @ one
        try:
            root = np.linalg.cholesky(first)
        except np.linalg.LinAlgError:
            pass
        else:
            inner = two @ root
            return float(np.sqrt(np.clip(np.linalg.eigvalsh(inner.T @ inner), 0.0, None)).sum())
        values, vectors = np.linalg.eigh(first)
        inner = two @ (vectors * np.sqrt(np.clip(values, 0.0, None)))
        return float(np.linalg.svd(inner, compute_uv=False).sum())
    return float(np.linalg.svd(one @ two.T, compute_uv=False).sum())
