"""What a text is worth under an n-gram model: −log probability by Witten–Bell smoothing.

    p(w | c) = (n(c, w) + T(c) p(w | shorter c)) / (n(c) + T(c)),   T(c) = different tokens seen after c,

down to the same probability for every type. It has no parameter and is finite for whatever text (Witten & Bell, 1991,
IEEE Transactions on Information Theory 37, 1085–1094).
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy.lib.stride_tricks import sliding_window_view

from holdfast.collapse.ngrams.index import Writing

_MOST = 1 << 62


class Level(NamedTuple):
    """Contexts of one length, as sorted keys, and the pairs of context and next token."""

    ranked: Int[np.ndarray, " longer"]  # sorted keys whose ranks stand for them in longer contexts; empty: they do
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


class Law(NamedTuple):
    """The different n-grams of texts: their tokens, oldest first, whose they are, and how often they come."""

    grams: Int[np.ndarray, "grams order"]
    row: Int[np.ndarray, " grams"]
    share: Float[np.ndarray, " grams"]


def book(
    tokens: Int[np.ndarray, "replicates tokens"],
    weight: Float[np.ndarray, "replicates weights"],
    order: int,
    types: int,
) -> Book:
    """Return the counts of texts, each a circle; `types` is how many types of tokens there can be."""
    each = weight.reshape(-1) if weight.shape[1] else None
    context = np.repeat(np.arange(len(tokens), dtype=np.int64), tokens.shape[1])
    following = tokens.reshape(-1)
    top, levels = len(tokens), []
    for back in range(order):
        ranked = np.empty(0, dtype=np.int64)
        if back:
            context = context * types + np.roll(tokens, back, axis=1).reshape(-1)
            top *= types
            if top > _MOST // types // types:  # the next one would not fit into 64 bits
                ranked, context = np.unique(context, return_inverse=True)
                top = len(ranked)
        pairs, counts = _counted(context * types + following, each)
        parents = pairs // types
        begin = np.flatnonzero(np.concatenate([[True], parents[1:] != parents[:-1]]))
        different = np.diff(np.append(begin, len(pairs)))
        levels.append(Level(ranked, parents[begin], np.add.reduceat(counts, begin), different, pairs, counts))
    return Book(tuple(levels), types, len(tokens))


def law_of(
    tokens: Int[np.ndarray, "replicates tokens"], weight: Float[np.ndarray, "replicates weights"], order: int
) -> Law:
    """Return the law of the n-grams of texts, each a circle."""
    replicates, n = tokens.shape
    types = int(tokens.max(initial=0)) + 1
    each = weight.reshape(-1) if weight.shape[1] else None
    shifted = [np.roll(tokens, back, axis=1).reshape(-1) for back in range(order)]
    key = np.repeat(np.arange(replicates, dtype=np.int64), n)
    if replicates * float(types) ** order < _MOST:
        for part in reversed(shifted):
            key = key * types + part
        keys, counts = _counted(key, each)
        grams = np.empty((len(keys), order), dtype=np.int64)
        for back in range(order):
            keys, grams[:, order - 1 - back] = np.divmod(keys, types)
        return Law(grams, keys, counts / n)
    for part in reversed(shifted):
        key = np.unique(key * types + part, return_inverse=True)[1]
    _, first, of = np.unique(key, return_index=True, return_inverse=True)
    grams = np.stack([part[first] for part in reversed(shifted)], axis=1).astype(np.int64)
    return Law(grams, first // n, np.bincount(of, weights=each) / n)


def surprises(
    tokens: Int[np.ndarray, "replicates tokens"],
    weight: Float[np.ndarray, "replicates weights"],
    order: int,
    types: int,
    read: Int[np.ndarray, " read"],
) -> Float[np.ndarray, "replicates read"]:
    """Return −ln p of each token of one text that models of many texts read; its first tokens have shorter contexts.

    What is read is looked for in the training texts, not the other way round: so the cost is that of those texts.
    """
    replicates, n = tokens.shape
    each = weight.reshape(-1) if weight.shape[1] else np.ones(tokens.size)
    row, following = np.repeat(np.arange(replicates), n), tokens.reshape(-1)
    places = np.arange(tokens.size)  # of the training texts, whose context is read
    context = np.zeros(tokens.size, dtype=np.int64)  # its number among those that are read
    contexts = np.zeros(1, dtype=np.int64)
    wanted = np.zeros(len(read), dtype=np.int64)
    p = np.full((replicates, len(read)), 1.0 / types)
    for back in range(min(order, len(read))):
        if back:
            wanted = wanted[1:] * types + read[: len(read) - back]
            contexts, wanted = np.unique(wanted, return_inverse=True)
            met, context = _found(contexts, context * types + np.roll(tokens, back, axis=1).reshape(-1)[places])
            places, context = places[met], context[met]
        if not len(places):
            break
        cell, size = row[places] * len(contexts) + context, replicates * len(contexts)
        seen = np.bincount(cell, weights=each[places], minlength=size).reshape(replicates, -1)
        distinct, _ = _counted(cell * types + following[places], None)
        different = np.bincount(distinct // types, minlength=size).reshape(replicates, -1)
        pairs, pair = np.unique(wanted * types + read[back:], return_inverse=True)
        met, at = _found(pairs, context * types + following[places])
        cell = row[places][met] * len(pairs) + at[met]
        count = np.bincount(cell, weights=each[places][met], minlength=replicates * len(pairs)).reshape(replicates, -1)
        total = seen + different
        known = total[:, wanted] > 0
        better = (count[:, pair] + different[:, wanted] * p[:, back:]) / np.where(known, total[:, wanted], 1.0)
        p[:, back:] = np.where(known, better, p[:, back:])
    return -np.log(p)


def surprises_of_grams(
    known: Book, grams: Int[np.ndarray, "grams order"], row: Int[np.ndarray, " grams"]
) -> Float[np.ndarray, " grams"]:
    """Return −ln p of the last token of each n-gram after the others.

    Each is read under the book of its own replicate, or under the only one there is.
    """
    p = np.full(len(grams), 1.0 / known.types)
    left = np.arange(len(grams))  # those whose context has been seen so far
    context = row.astype(np.int64) if known.replicates > 1 else np.zeros(len(row), dtype=np.int64)
    for back, level in enumerate(known.levels):
        if back:
            context = context * known.types + grams[left, -1 - back]
            if len(level.ranked):
                met, context = _found(level.ranked, context)
                left, context = left[met], context[met]
        met, at = _found(level.contexts, context)
        left, context, at = left[met], context[met], at[met]
        seen, different = level.seen[at], level.different[at]
        met, at = _found(level.pairs, context * known.types + grams[left, -1])
        p[left] = (np.where(met, level.counts[at], 0.0) + different * p[left]) / (seen + different)
    return -np.log(p)


def surprising_pieces(writing: Writing, size: int, known: Book, order: int, piece: int) -> Writing:
    """Return `size` tokens of each text, in the pieces that surprise its model most, in the mean over their n-grams.

    What is left at the end of a text after the last whole piece comes last.
    """
    replicates, n = writing.tokens.shape
    whole = n // piece
    pieces = writing.tokens[:, : whole * piece].reshape(replicates, whole, piece)
    grams = sliding_window_view(pieces, order, axis=2)
    row = np.repeat(np.arange(replicates), whole * grams.shape[2])
    surprise = surprises_of_grams(known, grams.reshape(-1, order), row).reshape(grams.shape[:3]).mean(axis=2)
    ranked = np.argsort(-surprise, axis=1, kind="stable")
    places = (ranked[:, :, None] * piece + np.arange(piece)).reshape(replicates, -1)
    rest = np.broadcast_to(np.arange(whole * piece, n), (replicates, n - whole * piece))
    chosen = np.concatenate([places, rest], axis=1)[:, :size]
    return Writing(np.take_along_axis(writing.tokens, chosen, 1))


def _counted(
    keys: Int[np.ndarray, " keys"], weight: Float[np.ndarray, " keys"] | None
) -> tuple[Int[np.ndarray, " different"], Float[np.ndarray, " different"]]:
    """Return the different keys, sorted, and how often each is there."""
    if weight is not None:
        found, of = np.unique(keys, return_inverse=True)
        return found, np.bincount(of, weights=weight)
    ordered = np.sort(keys)
    begin = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    return ordered[begin], np.diff(np.append(begin, len(ordered))).astype(np.float64)


def _found(keys: Int[np.ndarray, " keys"], wanted: Int[np.ndarray, " wanted"]) -> tuple[np.ndarray, np.ndarray]:
    """Return which are among the sorted keys, and where."""
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return keys[at] == wanted, at
