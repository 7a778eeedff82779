"""Items of a batch, kept one by one: for what a fit's sufficient statistics cannot answer, such as a subsample."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

_SPARE = 1.5  # room for later items when a pool grows, so that growing costs no more than the items themselves
_DENSE = 4  # with fewer candidates than so many for each item wanted, all are shuffled


class Items(NamedTuple):
    """Items of each replicate. `values` may have room for more than there are; only the first `size` count."""

    values: Float[np.ndarray, "replicates room *item"]
    size: Int[np.ndarray, " replicates"]

    @property
    def filled(self) -> Float[np.ndarray, "replicates items *item"]:
        """The items that are there."""
        return self.values[:, : self.size[0]]


def made_of(values: Float[np.ndarray, "replicates items *item"]) -> Items:
    """Return these items."""
    return Items(values, np.full(len(values), values.shape[1]))


def pooled(batches: Sequence[Items]) -> Items:
    """Return batches as one. The first one's spare room is filled: it stays readable, but is pooled only once."""
    first, sizes = batches[0], [int(batch.size[0]) for batch in batches]
    whole = sum(sizes)
    values = first.values
    if whole > values.shape[1]:
        values = np.empty((len(values), int(whole * _SPARE), *values.shape[2:]))
        values[:, : sizes[0]] = first.filled
    start = sizes[0]
    for batch, size in zip(batches[1:], sizes[1:], strict=True):
        values[:, start : start + size] = batch.filled
        start += size
    return Items(values, np.full(len(values), whole))


def chosen(batch: Items, size: int, rng: np.random.Generator) -> Items:
    """Return `size` of the items, drawn without replacement, others for each replicate."""
    there = int(batch.size[0])
    if size >= there:
        return made_of(batch.filled)
    rows, room, *shape = batch.values.shape
    places = distinct(rows, there, size, rng) + np.arange(rows)[:, None] * room  # in all rows as one, which is quicker
    return made_of(batch.values.reshape(rows * room, *shape).take(places, axis=0))


def distinct(rows: int, of: int, size: int, rng: np.random.Generator) -> Int[np.ndarray, "rows size"]:
    """Return in each row `size` different numbers below `of`, every such set equally likely.

    Numbers are drawn one after the other and skipped if they are there already; all that are missing are drawn at
    once, which makes the same sets. So the cost is that of `size`, not of `of`.
    """
    if of < _DENSE * size:
        return np.argpartition(rng.random((rows, of)), size - 1, axis=1)[:, :size]
    found = rng.integers(0, of, (rows, size), dtype=np.int32 if of < 2**31 else np.int64)
    found.sort(axis=1)
    open_rows = np.arange(rows)
    while True:
        again = found[open_rows, 1:] == found[open_rows, :-1]
        rough = again.any(axis=1)
        open_rows, again = open_rows[rough], again[rough]
        if not len(open_rows):
            return found
        some = found[open_rows]
        some[:, 1:][again] = rng.integers(0, of, int(again.sum()), dtype=found.dtype)
        some.sort(axis=1)
        found[open_rows] = some


def weighted_places(
    weights: Float[np.ndarray, "replicates candidates"], size: int, rng: np.random.Generator
) -> Int[np.ndarray, "replicates size"]:
    """Return places drawn with replacement, with these weights; the weights of each replicate sum to 1."""
    upto = np.cumsum(weights, axis=1)
    # One sorted list for all replicates: each has a unit interval of its own.
    start = np.arange(len(weights))[:, None]
    ends, wanted = upto / upto[:, -1:] + start, rng.random((len(weights), size)) + start
    places = np.searchsorted(ends.ravel(), wanted.ravel(), side="right").reshape(wanted.shape)
    return np.clip(places - start * weights.shape[1], 0, weights.shape[1] - 1)
