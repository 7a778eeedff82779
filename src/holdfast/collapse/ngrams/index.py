"""A training text as an n-gram model: every occurrence of a context in one bucket, whose followers are copied.

Drawing the next token by maximum likelihood is to go to a random occurrence of the present context in the training
text and to copy what follows it there. Positions are brought into buckets by counting sorts, once a generation; a step
then costs two looks into a table, whatever the order of the model and the number of types. The text is a circle, so
that every context has a follower, and each token's frequency is exactly its chance in the long run.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int


class Writing(NamedTuple):
    """A batch: a text for each replicate."""

    tokens: Int[np.ndarray, "replicates tokens"]


class Grams(NamedTuple):
    """A model: a training text, and for each slot, which is a position of it, where to go on.

    Slots are positions sorted by context. `following` is the token in a slot; `first` and `choices` say where the
    bucket of those begins that may come next, and how many there are. `weight` (of positions) and `cumulative` (over
    slots) are empty where all weigh the same, `held_out` where the model is not the truth.
    """

    tokens: Int[np.ndarray, "replicates tokens"]
    following: Int[np.ndarray, "replicates tokens"]
    first: Int[np.ndarray, "replicates tokens"]
    choices: Int[np.ndarray, "replicates tokens"]
    weight: Float[np.ndarray, "replicates weights"]
    cumulative: Float[np.ndarray, "replicates weights"]
    held_out: Int[np.ndarray, "replicates held"]
    order: Int[np.ndarray, " replicates"]


def indexed(
    tokens: Int[np.ndarray, "replicates tokens"], order: int, weight: Float[np.ndarray, "replicates weights"]
) -> Grams:
    """Return the model of a text: `order` is how many tokens an n-gram has, its context one less."""
    replicates, n = tokens.shape
    order_of = np.broadcast_to(np.arange(n), tokens.shape)
    # Least significant first: the token itself, so that equal followers stand together, then its context.
    shifted = [np.roll(tokens, back, axis=1) for back in range(order)]
    narrow = np.uint16 if int(tokens.max(initial=0)) < 1 << 16 else np.uint32  # NumPy sorts 16 bits by counting
    for key in shifted:
        turn = np.argsort(np.take_along_axis(key, order_of, 1).astype(narrow), axis=1, kind="stable")
        order_of = np.take_along_axis(order_of, turn, 1)
    new = np.zeros(tokens.shape, dtype=bool)
    new[:, 0] = True
    for key in shifted[1:]:
        sorted_key = np.take_along_axis(key, order_of, 1)
        new[:, 1:] |= sorted_key[:, 1:] != sorted_key[:, :-1]
    starts = np.flatnonzero(new)
    sizes = np.diff(np.append(starts, new.size))
    bucket = np.cumsum(new) - 1  # of each slot, all replicates one after the other
    slot_of = np.empty(new.size, dtype=np.int64)
    rows = np.arange(replicates)[:, None] * n
    slot_of[(order_of + rows).ravel()] = np.arange(new.size)
    after = bucket[slot_of[((order_of + 1) % n + rows).ravel()]]
    first = (starts[after] % n).astype(np.int32).reshape(tokens.shape)
    choices = sizes[after].astype(np.int32).reshape(tokens.shape)
    cumulative = weight
    if weight.shape[1]:
        cumulative = np.cumsum(np.take_along_axis(weight, order_of, 1), axis=1)
        cumulative = cumulative / cumulative[:, -1:]
    following = np.take_along_axis(tokens, order_of, 1)
    nothing = np.empty((replicates, 0), dtype=np.int32)
    return Grams(tokens, following, first, choices, weight, cumulative, nothing, np.full(replicates, order))


def as_it_stands(
    tokens: Int[np.ndarray, " tokens"], held_out: Int[np.ndarray, " held"], order: int, replicates: int
) -> Grams:
    """Return a text as the model that copies itself: each position goes on to the next one."""
    n = len(tokens)
    ahead = np.arange(1, n + 1, dtype=np.int32)[None] % n
    once, nothing, row = np.ones((1, n), dtype=np.int32), np.empty((1, 0)), tokens[None]
    return repeated(Grams(row, row, ahead, once, nothing, nothing, held_out[None], np.array([order])), replicates)


def repeated(model: Grams, replicates: int) -> Grams:
    """Return one model for all replicates, without copies."""
    return Grams(*(np.broadcast_to(part[0], (replicates, *part.shape[1:])) for part in model))


def joined(parts: Sequence[tuple[Writing, float]], order: int) -> Grams:
    """Return the model of weighted texts, one after the other in one circle."""
    tokens = np.concatenate([batch.tokens for batch, _ in parts], axis=1) if len(parts) > 1 else parts[0][0].tokens
    each = [weight / batch.tokens.shape[1] for batch, weight in parts]
    if np.allclose(each, each[0]):
        return indexed(tokens, order, np.empty((len(tokens), 0)))
    sizes = [batch.tokens.shape[1] for batch, _ in parts]
    weight = np.repeat(np.array(each) * sum(sizes), sizes)
    return indexed(tokens, order, np.tile(weight, (len(tokens), 1)))


def pieces_of(writing: Writing, size: int, longest: int, rng: np.random.Generator) -> Writing:
    """Return `size` tokens of each text without replacement, in pieces: as few n-grams as can be arise where they meet.

    A piece has `longest` tokens, or an eighth of `size` if that is less.
    """
    replicates, n = writing.tokens.shape
    if size >= n:
        return writing
    piece = max(1, min(longest, size // 8))
    many = -(-n // piece)
    turn = np.argsort(rng.random((replicates, many)), axis=1)
    places = (turn[:, :, None] * piece + np.arange(piece)).reshape(replicates, -1)
    places = places[places < n].reshape(replicates, n)[:, :size]
    return Writing(np.take_along_axis(writing.tokens, places, 1))
