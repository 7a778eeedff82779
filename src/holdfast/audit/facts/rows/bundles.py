"""Columns that repeat together: the mark of records about the same persons when no key says so."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Int

from holdfast.audit.facts.columns.columns import ColumnProfiles
from holdfast.audit.facts.rows.rows import RowGroups, RowKeys
from holdfast.core.dataset import Dataset
from holdfast.core.record import Sampled

_MOST_ROWS = 20_000
_MOST_COLUMNS = 60  # the most frequent kind of table has fewer; beyond, the most diverse ones are tried
_MOST_ANCHORS = 8
_KEY_LIKE = 0.9  # distinct values for each row, from which a column is no trait that persons keep
_MOST_IN_TRIPLES = 5
_LEAST_PAIRS = 100
_STEADY = 0.9  # agreement of two rows of one group, in a column that belongs to the group
_VARIED = 0.6  # agreement by chance, above which steadiness says little
_SMOOTH = 0.3  # share of the way from chance to full agreement that neighbours in value may go
_LEAST_STEADY = 2
_LEAST_CHANGING = 0.7  # some column must agree less than this, or the rows are mere copies


@dataclass(frozen=True)
class Bundle:
    """Columns whose values repeat together: rows that share the `anchor` agree in `steady` columns too.

    `within` and `chance` are the mean agreement in those columns, of two rows that share the anchor and of any two.
    `changing` says whether some other repeating column differs within groups: else the rows may be mere copies.
    """

    anchor: tuple[str, ...]
    steady: tuple[str, ...]
    within: float
    chance: float
    changing: bool

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that name the group."""
        return (*self.anchor, *self.steady)


def find_bundle(
    dataset: Dataset, column_profiles: ColumnProfiles, row_groups: RowGroups, row_keys: RowKeys
) -> tuple[Bundle | None, Sampled | None]:
    """Return the best bundle, if there is one, and the sample looked at.

    An anchor (one to three columns) is tried by comparing rows that share its value: in an entity's columns they agree
    nearly always, though those columns vary. Neighbours in the anchor's order must not agree as well, else the
    columns are smooth functions of the anchor (a price tells the services booked; it names no customer).
    Exact copies of rows are left out before.
    """
    names = _candidates(column_profiles)
    n = len(dataset)
    sampled = Sampled(what="search for columns that repeat together", rows=_MOST_ROWS, of=n) if n > _MOST_ROWS else None
    if len(names) < 1 + _LEAST_STEADY:
        return None, None
    rows = row_keys.sample(np.ones(n, dtype=bool), _MOST_ROWS)
    _, first = np.unique(row_groups.group[rows], return_index=True)
    rows = rows[np.sort(first)]
    codes = _ranks(dataset, names, rows)
    chance = np.array([_collision(column) for column in codes.T])
    found = [bundle for anchor in _anchors(codes, chance) if (bundle := _try(names, codes, chance, anchor))]
    if not any(p.role == "feature" and p.distinct_share >= _KEY_LIKE and p.n_unique > 1 for p in column_profiles):
        found = [bundle for bundle in found if bundle.changing]
    if not found:
        return None, sampled
    return max(found, key=lambda b: (len(b.steady), -len(b.anchor), b.within - b.chance)), sampled


def _candidates(column_profiles: ColumnProfiles) -> list[str]:
    """Return columns that vary and repeat, the most diverse ones first where there are too many."""
    fit = [
        p
        for p in column_profiles
        if p.role in {"feature", "metadata"}
        and p.kind in {"number", "category"}
        and p.n_unique >= 2
        and p.distinct_share < _KEY_LIKE
    ]
    if len(fit) > _MOST_COLUMNS:
        fit = sorted(fit, key=lambda p: -p.n_unique)[:_MOST_COLUMNS]
    return [p.name for p in fit]


def _ranks(dataset: Dataset, names: list[str], rows: np.ndarray) -> Int[np.ndarray, "sample columns"]:
    """Return for each value its place among the distinct values of its column; missing comes last."""
    picked = pa.array(rows)
    out = np.empty((len(rows), len(names)), dtype=np.int64, order="F")
    for place, name in enumerate(names):
        values = dataset.table.column(name).take(picked).combine_chunks()
        encoded = values.dictionary_encode()
        order = pc.sort_indices(encoded.dictionary).to_numpy()
        rank = np.empty(len(order) + 1, dtype=np.int64)
        rank[order] = np.arange(len(order))
        rank[-1] = len(order)
        out[:, place] = rank[pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)]
    return out


def _collision(codes: np.ndarray) -> float:
    """Return the chance that two different rows agree."""
    counts = np.bincount(codes).astype(np.float64)
    return float((counts * (counts - 1)).sum() / max(len(codes) * (len(codes) - 1.0), 1.0))


def _anchors(codes: np.ndarray, chance: np.ndarray) -> Iterator[tuple[int, ...]]:
    """Yield single columns, pairs of the most diverse columns, and triples of the very most diverse."""
    diverse = [int(i) for i in np.argsort(chance, kind="stable")[:_MOST_ANCHORS]]
    for i in diverse:
        if len(np.unique(codes[:, i])) >= 20:
            yield (i,)
    yield from combinations(diverse, 2)
    yield from combinations(diverse[:_MOST_IN_TRIPLES], 3)


def _try(names: list[str], codes: np.ndarray, chance: np.ndarray, anchor: tuple[int, ...]) -> Bundle | None:
    order, same = _ordered(codes, anchor)
    if same.sum() < _LEAST_PAIRS:
        return None
    within = _agreement(codes, order[1:][same], order[:-1][same])
    others = np.array([i for i in range(len(names)) if i not in anchor], dtype=np.int64)
    steady = others[(within[others] >= _STEADY) & (chance[others] <= _VARIED)]
    if len(steady) < _LEAST_STEADY:
        return None
    for last in range(len(anchor)):
        steady = steady[~_smooth(codes, chance, steady, (*anchor[:last], *anchor[last + 1 :], anchor[last]))]
    steady = _independent(codes, steady)
    if len(steady) < _LEAST_STEADY:
        return None
    return Bundle(
        tuple(names[i] for i in anchor),
        tuple(names[i] for i in steady),
        float(within[steady].mean()),
        float(chance[steady].mean()),
        bool(within[others].min() <= _LEAST_CHANGING),
    )


def _ordered(codes: np.ndarray, anchor: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows in the order of the anchor's values, and whether each but the first equals the one before."""
    key = codes[:, anchor[0]]
    for i in anchor[1:]:
        key = key * (int(codes[:, i].max()) + 1) + codes[:, i]
    order = np.argsort(key, kind="stable")
    return order, key[order[1:]] == key[order[:-1]]


def _smooth(codes: np.ndarray, chance: np.ndarray, columns: np.ndarray, anchor: tuple[int, ...]) -> np.ndarray:
    """Return for each of `columns` whether neighbours in the last column of the anchor agree far beyond chance.

    Neighbours are the last row of one group and the first of the next, the anchor's other columns being equal.
    """
    order, same = _ordered(codes, anchor)
    near = ~same
    for i in anchor[:-1]:
        near &= codes[order[1:], i] == codes[order[:-1], i]
    if near.sum() < _LEAST_PAIRS // 3 or not len(columns):
        return np.zeros(len(columns), dtype=bool)
    beside = _agreement(codes, order[1:][near], order[:-1][near])[columns]
    return np.asarray(beside > chance[columns] + _SMOOTH * (1 - chance[columns]))


def _agreement(codes: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return for each column the share of pairs of rows that agree."""
    return np.asarray((codes[first] == codes[second]).mean(axis=0))


def _independent(codes: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return the columns without those that another one of them determines (a code and its name count once)."""
    kept: list[int] = []
    for i in sorted(columns, key=lambda i: -len(np.unique(codes[:, i]))):
        if all(not _determines(codes[:, k], codes[:, i]) for k in kept):
            kept.append(int(i))
    return np.array(sorted(kept), dtype=np.int64)


def _determines(one: np.ndarray, other: np.ndarray) -> bool:
    """Return whether rows that agree in `one` nearly always agree in `other`."""
    order = np.argsort(one, kind="stable")
    same = one[order[1:]] == one[order[:-1]]
    return bool(same.any() and (other[order[1:]][same] == other[order[:-1]][same]).mean() >= 0.97)
