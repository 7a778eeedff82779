"""How far apart points are on average, and how many different ones there are in effect, by the cosine between them."""

import numpy as np

from holdfast.collapse.definitions import measure
from holdfast.collapse.measures.sound import Rows, rows
from holdfast.collapse.samples import Points
from holdfast.core.errors import BadInput, NotApplicable

_ZERO = 1e-12  # eigenvalues below this share of the trace are rounding


@measure(good="high", unit="1 − cosine")
def dispersion(sample: Points) -> float:
    """Dispersion: mean distance between two points, as 1 − cosine.

    Computed without going through the pairs: the cosines of all pairs add up to the squared length of the sum of unit
    vectors.

    Formula: 1 − (|Σ uᵢ|² − n)/(n(n − 1)), uᵢ the points at length 1.

    Caveat: features that are all positive lie in one corner and never look far apart. Points at 0 have no direction and
    are left out.

    Source: Guo et al. 2023, The curious decline of linguistic diversity (semantic diversity); the identity is older.
    """
    units = directions(rows(sample))
    n = len(units)
    total = units.sum(axis=0)
    return 1.0 - float(total @ total - n) / (n * (n - 1.0))


@measure(good="high", unit="points")
def vendi(sample: Points, *, order: float = 1.0) -> float:
    """Vendi score: how many different points there are in effect.

    The exponential of the entropy of the eigenvalues of K/n, K being the cosines of all pairs. These eigenvalues are
    also those of a matrix of dimensions × dimensions, so the cost grows with the number of points, not with its cube.

    Formula: exp(−Σ λⱼ ln λⱼ) for order 1, (Σ λⱼ^q)^(1/(1 − q)) else, 1/max λ for order ∞; λ the eigenvalues of UᵀU/n.

    Caveat: never more than the number of points or dimensions, and growing with the number of points.

    Source: Friedman & Dieng 2023, The Vendi score; orders by Pasarkar & Dieng 2024, Cousins of the Vendi score.
    """
    if not order >= 0:
        raise BadInput(f"the order of a Vendi score is 0 or more, got {order}")
    units = directions(rows(sample))
    gram = units @ units.T if len(units) < units.shape[1] else units.T @ units
    values = np.clip(np.linalg.eigvalsh(gram) / len(units), 0.0, None)
    return hill(values, order)


def hill(shares: np.ndarray, order: float) -> float:
    """Return the effective number of types with these shares, which add up to 1."""
    shares = shares[shares > _ZERO]
    if order == 1:
        return float(np.exp(-(shares * np.log(shares)).sum()))
    if np.isinf(order):
        return float(1.0 / shares.max())
    return float((shares**order).sum() ** (1.0 / (1.0 - order)))


def directions(points: Rows) -> Rows:
    """Return the points at length 1, without those at 0. Raises NotApplicable."""
    greatest = np.abs(points).max(axis=1, keepdims=True)
    there = greatest[:, 0] > 0
    points = points[there] / greatest[there]  # so that squares of huge or tiny numbers stay finite
    if len(points) < 2:
        raise NotApplicable(f"{len(points)} points lie away from 0, and two are needed")
    return points / np.linalg.norm(points, axis=1, keepdims=True)
