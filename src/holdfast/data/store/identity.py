"""Names of records and of versions, made from content alone.

A record's name is BLAKE2b-128 over its named values that are not missing, in the order of the names, each written as
text with its length before it. So it depends neither on the order of columns, nor on columns that are empty, nor on
the type that a loader chose (1, 1.0 and "1" are one value: a round trip through CSV changes nothing). Where a table
has the same row k times, the second and later ones are named after their place among the equal ones, so that a table
with repeated rows keeps them, and adding it twice adds nothing.

A version's name is the hash of a sum (four numbers modulo 2^64) over 256-bit hashes of all records with their
provenance and later columns. A sum does not depend on order and changes by what changed, so that a version of 500,000
records that differs in 1,000 is named by looking at 1,000. It tells different content apart, beyond any accident; it is
no signature against somebody who constructs records for the purpose.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.core.hashing import digest_json
from holdfast.data.origin import NAMES, RECORD

_BLOCK, _AT_ONCE = 1 << 16, 1 << 26  # rows, and about as many bytes of them, that are looked at at once
_WHOLE = 2.0**53  # below, a float64 without fraction is exactly a whole number
_LANES = 4
_BYTES = pa.large_binary()
_PROVENANCE = tuple(sorted(set(NAMES) - {RECORD}))
_NOTHING = np.zeros(_LANES, np.uint64)


def record_names(table: pa.Table, columns: Sequence[str]) -> pa.Array:
    """Return the name of each row, from its values in `columns`: 32 hexadecimal digits, all different."""
    names = [
        pa.array([blake2b(row, digest_size=16).hexdigest() for row in _rows(block)], pa.large_string())
        for block in _blocks(table, sorted(columns))
    ]
    return _told_apart(pa.concat_arrays(names) if names else pa.array([], pa.large_string()))


def content_sum(table: pa.Table, later: Iterable[str] = ()) -> np.ndarray:
    """Return the part of a version's sum that these records make: uint64, shape (4,).

    The table has `_record` and columns of provenance; `later` names columns of it that were added later.
    """
    total = _NOTHING.copy()
    with np.errstate(over="ignore"):
        for block in _blocks(table, [RECORD, *(name for name in _PROVENANCE if name in table.column_names)]):
            total += _summed(_rows(block))
        for name in later:
            total += column_sum(table, name)
    return total


def column_sum(table: pa.Table, name: str) -> np.ndarray:
    """Return the part of a version's sum that the values of a later column make: uint64, shape (4,)."""
    total = _NOTHING.copy()
    there = table.select([RECORD, name]).filter(pc.is_valid(table.column(name)))
    with np.errstate(over="ignore"):
        for block in _blocks(there, [RECORD, name]):
            total += _summed(_rows(block))
    return total


def written(total: np.ndarray) -> str:
    """Return a sum as text."""
    return total.astype(">u8").tobytes().hex()


def summed(text: str) -> np.ndarray:
    """Return the sum that was written."""
    return np.frombuffer(bytes.fromhex(text), ">u8").astype(np.uint64) if text else _NOTHING.copy()


def version_name(n_rows: int, total: np.ndarray) -> str:
    """Return the id of a version with so many records and this sum."""
    return digest_json({"rows": n_rows, "sum": written(total)})


class Known:
    """Records, to ask of others which of them are there: 16 bytes a record, whatever the records are."""

    def __init__(self, names: pa.ChunkedArray | pa.Array) -> None:
        """Take names of records, all different."""
        keys = _keys(names)
        self._order = np.lexsort((keys[:, 1], keys[:, 0]))
        self._high, self._low = keys[self._order, 0], keys[self._order, 1]

    def find(self, names: pa.ChunkedArray | pa.Array) -> np.ndarray:
        """Return for each name the place of that record among the known ones, or -1."""
        keys = _keys(names)
        places = np.full(len(keys), -1, np.int64)
        if not len(self._order) or not len(keys):
            return places
        at = np.searchsorted(self._high, keys[:, 0])
        looking = np.arange(len(keys))
        while len(looking):  # as often as names share their first 64 bits: once
            inside = at < len(self._order)
            looking, at = looking[inside], at[inside]
            same = self._high[at] == keys[looking, 0]
            looking, at = looking[same], at[same]
            hit = self._low[at] == keys[looking, 1]
            places[looking[hit]] = self._order[at[hit]]
            looking, at = looking[~hit], at[~hit] + 1
        return places


def is_record_name(names: pa.ChunkedArray | pa.Array) -> np.ndarray:
    """Return for each text whether it can be the name of a record; missing ones cannot."""
    fits = pc.match_substring_regex(names, "^[0-9a-f]{32}$")
    return np.asarray(pc.fill_null(fits, False).to_numpy(zero_copy_only=False))  # noqa: FBT003 PyArrow's signature


def as_text(values: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return canonical values as bytes of text: one text for equal values, whichever type holds them."""
    kind = values.type
    if pa.types.is_large_string(kind):
        return pc.cast(values, _BYTES)
    if pa.types.is_floating(kind):
        exact = pc.and_(pc.equal(pc.trunc(values), values), pc.less(pc.abs(values), _WHOLE))
        whole = pc.cast(pc.if_else(exact, values, 0.0), pa.int64(), safe=False)
        text = pc.if_else(exact, pc.cast(whole, pa.large_string()), pc.cast(values, pa.large_string()))
        return pc.cast(text, _BYTES)
    if pa.types.is_fixed_size_list(kind):
        return _vectors(values)
    return pc.cast(pc.cast(values, pa.large_string()), _BYTES)


def _vectors(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    whole = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    width, start = whole.type.list_size, whole.offset * whole.type.list_size
    numbers = pc.fill_null(whole.values.slice(start, len(whole) * width), 0.0).to_numpy(zero_copy_only=False)
    raw = np.ascontiguousarray(numbers, np.float64).reshape(len(whole), width)
    valid = whole.is_valid().to_numpy(zero_copy_only=False)
    return pa.array([row.tobytes() if there else None for row, there in zip(raw, valid, strict=True)], _BYTES)


def _blocks(table: pa.Table, columns: Sequence[str]) -> Iterable[pa.RecordBatch]:
    chosen = table.select(list(columns))
    step = int(min(_BLOCK, max(1, _AT_ONCE * len(table) // max(1, chosen.nbytes))))
    for start in range(0, len(table), step):
        part = chosen.slice(start, step).combine_chunks().to_batches()
        if part:
            yield part[0]


def _rows(block: pa.RecordBatch) -> Sequence[bytes]:
    """Return for each row the bytes of its named values: length of name, name, length of value, value."""
    pieces = []
    for name, values in zip(block.schema.names, block.columns, strict=True):
        if pa.types.is_null(values.type):
            continue
        text = as_text(values)
        raw = name.encode("utf-8", "surrogatepass")
        length = pc.cast(pc.cast(pc.binary_length(text), pa.large_string()), _BYTES)
        begin = pa.scalar(f"{len(raw)}:".encode() + raw, _BYTES)
        piece = pc.binary_join_element_wise(begin, length, pa.scalar(b":", _BYTES), text, pa.scalar(b"", _BYTES))
        pieces.append(pc.fill_null(piece, b""))
    if not pieces:
        return [b""] * len(block)
    rows = pieces[0] if len(pieces) == 1 else pc.binary_join_element_wise(*pieces, pa.scalar(b"", _BYTES))
    found: list[bytes] = rows.to_pylist()
    return found


def _summed(rows: Sequence[bytes]) -> np.ndarray:
    digests = b"".join([blake2b(row, digest_size=32).digest() for row in rows])
    return np.frombuffer(digests, "<u8").reshape(-1, _LANES).sum(axis=0, dtype=np.uint64)


def _told_apart(names: pa.Array) -> pa.Array:
    """Return the names with the second and later of equal ones named after their place among them."""
    keys = _keys(names)
    order = np.lexsort((np.arange(len(keys)), keys[:, 1], keys[:, 0]))
    repeats = np.zeros(len(keys), bool)
    repeats[1:] = (keys[order][1:] == keys[order][:-1]).all(axis=1)
    if not repeats.any():
        return names
    starts = np.maximum.accumulate(np.where(repeats, 0, np.arange(len(keys))))
    text = names.to_pylist()
    for place in np.flatnonzero(repeats):
        row = order[place]
        text[row] = blake2b(f"{text[row]}#{place - starts[place]}".encode(), digest_size=16).hexdigest()
    return pa.array(text, pa.large_string())


def _keys(names: pa.ChunkedArray | pa.Array) -> np.ndarray:
    """Return names of records as numbers: uint64, shape (n, 2)."""
    text = pc.cast(names, _BYTES)
    chunks = text.chunks if isinstance(text, pa.ChunkedArray) else [text]
    joined = b"".join(_data(chunk) for chunk in chunks)
    return np.frombuffer(bytes.fromhex(joined.decode("ascii")), ">u8").astype(np.uint64).reshape(-1, 2)


def _data(chunk: pa.Array) -> bytes:
    if not len(chunk):
        return b""
    _, offsets, data = chunk.buffers()
    ends = np.frombuffer(offsets, np.int64)[chunk.offset : chunk.offset + len(chunk) + 1]
    return bytes(memoryview(data)[ends[0] : ends[-1]])
