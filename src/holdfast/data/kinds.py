"""Kinds that a person gives: values are converted to suit them, and what does not fit becomes missing, with a note."""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.core.dataset import Kind
from holdfast.core.errors import BadInput
from holdfast.core.text import one_line
from holdfast.data.canonical import FLOAT, STRING, TIME
from holdfast.data.text_types import NUMBER
from holdfast.data.times import compact_dates, parsed, plausible

_LEAST_FIT = 0.5  # share of values that must fit a kind given by a person; below it, the kind is a mistake


def recast(table: pa.Table, kinds: Mapping[str, Kind]) -> tuple[pa.Table, tuple[str, ...]]:
    """Return the table with columns turned into the kinds given for them, and notes on values that became missing.

    Raises BadInput when most values of a column do not fit its kind.
    """
    notes = []
    for name, kind in kinds.items():
        values = table.column(name)
        fresh = _as_kind(values, kind)
        if fresh is None:
            continue
        n_given, n_fit = len(values) - values.null_count, len(fresh) - fresh.null_count
        if n_fit < _LEAST_FIT * n_given or (n_given and not n_fit):
            example = one_line(str(values.drop_null()[0].as_py()), 40)
            raise BadInput(
                f"column {one_line(name)!r} cannot be of kind {kind}: only {n_fit:,} of {n_given:,} values fit "
                f"(the first value is {example!r})"
            )
        if n_fit < n_given:
            notes.append(
                f"column {one_line(name, 60)}: {n_given - n_fit:,} of {n_given:,} values are no {kind}: missing"
            )
        table = table.set_column(table.column_names.index(name), name, fresh)
    return table, tuple(notes)


def with_compact_dates(table: pa.Table, kinds: Mapping[str, Kind]) -> tuple[pa.Table, tuple[str, ...]]:
    """Return the table with numbers such as 20110101 as dates where the column's name says date, and notes."""
    notes = []
    for place, name in enumerate(table.column_names):
        dates = compact_dates(name, table.column(place)) if kinds.get(name, "time") == "time" else None
        if dates is not None:
            table = table.set_column(place, name, dates)
            notes.append(f"column {one_line(name, 60)}: whole numbers read as dates (20110131 is 31 January 2011)")
    return table, tuple(notes)


def _as_kind(values: pa.ChunkedArray, kind: Kind) -> pa.ChunkedArray | None:
    """Return the values as a kind needs them, null where they do not fit; None if they can stay as they are."""
    if kind == "text" and values.type != STRING and not pa.types.is_nested(values.type):
        return pc.cast(values, STRING)
    if values.type != STRING:
        if kind == "number" and pa.types.is_boolean(values.type):
            return pc.cast(values, pa.int64())
        return None
    if kind == "number":
        return pa.chunked_array([_numbers(chunk) for chunk in values.chunks], FLOAT)
    if kind == "time":
        return _times(values)
    return None


def _numbers(values: pa.Array) -> pa.Array:
    good = pc.fill_null(pc.match_substring_regex(values, NUMBER), False)  # noqa: FBT003
    values = pc.if_else(good, values, pa.scalar(None, STRING))
    return pc.cast(pc.utf8_ltrim(pc.ascii_trim_whitespace(values), "+"), FLOAT)


def _times(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the values read in the format that fits most of them."""
    known = values.drop_null()
    forms = {form: None for value in known.slice(0, 20).to_pylist() for form in plausible(value)}
    if not forms:
        return pa.chunked_array([pa.nulls(len(values), TIME)])
    best = min(forms, key=lambda form: parsed(known.slice(0, 10_000).combine_chunks(), form).null_count)
    return pa.chunked_array([parsed(chunk, best) for chunk in values.chunks], TIME)
