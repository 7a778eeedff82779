"""The kernel distance (KID): maximum mean discrepancy with a polynomial kernel."""

from holdfast.collapse.definitions import measure
from holdfast.collapse.measures.sound import Rows, pair
from holdfast.collapse.samples import Points

_BLOCK = 4_000_000  # values of the kernel held at once


@measure(good="low", unit="MMD²")
def kernel_distance(sample: Points, real: Points) -> float:
    """Kernel distance (KID) from the real sample: squared maximum mean discrepancy, unbiased.

    Two real samples are at 0 on average, whatever their size, so single values are below 0 half of the time.

    Formula: mean of k over pairs within the sample + within the real − 2 · mean of k between, with
    k(x, y) = (x·y/d + 1)³, d dimensions, no point paired with itself.

    Caveat: features are taken as they are; where they are much smaller than 1, only means are compared. Cost grows with
    the square of the number of points, memory does not.

    Source: Bińkowski et al. 2018, Demystifying MMD GANs; Gretton et al. 2012.
    """
    some, true = pair(sample, real)
    return _within(some) + _within(true) - 2.0 * _sum(some, true) / (len(some) * len(true))


def _within(points: Rows) -> float:
    n, d = points.shape
    own = (((points * points).sum(axis=1) / d + 1.0) ** 3).sum()
    return (_sum(points, points) - float(own)) / (n * (n - 1.0))


def _sum(left: Rows, right: Rows) -> float:
    step = max(1, _BLOCK // len(right))
    total = 0.0
    for start in range(0, len(left), step):
        values = left[start : start + step] @ right.T
        values /= left.shape[1]
        values += 1.0
        total += float((values * values * values).sum())
    return total
