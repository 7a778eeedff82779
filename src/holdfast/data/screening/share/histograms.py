"""Scores of people's, machines' and unknown texts as histograms over the same bins, whole and resampled."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

BINS = 40  # a loss of information below 1% where scores are normal


@dataclass(frozen=True)
class Histograms:
    """Shares of texts in each bin: `human`, `machine` and `asked` have a line per replicate, the first is the data."""

    human: Float[np.ndarray, "replicates bins"]
    machine: Float[np.ndarray, "replicates bins"]
    asked: Float[np.ndarray, "replicates bins"]
    centres: Float[np.ndarray, " bins"]
    sizes: tuple[int, int, int]  # texts behind the three


def edges_of(
    human: Float[np.ndarray, "humans folds"], machine: Float[np.ndarray, "machines folds"], bins: int = BINS
) -> Float[np.ndarray, " edges"]:
    """Return inner edges at quantiles of both kinds in equal parts, with 0, where a detector cuts, among them."""
    levels = np.linspace(0, 1, bins + 1)[1:-1]
    kinds = [np.quantile(one[np.isfinite(one)], levels) for one in (human, machine)]
    return np.unique(np.append(np.quantile(np.concatenate(kinds), levels), 0.0))


def rows_of(
    scores: Float[np.ndarray, "texts folds"], edges: Float[np.ndarray, " edges"]
) -> Float[np.ndarray, "texts bins"]:
    """Return for each text how much of it lies in each bin: its scores by several folds count as parts of one."""
    found = np.zeros((len(scores), len(edges) + 1))
    for column in scores.T:
        usable = np.isfinite(column)
        place = np.searchsorted(edges, column[usable], side="right")
        found[np.flatnonzero(usable), place] += 1.0
    return found / np.maximum(found.sum(axis=1, keepdims=True), 1.0)


def centres_of(scores: Float[np.ndarray, " all"], edges: Float[np.ndarray, " edges"]) -> Float[np.ndarray, " bins"]:
    """Return the mean score of each bin; the edge beside it where it is empty."""
    place = np.searchsorted(edges, scores, side="right")
    sums = np.bincount(place, scores, len(edges) + 1)
    counts = np.bincount(place, minlength=len(edges) + 1)
    beside = np.append(edges, edges[-1])
    return np.where(counts > 0, sums / np.maximum(counts, 1), beside)


def resampled(
    rows: Float[np.ndarray, "texts bins"], family: Int[np.ndarray, " texts"], replicates: int, rng: np.random.Generator
) -> Float[np.ndarray, "lines bins"]:
    """Return the mean of `rows`, and below it that of each bootstrap replicate, in which whole families are drawn."""
    families, member = np.unique(family, return_inverse=True)
    n = len(families)
    sums = np.zeros((n, rows.shape[1]))
    np.add.at(sums, member, rows)
    sizes = np.bincount(member, minlength=n).astype(float)
    found = np.empty((replicates + 1, rows.shape[1]))
    found[0] = rows.mean(axis=0)
    for one in range(1, replicates + 1):
        drawn = np.bincount(rng.integers(n, size=n), minlength=n).astype(float)
        found[one] = drawn @ sums / (drawn @ sizes)
    return found
