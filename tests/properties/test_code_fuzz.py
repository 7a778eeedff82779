"""The campaign of `benchmarks/faults/fuzz_code.py`: its short form always, its long form with `-m slow`."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "faults" / "fuzz_code.py"


@pytest.mark.parametrize("inputs", [40, pytest.param(20_000, marks=[pytest.mark.slow, pytest.mark.timeout(0)])])
def test_damaged_programs_end_in_findings_or_silence(tmp_path, inputs):
    spec = importlib.util.spec_from_file_location("fuzz_code", SCRIPT)
    fuzz = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fuzz)
    counts, faults, _ = fuzz.campaign(tmp_path, inputs, seed=1)
    assert faults == []
    assert counts.total() == inputs
    assert {outcome.rpartition(": ")[2] for outcome in counts} == {"findings", "no finding"}
