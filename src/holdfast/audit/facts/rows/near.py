"""Near-copies of records, whatever they are made of: numbers, text, images."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from holdfast.audit.facts.rows.rows import RowGroups
from holdfast.core.record import Sampled


@dataclass(frozen=True)
class NearPairs:
    """Pairs of records that are nearly equal. `left` and `right` are groups of `row_groups`; the nearest is distance 0.

    `nearness` says in words what near means here. `expected` bounds how many of all pairs of records chance brings as
    near; 0 where what was compared is too rich for chance to matter.
    """

    what: str  # "rows", "texts", "images"
    columns: tuple[str, ...]
    left: Int[np.ndarray, " pairs"]
    right: Int[np.ndarray, " pairs"]
    distance: Float[np.ndarray, " pairs"]
    nearness: str
    expected: float
    sampled: Sampled | None = None

    def judged(self, n_found: int, n_pairs: float, n_rows: int) -> tuple[float, float]:
        """Return how many of `n_pairs` pairs of rows chance brings as near at most, and the p-value of `n_found`."""
        from scipy.special import gammainc

        expected = self.expected * n_pairs / max(1.0, n_rows * (n_rows - 1) / 2)
        if not n_found:
            return expected, 1.0
        return expected, float(gammainc(n_found, expected)) if expected > 0 else 0.0

    def partners(self, row_groups: RowGroups, rows: np.ndarray, among: np.ndarray) -> Int[np.ndarray, " rows"]:
        """Return for each row number of `rows` its nearest near-copy in the mask `among`, or -1."""
        first = row_groups.first(among)
        ends = np.concatenate([self.left, self.right]), np.concatenate([self.right, self.left])
        distance = np.concatenate([self.distance, self.distance])
        there = first[ends[1]] >= 0
        here, partner, distance = ends[0][there], first[ends[1][there]], distance[there]
        order = np.lexsort((ends[1][there], -distance))  # the nearest is written last; ties by content
        nearest = np.full(len(row_groups.size), -1, dtype=np.int64)
        nearest[here[order]] = partner[order]
        return nearest[row_groups.group[rows]]
