"""`holdfast collapse` as a new user would try it."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("holdfast")

ONE = ("collapse", "run", "gaussian", "--samples", "20", "--generations", "8", "--replicates", "50")


def test_a_run_ends_in_a_sentence_and_a_report(holdfast, tmp_path):
    done = holdfast(*ONE)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Variance: 1 at the start; after 8 generations")
    (report,) = (tmp_path / ".holdfast" / "runs").glob("*/report.html")
    assert "<script" not in report.read_text("utf-8")
    assert max(len(line) for line in done.stdout.splitlines()) <= 80


def test_json_is_the_record(holdfast):
    record = json.loads(holdfast(*ONE, "--format", "json").stdout)
    assert record["kind"] == "collapse"
    assert record["sections"][0]["title"] == "After 8 generations"


def test_a_run_is_listed_and_shown_again(holdfast):
    holdfast(*ONE)
    assert "gaussian" in holdfast("runs").stdout
    assert holdfast("report", "latest").stdout.startswith("Variance")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "gausian"), "Did you mean 'gaussian'"),
        (("run", "nowhere.toml"), "cannot read nowhere.toml"),
        (("run", "gaussian", "--samples", "1"), "needs at least 2"),
        (("run", "gaussian", "--regimes", "replce"), "Did you mean 'replace'"),
        (("run", "gaussian", "--measures", "self-bleu"), "does not suit the learner gaussian"),
        (("run", "gaussian", "--set", "options.sd=-1"), "options.sd: got -1"),
        (("run", "gaussian", "--resume", "latest"), "--resume goes on with the settings of the run"),
        (("run", "--resume", "latest"), "no runs in .holdfast"),
        (("plan",), "nothing is said to hold"),
        (("watch", "nowhere"), "nowhere"),
    ],
)
def test_a_mistake_is_one_paragraph(holdfast, arguments, said):
    done = holdfast("collapse", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_group_without_a_command_shows_what_there_is(holdfast):
    done = holdfast("collapse")
    assert "\n  run " in done.stdout + done.stderr
    assert "\n  plan " in done.stdout + done.stderr


def test_ctrl_c_leaves_a_run_that_can_be_gone_on_with(holdfast, tmp_path):
    going = [COMMAND, "collapse", "run", "gaussian", "--generations", "3000", "--replicates", "20000"]
    with subprocess.Popen(going, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        for _ in range(600):
            if list((tmp_path / ".holdfast" / "runs").glob("*/values/*.npz")):
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, ""), said
    (run,) = (tmp_path / ".holdfast" / "runs").glob("2*")
    kept = f"what is done is kept. Go on with: holdfast collapse run --resume {run.name}"
    assert said.splitlines()[-1] == f"holdfast: stopped; {kept}"
    assert "Traceback" not in said
    assert "interrupted" in holdfast("runs").stdout
