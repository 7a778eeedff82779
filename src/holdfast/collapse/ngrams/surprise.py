"""What a text is worth under an n-gram model: −log probability by Witten–Bell smoothing.

    p(w | c) = (n(c, w) + T(c) p(w | shorter c)) / (n(c) + T(c)),   T(c) = different tokens seen after c,

down to the same probability for every type. It has no parameter and is finite for whatever text (Witten & Bell, 1991,
IEEE Transactions on Information Theory 37, 1085–1094).
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int


class Level(NamedTuple):
    """Contexts of one length: their keys, how often each was seen, and the pairs of context and next token."""

    contexts: Int[np.ndarray, " contexts"]
    seen: Float[np.ndarray, " contexts"]
    different: Int[np.ndarray, " contexts"]
    pairs: Int[np.ndarray, " pairs"]
    counts: Float[np.ndarray, " pairs"]


class Book(NamedTuple):
    """What has to be known of the training texts of all replicates."""

    levels: tuple[Level, ...]  # contexts of no token, of one, …
    types: int
    replicates: int


def book(
    tokens: Int[np.ndarray, "replicates tokens"],
    weight: Float[np.ndarray, "replicates weights"],
    order: int,
    types: int,
) -> Book:
    """Return the counts of texts, each a circle; `types` is how many types of tokens there can be."""
    each = weight.reshape(-1) if weight.shape[1] else None
    context = np.repeat(np.arange(len(tokens)), tokens.shape[1])
    keys = np.arange(len(tokens))
    following = tokens.reshape(-1)
    levels = []
    for back in range(order):
        if back:
            raw = context * types + np.roll(tokens, back, axis=1).reshape(-1)
            keys, context = np.unique(raw, return_inverse=True)
        pairs, of = np.unique(context * types + following, return_inverse=True)
        counts = np.bincount(of, weights=each, minlength=len(pairs)).astype(np.float64)
        parents = pairs // types
        different = np.bincount(parents, minlength=len(keys))
        seen = np.bincount(parents, weights=counts, minlength=len(keys))
        levels.append(Level(keys, seen, different, pairs, counts))
    return Book(tuple(levels), types, len(tokens))


def surprises(
    known: Book, tokens: Int[np.ndarray, "replicates tokens"], *, circle: bool
) -> Float[np.ndarray, "replicates tokens"]:
    """Return −ln p of each token after those before it, nats; the first ones have no context unless it is a circle.

    Each text is read under the book of its own replicate, or under the only one there is.
    """
    replicates, n = tokens.shape
    following = tokens.reshape(-1).astype(np.int64)
    row = np.arange(replicates) if known.replicates > 1 else np.zeros(replicates, dtype=np.int64)
    context = np.repeat(row, n)
    p = np.full(replicates * n, 1.0 / known.types)
    there = np.ones(replicates * n, dtype=bool)
    place = np.tile(np.arange(n), replicates)
    for back, level in enumerate(known.levels):
        if back:
            raw = context * known.types + np.roll(tokens, back, axis=1).reshape(-1)
            found, at = _found(level.contexts, raw)
            there = there & found & (circle | (place >= back))
            context = np.where(there, at, 0)
        met, at = _found(level.pairs, context * known.types + following)
        count = np.where(met, level.counts[at], 0.0)
        seen, different = level.seen[context], level.different[context]
        p = np.where(there, (count + different * p) / (seen + different), p)
    return -np.log(p).reshape(replicates, n)


def _found(keys: Int[np.ndarray, " keys"], wanted: Int[np.ndarray, " wanted"]) -> tuple[np.ndarray, np.ndarray]:
    """Return which are among the sorted keys, and where."""
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return keys[at] == wanted, at
