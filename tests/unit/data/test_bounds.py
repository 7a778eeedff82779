"""What is larger than it should be: refused within bounds; and what is large, kept in a file."""

import gzip
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from holdfast.core.errors import BadInput
from holdfast.data import inference, settling
from holdfast.data.inputs import parts_of
from holdfast.data.loaders import parquet
from holdfast.data.loading import load
from holdfast.data.matching import matched
from holdfast.data.settling import settled
from holdfast.data.workspace import workspace


@pytest.fixture
def small_limits(monkeypatch):
    monkeypatch.setattr("holdfast.data.limits._ALWAYS_ALLOWED", 1 << 20)


def test_a_bomb_of_gzip_is_refused(tmp_path, small_limits):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 2_000_000))
    with pytest.raises(BadInput, match="out of proportion"):
        load({"all": path})


def test_a_bomb_of_parquet_is_refused(tmp_path, small_limits):
    path = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(pa.table({"a": ["x" * 1000] * 50_000}), path)
    with pytest.raises(BadInput, match="out of proportion"):
        load({"all": path})


def test_keys_that_are_data_are_refused(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({f"k{place}": 1}) + "\n" for place in range(10_000)))
    with pytest.raises(BadInput, match="the keys are data"):
        load({"all": path})


def test_a_document_nested_too_deeply_is_refused(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("[" * 100_000)
    with pytest.raises(BadInput):
        load({"all": path})


@pytest.mark.parametrize(
    "rows",
    [
        [f"{i},w{i % 7},{i / 4}" for i in range(60_000)],
        [f"{i},w{i % 7},{i / 4}" for i in range(59_999)] + ["x,y,z"],  # the last row makes everything text
        [f"{i},,{i}" for i in range(59_999)] + ["1,late,0.5"],
    ],
)
def test_a_table_beyond_memory_is_mapped_and_the_same(tmp_path, rows, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = tmp_path / "a.csv"
    path.write_text("a,b,c\n" + "\n".join(rows) + "\n")
    with workspace():
        parts = parts_of(path)
        match = matched(parts)
        here = settled(parts, match, in_memory=settling.IN_MEMORY_BYTES)
        there = settled(parts, match, in_memory=1 << 18)
    assert there.table.equals(here.table)
    assert there.notes == here.notes
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.csv"]  # the file that is mapped has no name


def test_a_sheet_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    from openpyxl import Workbook

    monkeypatch.setattr("holdfast.data.loaders.excel._ALWAYS_ALLOWED", 1 << 10)
    monkeypatch.setattr("holdfast.data.loaders.excel._LARGEST_GROWTH", 1)
    book = Workbook()
    for row in range(2_000):
        book.active.append([row, "x"])
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(BadInput, match="that is no workbook"):
        load({"all": tmp_path / "a.xlsx"})


def test_a_stream_that_can_be_read_once_is_enough():
    table = pa.table({"a": [1, 2], "b": ["x", "y"]})
    assert load({"all": table.to_reader()}).table.to_pydict() == table.to_pydict()


def test_reading_parquet_holds_no_more_than_a_row_group(tmp_path):
    path = tmp_path / "a.parquet"
    rng = np.random.default_rng(0)
    pyarrow.parquet.write_table(pa.table({"a": rng.normal(size=1 << 20)}), path, row_group_size=1 << 16)
    before, most = pa.total_allocated_bytes(), 0
    for block in parquet._blocks(path):
        most = max(most, pa.total_allocated_bytes() - before)
        del block
    assert most < path.stat().st_size / 4  # sixteen groups


def test_a_look_at_a_column_takes_every_so_many_values_whatever_its_chunks():
    values = pa.array([f"{i} a b c d e" if i % 7 else "x" for i in range(25_000)], pa.large_string())
    whole, parts = pa.chunked_array([values]), pa.chunked_array([values[:1], values[1:9_999], values[9_999:]])
    assert inference._every(whole, 3).to_pylist() == values.to_pylist()[::3]
    assert inference._every(parts, 3).equals(inference._every(whole, 3))
    assert inference.kind_of(parts) == inference.kind_of(whole) == "text"
