"""Differences of two shares, with an interval that keeps its level where shares are near 0 or 1."""

from typing import NamedTuple

import numpy as np

_Z = 1.959964  # of the normal law, for 95 %


class Difference(NamedTuple):
    """A difference of two shares, second less first, with its 95 % interval and two-sided p-value."""

    value: float
    low: float
    high: float
    p_value: float


def difference(second: float, first: float, n_second: float, n_first: float) -> Difference:
    """Return the difference of two shares of `n_second` and `n_first`: Newcombe's (1998) interval 10, pooled z-test."""
    from scipy.special import ndtr

    gap = second - first
    low_2, high_2 = _wilson(second, n_second)
    low_1, high_1 = _wilson(first, n_first)
    low = gap - float(np.hypot(second - low_2, high_1 - first))
    high = gap + float(np.hypot(high_2 - second, first - low_1))
    both = (second * n_second + first * n_first) / max(n_second + n_first, 1)
    pooled = np.sqrt(both * (1 - both) * (1 / max(n_second, 1) + 1 / max(n_first, 1)))
    p_value = float(2 * ndtr(-abs(gap) / pooled)) if pooled > 0 else 1.0
    return Difference(gap, max(-1.0, low), min(1.0, high), p_value)


def _wilson(share: float, n: float) -> tuple[float, float]:
    """Return Wilson's (1927) interval; `n` may be a number of groups, and need not be whole."""
    if n <= 0:
        return 0.0, 1.0
    z2 = _Z * _Z / n
    middle = (share + z2 / 2) / (1 + z2)
    half = _Z * float(np.sqrt(share * (1 - share) / n + z2 / (4 * n))) / (1 + z2)
    return max(0.0, middle - half), min(1.0, middle + half)
