"""The campaign of `benchmarks/faults/fuzz_media.py`: its short form always, its long form with `-m slow`."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "faults" / "fuzz_media.py"


@pytest.mark.parametrize("inputs", [120, pytest.param(20_000, marks=[pytest.mark.slow, pytest.mark.timeout(0)])])
def test_damaged_images_and_descriptions_end_in_a_word_or_a_refusal(tmp_path, inputs):
    spec = importlib.util.spec_from_file_location("fuzz_media", SCRIPT)
    fuzz = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fuzz)
    counts, faults = fuzz.campaign(tmp_path, inputs, seed=1)
    assert faults == []
    assert counts.total() == inputs
    told = {outcome.rpartition(": ")[2] for outcome in counts}
    assert {"decoded", "broken", "loaded", "BadInput"} <= told
