"""Counts and numbers of columns are those that plain Python comes to, on either engine, whatever columns are called."""

import datetime as dt
import math
import statistics

import numpy as np
import pyarrow as pa
import pytest

from holdfast.core.errors import BadInput
from holdfast.data.bulk.aggregates import counts, summaries
from holdfast.data.bulk.engine import read
from holdfast.data.bulk.scoring import scores

WEIRD = 'we"ird`x; DROP TABLE records --'


def _day(*when):
    return dt.datetime(*when, tzinfo=dt.UTC).replace(tzinfo=None)


def made():
    n = 60
    rng = np.random.default_rng(0)
    return {
        "_origin": pa.array([["human", "synthetic", None][k % 3] for k in range(n)], pa.large_string()),
        "_source": pa.array(["a", "b"] * (n // 2)),
        "_made": pa.array([_day(2024, 1 + k % 12, 5) if k % 10 else None for k in range(n)], pa.timestamp("us")),
        WEIRD: pa.array([float(x) if k % 7 else math.nan for k, x in enumerate(rng.normal(size=n))]),
        "whole": pa.array([k % 5 if k % 4 else None for k in range(n)]),
        "yes": pa.array([k % 2 == 0 for k in range(n)]),
        "text": pa.array(["é" * (k % 6) if k % 11 else None for k in range(n)], pa.large_string()),
    }


def test_records_are_counted_by_origin_source_and_time(place, written):
    columns = made()
    records = written(pa.table(columns).slice(0, 31), pa.table(columns).slice(31))
    table = counts(place, records, ["_origin", "_source"], time="_made", every="quarter")
    expected = {}
    for origin, source, made_at in zip(*(columns[c].to_pylist() for c in ("_origin", "_source", "_made")), strict=True):
        period = made_at and _day(made_at.year, 3 * ((made_at.month - 1) // 3) + 1, 1)
        expected[origin, source, period] = expected.get((origin, source, period), 0) + 1
    found = {(row["_origin"], row["_source"], row["period"]): row["records"] for row in table.to_pylist()}
    assert found == expected
    assert table.schema.field("period").type == pa.timestamp("us")
    assert table["records"].to_pylist() == sorted(expected.values(), reverse=True)


def test_columns_in_numbers(place, written):
    columns = made()
    rows = {row["column"]: row for row in summaries(place, written(pa.table(columns))).to_pylist()}
    assert list(rows) == list(columns)
    numbers = [x for x in columns[WEIRD].to_pylist() if not math.isnan(x)]
    weird = rows[WEIRD]
    assert (weird["n"], weird["missing"], weird["different"]) == (60, 60 - len(numbers), len(set(numbers)))
    assert weird["mean"] == pytest.approx(statistics.fmean(numbers))
    assert weird["sd"] == pytest.approx(statistics.stdev(numbers))
    quarters = [weird[name] for name in ("least", "quarter", "median", "three_quarters", "greatest")]
    assert quarters == pytest.approx(np.quantile(numbers, [0, 0.25, 0.5, 0.75, 1]))
    lengths = [len(x) for x in columns["text"].to_pylist() if x is not None]
    assert rows["text"]["mean"] == pytest.approx(statistics.fmean(lengths))
    assert rows["text"]["greatest"] == 5
    assert rows["yes"]["mean"] == 0.5
    assert rows["_made"]["least"] == dt.datetime(2024, 1, 5, tzinfo=dt.UTC).timestamp()
    assert rows["_origin"]["missing"] == 20


def longest(block):
    return np.array([len(text.as_py() or "") for text in block.column(0)], dtype=np.float64)


def test_a_score_is_a_number_for_each_record(place, written):
    columns = made()
    records = written(pa.table(columns), group=17)
    table = read(scores(place, records, longest, ["text"], name="length")).sort_by("doc")
    assert table["score"].to_pylist() == [len(text or "") for text in columns["text"].to_pylist()]


@pytest.mark.parametrize("by", [["nothing"], ["_origin", "_origin"], []])
def test_columns_that_cannot_be_counted_by(here, written, by):
    with pytest.raises(BadInput):
        counts(here, written(pa.table(made())), by)


def test_a_score_of_another_length_is_refused(here, written):
    with pytest.raises(BadInput, match="one number a record"):
        scores(here, written(pa.table(made())), lambda block: np.zeros(3), ["text"], name="wrong")
