"""Rows as fingerprints: which rows are equal, value for value."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Int, UInt64

from holdfast.audit.definitions import fact
from holdfast.audit.facts.rows.mixing import GOLDEN, finished
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.random import Streams

_MISSING = np.uint64(0xA5A5A5A5DEADBEEF)
_BLOCK = 1 << 18  # rows hashed at once: bounds memory beside the table


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
        return np.asarray(_mix(self.values[rows]) % np.uint64(n_folds), dtype=np.int64)


@fact()
def row_keys(dataset: Dataset, streams: Streams) -> RowKeys:
    """Random keys of rows, from all their values but the split."""
    names = tuple(column.name for column in dataset.columns if column.role != "split")
    salt = np.uint64(streams.integer("row_keys"))
    return RowKeys(_mix(row_hashes(dataset, names) ^ salt))


def row_hashes(dataset: Dataset, names: tuple[str, ...]) -> UInt64[np.ndarray, " rows"]:
    """Return a 64-bit hash for each row over the columns `names`; -0.0 equals 0.0, missing equals missing."""
    total = np.zeros(len(dataset), dtype=np.uint64)
    for position, name in enumerate(names):
        salt = _mix(np.array([position + 1], dtype=np.uint64))[0]
        at = 0
        for chunk in dataset.values(name).chunks:
            for start in range(0, len(chunk), _BLOCK):
                block = chunk.slice(start, _BLOCK)
                total[at : at + len(block)] += _mix(_hash_values(block) ^ salt)
                at += len(block)
    return _mix(total)


def _hash_values(block: pa.Array) -> UInt64[np.ndarray, " rows"]:
    kind = block.type
    if pa.types.is_large_string(kind):
        encoded = block.dictionary_encode()
        words = [_hash_text(word) for word in encoded.dictionary.to_pylist()]
        table = np.array([*words, int(_MISSING)], dtype=np.uint64)
        return np.asarray(table[pc.fill_null(encoded.indices, len(words)).to_numpy(zero_copy_only=False)])
    if pa.types.is_fixed_size_list(kind):
        # `flatten` would drop the numbers under a missing vector, and with them the shape.
        inside = block.values.slice(block.offset * kind.list_size, len(block) * kind.list_size)
        flat = np.ascontiguousarray(inside.to_numpy(zero_copy_only=False)).reshape(len(block), kind.list_size)
        bits = (flat.astype(np.float64) + 0.0).view(np.uint64)
        hashes = _mix(bits + np.arange(bits.shape[1], dtype=np.uint64)).sum(axis=1, dtype=np.uint64)
        return np.where(block.is_null().to_numpy(zero_copy_only=False), _MISSING, hashes)
    if pa.types.is_floating(kind):
        numbers = block.to_numpy(zero_copy_only=False) + 0.0
        bits = numbers.view(np.uint64).copy()
        bits[np.isnan(numbers)] = _MISSING
        return bits
    if pa.types.is_null(kind):
        return np.full(len(block), _MISSING, dtype=np.uint64)
    whole = pc.cast(block, pa.int64()) if not pa.types.is_boolean(kind) else pc.cast(block, pa.int8())
    bits = pc.fill_null(whole, 0).to_numpy(zero_copy_only=False).astype(np.int64).view(np.uint64).copy()
    if block.null_count:
        bits[block.is_null().to_numpy(zero_copy_only=False)] = _MISSING
    return bits


def _hash_text(word: str) -> int:
    """Return a hash of one string that no run-time seed changes."""
    import hashlib

    return int.from_bytes(hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _mix(bits: np.ndarray) -> np.ndarray:
    """Return a step of splitmix64 from each value."""
    with np.errstate(over="ignore"):
        return finished(bits + GOLDEN)
