"""Rows as fingerprints: which rows are equal, value for value."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, UInt64

from holdfast.audit.definitions import fact
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.random import Streams
from holdfast.data.bulk.hashes import row_hashes, stirred


@dataclass(frozen=True)
class RowGroups:
    """Rows grouped by equal features. `group` numbers the groups from 0; `size[group]` is how many rows share one."""

    columns: tuple[str, ...]
    group: Int[np.ndarray, " rows"]
    size: Int[np.ndarray, " groups"]

    def sharing(self, mask: np.ndarray) -> np.ndarray:
        """Return for each row whether a row of `mask` has equal features."""
        held = np.zeros(len(self.size), dtype=bool)
        held[self.group[mask]] = True
        return held[self.group]

    def first(self, among: np.ndarray) -> Int[np.ndarray, " groups"]:
        """Return for each group its first row among `among` (a mask), or -1."""
        rows = np.flatnonzero(among)[::-1]
        first = np.full(len(self.size), -1, dtype=np.int64)
        first[self.group[rows]] = rows
        return first


@fact()
def row_groups(dataset: Dataset) -> RowGroups:
    """Groups of rows whose features are equal, value for value; missing equals missing.

    64-bit hashes: for 10 million rows the chance of any two unlike rows sharing one is 3e-6 (n²/2⁶⁵).
    """
    names = tuple(column.name for column in dataset.of(role="feature"))
    if not names:
        raise NotApplicable("no feature column")
    if not len(dataset):
        raise NotApplicable("no rows")
    hashes = row_hashes(dataset, names)
    _, group, size = np.unique(hashes, return_inverse=True, return_counts=True)
    return RowGroups(names, group.reshape(-1), size)


@dataclass(frozen=True)
class RowKeys:
    """A number for each row that depends on its content and the seed, never on its place.

    Samples and folds are chosen by key, so that no result depends on the order of rows, and copies of a row
    always fall on the same side.
    """

    values: UInt64[np.ndarray, " rows"]

    def sample(self, mask: np.ndarray, most: int) -> Int[np.ndarray, " sample"]:
        """Return at most `most` rows of `mask`, uniformly at random over seeds, in the order of their keys."""
        rows = np.flatnonzero(mask)
        if len(rows) > most:
            rows = rows[np.argpartition(self.values[rows], most)[:most]]
        return rows[np.argsort(self.values[rows], kind="stable")]

    def folds(self, rows: np.ndarray, n_folds: int) -> Int[np.ndarray, " sample"]:
        """Return a fold number for each of `rows`."""
        return np.asarray(stirred(self.values[rows]) % np.uint64(n_folds), dtype=np.int64)


@fact()
def row_keys(dataset: Dataset, streams: Streams) -> RowKeys:
    """Random keys of rows, from all their values but the split."""
    names = tuple(column.name for column in dataset.columns if column.role != "split")
    salt = np.uint64(streams.integer("row_keys"))
    return RowKeys(stirred(row_hashes(dataset, names) ^ salt))
