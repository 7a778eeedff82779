"""Frequencies of types, and how often each type is in a batch: what categorical, contextual and unigram models share.

A model has for each replicate and context a row of frequencies; a categorical model has one context. Types stand in
the order of their true frequency within their context as far as the law has one, type 0 first.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from holdfast.collapse.regimes import Rule, Verifier
from holdfast.collapse.states.items import distinct
from holdfast.core.errors import NotApplicable

Law = Literal["zipf", "uniform", "geometric"]
_FEW = 48  # types up to which one call for all rows is faster than a call for each row's surviving types (measured)
_MOST_BY_LAW = 10**9  # items that NumPy's hypergeometric law can be about
_AT_ONCE = 10**6  # places that are drawn together


class Frequencies(NamedTuple):
    """A model: the frequency of each type in each context, and how often each context comes."""

    share: Float[np.ndarray, "replicates contexts types"]
    context: Float[np.ndarray, "replicates contexts"]


class Tally(NamedTuple):
    """A batch: how often each type is there in each context."""

    counts: Int[np.ndarray, "replicates contexts types"]


def law_of_types(law: Law, types: int, exponent: float, ratio: float) -> Float[np.ndarray, " types"]:
    """Return the true frequencies: i to the power −exponent, all equal, or each `ratio` times the one before."""
    rank = np.arange(types, dtype=np.float64)
    logs = {"zipf": -exponent * np.log1p(rank), "uniform": 0 * rank, "geometric": rank * np.log(ratio)}[law]
    shares = np.exp(logs)
    return np.asarray(shares / shares.sum())


def apportioned(size: int, context: Float[np.ndarray, " contexts"]) -> Int[np.ndarray, " contexts"]:
    """Return how many of `size` items each context gets: its share, rounded by largest remainders to the exact sum."""
    exact = size * context
    whole = np.floor(exact + 1e-9).astype(np.int64)
    order = np.argsort(whole - exact, kind="stable")
    whole[order[: size - whole.sum()]] += 1
    return whole


def tallied(
    share: Float[np.ndarray, "replicates contexts types"],
    sizes: Int[np.ndarray, "replicates contexts"],
    rng: np.random.Generator,
) -> Tally:
    """Return a multinomial draw of so many items for each replicate and context.

    Where there are many types each row is drawn over its surviving types only: the cost follows what is alive, and no
    rounding can bring a lost type back.
    """
    types = share.shape[2]
    if types <= _FEW:
        counts = rng.multinomial(sizes, share)
        wrong = np.where(share > 0, 0, counts)
        if wrong.any():  # rounding left items for a last type of frequency 0: they belong to a living one
            counts = counts - wrong
            best = share.argmax(axis=2)[..., None]
            np.put_along_axis(
                counts, best, np.take_along_axis(counts, best, 2) + wrong.sum(axis=2, keepdims=True), axis=2
            )
        return Tally(counts)
    counts = np.zeros(share.shape, dtype=np.int64)
    for row, size in np.ndenumerate(sizes):
        alive = np.flatnonzero(share[row])
        counts[(*row, alive)] = rng.multinomial(size, share[(*row, alive)])
    return Tally(counts)


def leapt(
    share: Float[np.ndarray, "replicates contexts types"], sizes: Sequence[int], rng: np.random.Generator
) -> Float[np.ndarray, "replicates contexts types"]:
    """Return frequencies after a multinomial draw of each size, one after the other: only living types are carried."""
    if share.shape[2] <= _FEW:
        for size in sizes:
            share = tallied(share, np.full(share.shape[:2], size), rng).counts / size
        return share
    found = np.zeros(share.shape)
    for row, _ in np.ndenumerate(share[..., 0]):
        alive = np.flatnonzero(share[row])
        own = share[(*row, alive)]
        for size in sizes:
            if len(alive) == 1:
                break
            counts = rng.multinomial(size, own)
            kept = np.flatnonzero(counts)
            alive, own = alive[kept], counts[kept] / size
        found[(*row, alive)] = own
    return found


def chosen(
    batch: Tally, sizes: Int[np.ndarray, "replicates contexts"] | None, size: int, rng: np.random.Generator
) -> Tally:
    """Return `size` items of each replicate without replacement, `sizes` of each context if that is given."""
    replicates, contexts, types = batch.counts.shape
    rows = batch.counts if sizes is not None else batch.counts.reshape(replicates, 1, contexts * types)
    wanted = sizes if sizes is not None else np.full((replicates, 1), size)
    found = np.zeros_like(rows)
    for row, number in np.ndenumerate(wanted):
        alive = np.flatnonzero(rows[row])
        there = rows[(*row, alive)]
        most = min(int(number), int(there.sum()))
        found[(*row, alive)] = _without_replacement(there, most, rng)
    return Tally(found.reshape(batch.counts.shape))


def _without_replacement(
    there: Int[np.ndarray, " types"], size: int, rng: np.random.Generator
) -> Int[np.ndarray, " types"]:
    """Return how many of each type are among `size` items; of more than NumPy's law knows, items are drawn by place."""
    left = there
    while size and left.sum() >= _MOST_BY_LAW:
        places = distinct(1, int(left.sum()), min(size, _AT_ONCE), rng)[0]
        left = left - np.bincount(np.searchsorted(np.cumsum(left), places, side="right"), minlength=len(left))
        size -= len(places)
    left = left - rng.multivariate_hypergeometric(left, size, method="marginals") if size else left
    return np.asarray(there - left)


def fitted(parts: Sequence[tuple[Tally, float]], context: Float[np.ndarray, "replicates contexts"]) -> Frequencies:
    """Return weighted frequencies; a context without items is uniform, as a fit with a vanishing ridge penalty is."""
    shape = parts[0][0].counts.shape
    total = np.zeros(shape)
    for batch, weight in parts:
        items = batch.counts.sum(axis=(1, 2), keepdims=True)
        total += batch.counts * (weight / np.maximum(items, 1))
    seen = total.sum(axis=2, keepdims=True)
    share = np.divide(total, seen, out=np.full(shape, 1 / shape[2]), where=seen > 0)
    return Frequencies(share, context)


def ruled(share: Float[np.ndarray, "*rows types"], rule: Rule) -> Float[np.ndarray, "*rows types"]:
    """Return frequencies to the power 1/temperature, then only the most likely types that hold `top_p` of the mass."""
    if rule.temperature != 1.0:
        with np.errstate(divide="ignore"):
            logs = np.log(share) / rule.temperature
        share = np.exp(logs - logs.max(axis=-1, keepdims=True))
        share = share / share.sum(axis=-1, keepdims=True)
    if rule.top_p < 1.0:
        kept = _nucleus(share, rule.top_p)
        share = np.where(kept, share, 0.0)
        share = share / share.sum(axis=-1, keepdims=True)
    return share


def _nucleus(share: Float[np.ndarray, "*rows types"], mass: float) -> Bool[np.ndarray, "*rows types"]:
    """Return the smallest set of most likely types that holds `mass`; of equal ones the first in order are kept."""
    order = np.argsort(-share, axis=-1, kind="stable")
    ranked = np.take_along_axis(share, order, axis=-1)
    before = np.cumsum(ranked, axis=-1) - ranked
    kept = np.zeros(share.shape, dtype=bool)
    np.put_along_axis(kept, order, before < mass * (1 - 1e-12), axis=-1)
    return kept


def acceptance(truth: Float[np.ndarray, "*rows types"], verifier: Verifier) -> Float[np.ndarray, "*rows types"]:
    """Return how likely a verifier with a taste passes each type.

    Types have no place on a line of their own: they get one by their rank in the true law, common ones first, measured
    from its mean in its standard deviations. So a verifier with a `centre` above 0 likes rare types, below 0 common
    ones. Raises NotApplicable.
    """
    if verifier.kind == "ideal":
        raise NotApplicable("an ideal verifier is part of the graph")
    rank = np.argsort(np.argsort(-truth, axis=-1, kind="stable"), axis=-1, kind="stable").astype(np.float64)
    mean = (truth * rank).sum(axis=-1, keepdims=True)
    spread = np.sqrt((truth * (rank - mean) ** 2).sum(axis=-1, keepdims=True))
    place = (rank - mean) / np.where(spread > 0, spread, 1.0)
    # The best placed type passes for sure, so that a taste far from all types still passes something.
    logs = -((place - verifier.centre) ** 2) / (2 * verifier.width**2)
    return np.asarray(np.exp(logs - logs.max(axis=-1, keepdims=True)))


def tilted(
    share: Float[np.ndarray, "replicates contexts types"], passing: Float[np.ndarray, "contexts types"]
) -> Float[np.ndarray, "replicates contexts types"]:
    """Return the frequencies after a verifier; where all that is alive would be refused, those nearest to its taste."""
    tilt = share * passing
    total = tilt.sum(axis=-1, keepdims=True)
    if (total <= 0).any():
        best = share > 0
        best &= passing == np.where(best, passing, -1.0).max(axis=-1, keepdims=True)
        tilt = np.where(total > 0, tilt, best)
        total = tilt.sum(axis=-1, keepdims=True)
    return tilt / total
