import time

import pyarrow as pa
import pytest
from pydantic import BaseModel

from holdfast.core.progress import Silent
from holdfast.core.recording import begun, data_fields, recorded
from holdfast.core.store import RunStore, read_events
from holdfast.data.loading import load


class Settings(BaseModel):
    alpha: float = 0.001
    seed: int = 0


def test_a_run_begins_with_who_asked_and_what_differs_from_the_defaults():
    run = begun("data", "a title", ["holdfast", "data"], Settings(seed=7), size="3 things")
    assert (run.kind, run.title, run.command, run.size) == ("data", "a title", ("holdfast", "data"), "3 things")
    assert (run.config, run.seed, run.status) == ({"seed": 7}, 7, "running")
    assert run.environment.packages["numpy"]


def test_what_is_known_better_takes_the_place_of_what_is_assumed():
    run = begun("probe", settings={"form": "estimator"}, id="20260101-000000-abcd", seed=3)
    assert (run.id, run.config, run.seed) == ("20260101-000000-abcd", {"form": "estimator"}, 3)


def test_a_run_is_going_on_in_the_store_until_it_is_finished(tmp_path):
    store, run = RunStore(tmp_path), begun("data", "a title")
    with recorded(run, store, time.perf_counter()) as going:
        assert store.load(run.id).status == "running"
        going.listening(Silent()).started("half of it", None, "")
        ended = going.finish(says="it was nothing")
    assert store.load(run.id) == ended
    assert (ended.status, ended.says) == ("finished", "it was nothing")
    assert ended.seconds > 0
    assert len(list(read_events(tmp_path / "runs" / run.id))) == 1


def test_without_a_store_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    progress = Silent()
    with recorded(begun("data"), None, 0.0) as going:
        assert going.listening(progress) is progress
        assert going.finish().status == "finished"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("split", [True, False])
def test_the_test_rows_are_told_by_their_content(tmp_path, split):
    table = pa.table({"a": [1, 2, 3, 4]})
    side = ["train", "train", "test", "test"]
    one = load(table.append_column("split", pa.array(side)) if split else table)
    about = data_fields(one)
    assert about["n_rows"] == 4
    assert about["columns"][0].name == "a"
    assert (about["test_digest"] != one.digest) == split
