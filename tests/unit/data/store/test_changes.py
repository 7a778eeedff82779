"""What happens after the first version: amendments, later columns, differences, tags, clearing, verification."""

import os
import threading
import time

import pyarrow as pa
import pytest

from holdfast.core.errors import BadInput, StoreError
from holdfast.core.locking import is_held
from holdfast.data.inference import describe
from holdfast.data.store import Store


def people(n, start=0, **more):
    columns = {"text": [f"line {i}" for i in range(start, start + n)], "n": list(range(start, start + n)), **more}
    return describe("people", pa.table(columns))


def names(store, version="head"):
    return store.read(version, ["_record"]).table.column(0).to_pylist()


def column(store, name, version="head"):
    return store.read(version, [name]).table.column(0).to_pylist()


@pytest.fixture
def store(tmp_path):
    made = Store.create(tmp_path / "corpus")
    made.add(people(6))
    return made


# ---- amendments


def test_an_amendment_changes_what_is_said_and_nothing_else(store):
    some = names(store)[1:3]
    version = store.amend(
        pa.table({"_record": some, "_origin": ["human", "synthetic"], "_verifier": ["ann", None]}), "ann looked"
    )
    assert (version.changed, version.rows, version.origins["human"], version.origins["unknown"]) == (2, 6, 1, 4)
    assert column(store, "n") == list(range(6))  # in their order, though Lance has moved them
    assert [row for block in store.blocks(columns=["n"], rows_a_block=4) for row in block["n"].to_pylist()] == [
        *range(6)
    ]
    assert column(store, "_origin")[:4] == ["unknown", "human", "synthetic", "unknown"]
    assert column(store, "_evidence")[:3] == ["none", "declared", "declared"]
    assert "_verifier" not in store.version("1").names
    assert store.verify(records=True).faults == ()


def test_an_amendment_that_changes_nothing_makes_no_version(store):
    table = pa.table({"_record": names(store)[:1], "_origin": ["unknown"]})
    assert store.amend(table, "again").number == 1


def test_what_was_said_of_a_generator_goes_with_the_origin(store):
    first = pa.table({"_record": names(store)[:1]})
    made = first.append_column("_origin", pa.array(["synthetic"])).append_column("_generator", pa.array(["m"]))
    store.amend(made, "said so")
    store.amend(first.append_column("_origin", pa.array(["human-verified"])), "was wrong")
    assert store.read().table.slice(0, 1).select(["_origin", "_generator"]).to_pylist() == [
        {"_origin": "human-verified", "_generator": None}
    ]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"_record": ["0" * 32], "_origin": ["human"]}, "1 of 1 records are not in"),
        ({"_record": ["x"], "_origin": ["human"]}, "wanted names of records"),
        ({"_record": ["0" * 32] * 2, "_origin": ["human"] * 2}, "each record once"),
        ({"_origin": ["human"]}, "name their records in a column _record"),
        ({"_record": ["0" * 32], "_orign": ["human"]}, "Did you mean '_origin'"),
        ({"_record": ["0" * 32]}, "have a column of provenance"),
        ({"_record": ["0" * 32], "_origin": ["robot"]}, "wanted human"),
    ],
)
def test_amendments_that_cannot_be_are_refused(store, changes, says):
    with pytest.raises(BadInput, match=says):
        store.amend(pa.table(changes), "why")
    with pytest.raises(BadInput, match="needs a message"):
        store.amend(pa.table(changes), " ")


# ---- columns that come later


def test_a_column_comes_later_and_is_written_over_for_some(store):
    some = names(store)
    first = store.attach("score", pa.table({"_record": some[:4], "s": [1, 2, 3, 4]}), role="weight")
    assert column(store, "score") == [1, 2, 3, 4, None, None]
    second = store.attach("score", pa.table({"_record": some[3:5], "s": [0.5, 0.25]}))
    assert column(store, "score") == [1.0, 2.0, 3.0, 0.5, 0.25, None]
    assert column(store, "score", "2") == [1, 2, 3, 4, None, None]
    assert store.read()["score"].role == "weight"
    assert names(store) == some
    assert store.verify(records=True).faults == ()
    assert store.attach("score", pa.table({"_record": some[3:5], "s": [0.5, 0.25]})).number == second.number
    assert first.id != second.id


def test_what_is_checked_out_with_a_later_column_is_known_when_it_comes_back(store):
    store.attach("score", pa.table({"_record": names(store), "s": [1.5] * 6}))
    again = store.read()
    assert store.add(again).present == 6


@pytest.mark.parametrize(
    ("name", "values", "says"),
    [
        ("text", {"_record": ["0" * 32], "v": [1]}, "is part of the records"),
        ("_origin", {"_record": ["0" * 32], "v": [1]}, "no name for a column of your own"),
        ("s", {"_record": ["0" * 32], "v": [1]}, "are not in"),
        ("s", {"_record": ["0" * 32], "v": [None]}, "has no values"),
        ("s", {"v": [1]}, "one more column"),
    ],
)
def test_columns_that_cannot_come_later_are_refused(store, name, values, says):
    with pytest.raises(BadInput, match=says):
        store.attach(name, pa.table(values))


# ---- differences


def test_versions_differ_in_records_provenance_and_columns(store):
    some = names(store)
    store.amend(pa.table({"_record": some[:2], "_origin": ["human"] * 2}), "seen")
    store.add(people(2, start=6, _origin=["synthetic"] * 2))
    store.attach("score", pa.table({"_record": some, "s": [1.0] * 6}))
    store.attach("score", pa.table({"_record": some[:1], "s": [2.0]}))
    found = store.diff("1", "head")
    assert (found.added, found.removed, found.changed) == (2, 0, 2)
    assert found.added_origins["synthetic"] == 2
    assert found.columns_added == ("score",)
    assert {(one.column, one.before, one.after, one.records) for one in found.moved} == {
        ("_origin", "unknown", "human", 2),
        ("_evidence", "none", "declared", 2),
    }
    back = store.diff("head", "1")
    assert (back.added, back.removed, back.columns_removed) == (0, 2, ("score",))
    assert store.diff("4", "5").values == {"score": 1}
    assert store.diff("3", "3").none


# ---- tags and names of versions


def test_a_version_is_found_by_every_name_that_it_has(store):
    first = store.version()
    store.add(people(7))
    store.tag("paper", "1")
    for wanted in ("1", "v1", "paper", "head~1", first.id, first.short[:6], f"{first.time:%Y-%m-%d %H:%M:%S}"):
        assert store.version(wanted).number in {1, 2}
    assert store.version("paper").number == store.version("head~1").number == store.version(first.short[:6]).number == 1
    assert store.version(f"{first.time:%Y-%m-%d}").number == 2
    for wrong, says in (
        ("head~9", "before the first"),
        ("1999-01-01", "no version as old"),
        ("2026-13-40", "is no date"),
        ("papr", "Did you mean 'paper'"),
        ("", "no version"),
    ):
        with pytest.raises(BadInput, match=says):
            store.version(wrong)


def test_tags_are_given_moved_and_taken_away(store):
    store.add(people(7))
    assert store.tag("paper", "1").tags == ("paper",)
    with pytest.raises(BadInput, match="is on version 1"):
        store.tag("paper")
    assert store.tag("paper", move=True).number == 2
    store.untag("paper")
    with pytest.raises(BadInput, match="no tag 'paper'"):
        store.untag("paper")
    assert store.tag("v2", "2").number == 2
    with pytest.raises(BadInput, match="v1 reads as version 1, and this is version 2"):
        store.tag("v1", "2")
    for wrong in ("head", "12", "2026-01-31", "beef", "a/b", "../x", "", "a" * 101):
        with pytest.raises(BadInput, match="tag"):
            store.tag(wrong)


# ---- clearing and verifying


def test_gc_removes_what_is_let_go_and_the_log_remembers(store):
    for n in (7, 8, 9):
        store.add(people(n))
    store.tag("paper", "2")
    kept = len(store.read("2"))
    looked = store.gc(keep=1, dry=True)
    done = store.gc(keep=1)
    assert [one.number for one in done.versions] == [one.number for one in looked.versions] == [1, 3]
    assert set(done.files) == set(looked.files)
    assert [one.kept for one in store.log()] == [False, True, False, True]
    assert len(store.read("paper")) == kept == 7
    for gone in (lambda: store.read("1"), lambda: store.diff("1"), lambda: store.tag("t", "3")):
        with pytest.raises(BadInput, match="removed by gc"):
            gone()
    assert store.verify(records=True).faults == ()
    assert store.gc(keep=1).files == ()
    assert store.add(people(10)).number == 5


def test_gc_removes_what_a_writer_left_who_did_not_get_to_the_end(store):
    left = [store.folder / "rows.lance/data/left.lance", store.folder / "versions/.00000002.json.1.ab.tmp"]
    for path in left:
        path.write_text("half")
    assert len(store.gc().versions) == 0
    assert not any(path.exists() for path in left)
    assert store.verify(records=True).faults == ()
    with pytest.raises(BadInput, match="at least 1"):
        store.gc(keep=0)


def test_small_files_are_written_together_and_nothing_else_changes(store):
    for start in (6, 12, 18):
        store.add(people(6, start=start))
    some = names(store)
    store.amend(pa.table({"_record": some[3:9], "_origin": ["human"] * 6}), "seen")
    store.attach("score", pa.table({"_record": some[5:15], "s": list(range(10))}))
    head, table = store.version(), store.read().table
    done = store.compact()
    assert (done.number, done.id) == (head.number + 1, head.id)
    assert store.read().table.equals(table)
    assert store.diff("head~1").none
    assert store.compact().number == done.number
    store.gc(keep=1)
    assert store.read().table.equals(table)
    assert store.add(people(24)).present == 24
    assert store.verify(records=True).faults == ()
    assert len([one for one in done.files if "/data/" in one.path]) == 1


def test_gc_waits_for_those_who_read(store):
    reading = store.blocks(rows_a_block=2)
    next(reading)
    with pytest.raises(StoreError, match="somebody is reading"):
        store.gc(patience=0.05)
    reading.close()
    store.gc(patience=0.05)


def test_a_commit_of_lance_without_a_document_is_no_version(store):
    import lance

    at = lance.dataset(str(store.folder / "rows.lance"), version=store.version().lance)
    at.delete("n = 1")
    assert len(store.read()) == 6
    assert store.add(people(7)).rows == len(store.read()) == 7
    assert store.verify(records=True).faults == ()


@pytest.mark.parametrize("how", ["cut", "flip", "gone", "empty"])
def test_verify_names_what_is_damaged_and_the_versions(store, how):
    store.add(people(8))
    path = next(one.path for one in store.version("1").files if "/data/" in one.path)
    file = store.folder / path
    content = file.read_bytes()
    if how == "gone":
        file.unlink()
    else:
        flipped = content[:50] + bytes([content[50] ^ 1]) + content[51:]
        file.write_bytes({"cut": content[:-9], "flip": flipped, "empty": b""}[how])
    fault = next(one for one in store.verify().faults if one.path == path)
    assert fault.what == {"cut": "torn", "flip": "changed", "gone": "missing", "empty": "torn"}[how]
    assert fault.versions == (1, 2)


def test_verify_names_documents_that_are_lost_or_forged(store):
    store.add(people(7))
    store.add(people(8))
    (store.folder / "versions" / "00000002.json").unlink()
    document = store.folder / "versions" / "00000003.json"
    document.write_text(document.read_text().replace('"rows": 8', '"rows": 9'))
    found = {(one.what, one.path) for one in store.verify().faults}
    assert {("missing", "versions/00000002.json"), ("changed", "versions/00000003.json")} <= found


# ---- two at once


def test_two_writers_at_once_lose_nothing(store):
    homes, failed = [Store.open(store.folder) for _ in range(2)], []

    def work(home, start):
        try:
            for k in range(3):
                home.add(people(5, start=start + 4 * k))  # overlaps with the last, and with the other's
        except BaseException as error:  # noqa: BLE001 shown below
            failed.append(error)

    threads = [threading.Thread(target=work, args=(home, 100 + 6 * i)) for i, home in enumerate(homes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert sorted(column(store, "n")) == [*range(6), *range(100, 119)]
    assert [one.number for one in store.log()] == list(range(1, len(store.log()) + 1))
    assert store.verify(records=True).faults == ()


# ---- faults


def test_a_disk_without_room_is_one_sentence_and_changes_nothing(store, monkeypatch):
    def full(handle):
        raise OSError(28, os.strerror(28))

    before = names(store)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        for write in (
            lambda: store.add(people(20)),
            lambda: store.amend(pa.table({"_record": before[:1], "_origin": ["human"]}), "why"),
            lambda: store.attach("s", pa.table({"_record": before[:1], "s": [1]})),
            lambda: store.tag("paper"),
        ):
            with pytest.raises(StoreError, match=r"No space left on device.*untouched"):
                write()
    assert len(store.log()) == 1
    assert store.verify(records=True).faults == ()
    assert store.add(people(20)).number == 2
    assert store.verify(records=True).faults == ()


def test_what_a_full_disk_cut_off_is_never_acknowledged(store):
    """Lance says that all is well when the end of a file did not fit; the limit stands in for the disk."""
    resource = pytest.importorskip("resource")
    some, refused = names(store), 0
    for n, limit in enumerate(range(700, 3100, 200)):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        try:
            store.amend(pa.table({"_record": some[:2], "_licence": [f"L{n}"] * 2}), "which licence")
        except StoreError:
            refused += 1
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert store.verify().faults == ()
    assert refused
    assert len(store.log()) == 13 - refused
    assert store.verify(records=True).faults == ()


def test_those_who_begin_wait_for_a_gc_that_waits(store):
    reading, order = store.blocks(rows_a_block=2), []
    next(reading)
    clearing = threading.Thread(target=lambda: (store.gc(patience=20), order.append("gc")))
    clearing.start()
    while not is_held(store.folder / "waiting.lock"):
        time.sleep(0.005)
    late = threading.Thread(target=lambda: (len(store.read()), order.append("late")))
    late.start()
    time.sleep(0.05)
    assert order == []
    reading.close()
    clearing.join()
    late.join()
    assert order == ["gc", "late"]
