"""The page on several processes and other trainers: its examples run, its commands go on after a kill."""

import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

import small_models
from holdfast.core.store import RunStore
from holdfast.finetune.strategy import Options

PAGE = (Path(__file__).parents[2] / "docs" / "finetune-scale.md").read_text("utf-8")
EXAMPLE = re.search(r"^```python file=trainer.py\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)[1]
COMMANDS = re.findall(r"^    (torchrun .*)$", PAGE, re.MULTILINE)
TABLE = re.search(r"^    \[options\.scale\]\n((?:    .*\n)+)", PAGE, re.MULTILINE)[1]
RECIPE = 'model = "encoder"\ndata = "texts.csv"\nlabel = "label"\nrate = 0.01\nepochs = 2\nallow = ["split-overlap"]\n'


def test_the_example_of_a_trainer_ends_in_a_record(in_fork, tmp_path):
    (tmp_path / "trainer.py").write_text(EXAMPLE)
    done = in_fork(tmp_path, "python", "trainer.py")
    assert done.returncode == 0, done.stderr
    assert "guard        verdict" in done.stderr
    run = RunStore(tmp_path / ".holdfast").load("latest")
    assert (run.kind, run.status) == ("finetune", "finished")


def test_the_options_of_the_page_are_those_there_are():
    said = tomllib.loads("\n".join(line.strip() for line in TABLE.splitlines()))
    assert Options(**said) == Options()
    assert set(said) == set(Options.model_fields)


@pytest.mark.slow
def test_the_commands_of_the_page_train_and_go_on_after_a_kill(tmp_path):
    small_models.encoder(tmp_path / "encoder")
    small_models.write_texts(tmp_path / "texts.csv", 240, seed=1)
    (tmp_path / "recipe.toml").write_text(RECIPE)
    first, again = (command.split()[1:] for command in COMMANDS)
    start = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    process = subprocess.Popen(
        [*start, *first], cwd=tmp_path, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    end = time.monotonic() + 120
    while not list(tmp_path.glob(".holdfast/runs/*/steps/ckpt-*")) and time.monotonic() < end:
        time.sleep(0.05)
    workers = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()  # in sessions of their own
    for one in (process.pid, *map(int, workers)):
        os.kill(one, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    time.sleep(1.0)
    store = RunStore(tmp_path / ".holdfast")
    assert store.load("latest").status == "interrupted"
    done = subprocess.run([*start, *again], cwd=tmp_path, capture_output=True, text=True, timeout=240)  # noqa: PLW1510
    assert store.load("latest").status == "finished", done.stderr
    assert done.stdout.count("Scorecard") == 1
