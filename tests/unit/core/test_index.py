import sqlite3

import pytest

from holdfast.core.index import summaries
from holdfast.core.record import Estimate, HonestScore
from holdfast.core.store import RunStore
from records import make_run


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / ".holdfast")


def write(store, run):
    with store.begin(run) as writer:
        writer.finish(run)


def test_newest_first_with_scores(store):
    honest = HonestScore(
        status="estimated",
        metric="roc_auc",
        claimed=Estimate(value=0.97, low=0.96, high=0.98),
        honest=Estimate(value=0.81, low=0.79, high=0.83),
    )
    write(store, make_run("20260101-000000-aaaa", honest=honest))
    write(store, make_run("20260102-000000-bbbb"))
    newest, oldest = summaries(store)
    assert (newest.id, oldest.id) == ("20260102-000000-bbbb", "20260101-000000-aaaa")
    assert (oldest.claimed, oldest.honest) == (0.97, 0.81)


def test_changed_and_deleted_runs_are_noticed(store):
    write(store, make_run("20260101-000000-aaaa", title="old"))
    assert summaries(store)[0].title == "old"
    write(store, make_run("20260101-000000-aaaa", title="new"))
    assert summaries(store)[0].title == "new"
    for path in sorted((store.folder / "20260101-000000-aaaa").iterdir()):
        path.unlink()
    assert summaries(store) == []


@pytest.mark.parametrize("damage", ["garbage", "version"])
def test_a_damaged_or_foreign_index_is_rebuilt(store, damage):
    write(store, make_run())
    assert len(summaries(store)) == 1
    path = store.root / "index.sqlite"
    if damage == "garbage":
        path.write_bytes(b"not a database" * 100)
    else:
        with sqlite3.connect(path) as index:
            index.execute("PRAGMA user_version = 99")
        index.close()
    assert len(summaries(store)) == 1


def test_an_unfinished_run_is_looked_at_again(store):
    run = make_run(status="running")
    with store.begin(run):
        assert summaries(store)[0].status == "running"
    assert summaries(store)[0].status == "interrupted"


def test_no_store_no_runs(tmp_path):
    assert summaries(RunStore(tmp_path / "none")) == []
    assert not (tmp_path / "none").exists()
