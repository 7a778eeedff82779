"""Records on disk, in units that one worker reads at once: row groups of Parquet files, numbered through all files."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.core.dataset import Dataset
from holdfast.core.durable import replacing
from holdfast.core.errors import BadInput
from holdfast.core.text import one_line
from holdfast.data.canonical import canonical_array
from holdfast.data.inputs import guarded

GROUP_ROWS = 1 << 16  # of a row group that we write
BLOCK_ROWS = 1 << 14  # read at once


@dataclass(frozen=True, slots=True)
class Unit:
    """Rows of one row group: record number `first` and the following; `part` is which input they belong to."""

    number: int
    path: str
    group: int
    first: int
    rows: int
    part: int


@dataclass(frozen=True)
class Records:
    """All records, as units in order. `columns` are those of the user; `parts` what a person calls the inputs.

    `stamp` tells these files from others or from later states of the same ones: what checkpoints go by.
    """

    units: tuple[Unit, ...]
    columns: tuple[str, ...]
    parts: tuple[str, ...]
    stamp: str

    def __len__(self) -> int:
        return sum(unit.rows for unit in self.units)

    @property
    def paths(self) -> tuple[str, ...]:
        """The files, each once, in order."""
        return tuple(dict.fromkeys(unit.path for unit in self.units))

    def sizes(self) -> tuple[int, ...]:
        """Return how many records each part has."""
        counts = [0] * len(self.parts)
        for unit in self.units:
            counts[unit.part] += unit.rows
        return tuple(counts)

    def place(self, record: int) -> tuple[str, int]:
        """Return the part that a record belongs to, and its row there, from 0."""
        at = 0
        for name, size in zip(self.parts, self.sizes(), strict=True):
            if record < at + size:
                return name, record - at
            at += size
        raise IndexError(record)


def parquet_records(parts: Sequence[tuple[str, Sequence[Path]]]) -> Records:
    """Return the records of Parquet files: parts as (name, files), all with the same columns. Raises BadInput."""
    units: list[Unit] = []
    columns: tuple[str, ...] | None = None
    first, stamps = 0, []
    for part, (_, paths) in enumerate(parts):
        for path in paths:
            file = _opened(path)
            names = tuple(file.schema_arrow.names)
            if columns is not None and set(names) != set(columns):
                odd = sorted(set(names) ^ set(columns))
                raise BadInput(
                    f"{one_line(path.name)} has other columns than the files before it: "
                    f"{', '.join(one_line(name, 40) for name in odd[:5])}; give files of the same columns"
                )
            columns = columns or names
            about = path.stat()
            stamps.append(f"{path.resolve()} {about.st_size} {about.st_mtime_ns}")
            for group in range(file.metadata.num_row_groups):
                rows = file.metadata.row_group(group).num_rows
                if rows:
                    units.append(Unit(len(units), os.fspath(path), group, first, rows, part))
                    first += rows
    return Records(tuple(units), columns or (), tuple(name for name, _ in parts), "\n".join(stamps))


def written(dataset: Dataset, columns: Sequence[str], folder: Path, parts: Sequence[tuple[str, int]]) -> Records:
    """Return the records of a data set as Parquet below `folder`; `parts` say how many rows belong to each input.

    Raises BadInput.
    """
    folder.mkdir(parents=True, exist_ok=True)
    table, at, files = dataset.table.select(list(columns)), 0, []
    for number, (name, rows) in enumerate(parts):
        path = folder / f"records-{number:05}.parquet"
        if not path.exists() or pq.read_metadata(path).num_rows != rows:
            try:
                with replacing(path) as file:
                    pq.write_table(table.slice(at, rows), file, row_group_size=GROUP_ROWS, compression="zstd")
            except OSError as error:
                raise BadInput(f"cannot write {one_line(str(path))}: {error.strerror or error}") from error
        files.append((name, [path]))
        at += rows
    records = parquet_records(files)
    return Records(records.units, records.columns, records.parts, dataset.digest)


def blocks(unit: Unit, columns: Sequence[str]) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Yield (record number of the first, canonical values) of blocks of a unit. Raises BadInput for a broken file."""
    name = one_line(Path(unit.path).name)
    file = _opened(Path(unit.path))
    batches = guarded(
        name, "parquet", lambda: file.iter_batches(BLOCK_ROWS, row_groups=[unit.group], columns=list(columns))
    )
    at = unit.first
    while (batch := guarded(name, "parquet", lambda: next(batches, None))) is not None:
        arrays = [canonical_array(batch.column(column)) for column in columns]
        yield at, pa.RecordBatch.from_arrays(arrays, names=list(columns))
        at += len(batch)


def texts_at(records: Records, column: str, wanted: Sequence[int]) -> dict[int, str | None]:
    """Return the texts of a few records by number: only the row groups that hold them are read."""
    found: dict[int, str | None] = {}
    left = sorted(set(wanted))
    for unit in records.units:
        here = [one for one in left if unit.first <= one < unit.first + unit.rows]
        if not here:
            continue
        for at, block in blocks(unit, [column]):
            for one in here:
                if at <= one < at + len(block):
                    value = block.column(0)[one - at].as_py()
                    found[one] = None if value is None else str(value)
    return found


def is_plain(path: Path) -> bool:
    """Return whether a file is Parquet whose columns read alike in every block, so that it needs no loader."""
    try:
        schema = _opened(path).schema_arrow
    except BadInput:
        return False
    return bool(schema.names) and len(set(schema.names)) == len(schema.names) and all(map(_plain, schema.types))


def _plain(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    is_string = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return (is_number and kind != pa.uint64()) or is_string or pa.types.is_timestamp(kind) or pa.types.is_date(kind)


def _opened(path: Path) -> pq.ParquetFile:
    return guarded(one_line(path.name), "parquet", lambda: pq.ParquetFile(path, memory_map=True, pre_buffer=False))
