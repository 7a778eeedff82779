"""The divergence frontier between two samples, after quantisation: our own form of what MAUVE measures."""

import numpy as np
from jaxtyping import Int

from holdfast.collapse.definitions import measure
from holdfast.collapse.measures.sound import Rows, pair
from holdfast.collapse.measuring.subsets import by_content
from holdfast.collapse.samples import Points

_SCALE = 5.0  # of the divergences, as in MAUVE
_MIXES = 25
_ROUNDS = 20  # of k-means
_MOST_CLUSTERS = 100
_PER_CLUSTER = 20  # points of both samples; fewer would leave the shares to chance
_SMOOTHING = 0.5  # added to each count (Krichevsky & Trofimov 1981)


@measure(good="high", unit="area")
def frontier_area(sample: Points, real: Points) -> float:
    """Area under the divergence frontier from the real sample.

    1 where both are the same, 0 where they never meet. Both samples are cut into the same clusters (k-means on all
    points, one cluster for about twenty of them, from seeds among the real ones, so that a few sample points more or
    less change little); half a point is added to each count; of all mixtures r of both distributions p and q of
    clusters, exp(−5 KL(q|r)) is drawn against exp(−5 KL(p|r)), and the area under this line is taken. It falls both
    where the sample leaves real places empty and where it goes to places of its own.

    Formula: area under {(exp(−5 KL(q|r)), exp(−5 KL(p|r))): r = λp + (1 − λ)q, 0 < λ < 1}.

    Caveat: our own form of MAUVE, with other clusters and smoothing, and no language model behind the points: its
    values are not those of MAUVE. Close to 1 it says little, as MAUVE does, whose own code gives 0.9999 for a visible
    change of scale. Cost grows with points times clusters, of which there are 100 at the most.

    Source: after Pillutla et al. 2021, MAUVE: measuring the gap between neural text and human text; smoothing as in
    Pillutla et al. 2023, MAUVE scores for generative models.
    """
    return area(*_counts(sample, real))


def frontier_interval(
    sample: Points, real: Points, rng: np.random.Generator, *, level: float = 0.95, draws: int = 500
) -> tuple[float, float]:
    """Return a bootstrap interval of the area, over both samples, with the clusters held fixed.

    The basic form, 2·value − quantiles: resampled shares lie further apart than the shares do, and the form takes that
    bias off. Raises BadInput, NotApplicable.
    """
    one, two = _counts(sample, real)
    found = [
        area(rng.multinomial(one.sum(), one / one.sum()), rng.multinomial(two.sum(), two / two.sum()))
        for _ in range(draws)
    ]
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    value = area(one, two)
    return max(0.0, 2 * value - float(high)), min(1.0, 2 * value - float(low))


def area(one: Int[np.ndarray, " clusters"], two: Int[np.ndarray, " clusters"]) -> float:
    """Return the area under the frontier of two rows of counts."""
    p, q = ((counts + _SMOOTHING) / (counts.sum() + _SMOOTHING * len(counts)) for counts in (one, two))
    mixes = np.linspace(0.0, 1.0, _MIXES + 2)[1:-1, None]
    between = mixes * p + (1 - mixes) * q
    x = np.exp(-_SCALE * (q * np.log(q / between)).sum(axis=1))
    y = np.exp(-_SCALE * (p * np.log(p / between)).sum(axis=1))
    # Its ends: at λ = 0, r = q and x = 1; at λ = 1, r = p and y = 1. Closed to the axes as in MAUVE.
    x, y = np.concatenate([[1.0], x, [0.0]]), np.concatenate([[0.0], y, [1.0]])
    return float(np.trapezoid(y[::-1], x[::-1]))


def _counts(sample: Points, real: Points) -> tuple[Int[np.ndarray, " clusters"], Int[np.ndarray, " clusters"]]:
    """Return how many points of each sample lie in each cluster."""
    some, true = pair(sample, real)
    some, true = some[by_content(Points(some))], true[by_content(Points(true))]
    centre = true.mean(axis=0)  # distances are differences of squares, and lose their digits far from 0
    some, true = some - centre, true - centre
    k = int(np.clip(len(true) * 2 // _PER_CLUSTER, 2, _MOST_CLUSTERS))
    centres = _seeds(true, k)
    cluster = _clusters(np.concatenate([some, true]), centres)
    return np.bincount(cluster[: len(some)], minlength=k), np.bincount(cluster[len(some) :], minlength=k)


def _seeds(points: Rows, k: int) -> Rows:
    """Return points that lie far apart (k-means++, Arthur & Vassilvitskii 2007)."""
    rng = np.random.default_rng(0)
    squares = (points * points).sum(axis=1)
    chosen = [int(rng.integers(len(points)))]
    nearest = _apart(points, squares, points[chosen])[:, 0]
    while len(chosen) < k and nearest.sum() > 0:
        chosen.append(int(rng.choice(len(points), p=nearest / nearest.sum())))
        nearest = np.minimum(nearest, _apart(points, squares, points[chosen[-1:]])[:, 0])
    return points[chosen]


def _clusters(points: Rows, centres: Rows) -> Int[np.ndarray, " items"]:
    """Return the cluster of each point, by k-means from these seeds."""
    squares = (points * points).sum(axis=1)
    centres = centres.copy()
    cluster = np.zeros(len(points), dtype=np.int64)
    for _ in range(_ROUNDS):
        before, cluster = cluster, _apart(points, squares, centres).argmin(axis=1)
        if np.array_equal(before, cluster):
            break
        size = np.bincount(cluster, minlength=len(centres))
        order = np.argsort(cluster, kind="stable")
        sums = np.add.reduceat(points[order], np.append(0, np.cumsum(size[size > 0])[:-1]), axis=0)
        centres[size > 0] = sums / size[size > 0, None]
    return np.asarray(cluster)


def _apart(points: Rows, squares: np.ndarray, centres: Rows) -> np.ndarray:
    return np.maximum(squares[:, None] + (centres * centres).sum(axis=1) - 2 * (points @ centres.T), 0.0)
