"""Images and documents in a store, and versions as plain files and as input of every command."""

import json
from dataclasses import replace

import pyarrow as pa
import pytest

from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput, StoreError
from holdfast.core.hashing import hasher, tagged
from holdfast.core.media import Media
from holdfast.data.inference import describe
from holdfast.data.loading import load
from holdfast.data.store import Store
from holdfast.data.store.rules import Rules

PNG = b"\x89PNG\r\n\x1a\n" + b"not really, and nobody looks" * 3


def digest(content):
    state = hasher()
    state.update(content)
    return tagged(state)


def pictures(contents) -> Dataset:
    places = {digest(one): one for one in contents}
    table = pa.table({"image": list(places), "label": ["cat"] * len(places)})
    return replace(describe("pictures", table, kinds={"image": "image"}), media=Media(places))


@pytest.fixture
def store(tmp_path):
    return Store.create(tmp_path / "corpus")


def test_images_come_back_byte_for_byte_and_are_stored_once(store):
    contents = [PNG, b"", b"\0" * 5000]
    store.add(pictures(contents))
    store.add(pictures([*contents, b"new"]))
    found = store.read()
    assert [bytes(found.media.read(one)) for one in found.table.column("image").to_pylist()] == [*contents, b"new"]
    assert len([path for path in (store.folder / "media").rglob("*") if path.is_file()]) == 4
    assert store.verify().images == 4


def test_images_that_are_damaged_or_lost_are_named_with_their_versions(store):
    store.add(pictures([PNG, b"a"]))
    store.add(pictures([PNG, b"a", b"b"]))
    for content, damage in ((PNG, lambda path: path.write_bytes(b"other")), (b"b", lambda path: path.unlink())):
        name = digest(content).removeprefix("b2:")
        damage(store.folder / "media" / name[:2] / name[2:])
    found = {(one.what, one.versions) for one in store.verify().faults}
    assert found == {("changed", (1, 2)), ("missing", (2,))}


def test_gc_removes_images_that_no_version_needs(store):
    store.add(pictures([PNG]))
    (store.folder / "media" / "ab").mkdir()
    (store.folder / "media" / "ab" / ("0" * 30)).write_bytes(b"left")
    assert store.gc().files[-1].startswith("media/ab/")
    assert not (store.folder / "media" / "ab").exists()
    assert store.verify().faults == ()


@pytest.mark.parametrize("value", ["../../etc/passwd", "b2:../../x", "b2:" + "g" * 32, "b2:" + "0" * 32])
def test_images_without_bytes_or_with_names_that_are_paths_are_refused(store, value):
    table = describe("p", pa.table({"image": [value]}), kinds={"image": "image"})
    with pytest.raises(BadInput, match=r"no hash|no bytes"):
        store.add(table)
    forged = replace(table, media=Media({value: b"x"}))
    with pytest.raises(BadInput, match=r"no hash|other bytes"):
        store.add(forged)
    assert store.log() == ()


def test_a_folder_of_documents_goes_in_with_its_origin(tmp_path, store):
    for folder in ("people", "machine"):
        (tmp_path / "docs" / folder).mkdir(parents=True)
        for i in range(6):
            (tmp_path / "docs" / folder / f"{i}.txt").write_text(f"Document {i} of {folder}, long enough to be one.\n")
    data = load({"all": tmp_path / "docs"}, undivided=True)
    rules = Rules(origin_folder={"people": "human", "machine": "synthetic"}, generator="m")
    version = store.add(data, rules=rules)
    assert (version.origins["human"], version.origins["synthetic"]) == (6, 6)
    assert "split" not in version.names


@pytest.mark.parametrize("form", ["parquet", "csv", "jsonl"])
def test_a_version_as_plain_files_is_known_when_it_comes_back(tmp_path, store, form):
    table = {"text": ['a,"b"\n', "<x>", None], "n": [1, None, 3], "x": [0.5, float("inf"), None]}
    store.add(
        describe("t", pa.table({**table, "t": pa.array([0, None, 5], pa.timestamp("us"))})), rules=Rules(origin="human")
    )
    assert store.checkout(tmp_path / "out", form=form) == 3
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["_version.json", f"data.{form}"]
    assert json.loads((tmp_path / "out" / "_version.json").read_text())["id"] == store.version().id
    back = load({"all": tmp_path / "out"}, undivided=True)
    assert back.table.column("_origin").to_pylist() == ["human"] * 3
    assert store.add(back).present == 3


def test_images_are_checked_out_beside_the_records(tmp_path, store):
    store.add(pictures([PNG, b"odd"]))
    store.checkout(tmp_path / "out", form="jsonl")
    names = [json.loads(line)["image"] for line in (tmp_path / "out" / "data.jsonl").read_text().splitlines()]
    assert [name.partition(".")[2] for name in names] == ["png", "img"]
    assert [(tmp_path / "out" / name).read_bytes() for name in names] == [PNG, b"odd"]


def test_nothing_is_written_over_and_nothing_half_is_left(tmp_path, store, monkeypatch):
    store.add(pictures([PNG]))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")
    with pytest.raises(BadInput, match="not an empty folder"):
        store.checkout(tmp_path / "full")
    with pytest.raises(BadInput, match="no format 'xml'"):
        store.checkout(tmp_path / "out", form="xml")

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("holdfast.data.store.checkout._image", full)
    with pytest.raises(StoreError, match="No space left"):
        store.checkout(tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corpus", "full"]


def test_an_address_loads_wherever_data_are_asked_for(store):
    table = {"text": [f"word {i} and more" for i in range(20)], "y": ["a", "b"] * 10}
    store.add(describe("t", pa.table(table)))
    store.add(describe("t", pa.table({"text": ["one"], "y": ["a"]})))
    store.add(pictures([PNG]))
    whole = load({"all": str(store.folder)}, roles={"y": "label"}, undivided=True)
    first = load({"all": f"{store.folder}@1"}, roles={"y": "label"}, undivided=True)
    assert (len(whole), len(first)) == (22, 20)
    assert whole["image"].kind == "image"
    assert bytes(whole.media.read(digest(PNG))) == PNG
    assert first.one("label").name == "y"
    assert first["_origin"].role == "origin"
    assert first.sources[0].digest == store.version("1").id
    assert load({"train": f"{store.folder}@1", "test": f"{store.folder}@2"}).one("split") is not None
    with pytest.raises(BadInput, match="no version 'nope' in corpus"):
        load({"all": f"{store.folder}@nope"})


def test_a_file_with_an_at_sign_is_still_a_file(tmp_path):
    (tmp_path / "a@b.csv").write_text("x,y\n1,2\n3,4\n")
    assert len(load({"all": tmp_path / "a@b.csv"})) == 2
    with pytest.raises(BadInput, match="no file"):
        load({"all": tmp_path / "none@1"})
