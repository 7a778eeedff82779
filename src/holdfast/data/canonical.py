"""One Arrow type for each sort of value, so that equal content is equal whichever library it came from.

whole numbers    int64            (uint64 beyond its range: float64)
other numbers    float64          (decimals, half floats, durations in seconds; NaN is missing)
truth values     bool
times            timestamp[us]    (dates at midnight; zones are moved to UTC)
strings          large_string     (also times of day, nested values as JSON, bytes as text or as their digest)
vectors          fixed_size_list<float64>
"""

import hashlib
import json
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

STRING, WHOLE, FLOAT, TRUTH, TIME = pa.large_string(), pa.int64(), pa.float64(), pa.bool_(), pa.timestamp("us")

_YEAR_1, _YEAR_10000 = -62_135_596_800_000_000, 253_402_300_800_000_000  # microseconds since 1970


def canonical(table: pa.Table) -> pa.Table:
    """Return the table with canonical values."""
    fields, columns = [], []
    for field, column in zip(table.schema, table.columns, strict=True):
        chunks = [canonical_array(chunk) for chunk in column.chunks]
        kind = joined_type([chunk.type for chunk in chunks]) if chunks else canonical_array(_empty(field.type)).type
        fields.append(pa.field(field.name, kind))
        columns.append(pa.chunked_array([converted(chunk, kind) for chunk in chunks], kind))
    return pa.table(columns, schema=pa.schema(fields))


def canonical_array(values: pa.Array) -> pa.Array:  # noqa: PLR0911 one case a sort of value
    """Return the values in their canonical type. Extension types count as what they are stored as."""
    values = _plain(values)
    kind = values.type
    if pa.types.is_boolean(kind) or pa.types.is_null(kind) or pa.types.is_large_string(kind):
        return values
    if pa.types.is_integer(kind):
        return _whole(values)
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _nan_to_null(pc.cast(values, FLOAT, safe=False))
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _times(values)
    if pa.types.is_string(kind) or _is_view(kind):
        return pc.cast(values, STRING)
    if pa.types.is_duration(kind):
        micro = pc.cast(pc.cast(values, pa.duration("us"), safe=False), pa.int64())
        return pc.divide(pc.cast(micro, FLOAT), 1e6)
    if pa.types.is_time(kind):
        return pc.cast(pc.cast(values, pa.string()), STRING)
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return _bytes_as_text(values)
    return _nested(values)


def joined_type(kinds: list[pa.DataType]) -> pa.DataType:
    """Return the narrowest canonical type that holds values of all `kinds`; strings hold everything."""
    result = pa.null()
    for kind in kinds:
        result = _joined(result, kind)
    return result


def converted(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return canonical values in a wider canonical type, as `joined_type` gives it."""
    if values.type == kind:
        return values
    if pa.types.is_null(values.type):
        return pa.nulls(len(values), kind)
    if kind == STRING and not _is_scalar(values.type):
        return _nested_text(values)
    if pa.types.is_boolean(values.type) and kind == FLOAT:
        values = pc.cast(values, WHOLE)
    return pc.cast(values, kind, safe=False)


def _joined(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    if one == other or pa.types.is_null(other):
        return one
    if pa.types.is_null(one):
        return other
    numbers = [TRUTH, WHOLE, FLOAT]
    if one in numbers and other in numbers:
        return numbers[max(numbers.index(one), numbers.index(other))]
    return STRING


def _plain(values: pa.Array) -> pa.Array:
    """Return the values without extension, dictionary and run-length wrappers."""
    while True:
        kind = values.type
        if isinstance(kind, pa.BaseExtensionType):
            values = values.storage
        elif pa.types.is_dictionary(kind):
            values = values.dictionary_decode()
        elif pa.types.is_run_end_encoded(kind):
            values = pc.run_end_decode(values)
        else:
            return values


def _whole(values: pa.Array) -> pa.Array:
    if values.type != pa.uint64():
        return pc.cast(values, WHOLE)
    try:
        return pc.cast(values, WHOLE)
    except pa.ArrowInvalid:
        return pc.cast(values, FLOAT, safe=False)


def _nan_to_null(values: pa.Array) -> pa.Array:
    """Return NaN as null, so that a missing number is missing whichever library said so."""
    nan = pc.is_nan(values)
    if not pc.any(nan, min_count=0).as_py():
        return values
    return pc.if_else(nan, pa.scalar(None, FLOAT), values)


def _times(values: pa.Array) -> pa.Array:
    """Return microseconds since 1970; nanoseconds are cut. Times beyond the years 1 to 9999 are missing.

    No calendar of a person or of Python goes further: such values are damage, or a code for "never".
    """
    zone = getattr(values.type, "tz", None)
    try:
        micro = pc.cast(values, pa.timestamp("us", zone), safe=False)
    except pa.ArrowInvalid:  # seconds or days that do not fit into 64 bits as microseconds
        return pa.nulls(len(values), TIME)
    micro = pc.cast(micro, TIME)
    numbers = pc.cast(micro, pa.int64())
    span = pc.min_max(numbers)
    if not span["min"].is_valid or (span["min"].as_py() >= _YEAR_1 and span["max"].as_py() < _YEAR_10000):
        return micro
    real = pc.and_(pc.greater_equal(numbers, _YEAR_1), pc.less(numbers, _YEAR_10000))
    return pc.if_else(real, micro, pa.scalar(None, TIME))


def _bytes_as_text(values: pa.Array) -> pa.Array:
    """Return bytes that are UTF-8 throughout as text; other bytes, such as images, as digest and length."""
    try:
        return pc.cast(pc.cast(values, pa.large_binary()), STRING)
    except pa.ArrowInvalid:
        return pa.array([None if v is None else _digest(v) for v in values.to_pylist()], STRING)


def _digest(value: bytes) -> str:
    return f"{hashlib.blake2b(value, digest_size=16).hexdigest()} ({len(value)} bytes)"


def _nested(values: pa.Array) -> pa.Array:
    """Return lists of numbers of one length as vectors, and all other nested values as JSON."""
    kind = values.type
    if isinstance(kind, pa.ListType | pa.LargeListType | pa.FixedSizeListType):
        inner = canonical_array(_empty(kind.value_type)).type
        lengths = pc.unique(pc.list_value_length(values).drop_null())
        if inner in {WHOLE, FLOAT} and len(lengths) == 1 and lengths[0].as_py():
            return pc.cast(values, pa.list_(FLOAT, int(lengths[0].as_py())), safe=False)
    return _nested_text(values)


def _nested_text(values: pa.Array) -> pa.Array:
    return pa.array([None if v is None else _json(v) for v in values.to_pylist()], STRING)


def _json(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return text.encode("utf-8", "replace").decode()


def _is_scalar(kind: pa.DataType) -> bool:
    return not pa.types.is_nested(kind)


def _is_view(kind: pa.DataType) -> bool:
    return bool(getattr(pa.types, "is_string_view", lambda _: False)(kind))


def _empty(kind: pa.DataType) -> pa.Array:
    return pa.nulls(0, kind) if not isinstance(kind, pa.BaseExtensionType) else pa.nulls(0, kind.storage_type)
