"""How far points are spread, and in how many directions."""

import numpy as np

from holdfast.collapse.definitions import measure
from holdfast.collapse.measures.sound import Rows, pair, rows
from holdfast.collapse.samples import Points
from holdfast.core.errors import NotApplicable


@measure(unit="share of the real")
def sampled_variance(sample: Points, real: Points) -> float:
    """Total variance, as a share of the real sample's.

    The mean squared distance between two points, which is what heterozygosity is for points; so theory on the variance
    speaks of it. Below 1 the sample has narrowed, above 1 it has broadened.

    Formula: tr cov(sample)/tr cov(real), both unbiased.

    Caveat: one far point can carry it, and directions of little variance vanish in it unseen.

    Source: Rao 1982, Diversity and dissimilarity coefficients (quadratic entropy with squared distances).
    """
    some, true = pair(sample, real)
    whole = float(true.var(axis=0, ddof=1).sum())
    if whole <= 0:
        raise NotApplicable("all real points are the same")
    return float(some.var(axis=0, ddof=1).sum()) / whole


@measure(good="high", unit="directions")
def effective_directions(sample: Points) -> float:
    """In how many directions the points spread, in effect.

    The spectrum of the covariance becomes uneven long before the total variance falls: the condition number of
    recursively fitted normal distributions grows exponentially.

    Formula: exp(−Σ pⱼ ln pⱼ), with pⱼ the share of eigenvalue j of the covariance in its trace.

    Caveat: noise that is the same in all directions makes it high. It depends on the scale of each feature.

    Source: Roy & Vetterli 2007, The effective rank: a measure of effective dimensionality.
    """
    values = spectrum(rows(sample))
    total = values.sum()
    if total <= 0:
        raise NotApplicable("all points are the same")
    share = values[values > 0] / total
    return float(np.exp(-(share * np.log(share)).sum()))


def spectrum(points: Rows) -> np.ndarray:
    """Return the eigenvalues of the covariance that are not 0 by dimension: the smaller of both Gram matrices."""
    centred = points - points.mean(axis=0)
    few = centred.shape[0] < centred.shape[1]
    gram = centred @ centred.T if few else centred.T @ centred
    return np.clip(np.linalg.eigvalsh(gram), 0.0, None) / (len(points) - 1)
