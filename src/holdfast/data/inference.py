"""What a table's columns are: canonical types, kinds and roles, inferred where they are not given."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.core.dataset import Column, Dataset, Kind, Role
from holdfast.core.errors import unknown
from holdfast.data.canonical import STRING, canonical

_TEXT_WORDS = 4.0  # a string column with more words a value, and mostly distinct values, is text
_TEXT_DISTINCT = 0.3  # texts may stand in every split, and still be texts
_LOOKED_AT = 10_000  # values that decide between category and text


def describe(
    name: str,
    table: pa.Table,
    *,
    roles: Mapping[str, Role] | None = None,
    kinds: Mapping[str, Kind] | None = None,
) -> Dataset:
    """Return a data set of `table`: canonical types, kinds inferred where not given, role feature where not given.

    Raises BadInput when `roles` or `kinds` name a column that is not there.
    """
    roles, kinds = roles or {}, kinds or {}
    for wanted in (*roles, *kinds):
        if wanted not in table.column_names:
            raise unknown("column", wanted, table.column_names, where=name)
    table = canonical(table)
    return Dataset(name, table, columns_of(table, roles, kinds))


def columns_of(table: pa.Table, roles: Mapping[str, Role], kinds: Mapping[str, Kind]) -> tuple[Column, ...]:
    """Return what the columns of a canonical table are: kinds inferred where not given, role feature likewise."""
    return tuple(
        Column(name, kinds.get(name) or kind_of(values), roles.get(name, "feature"))
        for name, values in zip(table.column_names, table.columns, strict=True)
    )


def kind_of(values: pa.ChunkedArray) -> Kind:
    """Return what the values are, read from their type and, for strings, from a look at some from everywhere."""
    kind = values.type
    if pa.types.is_timestamp(kind):
        return "time"
    if pa.types.is_fixed_size_list(kind):
        return "vector"
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return "number"
    if kind == STRING and _is_text(values):
        return "text"
    return "category"


def _is_text(values: pa.ChunkedArray) -> bool:
    step = max(1, len(values) // _LOOKED_AT)
    looked_at = (_every(values, step) if step > 1 else values).drop_null()
    if not len(looked_at):
        return False
    words = np.asarray(pc.count_substring(looked_at, " ").to_numpy(zero_copy_only=False)) + 1
    return bool(words.mean() > _TEXT_WORDS and len(pc.unique(looked_at)) > _TEXT_DISTINCT * len(looked_at))


def _every(values: pa.ChunkedArray, step: int) -> pa.ChunkedArray:
    """Return every `step`th value; PyArrow's `take` would copy all chunks into one first."""
    at, parts = 0, []
    for chunk in values.chunks:
        parts.append(chunk.take(pa.array(np.arange(-at % step, len(chunk), step))))
        at += len(chunk)
    return pa.chunked_array(parts, values.type)
