import json
import shutil

import pyarrow as pa
import pytest

from holdfast.core.errors import BadInput, StoreError
from holdfast.data.inference import describe
from holdfast.data.store import Store


def people(n, start=0, **more):
    columns = {"text": [f"line {i}" for i in range(start, start + n)], "n": list(range(start, start + n)), **more}
    return describe("people", pa.table(columns))


@pytest.fixture
def store(tmp_path):
    return Store.create(tmp_path / "corpus")


def names(store, version="head"):
    return store.read(version, ["_record"]).table.column(0).to_pylist()


def test_what_is_added_is_read_back_in_its_order_with_kinds_and_roles(store):
    given = people(5).with_roles({"n": "label"})
    version = store.add(given)
    found = store.read()
    assert (version.number, version.rows, version.added) == (1, 5, 5)
    assert found.table.select(["text", "n"]).equals(given.table)
    assert found["n"].role == "label"
    assert found["_origin"].role == "origin"
    assert found.table.column("_origin").to_pylist() == ["unknown"] * 5
    assert found.sources[0].digest == version.id


def test_adding_what_is_there_adds_nothing_and_says_so(store):
    store.add(people(5))
    again = store.add(people(5))
    assert (again.number, again.added, again.present) == (1, 0, 5)
    more = store.add(people(4, start=3))
    assert (more.number, more.added, more.present, more.rows) == (2, 2, 2, 7)
    assert store.read().table.column("n").to_pylist() == list(range(7))


def test_equal_content_has_an_equal_id_whatever_the_order_and_the_store(tmp_path):
    one, other = Store.create(tmp_path / "one"), Store.create(tmp_path / "other")
    one.add(people(3))
    one.add(people(3, start=3))
    other.add(people(2, start=4))
    other.add(people(6).take(pa.array([5, 4, 3, 2, 1, 0]).to_numpy()))
    assert one.version().id == other.version().id
    other.add(people(1, start=9))
    assert one.version().id != other.version().id


def test_rows_that_repeat_are_kept_as_often_as_they_stand(store):
    table = pa.table({"x": [1, 1, 2, 1]})
    assert store.add(describe("x", table)).rows == 4
    assert store.add(describe("x", table)).added == 0
    assert store.add(describe("x", pa.table({"x": [1, 1, 1, 1]}))).added == 1
    assert len(set(names(store))) == 5


def test_blocks_are_the_records_of_a_version(store):
    store.add(people(50))
    store.add(people(50, start=50))
    blocks = list(store.blocks("1", ["n"], rows_a_block=20))
    assert sorted(n for block in blocks for n in block.column(0).to_pylist()) == list(range(50))
    assert max(len(block) for block in blocks) <= 20


def test_a_column_that_comes_later_or_stays_empty_renames_nothing(store):
    store.add(people(2, empty=[None, None]))
    more = store.add(people(3, empty=[None] * 3, word=["a", None, None]))
    assert (more.added, more.present) == (2, 1)  # the first row says more now, so that it is another record
    table = store.read().table
    assert table.column("word").to_pylist() == [None, None, "a", None]
    assert table.column("empty").type == pa.null()


@pytest.mark.parametrize(
    ("first", "second", "read"),
    [
        ([1, 2], [2.5, 2.0], [1.0, 2.0, 2.5]),
        ([1, 2], ["n/a", "2"], ["1", "2", "n/a"]),
        ([1.5, None], ["x", "1.5"], ["1.5", None, "x"]),
        ([True, None], ["x", "true"], ["true", None, "x"]),
    ],
)
def test_a_type_widens_and_records_keep_their_names(store, first, second, read):
    store.add(describe("a", pa.table({"x": first})))
    assert store.add(describe("b", pa.table({"x": second}))).present == 1
    assert store.read().table.column("x").to_pylist() == read
    assert store.read("1").table.column("x").to_pylist() == first
    assert store.verify(records=True).faults == ()


@pytest.mark.parametrize(
    ("first", "second"),
    [([True], [1]), ([1], [True]), ([[1.0, 2.0]], ["x"]), (["x"], [[1.0, 2.0]]), ([2**60], [0.5]), ([0.5], [2**60])],
)
def test_types_that_would_rename_records_are_refused(store, first, second):
    store.add(describe("a", pa.table({"x": first})))
    with pytest.raises(BadInput, match="another name"):
        store.add(describe("b", pa.table({"x": second})))
    assert len(store.log()) == 1


def test_hostile_content_comes_back_as_it_went_in(store):
    table = pa.table(
        {
            "a\0b": ["x\0y", "\x1b[31m", "\u202eabc", "<script>"],
            "": [1, None, -(2**63), 2**63 - 1],
            "_x": [float("inf"), -float("inf"), 1e308, None],
            "SELECT": ["z" * 1_000_000, "", " ", None],
            "a.b`": [[1.0, 2.0], None, [3.0, 4.0], [0.0, -1.0]],
            "A.B`": [True, False, None, True],
            "_rowid": [1, 2, 3, 4],
            "é" * 300: [None] * 4,
        }
    )
    given = describe("hostile", table)
    store.add(given)
    assert store.read().table.select(table.column_names).equals(given.table)
    assert store.add(given).present == 4
    assert store.verify(records=True).faults == ()


def test_columns_are_chosen_and_unknown_ones_named(store):
    store.add(people(2))
    assert store.read(columns=["n", "text"]).table.column_names == ["n", "text"]
    with pytest.raises(BadInput, match="Did you mean 'text'"):
        store.read(columns=["txt"])


def test_a_store_is_made_in_an_empty_folder_only(tmp_path, store):
    with pytest.raises(BadInput, match="is a store already"):
        Store.create(store.folder)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").touch()
    for wrong in (tmp_path / "full", tmp_path / "full" / "a"):
        with pytest.raises(BadInput, match="not an empty folder"):
            Store.create(wrong)
    with pytest.raises(BadInput, match="no @"):
        Store.create(tmp_path / "a@b")


def test_what_is_no_store_is_said(tmp_path):
    with pytest.raises(BadInput, match="there is no store"):
        Store.open(tmp_path / "nothing")
    with pytest.raises(BadInput, match="is no store of versions"):
        Store.open(tmp_path)


def test_an_empty_store_has_no_version(store):
    assert store.log() == ()
    with pytest.raises(BadInput, match="no version yet"):
        store.read()
    with pytest.raises(BadInput, match="no records to add"):
        store.add(describe("none", pa.table({"x": pa.array([], pa.int64())})))


def test_a_store_of_a_newer_holdfast_is_read_and_not_written(store):
    store.add(people(2))
    said = json.loads((store.folder / "store.json").read_text())
    (store.folder / "store.json").write_text(json.dumps({**said, "schema": 7, "more": 1}))
    newer = Store.open(store.folder)
    assert len(newer.read()) == 2
    for write in (
        lambda: newer.add(people(3)),
        lambda: newer.amend(pa.table({"_record": names(newer), "_origin": ["human"] * 2}), "why"),
        lambda: newer.attach("z", pa.table({"_record": names(newer), "z": [1, 2]})),
        lambda: newer.tag("paper"),
        newer.gc,
    ):
        with pytest.raises(StoreError, match=r"newer Holdfast \(schema 7"):
            write()


@pytest.mark.parametrize("part", ["rows.lance", "rows.lance/data", "rows.lance/_versions"])
def test_a_store_of_which_a_part_is_lost_is_damaged_in_one_sentence(store, part):
    store.add(people(2))
    shutil.rmtree(store.folder / part)
    with pytest.raises(StoreError, match="holdfast data verify"):
        store.read()
    with pytest.raises(StoreError, match="damaged"):
        store.gc()
    assert store.verify().faults[0].versions == (1,)


@pytest.mark.parametrize("part", ["versions", "tags"])
def test_a_store_without_its_documents_does_not_open(store, part):
    shutil.rmtree(store.folder / part)
    with pytest.raises(StoreError, match=f"{part} is missing"):
        Store.open(store.folder)


def test_a_damaged_document_is_named(store):
    store.add(people(2))
    (store.folder / "versions" / "00000001.json").write_text("{}")
    with pytest.raises(StoreError, match=r"00000001\.json is damaged"):
        store.log()


def test_a_lock_that_was_lost_is_made_again(store):
    store.add(people(2))
    for lock in ("using.lock", "writing.lock"):
        (store.folder / lock).unlink()
    assert store.add(people(3)).number == 2
