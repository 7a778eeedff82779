"""The verb: what comes out for what a person hands in."""

import sys
from collections import Counter
from io import BytesIO, TextIOWrapper

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from holdfast.core.errors import BadInput
from holdfast.data.loading import load
from holdfast.data.roles import splits_of


def notes(dataset):
    return " | ".join(note for source in dataset.sources for note in source.notes)


def roles(dataset):
    return {column.name: column.role for column in dataset.columns if column.role != "feature"}


@pytest.fixture
def write(tmp_path):
    def written(name, content, encoding="utf-8"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return written


def one(path, **options):
    return load({"all": path}, **options)


def test_a_csv_with_a_header(write):
    data = one(write("a.csv", "a,b,c,d\n1,x,1.5,true\n2,y,,false\n"))
    assert data.table.to_pydict() == {"a": [1, 2], "b": ["x", "y"], "c": [1.5, None], "d": [True, False]}
    assert [column.kind for column in data.columns] == ["number", "category", "number", "category"]
    assert (data.sources[0].first_row, data.sources[0].notes) == (2, ())
    assert data.sources[0].digest.startswith("b2:")


def test_a_file_without_a_header_is_found_out_and_said(write):
    data = one(write("a.csv", "1,x,0.5\n2,y,0.7\n3,x,0.9\n"))
    assert data.table.column_names == ["column1", "column2", "column3"]
    assert data.sources[0].first_row == 1
    assert "no header line: columns are named column1…column3" in notes(data)


def test_columns_of_a_file_without_a_header_go_by_number(write):
    path = write("a.csv", "1,x,0.5\n2,y,0.7\n3,x,0.9\n")
    assert roles(one(path, roles={"-1": "label"})) == {"column3": "label"}
    assert roles(one(path, roles={"2": "label"})) == {"column2": "label"}
    with pytest.raises(BadInput, match="By number: 1 to 3"):
        one(path, roles={"4": "label"})


def test_columns_of_a_file_with_a_header_do_not_go_by_number(write):
    with pytest.raises(BadInput, match="no column '1'"):
        one(write("a.csv", "a,b\n1,x\n2,y\n"), roles={"1": "label"})


def test_an_unknown_column_gets_the_nearest_as_a_hint(write):
    with pytest.raises(BadInput, match=r"no column 'lable'.*Did you mean 'label'\?"):
        one(write("a.csv", "label,b\n1,x\n2,y\n"), roles={"lable": "label"})


def test_two_splits_stand_one_below_the_other(write):
    train, test = write("a.csv", "a,b\n1,x\n2,y\n"), write("b.csv", "b,a\nz,3\n")
    data = load({"train": train, "test": test})
    assert data.table.to_pydict() == {"a": [1, 2, 3], "b": ["x", "y", "z"], "split": ["train", "train", "test"]}
    assert [(s.split, s.start, s.stop) for s in data.sources] == [("train", 0, 2), ("test", 2, 3)]
    assert roles(data) == {"split": "split"}


def test_splits_without_headers_fit_together(write):
    train, test = write("a.csv", "1,x\n2,y\n3,x\n"), write("b.csv", "3,y\n4,x\n5,y\n")
    data = load({"train": train, "test": test})
    assert data.table.column_names == ["column1", "column2", "split"]
    assert len(data) == 6


def test_a_split_without_a_header_takes_the_names_of_the_other(write):
    train, test = write("a.csv", "size,kind\n1,x\n2,y\n3,x\n"), write("b.csv", "3,y\n4,x\n5,y\n")
    data = load({"train": train, "test": test})
    assert data.table.column_names == ["size", "kind", "split"]
    assert "columns are named as in a.csv, by their place" in data.sources[1].notes


def test_splits_with_different_columns_say_which(write):
    train, test = write("a.csv", "a,b,y\n1,x,0\n"), write("b.csv", "a,c\n1,x\n")
    with pytest.raises(BadInput, match=r"b\.csv lacks b, y, and a\.csv lacks c"):
        load({"train": train, "test": test})


def test_splits_with_different_types_get_the_common_one(write):
    train, test = write("a.csv", "a,b\n1,1\n2,2\n"), write("b.csv", "a,b\n1.5,many\n")
    data = load({"train": train, "test": test})
    assert data.table.column("a").to_pylist() == [1.0, 2.0, 1.5]
    assert data.table.column("b").to_pylist() == ["1", "2", "many"]


def test_a_file_and_a_frame_fit_together(write):
    data = load({"train": write("a.csv", "a,b\n1,x\n2,y\n"), "test": pa.table({"b": ["z"], "a": [0.5]})})
    assert data.table.column("a").to_pylist() == [1.0, 2.0, 0.5]


@pytest.mark.parametrize(
    ("given", "seen"),
    [("Training", "train"), ("VAL", "valid"), ("dev", "valid"), ("hold_out", "test"), ("external", "external")],
)
def test_names_of_splits_have_usual_spellings(write, given, seen):
    data = load({given: write("a.csv", "a,b\n1,x\n")})
    assert data.table.column("split").to_pylist() == [seen]


def test_one_split_twice_is_refused(write):
    path = write("a.csv", "a,b\n1,x\n")
    with pytest.raises(BadInput, match="same split: train, training"):
        load({"train": path, "training": path})


def test_a_column_called_split_keeps_its_name(write):
    path = write("a.csv", "split,b\n1,x\n")
    data = load({"train": path, "test": path})
    assert data.one("split").name == "split.2"


def test_rows_to_predict_need_no_label(write):
    train, test = write("a.csv", "id,b,y\n1,2,0\n2,3,1\n"), write("b.csv", "id,b\n3,4\n")
    data = load({"train": train, "test": test}, roles={"y": "label"})
    assert data.nulls("y").tolist() == [False, False, True]
    assert data["y"].role == "label"
    assert "its rows have no labels, and no score can be taken on them" in notes(data)


def test_a_label_that_no_file_has_is_what_is_told(write):
    train, test = write("a.csv", "id,Ill\n1,0\n"), write("b.csv", "id\n3\n")
    with pytest.raises(BadInput, match="Did you mean 'Ill'"):
        load({"train": train, "test": test}, roles={"ill": "label"})


@pytest.mark.parametrize(("said", "role"), [("test", "ignore"), ("train", "feature")])
def test_a_column_that_says_again_which_file_it_stands_in_is_no_feature(write, said, role):
    train, test = write("a.csv", "part_set,b\nTraining,1\n"), write("b.csv", f"part_set,b\n{said},2\nTest,3\n")
    data = load({"train": train, "test": test})
    assert data["part_set"].role == role
    assert ("says again which split" in notes(data)) == (role == "ignore")


def test_a_split_column_is_found_by_name_and_values(write):
    rows = "".join(f"{i},{'Training' if i % 4 else 'Testing'},{i % 2}\n" for i in range(20))
    data = one(write("a.csv", "a,set,y\n" + rows), roles={"y": "label"})
    assert data.one("split").name == "set"
    assert set(data.table.column("set").to_pylist()) == {"train", "test"}
    assert "column set is taken as the split, for its name and values: Testing, Training" in notes(data)


def test_a_column_of_other_values_is_no_split(write):
    rows = "".join(f"{i},{'spring' if i % 4 else 'test'}\n" for i in range(20))
    assert one(write("a.csv", "a,set\n" + rows)).one("split") is None


def test_a_named_split_column_may_have_any_values(write):
    data = one(write("a.csv", "a,year\n1,2001\n2,2002\n"), split_column="year")
    assert data.table.column("year").to_pylist() == ["2001", "2002"]


def test_a_split_column_with_gaps_is_refused(write):
    with pytest.raises(BadInput, match="no value in 1 rows"):
        one(write("a.csv", "a,part\n1,train\n2,\n"), split_column="part")


def test_without_a_split_the_random_one_is_made_and_said(write):
    path = write("a.csv", "a,y\n" + "".join(f"{i}.5,{i % 2}\n" for i in range(50)))
    data = one(path, roles={"y": "label"}, seed=3)
    assert data.table.column("split").to_pylist().count("test") == 10
    assert "no split given: judged on the random 80/20 split that most would make, seed 3" in notes(data)
    assert one(path).one("split") is None  # without a label there is nothing to predict


def test_a_splitter_is_used_and_said(write):
    path = write("a.csv", "a,y\n" + "".join(f"{i}.5,{i % 2}\n" for i in range(50)))
    data = one(path, splitter="ordered", test_share=0.1)
    assert data.table.column("split").to_pylist() == ["train"] * 45 + ["test"] * 5
    assert "split by the ordered splitter" in notes(data)


def test_groups_are_a_role_that_the_grouped_splitter_uses(write):
    path = write("a.csv", "who,y\n" + "".join(f"p{i % 7},{i % 2}\n" for i in range(70)))
    data = one(path, splitter="grouped", groups=["who"])
    sides = {
        (who, side) for who, side in zip(*(data.table.column(c).to_pylist() for c in ("who", "split")), strict=True)
    }
    assert len(sides) == 7


def test_kinds_can_be_given(write):
    path = write("a.csv", "zip,total\n123,1.5\n456,' '\n789,3\n")
    data = one(path, kinds={"zip": "category", "total": "number"})
    assert data["zip"].kind == "category"
    assert data.table.column("zip").to_pylist() == ["123", "456", "789"]
    assert data.table.column("total").to_pylist() == [1.5, None, 3.0]
    assert "column total: 1 of 3 values are no number: missing" in notes(data)


def test_a_kind_that_does_not_fit_is_refused(write):
    with pytest.raises(BadInput, match="cannot be of kind time"):
        one(write("a.csv", "a,b\nx,1\ny,2\n"), kinds={"a": "time"})


def test_a_folder_of_parts_is_one_input(write, tmp_path):
    write("parts/a.csv", "a,b\n1,x\n")
    write("parts/b.csv", "a,b\n2,y\n3,z\n")
    write("parts/_SUCCESS", "")
    data = one(tmp_path / "parts")
    assert data.table.column("a").to_pylist() == [1, 2, 3]
    assert [(s.name, s.start, s.stop) for s in data.sources] == [("a.csv", 0, 1), ("b.csv", 1, 3)]


def test_a_folder_of_several_formats_is_refused(write, tmp_path):
    write("parts/a.csv", "a,b\n1,x\n")
    write("parts/b.jsonl", '{"a": 1, "b": "x"}\n')
    with pytest.raises(BadInput, match="mixes formats"):
        one(tmp_path / "parts")


def test_a_folder_of_folders_says_what_to_do(write, tmp_path):
    (tmp_path / "data" / "train").mkdir(parents=True)
    (tmp_path / "data" / "test").mkdir()
    with pytest.raises(BadInput, match="give each as a split"):
        one(tmp_path / "data")


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(b"a,b\n1,x\n2,y\n")))
    assert one("-").table.column("a").to_pylist() == [1, 2]


@pytest.mark.parametrize("make", ["pandas", "polars", "pyarrow", "duckdb", "batches"])
def test_the_same_content_has_the_same_digest_whichever_library(make):
    columns = {
        "number": [1.5, None, 3.0],
        "whole": [1, 2, 3],
        "word": ["x", None, "z"],
        "truth": [True, False, True],
    }
    when = np.array(["2020-01-01T10:00:00", "2020-01-02", "2020-01-03"], "datetime64[us]")
    table = pa.table({**columns, "when": when})
    assert one(as_library(make, columns, when)).digest == one(table).digest


def as_library(make, columns, when):
    table = pa.table({**columns, "when": when})
    if make == "pandas":
        import pandas as pd

        return pd.DataFrame({**columns, "when": when}, index=[7, 5, 6])
    if make == "polars":
        import polars as pl

        return pl.DataFrame(columns).with_columns(pl.Series("when", when))
    if make == "duckdb":
        import duckdb

        return duckdb.connect().from_arrow(table)
    return table if make == "pyarrow" else table.to_reader(max_chunksize=2)


def test_every_format_gives_the_same_digest(tmp_path):
    table = pa.table({"a": [1, 2, 3], "b": ["x", None, "z"], "c": [0.5, None, 1.25]})
    import pandas as pd
    import polars as pl

    pyarrow.parquet.write_table(table, tmp_path / "t.parquet")
    pyarrow.feather.write_feather(table, tmp_path / "t.feather")
    with pa.ipc.new_stream(tmp_path / "t.arrows", table.schema) as stream:
        stream.write_table(table)
    pl.DataFrame(table).write_ndjson(tmp_path / "t.jsonl")
    pl.DataFrame(table).write_json(tmp_path / "t.json")
    pl.DataFrame(table).write_csv(tmp_path / "t.csv")
    pl.DataFrame(table).write_csv(tmp_path / "t.tsv", separator="\t")
    pd.DataFrame(table.to_pydict()).to_excel(tmp_path / "t.xlsx", index=False)
    pd.DataFrame(table.to_pydict()).to_csv(tmp_path / "t.csv.gz", index=False)
    pd.DataFrame(table.to_pydict()).to_csv(tmp_path / "t.csv.zip", index=False)
    (tmp_path / "t.csv.zst").write_bytes(zstd((tmp_path / "t.csv").read_bytes()))
    (tmp_path / "t.utf16.csv").write_text((tmp_path / "t.csv").read_text(), encoding="utf-16")
    digests = {path.name: one(path).digest for path in sorted(tmp_path.iterdir())}
    assert len(digests) == 12
    assert set(digests.values()) == {one(table).digest}, digests


def zstd(content):
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as out:
        out.write(content)
    return sink.getvalue().to_pybytes()


def test_a_frame_gets_a_digest_of_its_content():
    a, b = pa.table({"a": [1, 2]}), pa.table({"a": [1, 3]})
    assert one(a).sources[0].digest == one(a).sources[0].digest != one(b).sources[0].digest


def test_no_permission_is_said(write, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("holdfast.data.inputs.digest_file", refuse)  # the user of a test machine may read everything
    with pytest.raises(BadInput, match=r"no permission to read a\.csv"):
        one(write("a.csv", "a,b\n1,x\n"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n\n  \n", "is empty"),
        (b"a,b,c\n", "has columns, but no rows"),
        (bytes(range(256)) * 40, "is not text"),
        (b"%PDF-1.4\n\xe2\xe3", "is a PDF document"),
        (b"\x80\x04\x95\x0b\x00\x00\x00", "pickle, which Holdfast never opens"),
        (b"% a note\n\n@RELATION x\n@ATTRIBUTE a numeric\n@DATA\n1\n", "an ARFF file"),
        (b"+1 3:0.5 7:1\n-1 2:1e-3\n", "a file of LIBSVM"),
        (b"\x89HDF\r\n\x1a\nno control characters", "an HDF5 file"),
        (b"PAR1\x00\x00", "cannot be read as Parquet"),
        (b"\x1f\x8b\x08\x00\x00\x00", "cannot be unpacked"),
        (b"PK\x03\x04\x00\x00", "cannot be read as a workbook"),
        (b"a,b\n" + b"1,2\n" * 50 + b"1,2,3\n" * 10, "10 of 60 lines do not have 2 fields"),
    ],
)
def test_content_that_cannot_be_used_is_told_in_one_paragraph(write, content, said):
    with pytest.raises(BadInput, match=said) as caught:
        one(write("a.csv", content))
    assert "\n" not in str(caught.value)


def test_a_missing_file_gets_the_nearest_as_a_hint(write, tmp_path):
    write("churn.csv", "a\n1\n")
    with pytest.raises(BadInput, match=r"no file .*churm\.csv\. Did you mean .*churn\.csv"):
        one(tmp_path / "churm.csv")
    with pytest.raises(BadInput, match="there is no folder"):
        one(tmp_path / "nowhere" / "churn.csv")


@pytest.mark.parametrize(
    "given", ["https://example.org/a.csv", "s3://a/b", "", "a\0b", 3, None, b"a.csv", "/dev/null", "/dev/zero"]
)
def test_what_is_no_file_is_refused(given):
    with pytest.raises(BadInput):
        one(given)


def test_a_few_ragged_lines_are_left_out_and_told(write):
    lines = [f"{i},{i % 3}" for i in range(1, 301)]
    lines[9], lines[99] = "10", "100,1,2"
    data = one(write("a.csv", "a,b\n" + "\n".join(lines)))
    assert len(data) == 298
    assert "2 of 300 lines do not have 2 fields (line 11 has 1, line 101 has 3): they were left out" in notes(data)


def test_hostile_cells_and_names_pass_unharmed(write):
    cells = ["<script>alert(1)</script>", "=cmd()", "\u202eevil", "\x1b[31m", "nul\0", "x" * 1_000_000, "ü"]
    names = [f"a {cell[:50]}" for cell in cells]
    data = one(write("a.csv", ",".join(names) + "\n" + "\n".join(",".join([cell] * 7) for cell in cells)))
    assert data.table.column_names == names
    assert data.table.column(0).to_pylist() == cells


def test_ten_thousand_columns(write):
    rows = [",".join(str(i * j % 97) for j in range(10_000)) for i in range(100)]
    header = ",".join(f"c{i}" for i in range(10_000))
    assert one(write("a.csv", header + "\n" + "\n".join(rows))).table.shape == (100, 10_000)


def test_odd_names_are_made_usable_and_said(write):
    data = one(write("a.csv", "a,a,,b\n1,2,3,x\n4,5,6,y\n"))
    assert data.table.column_names == ["a", "a.2", "column3", "b"]
    assert "columns without a name are called column3" in notes(data)
    assert "column names that occur twice are numbered: a, a.2" in notes(data)


def test_the_content_decides_over_the_name(tmp_path):
    pyarrow.parquet.write_table(pa.table({"a": [1]}), tmp_path / "t.csv")
    data = one(tmp_path / "t.csv")
    assert data.table.to_pydict() == {"a": [1]}
    assert "the name says delimited text, the content is Parquet" in notes(data)


def test_loading_leaves_no_temporary_file(write, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    one(write("a.csv", "a,b\n1,ü\n", encoding="utf-16"))
    with pytest.raises(BadInput):
        one(write("b.csv.gz", b"\x1f\x8b\x08"))
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_single_input_needs_no_name(tmp_path):
    table = pa.table({"a": [1, 2]})
    assert load(table).table == load({"all": table}).table
    (tmp_path / "a.csv").write_text("a\n1\n2\n")
    assert len(load(tmp_path / "a.csv")) == len(load(str(tmp_path / "a.csv"))) == 2


def test_files_of_a_folder_that_are_named_after_splits_are_splits(tmp_path):
    """Put together and split anew, a training row would be tested on."""
    for name, first in (("train.csv", 0), ("test.csv", 30), ("_log.csv", 60)):
        (tmp_path / name).write_text("a,y\n" + "".join(f"{first + i},{i % 2}\n" for i in range(20 + (first == 30))))
    dataset = load(tmp_path, roles={"y": "label"})
    split = dataset.one("split")
    assert Counter(dataset.values(split.name).to_pylist()) == {"train": 20, "test": 21}
    assert {source.name: source.split for source in dataset.sources} == {"train.csv": "train", "test.csv": "test"}
    assert any("for their names" in note for source in dataset.sources for note in source.notes)
    again = load(tmp_path, roles={"y": "label"}, splitter="random")
    assert len(again) == 41


@pytest.mark.parametrize(
    ("files", "splits"),
    [
        (["test-00000-of-00001.parquet", "train-00000-of-00002.parquet"], ("test", "train")),
        (["dev_1.csv", "training 2.csv"], ("valid", "train")),
        (["train.csv", "train2.csv"], ()),
        (["part-0.csv", "part-1.csv"], ()),
        (["train.csv", "test_results.csv"], ()),
    ],
)
def test_names_of_splits(files, splits):
    assert splits_of(files) == splits


def test_a_time_is_no_word(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("who,when\nman,2024-01-01\nwoman,2024-01-02\n")
    with pytest.raises(BadInput, match="column 'who' holds no times, but 'man', 'woman'"):
        load({"all": path}, roles={"who": "time"})
    assert load({"all": path}, roles={"when": "time"}).one("time").name == "when"
    path.write_text("who,quarter\nman,2024-Q1\nwoman,2024-Q2\n")
    assert load({"all": path}, roles={"quarter": "time"}).one("time").name == "quarter"
