"""Records as fingerprints of 64 bits: equal where their values are equal, whichever block, file or engine held them."""

import hashlib
from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import UInt64

from holdfast.core.dataset import Dataset
from holdfast.data.bulk.bits import GOLDEN, finished
from holdfast.data.bulk.words import offsets_of

MISSING = np.uint64(0xA5A5A5A5DEADBEEF)
_BLOCK = 1 << 18  # rows hashed at once: bounds memory beside the table
_PROBED, _MANY = 1000, 0.95  # strings that tell whether nearly all differ: of 1,000 values, 632 do among so many rows


def row_hashes(dataset: Dataset, names: tuple[str, ...]) -> UInt64[np.ndarray, " rows"]:
    """Return a 64-bit hash for each row over the columns `names`; -0.0 equals 0.0, missing equals missing."""
    return hashes_of([dataset.values(name).chunks for name in names], len(dataset))


def hashes_of(columns: Iterable[Iterable[pa.Array]], n: int) -> UInt64[np.ndarray, " rows"]:
    """Return a hash for each of `n` rows over columns of canonical values, each given as its chunks.

    The place of a column counts, its name does not. The chance of any two unlike rows sharing a hash is n²/2⁶⁵.
    """
    total = np.zeros(n, dtype=np.uint64)
    for position, chunks in enumerate(columns):
        salt = stirred(np.array([position + 1], dtype=np.uint64))[0]
        at = 0
        for chunk in chunks:
            for start in range(0, len(chunk), _BLOCK):
                block = chunk.slice(start, _BLOCK)
                total[at : at + len(block)] += stirred(_hash_values(block) ^ salt)
                at += len(block)
    return stirred(total)


def stirred(bits: UInt64[np.ndarray, " n"]) -> UInt64[np.ndarray, " n"]:
    """Return a step of splitmix64 from each value."""
    with np.errstate(over="ignore"):
        return finished(bits + GOLDEN)


def _hash_values(block: pa.Array) -> UInt64[np.ndarray, " rows"]:
    kind = block.type
    if pa.types.is_large_string(kind):
        return _hash_texts(block)
    if pa.types.is_fixed_size_list(kind):
        # `flatten` would drop the numbers under a missing vector, and with them the shape.
        inside = block.values.slice(block.offset * kind.list_size, len(block) * kind.list_size)
        flat = np.ascontiguousarray(inside.to_numpy(zero_copy_only=False)).reshape(len(block), kind.list_size)
        bits = (flat.astype(np.float64) + 0.0).view(np.uint64)
        hashes = stirred(bits + np.arange(bits.shape[1], dtype=np.uint64)).sum(axis=1, dtype=np.uint64)
        return np.where(block.is_null().to_numpy(zero_copy_only=False), MISSING, hashes)
    if pa.types.is_floating(kind):
        numbers = block.to_numpy(zero_copy_only=False) + 0.0
        bits = numbers.view(np.uint64).copy()
        bits[np.isnan(numbers)] = MISSING
        return bits
    if pa.types.is_null(kind):
        return np.full(len(block), MISSING, dtype=np.uint64)
    whole = pc.cast(block, pa.int64()) if not pa.types.is_boolean(kind) else pc.cast(block, pa.int8())
    bits = pc.fill_null(whole, 0).to_numpy(zero_copy_only=False).astype(np.int64).view(np.uint64).copy()
    if block.null_count:
        bits[block.is_null().to_numpy(zero_copy_only=False)] = MISSING
    return bits


def _hash_texts(block: pa.LargeStringArray) -> UInt64[np.ndarray, " rows"]:
    """Return hashes of strings that no run-time seed changes: BLAKE2b of their bytes; each different one once."""
    some = block.slice(0, _PROBED)
    if len(some.unique()) > _MANY * len(some):  # free text: looking for equal ones costs more than hashing them
        words = _digests(block)
        missing = block.is_null().to_numpy(zero_copy_only=False) if block.null_count else np.zeros(len(block), bool)
        return np.where(missing, MISSING, words)
    encoded = block.dictionary_encode()
    table = np.append(_digests(encoded.dictionary), MISSING)
    return np.asarray(table[pc.fill_null(encoded.indices, len(table) - 1).to_numpy(zero_copy_only=False)])


def _digests(block: pa.LargeStringArray) -> UInt64[np.ndarray, " rows"]:
    offsets = offsets_of(block).tolist()
    buffer = block.buffers()[2] if len(block) else None
    held = memoryview(buffer if buffer is not None else b"")
    digest = hashlib.blake2b
    texts = (held[start:stop] for start, stop in pairwise(offsets))
    return np.frombuffer(b"".join([digest(text, digest_size=8).digest() for text in texts]), "<u8")
