"""The verb: what is said, what is kept, what is refused."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from holdfast.core.errors import BadInput, MissingExtra
from holdfast.core.record import Run
from holdfast.core.store import RunStore
from holdfast.data.bulk.settings import DuplicateSettings
from holdfast.data.bulk.verb import duplicates
from holdfast.report.render import render

LONG = "the quick brown fox jumps over the lazy dog near the old mill by the river on a cold bright morning in may"
TRAIN = [LONG, "something else altogether that nobody has written down before today", "short", LONG.upper()]
TEST = [LONG + " again", "something else altogether that nobody has written down before today", "unlike all others"]


@pytest.fixture
def files(tmp_path):
    for name, some in (("train", TRAIN), ("test", TEST)):
        lines = [json.dumps({"id": 7, "text": text}) for text in some]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines))
        pq.write_table(pa.table({"id": [7] * len(some), "text": some}), tmp_path / f"{name}.parquet")
    return tmp_path


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_pairs_are_named_by_input_and_row(files, suffix):
    out = files / "pairs.parquet"
    run = duplicates([files / f"train.{suffix}", files / f"test.{suffix}"], out=out)
    train, test = f"train.{suffix}", f"test.{suffix}"
    rows = [tuple(row.values()) for row in pq.read_table(out).to_pylist()]
    assert rows == [
        (train, 0, train, 3, "same words", 1.0, 0),
        (train, 0, test, 0, "near", pytest.approx(21 / 22), 0),
        (train, 1, test, 1, "equal", 1.0, 1),
    ]
    assert run.says.startswith("3 of 7 records (42.9%) could be spared as copies of others: 1 record is equal")
    between = next(section for section in run.sections if section.title.startswith("Within"))
    assert between.evidence[0].cells == ((train, 4, "50.0%", "75.0%"), (test, 3, "66.7%", "0.0%"))


def test_every_format_shows_it_and_the_store_keeps_it(files):
    store = RunStore(files / "runs")
    run = duplicates([files / "train.jsonl"], store=store)
    assert store.load("latest") == run
    assert Run.model_validate_json(render(run, "json")).says == run.says
    for form in ("html", "markdown", "text"):
        assert "Near-copies" in render(run, form) or "same words" in render(run, form)


def test_a_folder_of_parts_is_one_input(files):
    folder = files / "parts"
    folder.mkdir()
    for name in ("train", "test"):
        (files / f"{name}.parquet").rename(folder / f"{name}.parquet")
    run = duplicates([folder])
    assert [one.name for one in run.inputs] == ["parts"]
    assert run.n_rows == 7


def test_hostile_texts(tmp_path):
    hostile = [
        "\x00\x1b[31mred\u202e <script>alert(1)</script> a b c d e f g",
        "\x00\x1b[31mred\u202e <script>alert(1)</script> a b c d e f g h",
        "x" * 1_000_000,
        "word " * 150_000,
        "word " * 150_001,
        "",
        None,
        "一二三四五六七八九十",
        "一二三四五六七八九十。",
    ]
    name = 'te"xt\x1b`'
    pq.write_table(pa.table({name: hostile}), tmp_path / "[1]*'{}.parquet")
    run = duplicates([tmp_path / "[1]*'{}.parquet"], DuplicateSettings(text=name), out=tmp_path / "p.parquet")
    rows = {(row["a_row"], row["b_row"], row["kind"]) for row in pq.read_table(tmp_path / "p.parquet").to_pylist()}
    assert rows == {(0, 1, "near"), (3, 4, "near"), (7, 8, "same words")}
    for form in ("html", "text", "markdown"):
        shown = render(run, form)
        assert "\x1b[31mred" not in shown
        assert "<script>alert" not in shown or form == "text"


@pytest.mark.parametrize(("column", "said"), [("nothing", "no column 'nothing'"), ("id", "holds no texts but int64")])
def test_a_column_that_holds_no_texts(files, column, said):
    with pytest.raises(BadInput, match=said):
        duplicates([files / "train.jsonl"], DuplicateSettings(text=column))


def test_no_column_of_texts(tmp_path):
    (tmp_path / "n.csv").write_text("a,b\n1,2\n3,4\n1,2\n")
    run = duplicates([tmp_path / "n.csv"])
    assert "1 record is equal to an earlier one." in run.says
    assert "No column holds texts" in run.sections[0].says[1]


def test_what_is_there_is_not_overwritten(files):
    with pytest.raises(BadInput, match="is there already"):
        duplicates([files / "train.jsonl"], out=files / "test.jsonl")
    with pytest.raises(BadInput, match="no folder"):
        duplicates([files / "train.jsonl"], out=files / "no" / "p.parquet")


def test_empty_and_unlike_inputs(files):
    pq.write_table(pa.table({"text": pa.array([], pa.string())}), files / "none.parquet")
    pq.write_table(pa.table({"other": ["x"]}), files / "other.parquet")
    with pytest.raises(BadInput, match="no rows"):
        duplicates([files / "none.parquet"])
    with pytest.raises(BadInput, match="other columns"):
        duplicates([files / "train.parquet", files / "other.parquet"])
    with pytest.raises(BadInput, match="no data given"):
        duplicates([])


def test_the_same_file_twice_is_two_inputs(files):
    run = duplicates([files / "train.parquet", files / "train.parquet"])
    assert len({one.name for one in run.inputs}) == 2
    assert run.n_rows == 8


def test_checkpoints_stay_where_they_are_wanted(files):
    work = files / "work"
    one = duplicates([files / "train.jsonl"], work=work)
    before = {path: path.stat().st_mtime_ns for path in work.rglob("*.parquet")}
    assert before
    assert duplicates([files / "train.jsonl"], work=work).says == one.says
    assert {path: path.stat().st_mtime_ns for path in work.rglob("*.parquet")} == before


def test_without_java_spark_says_what_to_install(files, monkeypatch):
    pytest.importorskip("pyspark", reason="pyspark is not installed")
    monkeypatch.setenv("PATH", str(files))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(MissingExtra, match="needs Java 17"):
        duplicates([files / "train.jsonl"], DuplicateSettings(engine="spark"))
