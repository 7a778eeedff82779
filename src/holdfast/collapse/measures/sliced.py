"""The sliced Wasserstein distance: how far points have to be moved, seen along many directions."""

import numpy as np
from jaxtyping import Float

from holdfast.collapse.definitions import measure
from holdfast.collapse.measures.sound import pair
from holdfast.collapse.samples import Points

_DIRECTIONS = 64


@measure(good="low", unit="distance")
def sliced_wasserstein(sample: Points, real: Points) -> float:
    """Sliced Wasserstein distance W₂ from the real sample.

    In one dimension it is the Wasserstein distance itself: along a line the cheapest way to move one sample onto the
    other keeps the order, so sorting is all it takes. In more, the squares along 64 fixed directions are averaged.

    Formula: √(mean over directions θ of ∫₀¹ (F⁻¹(u) − G⁻¹(u))² du), F and G the distributions of θ·x.

    Caveat: two real samples are not at 0, and their distance falls with the square root of their size. In many
    dimensions a direction sees little of a difference in one of them.

    Source: Rabin et al. 2012, Wasserstein barycenter and its application to texture mixing; Bonneel et al. 2015.
    """
    some, true = pair(sample, real)
    if some.shape[1] == 1:
        return float(np.sqrt(_squared(some[:, 0], true[:, 0])))
    turned = np.random.default_rng(0).standard_normal((some.shape[1], _DIRECTIONS))
    turned /= np.linalg.norm(turned, axis=0)
    pairs = zip((some @ turned).T, (true @ turned).T, strict=True)
    return float(np.sqrt(np.mean([_squared(one, two) for one, two in pairs])))


def _squared(one: Float[np.ndarray, " some"], two: Float[np.ndarray, " others"]) -> float:
    """Return W₂² between two samples of numbers, of equal sizes or not."""
    one, two = np.sort(one), np.sort(two)
    if len(one) == len(two):
        return float(((one - two) ** 2).mean())
    # Between two neighbouring steps of both distribution functions both quantiles are constant.
    m, n = len(one), len(two)
    steps = np.union1d(np.arange(1, m + 1) * n, np.arange(1, n + 1) * m)  # in parts of 1/(m·n), exact
    width = np.diff(steps, prepend=0) / (m * n)
    return float((width * (one[(steps - 1) // n] - two[(steps - 1) // m]) ** 2).sum())
