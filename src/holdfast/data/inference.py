"""What a table's columns are: canonical types, kinds and roles, inferred unless told."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.core.dataset import Column, Dataset, Kind, Role, Source
from holdfast.core.errors import unknown

_TEXT_WORDS = 4.0  # a string column with more words a value, and mostly distinct values, is text
_LOOKED_AT = 10_000  # values that decide between category and text


def describe(
    name: str,
    table: pa.Table,
    *,
    roles: Mapping[str, Role] | None = None,
    kinds: Mapping[str, Kind] | None = None,
    sources: tuple[Source, ...] = (),
) -> Dataset:
    """Return a data set of `table`: canonical types, kinds inferred where not given, role feature where not given.

    Raises BadInput when `roles` or `kinds` name a column that is not there.
    """
    roles, kinds = roles or {}, kinds or {}
    for wanted in (*roles, *kinds):
        if wanted not in table.column_names:
            raise unknown("column", wanted, table.column_names, where=name)
    table = canonical(table)
    columns = tuple(
        Column(column, kinds.get(column) or kind_of(table.column(column)), roles.get(column, "feature"))
        for column in table.column_names
    )
    return Dataset(name, table, columns, sources=sources)


def canonical(table: pa.Table) -> pa.Table:
    """Return the table with one Arrow type for each sort of value, so that equal content has equal bytes."""
    fields, arrays = [], []
    for field, column in zip(table.schema, table.columns, strict=True):
        values = _canonical_column(column)
        fields.append(pa.field(field.name, values.type))
        arrays.append(values)
    return pa.table(arrays, schema=pa.schema(fields))


def kind_of(values: pa.ChunkedArray) -> Kind:
    """Return what the values are, read from their type and, for strings, from a look at the first ones."""
    kind = values.type
    if pa.types.is_timestamp(kind):
        return "time"
    if pa.types.is_fixed_size_list(kind):
        return "vector"
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return "number"
    if pa.types.is_large_string(kind):
        looked_at = values.slice(0, _LOOKED_AT).drop_null()
        if len(looked_at):
            words = np.asarray(pc.count_substring(looked_at, " ").to_numpy(zero_copy_only=False)) + 1
            distinct = len(pc.unique(looked_at)) / len(looked_at)
            if words.mean() > _TEXT_WORDS and distinct > 0.5:
                return "text"
    return "category"


def _canonical_column(values: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = values.type
    if pa.types.is_dictionary(kind):
        values, kind = pc.cast(values, kind.value_type), kind.value_type
    if pa.types.is_boolean(kind) or pa.types.is_null(kind) or pa.types.is_large_string(kind):
        return values
    if pa.types.is_integer(kind) and kind != pa.uint64():
        return pc.cast(values, pa.int64())
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _nan_to_null(pc.cast(values, pa.float64()))
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return pc.cast(pc.cast(values, pa.timestamp("us", getattr(kind, "tz", None))), pa.timestamp("us"))
    if pa.types.is_string(kind) or _is_view(kind):
        return pc.cast(values, pa.large_string())
    if pa.types.is_fixed_size_list(kind) and (
        pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type)
    ):
        return pc.cast(values, pa.list_(pa.float64(), kind.list_size))
    return pa.chunked_array([pa.array([None if v is None else str(v) for v in values.to_pylist()], pa.large_string())])


def _is_view(kind: pa.DataType) -> bool:
    return bool(getattr(pa.types, "is_string_view", lambda _: False)(kind))


def _nan_to_null(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return NaN as null, so that a missing number is missing whichever library said so."""
    nan = pc.is_nan(values)
    if not pc.any(nan, min_count=0).as_py():
        return values
    return pc.if_else(nan, pa.scalar(None, pa.float64()), values)
