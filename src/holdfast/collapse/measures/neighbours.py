"""Precision, recall, density and coverage: whether each sample lies among the other's nearest neighbours."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np

from holdfast.collapse.definitions import measure
from holdfast.collapse.measures.sound import Rows, pair
from holdfast.collapse.samples import Points

_BLOCK = 2_000_000  # distances held at once


class Among(NamedTuple):
    """What the four measures need to know of two sets of points."""

    precise: np.ndarray  # whether each sample point lies in the ball of a real one
    covered: np.ndarray  # whether each real point has a sample point in its own ball
    recalled: np.ndarray  # whether each real point lies in the ball of a sample point
    balls: np.ndarray  # in how many real balls each sample point lies


@measure(good="high", unit="share of the sample")
def precision(sample: Points, real: Points, *, k: int = 5) -> float:
    """Precision: share of the sample that lies where real points lie.

    A sample point counts if it is nearer to some real point than that one's fifth nearest real neighbour.

    Formula: mean over sample points y of 1{∃ real x: |y − x| ≤ r_k(x)}.

    Caveat: blind to loss, as what is left lies where real points lie. In many dimensions a small widening of the sample
    brings it to 0 and a small narrowing to 1; one far real point has a ball that holds everything. Cost grows with the
    product of both sizes.

    Source: Kynkäänniemi et al. 2019, Improved precision and recall metric for assessing generative models.
    """
    return float(among(sample, real, k, "sample").precise.mean())


@measure(good="high", unit="share of the real")
def recall(sample: Points, real: Points, *, k: int = 5) -> float:
    """Recall: share of the real points that lie where the sample lies.

    A real point counts if it is nearer to some sample point than that one's fifth nearest neighbour in the sample.

    Formula: mean over real points x of 1{∃ sample y: |x − y| ≤ r_k(y)}.

    Caveat: a sample with far points of its own has large balls and so a high recall; coverage has not. Cost grows with
    the product of both sizes.

    Source: Kynkäänniemi et al. 2019, Improved precision and recall metric for assessing generative models.
    """
    return float(among(sample, real, k, "recall").recalled.mean())


@measure(unit="balls per point")
def density(sample: Points, real: Points, *, k: int = 5) -> float:
    """Density: in how many real neighbourhoods a sample point lies, by the number expected.

    Precision, counted by how many real balls hold a point, so that one far real point decides nothing.

    Formula: (1/k) mean over sample points y of #{real x: |y − x| ≤ r_k(x)}; 1 is expected of real points.

    Caveat: blind to loss: above 1 where the sample crowds in the densest places, so that high is not always well.
    Cost grows with the product of both sizes.

    Source: Naeem et al. 2020, Reliable fidelity and diversity metrics for generative models.
    """
    return float(among(sample, real, k, "sample").balls.mean() / k)


@measure(good="high", unit="share of the real")
def coverage(sample: Points, real: Points, *, k: int = 5) -> float:
    """Coverage: share of the real points that have a sample point in their neighbourhood.

    A real point counts if some sample point is nearer to it than its fifth nearest real neighbour.

    Formula: mean over real points x of 1{∃ sample y: |y − x| ≤ r_k(x)}; 1 − 2⁻ᵏ, about, is expected of real points.

    Caveat: it depends on the size of both sets. Cost grows with the product of both sizes.

    Source: Naeem et al. 2020, Reliable fidelity and diversity metrics for generative models.
    """
    return float(among(sample, real, k, "sample").covered.mean())


def among(sample: Points, real: Points, k: int, wanted: Literal["sample", "recall", "all"]) -> Among:
    """Return which points of each set lie among the other's; recall and the rest need different distances."""
    some, true = pair(sample, real, least=k + 1)
    # Squares of distances are differences of large numbers; far from 0 they would lose their digits.
    centre = true.mean(axis=0)
    some, true = some - centre, true - centre
    precise, recalled = np.zeros(len(some), bool), np.zeros(len(true), bool)
    covered, balls = np.zeros(len(true), bool), np.zeros(len(some), np.int64)
    if wanted in {"sample", "all"}:
        radius = _radii(true, k)
        for start, apart in _distances(true, some):
            inside = apart <= radius[start : start + len(apart), None]
            balls += inside.sum(axis=0)
            covered[start : start + len(apart)] = inside.any(axis=1)
        precise = balls > 0
    if wanted in {"recall", "all"}:
        radius = _radii(some, k)
        for start, apart in _distances(true, some):
            recalled[start : start + len(apart)] = (apart <= radius).any(axis=1)
    return Among(precise, covered, recalled, balls)


def _radii(points: Rows, k: int) -> np.ndarray:
    """Return the squared distance of each point from its k-th nearest neighbour."""
    found = np.empty(len(points))
    for start, apart in _distances(points, points):
        # The point itself is among the k + 1 nearest, at 0.
        found[start : start + len(apart)] = np.partition(apart, k, axis=1)[:, k]
    return found


def _distances(left: Rows, right: Rows) -> Iterator[tuple[int, np.ndarray]]:
    """Yield blocks of squared distances, rows of `left` from all of `right`, with the first row's place."""
    squares = (right * right).sum(axis=1)
    step = max(1, _BLOCK // max(1, len(right)))
    for start in range(0, len(left), step):
        some = left[start : start + step]
        yield start, np.maximum((some * some).sum(axis=1)[:, None] + squares - 2 * (some @ right.T), 0.0)
