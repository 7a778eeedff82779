"""Folders of documents and saved data sets load as a person would read them, and nothing outside of them is opened."""

import json

import pyarrow as pa
import pyarrow.parquet
import pytest

from holdfast.core.errors import BadInput
from holdfast.data.loading import load


def _written(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def _notes(dataset):
    return " | ".join(note for source in dataset.sources for note in source.notes)


def _documents(*folders, n=12, ending=".txt"):
    return {f"{name}/{k}{ending}": f"document {k} of {name}, a few words long" for name in folders for k in range(n)}


def test_folders_of_classes(tmp_path):
    dataset = load({"all": _written(tmp_path, _documents("neg", "pos"))})
    assert len(dataset) == 24
    assert {c.name: (c.kind, c.role) for c in dataset.columns if c.name != "split"} == {
        "text": ("text", "feature"),
        "label": ("category", "label"),
        "file": ("category", "metadata"),
    }
    row = dict(zip(dataset.values("file").to_pylist(), dataset.values("label").to_pylist(), strict=True))
    assert row["neg/3.txt"] == "neg"


def test_folders_of_splits_with_strays_as_they_are_published(tmp_path):
    files = _documents("train/neg", "train/pos", "test/neg", "test/pos") | {
        "README": "about",
        "imdb.vocab": "a\nb",
        "imdbEr.txt": "0.1\n0.2",
        "train/urls_pos.txt": "http://example.org",
    }
    dataset = load({"all": _written(tmp_path, files)})
    assert sorted(set(dataset.values("split").to_pylist())) == ["test", "train"]
    assert len(dataset) == 48
    assert "left out" in _notes(dataset)


def test_posts_named_by_numbers_and_old_encodings(tmp_path):
    files = _documents("alt.atheism", "sci.space", ending="") | {"sci.space/99": "caf\xe9 au lait".encode("latin-1")}
    dataset = load({"all": _written(tmp_path, files)})
    assert len(dataset) == 25
    assert "café au lait" in dataset.values("text").to_pylist()
    assert "not in UTF-8: 1" in _notes(dataset)


def test_line_ends_and_marks_of_encodings(tmp_path):
    files = _documents("a", "b") | {
        "a/bom.txt": b"\xef\xbb\xbfhello",
        "a/wide.txt": "breit".encode("utf-16"),
        "b/dos.txt": "one\r\ntwo",
        "b/empty.txt": "",
        "b/binary.txt": b"\x00\x01\x02",
    }
    dataset = load({"all": _written(tmp_path, files)})
    values = set(dataset.values("text").to_pylist())
    assert {"hello", "breit", "one\r\ntwo", ""} <= values
    assert "b/binary.txt" in _notes(dataset)


def test_links_out_of_the_folder_are_not_opened(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("do not read this")
    folder = _written(tmp_path / "data", _documents("a", "b"))
    (folder / "a" / "link.txt").symlink_to(secret)
    (folder / "out").symlink_to(tmp_path)
    (folder / "b" / "round").symlink_to(folder)
    dataset = load({"all": folder})
    assert len(dataset) == 24
    assert not any("do not read" in text for text in dataset.values("text").to_pylist())
    assert "not opened: 2" in _notes(dataset)


def test_parts_of_a_table_stay_a_table(tmp_path):
    rows = "".join(f"{k}\t{k * k}\n" for k in range(20))
    dataset = load({"all": _written(tmp_path, {f"part{k}.txt": "a\tb\n" + rows for k in range(3)})})
    assert dataset.table.column_names == ["a", "b"]
    assert len(dataset) == 60


def test_documents_without_classes(tmp_path):
    files = {f"d{k}.txt": "Once upon a time\nthere was a king.\n" * (k + 1) for k in range(12)}
    dataset = load({"all": _written(tmp_path, files)})
    assert dataset.table.column_names == ["text", "file"]
    assert len(dataset) == 12


FEATURES = {"text": {"dtype": "string", "_type": "Value"}, "label": {"names": ["neg", "pos"], "_type": "ClassLabel"}}


def _saved(folder, n=30, shards=1, names=None):
    folder.mkdir(parents=True, exist_ok=True)
    table = pa.table(
        {"text": [f"a text of several words, number {k}" for k in range(n)], "label": [k % 2 for k in range(n)]}
    )
    names = names or [f"data-{k:05d}-of-{shards:05d}.arrow" for k in range(shards)]
    for k, name in enumerate(names):
        with pa.OSFile(str(folder / name), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table.slice(k * n // shards, n // shards))
    (folder / "dataset_info.json").write_text(json.dumps({"features": FEATURES}))
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": name} for name in names]}))
    return folder


def test_a_saved_data_set_in_shards(tmp_path):
    dataset = load({"all": _saved(tmp_path / "saved", shards=3)})
    assert len(dataset) == 30
    assert dataset["label"].role == "label"
    assert dataset.values("label").to_pylist()[:3] == ["neg", "pos", "neg"]


def test_a_saved_dictionary_of_splits(tmp_path):
    _saved(tmp_path / "d" / "train")
    _saved(tmp_path / "d" / "validation", n=10)
    _saved(tmp_path / "d" / "test", n=10)
    (tmp_path / "d" / "dataset_dict.json").write_text(json.dumps({"splits": ["train", "validation", "test"]}))
    dataset = load({"all": tmp_path / "d"})
    codes, names = dataset.codes("split")
    assert names == ("train", "valid", "test")
    assert len(codes) == 50


def test_shards_named_by_their_split(tmp_path):
    for name, n in (("train", 20), ("test", 10)):
        table = pa.table(
            {"text": [f"words and more words, number {k}" for k in range(n)], "label": [k % 2 for k in range(n)]}
        )
        meta = {b"huggingface": json.dumps({"info": {"features": FEATURES}}).encode()}
        (tmp_path / "data").mkdir(exist_ok=True)
        pa.parquet.write_table(
            table.replace_schema_metadata(meta), tmp_path / "data" / f"{name}-00000-of-00001.parquet"
        )
    (tmp_path / "README.md").write_text("about")
    dataset = load({"all": tmp_path})
    assert dataset.one("split") is not None
    assert set(dataset.values("label").to_pylist()) == {"neg", "pos"}


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda f: (f / "state.json").write_text("{"), "not JSON"),
        (lambda f: (f / "state.json").write_text("{}"), "does not list"),
        (lambda f: (f / "state.json").write_text('{"_data_files": [{"filename": "../../secret"}]}'), "leads out"),
        (lambda f: (f / "state.json").write_text('{"_data_files": [{"filename": "gone.arrow"}]}'), "lacks gone.arrow"),
        (lambda f: (f / "data-00000-of-00001.arrow").write_bytes(b"junk"), "cannot be read"),
        (lambda f: (f / "dataset_info.json").write_text("[" * 100_000), "not JSON"),
    ],
)
def test_broken_data_sets_are_told_in_a_sentence(tmp_path, break_it, said):
    folder = _saved(tmp_path / "saved")
    break_it(folder)
    with pytest.raises(BadInput, match=said):
        load({"all": folder})


def test_a_benchmark_need_not_have_all_columns(tmp_path):
    _written(tmp_path, {"train.csv": "text,label\n" + "a b c d e f,1\n" * 5, "bench.csv": "text\nhello there you\n"})
    dataset = load({"train": tmp_path / "train.csv", "benchmark": tmp_path / "bench.csv"})
    assert dataset.values("label").to_pylist()[-1] is None
    assert "by the columns that it shares: text" in _notes(dataset)


def test_a_benchmark_that_shares_nothing_is_refused(tmp_path):
    _written(tmp_path, {"train.csv": "text,label\na b,1\nc d,0\n", "bench.csv": "question\nwhat\nwho\n"})
    with pytest.raises(BadInput, match="shares no column"):
        load({"train": tmp_path / "train.csv", "benchmark": tmp_path / "bench.csv"})
