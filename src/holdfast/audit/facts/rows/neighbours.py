"""Records that are nearly, but not exactly, equal: nearer than chance can bring unrelated records together."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from holdfast.audit.definitions import fact
from holdfast.audit.facts.rows.near import NearPairs
from holdfast.audit.facts.rows.resolution import Resolution, resolutions
from holdfast.audit.facts.rows.rows import RowGroups, RowKeys
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.random import Streams
from holdfast.core.record import Sampled
from holdfast.data.bulk.bits import GOLDEN
from holdfast.data.bulk.hashes import row_hashes

MOST_RECORDS = 10_000_000
FEWEST_RECORDS = 20
N_TABLES = 3  # a pair with noise 1e-3 is missed by one table in 2%, by three in 1e-5
CELL = 0.25  # width of a cell of the grid, in standard deviations
WINDOW = 20  # records of one cell that each record is compared with: bounds the work
RADII = (3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 2e-2)  # largest difference in any column, in standard deviations
RINGS = (10**0.5, 10.0, 100.0, 1000.0)  # how far out, in radii, pairs are counted to learn what chance does
OUTERMOST = 0.1  # beyond, the grid misses too many pairs to count them
MOST_BY_CHANCE = 0.01  # of the pairs found; precision at least 0.99
_CLIP = 100.0  # in standard deviations: keeps single precision exact enough where tails are heavy
_CROWDED = 0.25


@fact(costly=True)
def neighbours(
    dataset: Dataset, row_groups: RowGroups, row_keys: RowKeys, streams: Streams, *, alpha: float = 1e-4
) -> NearPairs:
    """Pairs of near-equal records, with categories, text and missing cells equal and all numbers close.

    Candidates come from random grids (locality-sensitive hashing with shifted cells; Datar et al., 2004) and are
    compared exactly; no cell costs more than its size times 20. Chance is learnt from the data: however columns
    depend on one another, the number of unrelated pairs within a distance r grows at least in proportion to r
    (the correlation integral; Grassberger & Procaccia, 1983). So pairs within the radius are believed only where
    the ring around it is nearly empty. Columns of coarse numbers, whose values recur, must agree exactly unless a
    value is of a kind that never recurs.
    """
    numeric = [c.name for c in dataset.of(role="feature") if c.kind in {"number", "time"}]
    if not numeric:
        raise NotApplicable("no numeric feature column: only exact copies can be told")
    records = row_groups.first(np.ones(len(dataset), dtype=bool))
    if len(records) < FEWEST_RECORDS:
        raise NotApplicable(f"{len(records)} different records; near-copies need {FEWEST_RECORDS} to compare with")
    sampled = None
    if len(records) > MOST_RECORDS:
        chosen = np.zeros(len(dataset), dtype=bool)
        chosen[records] = True
        kept = np.sort(row_groups.group[row_keys.sample(chosen, MOST_RECORDS)])
        sampled = Sampled(what="records compared for near-copies", rows=MOST_RECORDS, of=len(records))
        records = records[kept]
    scales = resolutions(dataset, tuple(numeric), records, row_keys)
    if not scales:
        raise NotApplicable("no numeric feature column varies: only exact copies can be told")
    a, b, reach = _near_pairs(dataset, scales, records, streams)
    a, b, distance = _verified(dataset, scales, records, a, b)
    choice = _radius(distance, np.minimum(reach[a], reach[b]), alpha)
    radius, expected = choice or (0.0, 0.0)
    near = (distance <= radius) & (choice is not None)
    return NearPairs(
        what="rows",
        columns=tuple(scale.name for scale in scales),
        left=row_groups.group[records[a[near]]],
        right=row_groups.group[records[b[near]]],
        distance=distance[near],
        nearness=f"no number differs by more than {radius:.2g} standard deviations",
        expected=expected,
        sampled=sampled,
    )


def _near_pairs(
    dataset: Dataset, scales: tuple[Resolution, ...], records: np.ndarray, streams: Streams
) -> tuple[np.ndarray, np.ndarray, Float[np.ndarray, " records"]]:
    """Return candidate pairs (places in `records`), and for each record how far it was looked around."""
    same = _must_match(dataset, scales, records)
    n = len(records)
    n_axes = int(np.clip(np.log2(n) / 2.8, 3, 10))  # cells of about one record, were columns independent
    codes, reach = [], np.zeros(n)
    for table in range(N_TABLES):
        rng = streams("neighbours", table)
        weights = rng.normal(size=(n_axes + 1, len(scales))).astype(np.float32)
        weights /= np.linalg.norm(weights, axis=1, keepdims=True)
        offsets = rng.random(n_axes).astype(np.float32) * np.float32(CELL)
        axes = np.zeros((n_axes + 1, n), dtype=np.float32)
        for place, column in enumerate(_scaled(dataset, scales, records)):
            for axis in range(n_axes + 1):
                axes[axis] += weights[axis, place] * column
        key = same.copy()
        for axis in range(n_axes):
            cell = np.floor((axes[axis] + offsets[axis]) / np.float32(CELL)).astype(np.int64)
            key = _stirred(key + cell.view(np.uint64))
        pairs, seen = _in_cells(key, axes[n_axes])
        codes.append(pairs)
        reach = np.maximum(reach, seen)
    every = np.sort(np.concatenate(codes))
    every = every[np.concatenate(([True], every[1:] != every[:-1]))] if len(every) else every
    return every // n, every % n, reach


def _must_match(dataset: Dataset, scales: tuple[Resolution, ...], records: np.ndarray) -> np.ndarray:
    """Return a hash of what must be equal: other columns, and where numbers are missing or infinite."""
    near = {scale.name for scale in scales}
    others = tuple(c.name for c in dataset.of(role="feature") if c.name not in near)
    key = row_hashes(dataset, others)[records] if others else np.zeros(len(records), dtype=np.uint64)
    for place, scale in enumerate(scales):
        values = dataset.numbers(scale.name)[records]
        odd = ~np.isfinite(values)
        if odd.any():
            kind = np.where(np.isnan(values[odd]), 1, np.where(values[odd] > 0, 2, 3)).astype(np.uint64)
            key[odd] = _stirred(key[odd] + kind + np.uint64(4 * place + 4))
    return key


def _scaled(dataset: Dataset, scales: tuple[Resolution, ...], records: np.ndarray) -> Iterator[np.ndarray]:
    for scale in scales:
        values = scale.of(dataset.numbers(scale.name)[records])
        values[~np.isfinite(values)] = 0.0
        yield np.clip(values, -_CLIP, _CLIP).astype(np.float32)


def _in_cells(key: np.ndarray, along: np.ndarray) -> tuple[np.ndarray, Float[np.ndarray, " records"]]:
    """Return pairs of one cell that are at most `WINDOW` apart in the order of `along`, as one number each.

    Also how far, along that axis, each record was compared with all others of its cell.
    """
    n = len(key)
    order = np.argsort(key, kind="stable")
    alike = key[order[1:]] == key[order[:-1]]
    shared = np.zeros(n, dtype=bool)
    shared[1:] |= alike
    shared[:-1] |= alike
    order = order[shared]
    order = order[np.lexsort((order, along[order], key[order]))]
    keys, place = key[order], along[order]
    reach = np.full(n, np.inf)
    found = []
    for lag in range(1, WINDOW + 1):
        one = keys[lag:] == keys[:-lag]
        if not one.any():
            break
        a, b = order[:-lag][one], order[lag:][one]
        if lag < WINDOW:
            found.append(np.minimum(a, b) * n + np.maximum(a, b))
        else:
            gap = (place[lag:] - place[:-lag])[one].astype(np.float64)
            reach[a] = np.minimum(reach[a], gap)
            reach[b] = np.minimum(reach[b], gap)
    return (np.concatenate(found) if found else np.empty(0, dtype=np.int64)), reach


def _verified(
    dataset: Dataset, scales: tuple[Resolution, ...], records: np.ndarray, a: np.ndarray, b: np.ndarray
) -> tuple[np.ndarray, np.ndarray, Float[np.ndarray, " pairs"]]:
    """Return the pairs that differ by at most `OUTERMOST` in every column, and their largest difference."""
    distance = np.zeros(len(a))
    for scale in sorted(scales, key=lambda scale: scale.coarse):
        values = dataset.numbers(scale.name)
        left, right = values[records[a]], values[records[b]]
        with np.errstate(invalid="ignore", over="ignore"):
            apart = np.abs(scale.of(left) - scale.of(right))
        apart[left == right] = 0.0  # infinities
        apart[np.isnan(left) & np.isnan(right)] = 0.0
        keep = apart <= OUTERMOST
        keep &= ~(scale.told_apart(left, right))
        a, b, distance = a[keep], b[keep], np.maximum(distance[keep], apart[keep])
    return a, b, distance


def _radius(distance: np.ndarray, reach: np.ndarray, alpha: float) -> tuple[float, float] | None:
    """Return (radius, pairs expected by chance) with the most pairs that chance cannot explain, if any."""
    from scipy.special import gammainc

    best, most = None, 0
    for radius in RADII:
        inside = distance <= radius
        n_inside = int(inside.sum())
        if n_inside <= most:
            continue
        for ring in RINGS:
            outer = min(radius * ring, OUTERMOST)
            if outer < 3 * radius or (reach[inside] < outer).mean() > _CROWDED:
                continue
            n_ring = int((distance <= outer).sum()) - n_inside
            growth = outer / radius - 1.0
            # Three pairs more than seen: the 95% bound for a count of none (the rule of three).
            expected = (n_ring + 3.0) / growth
            p_value = float(gammainc(n_inside, expected)) * len(RADII) * len(RINGS)  # Poisson: P(N >= n_inside)
            if n_ring / growth <= MOST_BY_CHANCE * n_inside and p_value <= alpha:
                best, most = (radius, expected), n_inside
                break
    return best


def _stirred(key: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        key = key * GOLDEN
        return np.asarray(key ^ (key >> np.uint64(29)))
