"""The page about objects in pictures: its commands run one after the other, on fewer pictures; a long form learns."""

import csv
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "finetune-detection.md").read_text("utf-8")
FILES = dict(re.findall(r"^```\w+ file=(\S+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
COMMANDS = [shlex.split(one) for one in re.findall(r"^\$ (.*)$", PAGE, re.MULTILINE)]
# Guards that train again are those of every task, and tested with them; what they come to is said on the page.
SHORT = ("--set", "options.scratch.off=true", "--set", "options.sensitivity.off=true", "--set",
         "options.cost.off=true", "--fail-on", "never")  # fmt: skip
FEW = ("--train", "16", "--val", "8", "--test", "8")


def prepared(folder):
    shutil.copy(ROOT / "examples" / "draw_shapes.py", folder)
    for name, content in FILES.items():
        (folder / name).write_text(content)


def drawn(folder, *command):
    assert command[0] == "python"
    subprocess.run([sys.executable, *command[1:]], cwd=folder, check=True)


def the_run(folder):
    return max((folder / ".holdfast" / "runs").glob("2*"), key=lambda one: one.stat().st_mtime)


def test_the_commands_of_the_page_run(in_fork, tmp_path):
    prepared(tmp_path)
    draw, others, tiny, first, second, predict = COMMANDS
    drawn(tmp_path, *draw, *FEW)
    drawn(tmp_path, *others, *FEW)
    made = in_fork(tmp_path, *tiny)
    assert made.returncode == 0, made.stderr
    trained = in_fork(tmp_path, *first, *SHORT, "--epochs", "1", "--set", "evaluations=1")
    assert trained.returncode == 0, trained.stderr
    assert "Mean average precision (mAP50-95) 0." in trained.stdout
    assert "usual-boxes" in trained.stdout
    again = [part.replace("RUN", the_run(tmp_path).name) for part in second]
    tuned = in_fork(tmp_path, *again, *SHORT, "--epochs", "1", "--set", "evaluations=1")
    assert tuned.returncode == 0, tuned.stderr
    notes = json.loads((the_run(tmp_path) / "run.json").read_text())["notes"]
    assert "the original task is judged by the weights for classes that the model came with" in notes
    found = in_fork(tmp_path, *predict)
    assert found.returncode == 0, found.stderr
    with (tmp_path / "boxes.csv").open(newline="") as file:
        assert next(csv.reader(file)) == ["file", "class", "score", "x", "y", "width", "height"]


def told(done):
    return " ".join((done.stdout + done.stderr).split())


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_the_model_of_the_page_learns(in_fork, tmp_path):
    prepared(tmp_path)
    draw, _, tiny, first, *_ = COMMANDS
    drawn(tmp_path, *draw)
    assert in_fork(tmp_path, *tiny).returncode == 0
    trained = in_fork(tmp_path, *first, *SHORT)
    score, low = map(float, re.search(r"mAP50-95\) (0\.\d+) \((0\.\d+) to", told(trained)).groups())
    assert score > 0.05
    assert low > 0.02
