"""Which rows of a version are new: copies across versions must not count as agreement."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, UInt64

_ALIKE = 0.05  # share of rows that equal another of their own version, below which equal rows are copies
_SURE = 3.0  # standard errors
_LONG = 30  # rows whose order is no chance, where there are two values or more
_CONTAINED = 0.9  # share of the earlier rows that are there again, from which on a version was added to

Hashes = UInt64[np.ndarray, " rows"]


@dataclass(frozen=True)
class Added:
    """The rows of a version that are compared: all of them, or those that are no copies of earlier ones."""

    rows: Int[np.ndarray, " added"]
    n: int
    equal: int  # rows that equal an earlier one
    copies: int  # of which are taken for copies
    by_chance: float  # share of rows that equal another one of their own version


def added_rows(before: Hashes, now: Hashes, *, mutual: "Added | None" = None) -> Added:
    """Return which rows of `now` are new.

    Where few rows equal another one of their own version, an equal row is a copy. Where many do (short rows, few
    categories), equal rows prove nothing; unless all earlier rows stand there in their order, or many more are equal
    than by chance and nearly all earlier rows are among them: then the version was added to, and what it holds beyond
    them is new. `mutual` is what the other direction came to, where
    that is known: what copies are was decided there.
    """
    shared = np.isin(now, before)
    equal = int(shared.sum())
    values, held = np.unique(before, return_counts=True)
    by_chance = float(held[held > 1].sum() / max(len(before), 1))
    whole = np.arange(len(now))
    if not equal:
        return Added(whole, len(now), 0, 0, by_chance)
    if by_chance < _ALIKE and mutual is None:
        return Added(whole[~shared], len(now), equal, equal, by_chance)
    beyond = _beyond(values, held, now)
    error = np.sqrt(by_chance * (1 - by_chance) / len(now))
    kept = len(now) - len(beyond)
    more = equal / len(now) > by_chance + _SURE * float(error)
    if mutual is not None or _stands_in(before, now) or (more and kept >= _CONTAINED * len(before)):
        return Added(beyond, len(now), equal, kept, by_chance)
    return Added(whole, len(now), equal, 0, by_chance)


def _stands_in(before: Hashes, now: Hashes) -> bool:
    """Return whether a version begins or ends with all earlier rows, in their order."""
    n = len(before)
    if n > len(now) or len(np.unique(before)) < 2 or n < _LONG:
        return False
    return np.array_equal(now[:n], before) or np.array_equal(now[-n:], before)


def _beyond(values: Hashes, held: np.ndarray, now: Hashes) -> Int[np.ndarray, " rows"]:
    """Return the rows of `now` beyond as many equal ones as there were before, in order."""
    order = np.argsort(now, kind="stable")
    ordered = now[order]
    first = np.searchsorted(ordered, ordered, side="left")
    rank = np.arange(len(ordered)) - first
    at = np.minimum(np.searchsorted(values, ordered), max(len(values) - 1, 0))
    had = np.where(values[at] == ordered, held[at], 0) if len(values) else np.zeros(len(ordered), dtype=np.int64)
    return np.sort(order[rank >= had])
