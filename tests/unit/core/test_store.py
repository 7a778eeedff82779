import json
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from holdfast.core.durable import write_whole
from holdfast.core.errors import BadInput, StoreError
from holdfast.core.index import summaries
from holdfast.core.store import RunStore, new_id, read_events
from records import make_result, make_run


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / ".holdfast")


def test_a_finished_run_comes_back_as_it_was(store):
    run = make_run(results=(make_result("a"),))
    with store.begin(run) as writer:
        writer.finish(run)
    assert store.load(run.id) == run


def test_half_characters_do_not_stop_a_record(store):
    run = make_run(results=(make_result("a\ud800"),), title="x\ud800y")
    with store.begin(run) as writer:
        writer.result(run.results[0])
        writer.finish(run)
    assert store.load(run.id).title == "x\ufffdy"
    assert store.load(run.id).results[0].check == "a\ufffd"


def test_a_run_is_running_while_its_writer_lives_and_interrupted_afterwards(store):
    run = make_run()
    with store.begin(run) as writer:
        writer.result(make_result("a"))
        assert (
            subprocess.run([sys.executable, "-c", _STATUS, str(store.root)], check=True, capture_output=True).stdout
            == b"running"
        )
    later = store.load(run.id)
    assert later.status == "interrupted"
    assert [result.check for result in later.results] == ["a"]


_STATUS = """
import sys
from pathlib import Path
from holdfast.core.store import RunStore
print(RunStore(Path(sys.argv[1])).load("latest").status, end="")
"""

_WRITER = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from records import make_result, make_run
from holdfast.core.store import RunStore
writer = RunStore(Path(sys.argv[1])).begin(make_run())
writer.result(make_result("a"))
print("ready", flush=True)
time.sleep(60)
"""


def test_kill_9_leaves_an_interrupted_run_with_its_results(store):
    here = str(Path(__file__).parents[2])
    process = subprocess.Popen([sys.executable, "-c", _WRITER, str(store.root), here], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    run = store.load("latest")
    assert run.status == "interrupted"
    assert [result.check for result in run.results] == ["a"]


def test_a_torn_last_line_is_skipped(store):
    run = make_run()
    with store.begin(run) as writer:
        writer.result(make_result("a"))
        writer.event({"event": "x"})
    folder = store.folder / run.id
    for name in ("results.jsonl", "events.jsonl"):
        with (folder / name).open("ab") as file:
            file.write(b'{"check": "half')
    assert [result.check for result in store.load(run.id).results] == ["a"]
    assert [event["event"] for event in read_events(folder)] == ["x"]


def test_a_second_writer_is_refused(store):
    run = make_run()
    with store.begin(run), pytest.raises(StoreError, match="cannot write the run"):
        store.begin(run)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"schema": 1}', b"\xff\xfe", b"[" * 100_000])
def test_a_damaged_record_is_said_to_be_damaged(store, content):
    run = make_run()
    with store.begin(run) as writer:
        writer.finish(run)
    (store.folder / run.id / "run.json").write_bytes(content)
    with pytest.raises(StoreError, match="cannot be read"):
        store.load(run.id)
    assert list(store) == []
    assert summaries(store) == []


def test_a_record_of_a_newer_holdfast_is_refused(store):
    run = make_run()
    with store.begin(run) as writer:
        writer.finish(run)
    path = store.folder / run.id / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema": 99}))
    with pytest.raises(StoreError, match="newer Holdfast"):
        store.load(run.id)


def test_finding_a_run(store):
    for run_id in ("20260101-000000-aaaa", "20260102-000000-bbbb"):
        with store.begin(make_run(run_id)) as writer:
            writer.finish(make_run(run_id))
    assert store.load("latest").id == "20260102-000000-bbbb"
    assert store.load("aaaa").id == "20260101-000000-aaaa"
    assert store.load("20260101").id == "20260101-000000-aaaa"
    assert store.load(str(store.folder / "20260101-000000-aaaa")).id == "20260101-000000-aaaa"
    with pytest.raises(BadInput, match="fits 2 runs"):
        store.find("2026")
    with pytest.raises(BadInput, match="Did you mean '20260101-000000-aaaa'"):
        store.find("20260101-000000-aaab")
    with pytest.raises(BadInput, match=r"The newest is 20260102-000000-bbbb\. List them: holdfast runs"):
        store.find("nope")


def test_an_empty_store_says_how_to_begin(store):
    with pytest.raises(BadInput, match="holdfast --help"):
        store.find("latest")


def test_a_store_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot write the run"):
        RunStore(tmp_path / "file").begin(make_run())


def test_write_whole_leaves_no_temporary_file(tmp_path):
    write_whole(tmp_path / "a", b"1")
    write_whole(tmp_path / "a", b"2")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"2")]


def test_ids_sort_by_time_and_differ():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    ids = {new_id(now) for _ in range(50)}
    assert len(ids) > 45
    assert all(one.startswith("20260101-000000-") for one in ids)


def test_a_call_that_was_wrong_leaves_no_run_behind(store):
    run = make_run(status="running")
    with pytest.raises(BadInput), store.begin(run):
        raise BadInput("no measure 'a'")
    assert store.ids() == []
    with store.begin(run) as writer:
        writer.result(make_result("split-overlap"))
    with pytest.raises(BadInput), store.begin(run):  # goes on with what is there
        raise BadInput("the data have changed")
    assert store.ids() == [run.id]


def test_what_a_verb_has_kept_outlives_what_was_wrong_later(store):
    run = make_run(status="running")

    def fails_late():
        with store.begin(run) as writer:
            (writer.folder / "blocks").mkdir()
            raise BadInput("the model returns NaN")

    with pytest.raises(BadInput):
        fails_late()
    assert store.ids() == [run.id]
