"""The byte-level campaign of `benchmarks/faults/fuzz.py`: its short form always, its long form with `-m slow`."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "faults" / "fuzz.py"


@pytest.mark.parametrize("inputs", [200, pytest.param(20_000, marks=[pytest.mark.slow, pytest.mark.timeout(0)])])
def test_damaged_files_end_in_a_report_or_a_refusal(tmp_path, inputs):
    spec = importlib.util.spec_from_file_location("fuzz", SCRIPT)
    fuzz = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fuzz)
    counts, faults = fuzz.campaign(tmp_path, inputs, seed=1, keep=tmp_path / "faults")
    assert faults == []
    assert counts.total() == inputs
    assert counts["report"] > inputs / 5  # most mutations of text leave a table
