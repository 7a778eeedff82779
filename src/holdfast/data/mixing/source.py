"""Where a mix is taken from: a version of a store, or files; read in blocks, each record with its name."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.core.dataset import Column, Dataset
from holdfast.core.errors import BadInput
from holdfast.core.hashing import digest_json
from holdfast.core.media import Media
from holdfast.core.progress import Progress
from holdfast.core.text import one_line
from holdfast.data.canonical import STRING
from holdfast.data.loading import load
from holdfast.data.origin import BY_NAME, RECORD, payload
from holdfast.data.store.address import is_address, located

BLOCK_ROWS = 1 << 16
Blocks = Callable[[Sequence[str]], Iterator[pa.RecordBatch]]


@dataclass(frozen=True)
class Opened:
    """A source that can be read more than once, always in the same order. Every block has the columns asked for."""

    name: str
    version: str  # id of the version, or content hash
    columns: tuple[Column, ...]
    schema: pa.Schema
    rows: int
    blocks: Blocks
    media: Callable[[Sequence[pa.ChunkedArray]], Media]  # where the bytes behind values of image columns are
    notes: tuple[str, ...] = ()
    own: frozenset[str] = frozenset()  # columns whose values name a record
    named_here: bool = False  # names were made from the values just now, not read

    @property
    def split(self) -> str | None:
        """The column that says which split a record is in, if there is one."""
        return next((column.name for column in self.columns if column.role == "split"), None)


def opened(addresses: Sequence[str], progress: Progress | None = None) -> Opened:
    """Return what stands behind addresses of stores or files, one below the other. Raises BadInput, MissingExtra."""
    parts = [
        _of_store(address)
        if is_address(address)
        else _of_dataset(address, load({"all": address}, undivided=True, progress=progress))
        for address in addresses
    ]
    return parts[0] if len(parts) == 1 else _below_each_other(parts)


def of_dataset(dataset: Dataset) -> Opened:
    """Return a data set as a source."""
    return _of_dataset(dataset.name, dataset)


def _of_store(address: str) -> Opened:
    """Return a version of a store, which is read from disk block by block."""
    from holdfast.data.store.media import media_of

    store, version = located(address)

    def blocks(columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        return store.blocks(version, list(columns), BLOCK_ROWS)

    return Opened(
        f"{store.name}@{version.tags[0] if version.tags else version.short}",
        version.id,
        tuple(column.column for column in version.columns),
        pa.schema([pa.field(column.name, column.arrow) for column in version.columns]),
        version.rows,
        blocks,
        lambda columns: media_of(store.folder, columns),
        (store.newer,) if store.newer else (),
        frozenset(column.name for column in version.columns if column.belongs == "record"),
    )


def _of_dataset(name: str, dataset: Dataset) -> Opened:
    named = with_names(dataset)
    version = dataset.digest if RECORD in dataset.table.column_names else named.digest

    def blocks(columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        chosen = named.table.select(list(columns))
        for start in range(0, len(named), BLOCK_ROWS):
            yield from chosen.slice(start, BLOCK_ROWS).combine_chunks().to_batches(BLOCK_ROWS)

    notes = tuple(f"{one_line(source.name, 60)}: {note}" for source in dataset.sources for note in source.notes)
    return Opened(
        name, version, named.columns, named.table.schema, len(named), blocks, lambda _: named.media, notes,
        frozenset(payload(dataset.table.column_names)), RECORD not in dataset.table.column_names,
    )  # fmt: skip


def with_names(dataset: Dataset) -> Dataset:
    """Return the data set with a name for every record: its own column of names, else made from its content.

    Raises BadInput where names are given and some are missing or are none.
    """
    from holdfast.data.store.identity import is_record_name, record_names

    table = dataset.table
    if RECORD in table.column_names:
        known = is_record_name(pc.cast(table.column(RECORD), STRING)) if len(table) else None
        if known is not None and not known.all():
            bad = int((~known).argmax())
            shown = one_line(str(table.column(RECORD)[bad].as_py()), 40)
            raise BadInput(
                f"{one_line(dataset.name, 60)}: the column {RECORD} of row {bad + 1:,} holds {shown!r}, wanted 32 "
                f"hexadecimal digits; {int((~known).sum()):,} of {len(table):,} rows are like that. Leave the column "
                "out, and records are named by their content"
            )
        return dataset
    names = record_names(table, payload(table.column_names))
    field = BY_NAME[RECORD]
    columns = (*dataset.columns, Column(RECORD, field.kind, field.role))
    return Dataset(
        dataset.name, table.append_column(RECORD, names), columns, dataset.sources, dataset.history, dataset.media
    )


def _below_each_other(parts: Sequence[Opened]) -> Opened:
    try:
        schema = pa.unify_schemas([part.schema for part in parts], promote_options="permissive")
    except (pa.ArrowTypeError, pa.ArrowInvalid) as error:
        names = ", ".join(one_line(part.name, 40) for part in parts)
        raise BadInput(
            f"the sources {names} do not fit below each other: {one_line(str(error), 200)}. Bring them into one store, "
            "or give a column the same type everywhere"
        ) from error
    columns: dict[str, Column] = {}
    for part in parts:
        for column in part.columns:
            columns.setdefault(column.name, column)

    def media(values: Sequence[pa.ChunkedArray]) -> Media:
        found = Media()
        for part in parts:
            found = found.joined(part.media(values))
        return found

    def blocks(wanted: Sequence[str]) -> Iterator[pa.RecordBatch]:
        for part in parts:
            there = [name for name in wanted if name in part.schema.names]
            for block in part.blocks(there):
                yield _conformed(block, wanted, schema)

    return Opened(
        " + ".join(part.name for part in parts),
        digest_json([part.version for part in parts]),
        tuple(columns[name] for name in schema.names),
        schema,
        sum(part.rows for part in parts),
        blocks,
        media,
        tuple(note for part in parts for note in part.notes),
        frozenset[str]().union(*(part.own for part in parts)),
        any(part.named_here for part in parts),
    )


def _conformed(block: pa.RecordBatch, wanted: Sequence[str], schema: pa.Schema) -> pa.RecordBatch:
    arrays = [
        pc.cast(block.column(name), schema.field(name).type, safe=False)
        if name in block.schema.names
        else pa.nulls(len(block), schema.field(name).type)
        for name in wanted
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema([schema.field(name) for name in wanted]))
