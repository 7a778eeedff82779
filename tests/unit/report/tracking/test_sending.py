"""Runs to trackers: the protocol with a tracker of paper, and every real one that is installed."""

import os
import sqlite3
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from holdfast.core.errors import BadInput, MissingExtra
from holdfast.core.finding import Series
from holdfast.core.record import Section
from holdfast.report.tracking import send, targets
from holdfast.report.tracking.trackers import tensorboard
from records import make_run
from report_runs import hostile, realistic


@pytest.fixture
def run():
    line = Series(name="loss", x=(1, 2, 3), y=(3.0, 2.0, 1.0), y_name="loss")
    return realistic().model_copy(update={"sections": (Section(title="Training", evidence=(line,)),)})


@pytest.fixture
def report(tmp_path):
    (tmp_path / "report.html").write_text("<p>the report</p>")
    return tmp_path / "report.html"


def test_what_a_tracker_is_given(monkeypatch, run, report):
    calls = []

    class Paper:
        def log_metrics(self, metrics, step=None):
            calls.append((step, dict(metrics)))

        def log_file(self, path):
            calls.append(path)

    @contextmanager
    def opened(place, given):
        calls.append((place, given.id))
        yield Paper(), "paper"

    monkeypatch.setattr(tensorboard, "opened", opened)
    assert send(run, "tensorboard:a:b#c", [report]) == "paper"
    assert calls[0] == ("a:b#c", run.id)
    assert calls[1][1]["findings/error"] == 3
    assert calls[2:] == [(1, {"Training/loss": 3.0}), (2, {"Training/loss": 2.0}), (3, {"Training/loss": 1.0}), report]


def test_a_tracker_that_is_not_there_is_told_with_those_that_are(run):
    with pytest.raises(BadInput, match=r"no tracker 'mlfow'.*Did you mean 'mlflow'"):
        send(run, "mlfow:x")
    with pytest.raises(BadInput, match="wandb wants a place behind a colon: wandb:"):
        send(run, "wandb")
    assert list(targets()) == ["mlflow", "tensorboard", "trackio", "wandb"]


def test_what_a_tracker_raises_is_one_paragraph(monkeypatch, run):
    @contextmanager
    def opened(place, given):
        raise RuntimeError("no\nroute\x1b")
        yield

    monkeypatch.setattr(tensorboard, "opened", opened)
    with pytest.raises(BadInput, match=r"^tensorboard did not take the run: RuntimeError: no⏎route␛$"):
        send(run, "tensorboard:x")


@pytest.mark.parametrize("name", ["mlflow", "tensorboard", "trackio", "wandb"])
def test_a_library_that_is_missing_is_named_with_its_extra(monkeypatch, run, name):
    for module in [one for one in sys.modules if one.split(".")[0] == name]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtra, match=rf"holdfast\[{name}\]"):
        send(run, f"{name}:x")


def test_naming_the_trackers_imports_none_of_them():
    code = "import sys; from holdfast.report.tracking import targets; targets(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"mlflow", "tensorboard", "trackio", "wandb"} & set(done.stdout.split())


def test_tensorboard_reads_what_was_sent(run, report, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    where = send(run, f"tensorboard:{tmp_path / 'logs'}", [report])
    events = EventAccumulator(where)
    events.Reload()
    assert [(one.step, one.value) for one in events.Scalars("Training/loss")] == [(1, 3.0), (2, 2.0), (3, 1.0)]
    assert events.Scalars("score/honest")[0].value == pytest.approx(run.honest.honest.value)
    assert (Path(where) / "report.html").read_text() == "<p>the report</p>"


def test_tensorboard_takes_a_hostile_run(tmp_path):
    send(hostile(), f"tensorboard:{tmp_path}")
    assert len(list(tmp_path.iterdir())) == 1


@pytest.fixture
def elsewhere(run, report, tmp_path):
    """Return a function that sends the run from a process of its own: these libraries leave threads and services."""

    def sent(target, **variables):
        (tmp_path / "run.json").write_text(run.model_dump_json())
        code = (
            "import sys; from pathlib import Path; from holdfast.core.record import Run;"
            "from holdfast.report.tracking import send;"
            "run = Run.model_validate_json(Path('run.json').read_text());"
            "print(send(run, sys.argv[1], [Path('report.html')]))"
        )
        environment = {**os.environ, "HF_HUB_OFFLINE": "1", **variables}
        done = subprocess.run(
            [sys.executable, "-c", code, target],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return sent


@pytest.mark.slow
def test_mlflow_keeps_what_was_sent(run, elsewhere, tmp_path):
    pytest.importorskip("mlflow", reason="the extra mlflow is not installed")
    for _ in range(2):  # the second one finds the experiment
        (said,) = elsewhere("mlflow:sqlite:///mlflow.db#churn")
        assert said.endswith("of experiment churn at sqlite:///mlflow.db")
    with sqlite3.connect(tmp_path / "mlflow.db") as database:
        runs = database.execute("SELECT run_uuid, name, status FROM runs").fetchall()
        curve = "SELECT step, value FROM metrics WHERE key = 'Training/loss' AND run_uuid = ? ORDER BY step"
        points = database.execute(curve, (runs[0][0],)).fetchall()
    assert [one[1:] for one in runs] == [(run.id, "FINISHED")] * 2
    assert points == [(1, 3.0), (2, 2.0), (3, 1.0)]
    assert len(list(tmp_path.rglob("artifacts/report.html"))) == 2


@pytest.mark.slow
def test_wandb_keeps_what_was_sent_without_a_network(elsewhere, tmp_path):
    pytest.importorskip("wandb", reason="the extra wandb is not installed")
    elsewhere("wandb:team/churn", WANDB_MODE="offline")
    (kept,) = (tmp_path / "wandb").glob("offline-run-*/run-*.wandb")
    content = kept.read_bytes()
    assert b"Training/loss" in content
    assert b"findings/error" in content
    assert b"report.html" in content


@pytest.mark.slow
def test_trackio_keeps_what_was_sent(elsewhere, tmp_path):
    pytest.importorskip("trackio", reason="the extra trackio is not installed")
    said = elsewhere("trackio:churn", TRACKIO_DIR=str(tmp_path / "kept"))
    assert said == ["project churn; look at it: trackio show --project churn"]
    databases = [path.read_bytes() for path in (tmp_path / "kept").rglob("*.db*")]
    assert any(b"findings/error" in one for one in databases)


def test_a_run_without_a_score_is_sent_as_well(tmp_path):
    send(make_run(), f"tensorboard:{tmp_path}")
