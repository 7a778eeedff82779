"""The campaign of `benchmarks/faults/kill_collapse.py`: some kills always, a hundred of each learner with `-m slow`."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from holdfast.collapse import catalogue

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "faults" / "kill_collapse.py"


def script():
    spec = importlib.util.spec_from_file_location("kill_collapse", SCRIPT)
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


SMALL = {
    "gaussian": ("--samples", "50", "--generations", "200", "--replicates", "2000"),
    "categorical": ("--samples", "100", "--generations", "40", "--replicates", "500"),
    "transformer": ("--samples", "20", "--generations", "4", "--replicates", "1", "--measures", "perplexity-of-real",
                    "--set", "options.width=8", "--set", "options.heads=2", "--set", "options.steps=10"),
}  # fmt: skip


@pytest.mark.parametrize(
    "learner", ["categorical", *(pytest.param(name, marks=pytest.mark.slow) for name in ("gaussian", "transformer"))]
)
def test_a_killed_experiment_is_gone_on_with_to_the_same_bits(tmp_path, learner):
    if learner == "transformer":
        pytest.importorskip("torch")
    assert script().campaign(tmp_path, learner, kills=1, seed=1, sizes=SMALL[learner]) == []


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize("learner", [*catalogue.learners(), "mine"])
def test_a_hundred_kills_change_nothing(learner):
    """In a process of its own, which imports once and forks: a fork of this one would take its threads along."""
    call = [sys.executable, str(SCRIPT), "--forked", "--kills", "100", "--seed", "2", learner]
    done = subprocess.run(call, capture_output=True, text=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stdout + done.stderr


def test_another_outcome_is_noticed(tmp_path):
    one = {"says": "this", "values-000-00000.npz: mean": ((2,), b"12")}
    assert script().differences(one, dict(one)) == []
    assert script().differences(one, {**one, "says": "that"}) == ["says is another"]
    assert script().differences(one, {"says": "this"}) == ["values-000-00000.npz: mean is another"]
