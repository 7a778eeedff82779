"""Which columns a store has after something is added, and how a data set becomes rows of it."""

import re
from collections.abc import Collection, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.core.dataset import Column
from holdfast.core.errors import BadInput
from holdfast.core.text import one_line
from holdfast.data.canonical import STRING, converted, joined_type
from holdfast.data.origin import BY_NAME, FIELDS, NAMES, RECORD
from holdfast.data.store.version import Belongs, StoredColumn, type_name

_WHOLE = 2**53  # beyond, a float64 does not hold every whole number
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}\Z")  # names that every reader of Lance, and SQL, takes as they are


def joined(table: pa.Table, described: Mapping[str, Column], known: Sequence[StoredColumn]) -> tuple[StoredColumn, ...]:
    """Return the columns of a store that had the `known` ones, once it holds the records of the table as well.

    `described` says what the table's own columns are; its columns of provenance are known to be valid.
    Raises BadInput for types that do not go together.
    """
    found = {column.name: column for column in known}
    found.setdefault(RECORD, provenance_column(RECORD))
    for name, values in zip(table.column_names, table.columns, strict=True):
        if name in BY_NAME:
            if name not in found and values.null_count < len(values):
                found[name] = provenance_column(name)
        elif name in found:
            found[name] = _fitted(found[name], described[name], values.type)
        else:
            found[name] = new_column(described[name], values.type, found.values())
    return in_order(found.values())


def new_column(
    column: Column, kind: pa.DataType, known: Collection[StoredColumn], belongs: Belongs = "record"
) -> StoredColumn:
    """Return a column that the store does not have yet, with a free name for Lance."""
    taken = {one.field.lower() for one in known} | {name.lower() for name in NAMES}
    field, n = column.name, len(known)
    while not _PLAIN.match(field) or field.lower() in taken:
        field, n = f"c{n}", n + 1
    return StoredColumn(
        name=column.name, field=field, type=type_name(kind), kind=column.kind, role=column.role, belongs=belongs
    )


def provenance_column(name: str) -> StoredColumn:
    """Return a column of provenance."""
    field = BY_NAME[name]
    return StoredColumn(
        name=name, field=name, type=type_name(field.type), kind=field.kind, role=field.role, belongs="provenance"
    )


def with_provenance(columns: Sequence[StoredColumn], name: str) -> tuple[StoredColumn, ...]:
    """Return the columns, with a column of provenance among them."""
    there = any(one.name == name for one in columns)
    return tuple(columns) if there else in_order([*columns, provenance_column(name)])


def in_order(columns: Collection[StoredColumn]) -> tuple[StoredColumn, ...]:
    """Return the columns as a table has them: the record, what was added later, provenance."""
    order: Mapping[str, int] = {"record": 0, "later": 1, "provenance": 2}
    places = {name: place for place, name in enumerate(NAMES)}
    return tuple(sorted(columns, key=lambda one: (order[one.belongs], places.get(one.name, 0))))


def schema_of(columns: Sequence[StoredColumn]) -> pa.Schema:
    """Return the schema of the rows in Lance: all columns of provenance, and all others that have values."""
    own = [pa.field(one.field, one.arrow) for one in columns if one.belongs != "provenance" and one.type != "null"]
    return pa.schema([*own, *(pa.field(field.name, field.type) for field in FIELDS)])


def as_rows(table: pa.Table, columns: Sequence[StoredColumn]) -> pa.Table:
    """Return a table with the names of the store as Lance has it; columns that it lacks are empty."""
    field_of = {one.name: one for one in columns}
    schema = schema_of(columns)
    by_field = {one.field: one.name for one in field_of.values()} | {name: name for name in NAMES}
    arrays = []
    for field in schema:
        name = by_field[field.name]
        if name in table.column_names:
            chunks = [converted(chunk, field.type) for chunk in table.column(name).chunks]
            arrays.append(pa.chunked_array(chunks, field.type))
        else:
            arrays.append(pa.chunked_array([pa.nulls(len(table), field.type)], field.type))
    return pa.Table.from_arrays(arrays, schema=schema)


def as_table(rows: pa.Table | pa.RecordBatch, columns: Sequence[StoredColumn]) -> pa.Table:
    """Return rows of Lance as a table with the names and types of the store."""
    arrays, fields = [], []
    for one in columns:
        kind = one.arrow
        if one.type == "null":
            values: pa.ChunkedArray | pa.Array = pa.nulls(len(rows))
        else:
            values = rows.column(one.field)
            if values.type != kind:  # the names of items of vectors differ between libraries
                values = pc.cast(values, kind)
        arrays.append(values)
        fields.append(pa.field(one.name, kind))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def recast(known: Sequence[StoredColumn], after: Sequence[StoredColumn]) -> tuple[StoredColumn, ...]:
    """Return the columns whose values must be written anew in a wider type."""
    was = {one.name: one.type for one in known}
    return tuple(one for one in after if was.get(one.name, "null") not in {"null", one.type})


def refuse_rounding(column: StoredColumn, values: pa.ChunkedArray) -> None:
    """Raise BadInput for whole numbers that are too large for a column with fractions."""
    if not (pa.types.is_integer(values.type) and column.type == str(pa.float64())):
        return
    span = pc.min_max(values)
    if span["min"].is_valid and max(-span["min"].as_py(), span["max"].as_py()) >= _WHOLE:
        raise BadInput(
            f"column {one_line(column.name, 60)!r} has whole numbers beyond {_WHOLE:,} and, elsewhere, fractions; in "
            "one column they would be rounded. Give one of them another name"
        )


def _fitted(known: StoredColumn, column: Column, kind: pa.DataType) -> StoredColumn:
    """Return a column of the store with the type that holds new values as well. Raises BadInput where there is none.

    Names of records do not change: the text of a value is the same in the wider type. That of truth values as numbers
    would not be, and vectors have none.
    """
    wanted = joined_type([known.arrow, kind])
    if known.type == "null":
        return known.model_copy(update={"type": type_name(wanted), "kind": column.kind})
    if kind in {known.arrow, pa.null()}:
        return known
    truth = pa.bool_() in {known.arrow, kind} and wanted != STRING
    if truth or pa.types.is_fixed_size_list(known.arrow) or pa.types.is_fixed_size_list(kind):
        raise BadInput(
            f"column {one_line(known.name, 60)!r} of the store holds {_said(known.arrow)}, the new records have "
            f"{_said(kind)} there. Give the column another name, or bring the values to one type"
        )
    new_kind = known.kind
    if wanted != known.arrow and wanted == STRING:
        new_kind = "text" if column.kind == "text" else "category"
    return known.model_copy(update={"type": type_name(wanted), "kind": new_kind})


def _said(kind: pa.DataType) -> str:
    if pa.types.is_fixed_size_list(kind):
        return f"vectors of {kind.list_size} numbers"
    names = {"bool": "truth values", "int64": "whole numbers", "double": "numbers", "large_string": "text"}
    return "times" if pa.types.is_timestamp(kind) else names.get(str(kind), str(kind))
