"""The installed command, on small data."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from forking import AUDIT, TRAINING, Forking

COMMAND = Path(sys.executable).with_name("holdfast")


@pytest.fixture
def installed(tmp_path):
    """Return a function that runs the installed command, as a process of its own, in an empty folder."""

    def run(*arguments):
        return subprocess.run(  # noqa: PLW1510 the tests look at the exit code
            [COMMAND, *map(str, arguments)],
            cwd=tmp_path, env={**os.environ, "COLUMNS": "80", "NO_COLOR": "1"}, capture_output=True, text=True,
            timeout=120,
        )  # fmt: skip

    return run


@pytest.fixture
def holdfast(forks, tmp_path):
    """Return a function that runs the command in an empty folder, in a fork that need not import anything."""

    def run(*arguments, **options):
        return forks(tmp_path, "holdfast", *arguments, **options)

    return run


@pytest.fixture(scope="session")
def forks():
    """Return what runs `holdfast …` and `python FILE` in forks of one process, which has imported what audits need."""
    found = Forking(AUDIT)
    yield found
    found.close()


@pytest.fixture(scope="session")
def in_fork():
    """Return the same with torch."""
    found = Forking(TRAINING)
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
