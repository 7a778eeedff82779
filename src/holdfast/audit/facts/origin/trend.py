"""Whether the share of people's records among new ones falls, and by how much."""

import math
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from jaxtyping import Float

from holdfast.audit.facts.origin.arrivals import Arrivals
from holdfast.core.errors import NotApplicable

_EVERY = 7  # periods up to which all orders are looked at
_ORDERS = 20_000  # looked at beyond
_INDEPENDENT = 20.0  # independent records that a period is worth at most; records of a period come in batches


@dataclass(frozen=True, slots=True)
class Trend:
    """A line through the shares: at the first and last period, the fall between with its 95% interval, p one-sided."""

    first: float
    last: float
    fall: float
    low: float
    high: float
    p_value: float


def trend_of(arrivals: Arrivals, rng: np.random.Generator, alpha: float) -> Trend:
    """Return the trend. Raises NotApplicable where so few periods have no order that is as rare as alpha."""
    n = len(arrivals.names)
    if n < 2 or 1.0 / math.factorial(min(n, 20)) > alpha:
        raise NotApplicable(
            f"{n} {arrivals.by}{'s' * (n != 1)} with new records: too few to tell a fall from chance at alpha {alpha:g}"
        )
    shares = arrivals.people / arrivals.records
    weights = arrivals.records / (1.0 + arrivals.records / _INDEPENDENT)
    if n <= _EVERY:
        orders = np.array(list(permutations(range(n))))
        beyond, every = 0, len(orders)
    else:
        orders = rng.permuted(np.tile(np.arange(n), (_ORDERS, 1)), axis=1)
        beyond, every = 1, len(orders) + 1  # the order as it is counts as one of them
    slope = _slopes(shares[None], weights[None])[0]
    # Rounding must not tell equal orders apart.
    steep = _slopes(shares[orders], weights[orders]) <= slope + 1e-12
    p_value = (int(steep.sum()) + beyond) / every
    return _line(shares, weights, slope, p_value)


def _slopes(
    shares: Float[np.ndarray, "orders periods"], weights: Float[np.ndarray, "orders periods"]
) -> Float[np.ndarray, " orders"]:
    """Return the slope of the weighted least-squares line of each order."""
    when = np.arange(shares.shape[1], dtype=np.float64)
    total = weights.sum(axis=1)
    middle = (weights * when).sum(axis=1) / total
    level = (weights * shares).sum(axis=1) / total
    away = when[None] - middle[:, None]
    return np.asarray((weights * away * (shares - level[:, None])).sum(axis=1) / (weights * away**2).sum(axis=1))


def _line(shares: np.ndarray, weights: np.ndarray, slope: float, p_value: float) -> Trend:
    """Return the line with the interval of its fall: Student's t, spread estimated from the periods themselves."""
    from scipy.stats import t as student

    n = len(shares)
    when = np.arange(n, dtype=np.float64)
    middle, level = np.average(when, weights=weights), np.average(shares, weights=weights)
    left = shares - level - slope * (when - middle)
    spread = float((weights * left**2).sum() / max(n - 2, 1))
    error = math.sqrt(spread / float((weights * (when - middle) ** 2).sum())) * (n - 1)
    half = float(student.isf(0.025, max(n - 2, 1))) * error
    fall = -slope * (n - 1)
    ends = np.clip(level + slope * (np.array([0.0, n - 1.0]) - middle), 0.0, 1.0)
    return Trend(float(ends[0]), float(ends[1]), float(fall), fall - half, fall + half, p_value)
