"""The immutable table that is audited: columns with kinds and roles, sources, history, content hash."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, Self, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float, Int

from holdfast.core.errors import BadInput, unknown
from holdfast.core.hashing import digest_json, hasher, tagged
from holdfast.core.media import Media
from holdfast.core.showing import shows

Kind = Literal["number", "category", "text", "image", "time", "vector"]
Role = Literal["feature", "label", "split", "group", "id", "time", "weight", "origin", "metadata", "ignore"]
KINDS: tuple[Kind, ...] = get_args(Kind)
ROLES: tuple[Role, ...] = get_args(Role)

_BLOCK = 1 << 16  # rows hashed at once, so that chunking never shows in the digest


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, what its values are (kind) and what it is there for (role)."""

    name: str
    kind: Kind
    role: Role = "feature"


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows `start` to `stop` (exclusive) of the data set came from."""

    name: str
    start: int
    stop: int
    digest: str = ""
    split: str | None = None
    first_row: int = 1  # of the file: the line or sheet row in which row `start` stands
    notes: tuple[str, ...] = ()  # what reading it found out: delimiter, no header line, sampled


@dataclass(frozen=True, slots=True)
class Step:
    """One derivation: what was done, with which parameters."""

    op: str
    params: Mapping[str, Any] = field(default_factory=dict)


@shows("holdfast.core.telling:dataset")
@dataclass(frozen=True)
class Dataset:
    """A table whose columns have kinds and roles. Rows of several splits stand one below the other.

    Values are canonical: whole numbers are int64, others float64, strings large_string, times timestamp[us],
    truth values bool; so the same content has the same digest whichever library it came from. An image is the hash of
    its bytes, and `media` says where those are.
    """

    name: str
    table: pa.Table
    columns: tuple[Column, ...]
    sources: tuple[Source, ...] = ()
    history: tuple[Step, ...] = ()
    media: Media = field(default_factory=Media, compare=False)

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if names != self.table.column_names:
            raise BadInput(f"columns {names} do not describe a table with {self.table.column_names}")
        if len(set(names)) != len(names):
            raise BadInput(f"column names of {self.name} are not unique")

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def of(self, *, role: Role | None = None, kind: Kind | None = None) -> tuple[Column, ...]:
        """Return the columns with this role and kind, in table order."""
        return tuple(
            column
            for column in self.columns
            if (role is None or column.role == role) and (kind is None or column.kind == kind)
        )

    def one(self, role: Role) -> Column | None:
        """Return the first column with this role, if there is one."""
        return next(iter(self.of(role=role)), None)

    def __getitem__(self, name: str) -> Column:
        """Return the column called `name`. Raises BadInput with the nearest name as a hint."""
        if name in self._by_name:
            return self._by_name[name]
        raise unknown("column", name, self.table.column_names, where=self.name)

    @cached_property
    def _by_name(self) -> Mapping[str, Column]:
        """Columns by name: tables of ten thousand columns are looked up column by column."""
        return {column.name: column for column in self.columns}

    def values(self, name: str) -> pa.ChunkedArray:
        """Return the Arrow values of a column."""
        return self.table.column(self[name].name)

    def numbers(self, name: str) -> Float[np.ndarray, " rows"]:
        """Return a column as float64, null as NaN; times as seconds since 1970, truth values as 0 and 1.

        Raises BadInput for strings.
        """
        values = self.values(name)
        if pa.types.is_timestamp(values.type):
            micro = pc.cast(values, pa.int64())
            return _floats(micro) / 1e6
        if pa.types.is_large_string(values.type):
            raise BadInput(f"column {name!r} of {self.name} holds text, not numbers")
        return _floats(values)

    def codes(self, name: str) -> tuple[Int[np.ndarray, " rows"], tuple[Any, ...]]:
        """Return (code per row, values): code i stands for values[i], -1 for null; order of first occurrence."""
        encoded = self.values(name).combine_chunks().dictionary_encode()
        codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
        return codes.astype(np.int64), tuple(encoded.dictionary.to_pylist())

    def nulls(self, name: str) -> np.ndarray:
        """Return for each row whether the value is missing."""
        return np.asarray(pc.is_null(self.values(name), nan_is_null=True).to_numpy(zero_copy_only=False))

    def with_roles(self, roles: Mapping[str, Role]) -> Self:
        """Return the same data with some roles replaced. Raises BadInput for an unknown column."""
        for name in roles:
            self[name]
        columns = tuple(replace(c, role=roles.get(c.name, c.role)) for c in self.columns)
        return replace(self, columns=columns)

    def take(self, rows: np.ndarray, op: str = "take", **params: Any) -> Self:
        """Return the given rows, in the given order. `sources` are dropped, as they speak of rows by number."""
        return replace(self.derive(op, self.table.take(pa.array(rows)), **params), sources=())

    def derive(self, op: str, table: pa.Table, **params: Any) -> Self:
        """Return a data set with `table` instead, which `op` made of this one; `params` go into the history.

        `sources` are kept where the number of rows is the same. Raises BadInput for a column that this one lacks.
        """
        known = {column.name: column for column in self.columns}
        missing = [name for name in table.column_names if name not in known]
        if missing:
            raise BadInput(f"{op} brings columns without a kind: {', '.join(missing)}")
        columns = tuple(known[name] for name in table.column_names)
        same_rows = table.num_rows == len(self)
        return replace(
            self,
            table=table,
            columns=columns,
            sources=self.sources if same_rows else (),
            history=(*self.history, Step(op, params)),
        )

    @cached_property
    def digest(self) -> str:
        """Content hash of names, kinds, roles and values; independent of chunks and of the library of origin."""
        state = hasher()
        state.update(digest_json([[c.name, c.kind, c.role] for c in self.columns]).encode())
        for column in self.columns:
            state.update(_column_digest(self.table.column(column.name)))
        return tagged(state)


def _floats(values: pa.ChunkedArray) -> np.ndarray:
    if pa.types.is_floating(values.type) and values.null_count == 0 and values.num_chunks == 1:
        return np.asarray(values.chunk(0).to_numpy(zero_copy_only=True))
    floats = pc.cast(values, pa.float64(), safe=False)
    return np.asarray(floats.to_numpy(zero_copy_only=False), dtype=np.float64)


def _column_digest(values: pa.ChunkedArray) -> bytes:
    """Return a digest of type, validity and values in blocks of fixed size; hidden values under nulls are ignored."""
    state = hasher()
    state.update(f"{values.type}:{len(values)}".encode())
    for start in range(0, len(values), _BLOCK):
        block = values.slice(start, _BLOCK).combine_chunks()
        state.update(np.packbits(block.is_valid().to_numpy(zero_copy_only=False)).tobytes())
        state.update(_block_bytes(block))
    return state.digest()


def _block_bytes(block: pa.Array) -> bytes:
    kind = block.type
    if pa.types.is_large_string(kind):
        lengths = pc.fill_null(pc.binary_length(block), 0).to_numpy(zero_copy_only=False)
        filled = pc.fill_null(block, "")
        _, offsets, text = filled.buffers()
        ends = np.frombuffer(offsets, np.int64)[filled.offset : filled.offset + len(filled) + 1]
        joined = b"" if text is None or not len(ends) else memoryview(text)[ends[0] : ends[-1]]
        return lengths.astype(np.int64).tobytes() + bytes(joined)
    if pa.types.is_boolean(kind):
        return np.packbits(pc.fill_null(block, False).to_numpy(zero_copy_only=False)).tobytes()  # noqa: FBT003
    if pa.types.is_timestamp(kind):
        block = pc.cast(block, pa.int64())
    if pa.types.is_null(block.type):
        return b""
    if pa.types.is_fixed_size_list(block.type):
        return np.asarray(block.flatten().to_numpy(zero_copy_only=False)).tobytes()
    return np.asarray(pc.fill_null(block, 0).to_numpy(zero_copy_only=False)).tobytes()
