"""Spark itself: queries in its words, and a worker that dies."""

import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import why_no_spark

KILL = Path(__file__).parents[4] / "benchmarks" / "faults" / "kill_worker.py"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_worker_killed_in_mid_run_costs_no_record():
    reason = why_no_spark()
    if reason:
        pytest.skip(reason)
    done = subprocess.run([sys.executable, str(KILL), "--short"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert "was killed while it read its unit; 4,000 records were read" in done.stdout


def test_quantiles_are_exact_in_sparks_words_too():
    pytest.importorskip("sqlglot", reason="sqlglot is not installed")
    from holdfast.data.bulk.spark import translated

    assert translated('SELECT quantile_cont("a""b", 0.25) AS q FROM t') == 'SELECT PERCENTILE(`a"b`, 0.25) AS q FROM t'
