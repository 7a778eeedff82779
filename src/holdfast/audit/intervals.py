"""Intervals of shares, for bars and measures."""

import math

_Z = 1.959964  # of the normal law, for 95 %


def wilson(n_with: int, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a share of `n_with` of `n` (Wilson, 1927); all of it, where n is 0."""
    if n <= 0:
        return 0.0, 1.0
    share, z2 = n_with / n, _Z * _Z / n
    middle = (share + z2 / 2) / (1 + z2)
    half = _Z * math.sqrt(share * (1 - share) / n + z2 / (4 * n)) / (1 + z2)
    return max(0.0, middle - half), min(1.0, middle + half)
