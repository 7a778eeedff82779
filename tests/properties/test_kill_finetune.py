"""The campaign of `benchmarks/faults/kill_finetune.py`: two kills always, fifty of each case with `-m slow`."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "faults" / "kill_finetune.py"


def script():
    spec = importlib.util.spec_from_file_location("kill_finetune", SCRIPT)
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_a_killed_training_is_gone_on_with_to_the_same_bits():
    """In a process of its own, which imports once and forks: a fork of this one would take its threads along."""
    call = [sys.executable, str(SCRIPT), "--forked", "--kills", "1", "--seed", "1", "classify-text"]
    done = subprocess.run(call, capture_output=True, text=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no fault" in done.stdout


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize("case", script().CASES)
def test_fifty_kills_change_nothing(tmp_path, case):
    assert script().campaign(tmp_path, case, kills=50, seed=2) == []


def test_another_end_is_noticed():
    one = {"model.safetensors": "ab", "sections": [{"title": "On the way", "says": ["x"]}]}
    assert script().differences(one, {**one}) == []
    other = {**one, "sections": [{"title": "On the way", "says": ["y"]}]}
    assert script().differences(one, other) == ["/sections/0/says/0 is another: x / y"]
