"""Which records are looked at: chosen by content and seed alone, so that the order of rows never shows.

A record's place in the draw is a hash of its name and the seed, which is as good as a random number and the same
wherever the record stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float, Int

from holdfast.core.errors import BadInput
from holdfast.core.random import Streams
from holdfast.data.bulk.hashes import stirred
from holdfast.data.review.records import Design, Stratum

MOST_STRATA = 200
_LEAST_CHANCE = 0.1  # of the mean, so that no record weighs more than ten in a sample by score


@dataclass(frozen=True)
class Sample:
    """Rows that were drawn, the chance that each had, its stratum, and the design that says it for all."""

    rows: Int[np.ndarray, " drawn"]
    chances: Float[np.ndarray, " drawn"]
    strata: tuple[str, ...]
    design: Design


def draws(names: pa.Array, seed: int, purpose: str = "sample") -> Float[np.ndarray, " rows"]:
    """Return a number in [0, 1) for each record, from its name and the seed."""
    salt = np.uint64(Streams(seed)("review", purpose).integers(1 << 63))
    begins = pc.utf8_slice_codeunits(names, 0, 16).to_pylist()
    high = np.frombuffer(bytes.fromhex("".join(begins)), ">u8").astype(np.uint64)
    return (stirred(stirred(high ^ salt)) >> np.uint64(11)).astype(np.float64) / 2.0**53


def simple(names: pa.Array, n: int, seed: int) -> Sample:
    """Return n records without replacement, each with the same chance."""
    total = len(names)
    rows = _lowest(draws(names, seed), min(n, total))
    design = Design(kind="simple", rows=total, drawn=len(rows))
    return Sample(rows, np.full(len(rows), len(rows) / max(1, total)), ("",) * len(rows), design)


def stratified(
    names: pa.Array,
    groups: Int[np.ndarray, " rows"],
    spelled: Sequence[str],
    n: int,
    seed: int,
    *,
    by: str,
    equal: bool = False,
) -> Sample:
    """Return about n records, drawn inside each stratum: in proportion to its size, or as many from each.

    `groups` gives the stratum of each record, `spelled` their names. At least two come from each, so that its spread
    can be told. Raises BadInput for more than 200 strata.
    """
    sizes = np.bincount(groups, minlength=len(spelled))
    there = np.flatnonzero(sizes)
    if len(there) > MOST_STRATA:
        raise BadInput(f"{by!r} has {len(there):,} different values, more than {MOST_STRATA}: too many for strata")
    share = np.where(sizes > 0, 1.0 / len(there), 0.0) if equal else sizes / sizes.sum()
    take = np.minimum(sizes, np.maximum(2, np.rint(n * share).astype(np.int64)))
    drawn = draws(names, seed)
    rows, chances, strata, told = [], [], [], []
    for group in there.tolist():
        inside = np.flatnonzero(groups == group)
        chosen = inside[_lowest(drawn[inside], int(take[group]))]
        rows.append(chosen)
        chances.append(np.full(len(chosen), len(chosen) / sizes[group]))
        strata += [spelled[group]] * len(chosen)
        told.append(Stratum(name=spelled[group], rows=int(sizes[group]), drawn=len(chosen)))
    every = np.concatenate(rows)
    design = Design(kind="stratified", rows=len(names), drawn=len(every), by=by, strata=tuple(told))
    return Sample(every, np.concatenate(chances), tuple(strata), design)


def by_size(names: pa.Array, sizes: Float[np.ndarray, " rows"], n: int, seed: int, *, by: str) -> Sample:
    """Return about n records, each drawn by itself with a chance in proportion to its size (Poisson sampling).

    Chances are mixed with a tenth of the mean, so that none is 0 and no weight is wild. Raises BadInput for sizes that
    are negative or missing.
    """
    if not np.isfinite(sizes).all() or (sizes < 0).any():
        raise BadInput(f"{by!r} cannot be a chance of being drawn: it has missing, infinite or negative values")
    mean = float(sizes.mean()) if len(sizes) else 0.0
    wanted = sizes + _LEAST_CHANCE * mean if mean > 0 else np.ones(len(sizes))
    chances = _scaled(wanted, min(n, len(sizes)))
    rows = np.flatnonzero(draws(names, seed) < chances)
    design = Design(kind="poisson", rows=len(names), drawn=len(rows), by=by)
    return Sample(rows, chances[rows], ("",) * len(rows), design)


def _scaled(sizes: Float[np.ndarray, " rows"], n: int) -> Float[np.ndarray, " rows"]:
    """Return chances in proportion to sizes, at most 1 each, that sum to n."""
    chances = np.zeros(len(sizes))
    sure = np.zeros(len(sizes), bool)
    for _ in range(100):
        left = n - int(sure.sum())
        rest = sizes[~sure].sum()
        chances = np.where(sure, 1.0, left * sizes / rest if rest > 0 else 0.0)
        over = chances > 1.0
        if not over.any():
            break
        sure |= over
    return chances


def _lowest(numbers: Float[np.ndarray, " rows"], n: int) -> Int[np.ndarray, " n"]:
    """Return the places of the n lowest numbers."""
    if n <= 0:
        return np.zeros(0, np.int64)
    if n >= len(numbers):
        return np.argsort(numbers, kind="stable")
    chosen = np.argpartition(numbers, n - 1)[:n]
    return chosen[np.argsort(numbers[chosen], kind="stable")]
