"""Records counted by origin, source or time, and columns in numbers: SQL over the files as they lie."""
# ruff: noqa: S608 names are quoted

from collections.abc import Sequence
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.core.errors import BadInput, unknown
from holdfast.core.text import one_line
from holdfast.data.bulk.engine import Workplace, read
from holdfast.data.bulk.records import Records

Every = Literal["day", "week", "month", "quarter", "year"]
_TIME = pa.timestamp("us")


def counts(
    place: Workplace, records: Records, by: Sequence[str], *, time: str | None = None, every: Every = "month"
) -> pa.Table:
    """Return how many records share the values of the columns `by`, and the period of `time`: most first.

    Columns are those, `period` where there is a time, and `records`. Missing is a value of its own. Raises BadInput for
    columns that are not there.
    """
    _known(records, [*by, *([time] if time is not None else [])])
    keys = [_quoted(name) for name in by]
    if time is not None:
        keys.append(f"date_trunc('{every}', {_quoted(time)})")
    names = [*by, *(["period"] if time is not None else [])]
    if len(set(names)) < len(names) or "records" in names or not names:
        raise BadInput(f"counting wants different columns, none of them called records, got {', '.join(names)}")
    chosen = ", ".join(f"{key} AS {_quoted(name)}" for key, name in zip(keys, names, strict=True))
    order = ", ".join(f"{_quoted(name)} NULLS LAST" for name in names)
    query = (
        f"SELECT * FROM (SELECT {chosen}, count(*) AS records FROM records r GROUP BY {', '.join(keys)}) c "
        f"ORDER BY records DESC, {order}"
    )
    table = read(place.ask("counts", query, records)).sort_by([("records", "descending")])
    if time is None:
        return table
    # Spark writes times in nanoseconds, DuckDB in microseconds.
    return table.set_column(len(by), "period", table["period"].cast(_TIME))


def summaries(place: Workplace, records: Records, columns: Sequence[str] | None = None) -> pa.Table:
    """Return each column in numbers: rows, missing, distinct, mean, sd, least, quartiles, greatest.

    Of strings the numbers are those of their lengths in characters, of times those of their seconds since 1970, of
    truth values those of 0 and 1. NaN counts as missing. Distinct is counted, not estimated. Means and deviations of
    two engines agree to rounding: they add in different orders. Raises BadInput for columns that are not there.
    """
    wanted = list(columns) if columns is not None else list(records.columns)
    _known(records, wanted)
    schema = pq.ParquetFile(records.paths[0]).schema_arrow
    query = " UNION ALL ".join(_summary(number, schema.field(name)) for number, name in enumerate(wanted))
    table = read(place.ask("summaries", query, records)).sort_by("number")
    return table.set_column(0, "column", pa.array([wanted[n] for n in table["number"].to_pylist()], pa.large_string()))


def _summary(number: int, field: pa.Field) -> str:
    name, kind = _quoted(field.name), field.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    value = present = name
    if pa.types.is_floating(kind):
        present = value = f"CASE WHEN isnan({name}) THEN NULL ELSE CAST({name} AS DOUBLE) END"
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
        value = f"length({name})"
    elif pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        value = f"date_diff('second', CAST('1970-01-01' AS TIMESTAMP), CAST({name} AS TIMESTAMP))"
    elif pa.types.is_boolean(kind):
        value = f"CAST({name} AS INTEGER)"
    quarters = ", ".join(
        f"quantile_cont(x, {share}) AS {title}"
        for share, title in ((0.25, "quarter"), (0.5, "median"), (0.75, "three_quarters"))
    )
    return (
        f"SELECT {number} AS number, count(*) AS n, count(*) - count(present) AS missing, "
        "count(DISTINCT present) AS different, avg(x) AS mean, stddev_samp(x) AS sd, "
        f"min(x) AS least, {quarters}, max(x) AS greatest "
        f"FROM (SELECT {present} AS present, CAST({value} AS DOUBLE) AS x FROM records r) v{number}"
    )


def _known(records: Records, names: Sequence[str]) -> None:
    for name in names:
        if name not in records.columns:
            raise unknown("column", one_line(name, 80), records.columns)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
