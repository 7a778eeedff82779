"""Arrow arrays from lists of Python objects, as JSON and Excel give them: never an error, whatever is mixed."""

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any

import pyarrow as pa

_INT64 = 1 << 63


def array_of(values: Sequence[Any]) -> pa.Array:  # noqa: PLR0911 one case a sort of value
    """Return the values as the narrowest of: nothing, truth values, whole numbers, numbers, times, vectors, text."""
    sorts = {type(value) for value in values} - {type(None)}
    if not sorts:
        return pa.nulls(len(values))
    if sorts == {bool}:
        return pa.array(values, pa.bool_())
    if sorts == {int} and all(value is None or -_INT64 <= value < _INT64 for value in values):
        return pa.array(values, pa.int64())
    if sorts == {float}:
        return pa.array(values, pa.float64())
    if sorts == {str}:
        with suppress(UnicodeEncodeError):  # half a surrogate pair, see below
            return pa.array(values, pa.large_string())
    if sorts <= {int, float}:
        floats = [None if value is None else _float(value) for value in values]
        return pa.array(floats, pa.float64())
    if sorts <= {datetime, date}:
        return pa.array([_moment(value) for value in values], pa.timestamp("us"))
    if sorts == {list}:
        return _vectors(values)
    return _texts(values)


def _vectors(values: Sequence[Any]) -> pa.Array:
    known = [value for value in values if value is not None]
    sizes = {len(value) for value in known}
    numeric = all(type(item) in {int, float} for value in known for item in value)
    if len(sizes) == 1 and numeric and len(known) == len(values) and sizes != {0}:
        flat = pa.array([_float(item) for value in known for item in value], pa.float64())
        return pa.FixedSizeListArray.from_arrays(flat, sizes.pop())
    return _texts(values)


def _texts(values: Sequence[Any]) -> pa.Array:
    return pa.array([None if value is None else _text(value) for value in values], pa.large_string())


def _text(value: Any) -> str:
    if isinstance(value, datetime | date | time | timedelta):
        return str(value)
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return text.encode("utf-8", "replace").decode()  # half a surrogate pair is no text


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _moment(value: date | None) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    return datetime(value.year, value.month, value.day)  # noqa: DTZ001 a spreadsheet has no zones
