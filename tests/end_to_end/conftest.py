"""The installed command, on small data."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from forking import Forking

COMMAND = Path(sys.executable).with_name("holdfast")


@pytest.fixture
def holdfast(tmp_path):
    """Return a function that runs the installed command in an empty folder."""

    def run(*arguments, **options):
        environment = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1", **options.pop("env", {})}
        return subprocess.run(  # noqa: PLW1510 the tests look at the exit code
            [COMMAND, *map(str, arguments)],
            **{"cwd": tmp_path, "env": environment, "capture_output": True, "text": True, "timeout": 120, **options},
        )

    return run


@pytest.fixture(scope="session")
def in_fork():
    """Return what runs `holdfast …` and `python FILE` in forks of one process, which has imported torch."""
    found = Forking()
    yield found
    found.close()


@pytest.fixture
def tables(tmp_path):
    """Write train.csv and test.csv; every second test row is a copy of a training row."""
    rng = np.random.default_rng(0)
    rows = [[*map(float, rng.normal(size=3)), rng.choice(["red", "blue"])] for _ in range(300)]
    rows = [[*row, "yes" if row[0] + row[1] + rng.normal() > 0 else "no"] for row in rows]
    train, test = rows[:240], rows[240:]
    test[::2] = train[: len(test[::2])]
    for name, part in (("train.csv", train), ("test.csv", test)):
        with (tmp_path / name).open("w", newline="") as file:
            csv.writer(file).writerows([["a", "b", "c", "color", "y"], *part])
    return tmp_path
