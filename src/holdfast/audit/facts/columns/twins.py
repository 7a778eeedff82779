"""Columns that say the same: equal, renamed one to one, rescaled, or the product of two others."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.audit.definitions import fact
from holdfast.audit.facts.columns.columns import ColumnProfile, ColumnProfiles
from holdfast.audit.facts.columns.mixed import MixedColumns
from holdfast.audit.facts.rows.rows import RowKeys
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.record import Sampled

How = Literal["equal", "renamed", "rescaled", "product"]

_MOST_CELLS = 2e7  # of the sample on which number columns are compared
_MOST_ROWS = 5_000
_MOST_ALL_PAIRS = 300  # number columns compared each with each; beyond, neighbours along a random direction
_MOST_FACTORS = 40  # number columns of which products are formed
_SAME = 0.9999  # correlation of two columns that differ by scale and rounding
_PRODUCT = 0.999  # telephone bills, months times the monthly price, reach 0.9996
_NOT_ALREADY = 0.99  # a product that is hardly more than one factor says nothing
_BITS = 40.0  # information in a column; with fewer two columns agree by chance once in 10¹²
_FEWEST_ROWS = 20


@dataclass(frozen=True, slots=True)
class Twins:
    """Columns that say the same. For a product the first column is that of the two others."""

    how: How
    columns: tuple[str, ...]
    agreement: float


@dataclass(frozen=True)
class ColumnTwins:
    """All sets of columns that say the same, in table order."""

    found: tuple[Twins, ...]
    sampled: Sampled | None


@fact()
def column_twins(
    dataset: Dataset, column_profiles: ColumnProfiles, mixed_columns: MixedColumns, row_keys: RowKeys
) -> ColumnTwins:
    """Which feature columns say the same."""
    kinds = {"number", "category", "text", "time"}
    profiles = [p for p in column_profiles if p.role in {"feature", "metadata"} and p.kind in kinds and p.n_unique > 1]
    if len(dataset) < _FEWEST_ROWS:
        raise NotApplicable(f"fewer than {_FEWEST_ROWS} rows: columns agree by chance")
    bits_needed = _BITS + 2 * np.log2(max(len(profiles), 1))
    renamed = list(_renamed(dataset, profiles, bits_needed))
    taken = {frozenset(pair) for twins in renamed for pair in combinations(twins.columns, 2)}
    numbers = [p.name for p in profiles if p.kind == "number" or p.name in mixed_columns.columns]
    most = int(min(_MOST_ROWS, _MOST_CELLS / max(len(numbers), 1)))
    rows = row_keys.sample(np.ones(len(dataset), dtype=bool), max(most, _FEWEST_ROWS))
    raw = _raw(dataset, mixed_columns, numbers, rows)
    table, kept = _standardised(raw)
    found = [*renamed, *_rescaled(table, kept, taken, bits_needed), *_products(raw, kept)]
    sampled = None
    if len(rows) < len(dataset):
        sampled = Sampled(what="columns that rescale or multiply one another", rows=len(rows), of=len(dataset))
    place = {p.name: number for number, p in enumerate(profiles)}
    return ColumnTwins(tuple(sorted(found, key=lambda t: [place[name] for name in t.columns])), sampled)


def _renamed(dataset: Dataset, profiles: list[ColumnProfile], bits_needed: float) -> Iterator[Twins]:
    """Yield sets of columns that are equal, or in which each value of one stands with one value of the other."""
    alike = defaultdict(list)
    for profile in profiles:
        counts = tuple(count for _, count in profile.top[:5])
        alike[profile.n_missing, profile.n_unique, counts].append(profile)
    for members in alike.values():
        if len(members) < 2:
            continue
        # Two keys are renamings of one another whatever they hold; only equal ones say the same.
        coded = _content if members[0].n_unique > 0.5 * members[0].n_looked_at else _first_seen
        same = defaultdict(list)
        for profile in members:
            codes = coded(dataset.table.column(profile.name))
            if codes is not None:
                same[hashlib.blake2b(codes.data).digest()].append(profile.name)
        for names in same.values():
            codes = coded(dataset.table.column(names[0])) if len(names) > 1 else None
            if codes is not None and _bits(codes) >= bits_needed:
                equal = all(dataset.table.column(n).equals(dataset.table.column(names[0])) for n in names[1:])
                yield Twins("equal" if equal else "renamed", tuple(names), 1.0)


def _first_seen(values: pa.ChunkedArray) -> np.ndarray | None:
    """Return for each row the number of its value, in order of first occurrence: alike for all renamings."""
    encoded = values.combine_chunks().dictionary_encode()
    return np.asarray(pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False), dtype=np.int32)


def _content(values: pa.ChunkedArray) -> np.ndarray | None:
    """Return something that is the same for equal columns: the numbers, or the first-seen codes for text."""
    if pa.types.is_large_string(values.type):
        # Equal text has equal lengths; unequal text of equal lengths is told apart by `equals` later.
        lengths = np.asarray(pc.fill_null(pc.binary_length(values), -1).to_numpy(zero_copy_only=False))
        return lengths if len(np.unique(lengths)) > 2 else None
    if pa.types.is_timestamp(values.type):
        values = pc.cast(values, pa.int64())
    floats = pc.fill_null(pc.cast(values, pa.float64(), safe=False), np.nan)
    return np.asarray(floats.to_numpy(zero_copy_only=False))


def _bits(codes: np.ndarray) -> float:
    """Return how many bits it takes to say the column, value by value."""
    _, counts = np.unique(codes, return_counts=True)
    shares = counts / len(codes)
    return float(-len(codes) * (shares * np.log2(shares)).sum())


def _raw(dataset: Dataset, mixed: MixedColumns, names: list[str], rows: np.ndarray) -> dict[str, np.ndarray]:
    """Return the numbers of some rows, column by column."""
    picked, raw = pa.array(rows), {}
    for name in names:
        if name in mixed.columns:
            raw[name] = mixed.columns[name].values[rows]
        else:
            values = pc.cast(dataset.table.column(name).take(picked), pa.float64(), safe=False)
            raw[name] = np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)
    return raw


def _standardised(raw: dict[str, np.ndarray]) -> tuple[np.ndarray, list[str]]:
    """Return number columns with mean 0 and length 1 (missing is 0), and their names; constant ones are left out."""
    kept, columns = [], []
    for name, values in raw.items():
        known = np.isfinite(values)
        if known.sum() < _FEWEST_ROWS:
            continue
        with np.errstate(over="ignore", invalid="ignore"):
            away = np.where(known, values - values[known].mean(), 0.0)
            length = float(np.sqrt((away**2).sum()))
        if np.isfinite(length) and length > 0:
            kept.append(name)
            columns.append(away / length)
    return (np.stack(columns) if columns else np.empty((0, 1))), kept


def _rescaled(table: np.ndarray, names: list[str], taken: set[frozenset[str]], bits_needed: float) -> Iterator[Twins]:
    """Yield pairs of number columns that are straight-line functions of one another."""
    k = len(names)
    if k <= _MOST_ALL_PAIRS:
        close = np.argwhere(np.triu(np.abs(table @ table.T), 1) >= _SAME)
        pairs = [(int(i), int(j)) for i, j in close]
    else:
        # Columns on one line through the origin meet any direction alike, up to the sign.
        direction = np.random.default_rng(0).normal(size=table.shape[1])
        shadow = np.abs(table @ direction)
        order = np.argsort(shadow, kind="stable")
        near = np.flatnonzero(np.diff(shadow[order]) <= 1e-6 * (1 + shadow[order][1:]))
        pairs = [tuple(sorted((int(order[i]), int(order[i + 1])))) for i in near]  # type: ignore[misc]
    for i, j in sorted(pairs):
        agreement = float(abs(table[i] @ table[j]))
        if frozenset((names[i], names[j])) in taken or agreement < _SAME or _bits(table[i]) < bits_needed:
            continue
        if _ranks_agree(table[i], table[j]):
            yield Twins("rescaled", (names[i], names[j]), agreement)


def _products(raw_columns: dict[str, np.ndarray], names: list[str]) -> Iterator[Twins]:
    """Yield number columns that are the product of two others."""
    names = names[:_MOST_FACTORS]
    if len(names) < 3:
        return
    raw = np.stack([raw_columns[name] for name in names])
    raw = raw[:, np.isfinite(raw).all(axis=0)]
    if raw.shape[1] < _FEWEST_ROWS:
        return
    pairs = list(combinations(range(len(names)), 2))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        products = np.stack([raw[i] * raw[j] for i, j in pairs])
        products, columns = (m - m.mean(axis=1, keepdims=True) for m in (products, raw))
        products, columns = (m / np.sqrt((m**2).sum(axis=1, keepdims=True)) for m in (products, columns))
        agreement = np.abs(np.nan_to_num(products @ columns.T))
        single = np.abs(np.nan_to_num(columns @ columns.T))
    for place, target in np.argwhere(agreement >= _PRODUCT):
        i, j = pairs[place]
        if target in {i, j} or max(single[target, i], single[target, j]) >= _NOT_ALREADY:
            continue
        if _ranks_agree(raw[target], raw[i] * raw[j]):
            yield Twins("product", (names[target], names[i], names[j]), float(agreement[place, target]))


def _ranks_agree(one: np.ndarray, other: np.ndarray) -> bool:
    """Return whether the order of rows agrees too, so that a single far value is not all that the two share."""
    from scipy.stats import rankdata

    a, b = rankdata(one), rankdata(other)
    a, b = a - a.mean(), b - b.mean()
    length = float(np.sqrt((a @ a) * (b @ b)))
    return length > 0 and abs(float(a @ b)) / length >= 0.99
